"""Reads a rule pack and refuses whatever it does not know, naming file, line, key and remedy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from tonne.errors import refused
from tonne.paths import TREE
from tonne.rules.pack import checks
from tonne.rules.pack.document import Document
from tonne.rules.pack.key_spec import PRODUCTS, SECTIONS, Spec
from tonne.rules.pack.keys import sector_of, spec_of
from tonne.rules.pack.model import (
    Calendar,
    ClassInfo,
    DatedValue,
    Example,
    Jurisdictions,
    PeriodRule,
    Scheme,
    Sector,
    Source,
    Unapplied,
)
from tonne.rules.pack.pack import FOREVER, RulePack
from tonne.rules.pack.toml_lines import TomlPath

SCHEMES: Final = TREE / "schemes"
FORMAT: Final = 1


def load(path_or_name: str | Path) -> RulePack:
    """Reads a pack by path, by name from `schemes/`, or by how the name of one of them alone begins
    (`eu`); refuses it with file, line and remedy."""
    return _Reader(_find(path_or_name)).read()


def names() -> list[str]:
    """The packs in `schemes/`."""
    return sorted(p.stem for p in SCHEMES.glob("*.toml"))


def _find(path_or_name: str | Path) -> Path:
    path = Path(path_or_name)
    if path.suffix != ".toml" and (SCHEMES / f"{path_or_name}.toml").is_file():
        return SCHEMES / f"{path_or_name}.toml"
    if path.is_file():
        return path
    begins = [name for name in names() if name.startswith(f"{path_or_name}-")]
    if len(begins) == 1:
        return SCHEMES / f"{begins[0]}.toml"
    raise refused("PACK_NOT_FOUND", pack=str(path_or_name), choices=", ".join(names()))


class ValueReader(Document):
    """A document with dated values, as packs and scenario files are."""

    scheme: Scheme
    sources: dict[str, Source]

    def check_value(self, spec: Spec, value: DatedValue, path: TomlPath) -> None:
        unit = spec.unit.format(measure=self.scheme.measure, currency=self.scheme.currency)
        if value.unit != unit:
            raise self.refuse(
                "PACK_UNIT", (*path, "unit"), f"is in {value.unit!r}, not in {unit!r}.", value.unit,
                "Convert the figure, or correct the unit.",
            )  # fmt: skip
        if problem := spec.problem(value.value):
            raise self.refuse(
                "PACK_VALUE", (*path, "value"), problem, str(value.value), "Correct the value."
            )
        if value.to is not None and value.to < value.from_:
            raise self.refuse(
                "PACK_DATES", path, f"ends on {value.to}, before it starts.",
                str(value.to), "Swap from and to.",
            )  # fmt: skip


class _Reader(ValueReader):
    """One pack."""

    def read(self) -> RulePack:
        if "scenario" in self.doc:
            raise self.refuse(
                "PACK_IS_SCENARIO", ("scenario",), "this file is a scenario, not a rule pack.", None,
                "Check it with `tonne scenario validate`, or give it as --scenario.",
            )  # fmt: skip
        self.check_top(
            {"format", "scheme", "source", "class", "sector", "period", "calendar",
             "jurisdictions", "example", "unapplied", *SECTIONS},
            FORMAT,
        )  # fmt: skip
        self.scheme = self.model(Scheme, ("scheme",))
        self.sources = self.models(Source, "source")
        self.classes = self.models(ClassInfo, "class")
        self.sectors = self.models(Sector, "sector")
        if self.scheme.notice_days is not None:
            self.check_source(self.scheme.notice_days.source, ("scheme", "notice_days"))
        checks.class_numbers(self, self.classes, self.sectors)
        for name, sector in self.sectors.items():
            self.check_source(sector.source, ("sector", name))
        values = dict(self.read_values())
        checks.required(self, self.scheme, self.classes, values)
        checks.ranges(self, self.classes, values)
        checks.one_form_of_fine(self, values)
        checks.order_life(self, values)
        checks.borrowing(self, values)
        checks.running_totals(self, values)
        periods = self.models(PeriodRule, "period")
        checks.periods(self, periods, self.check_source)
        examples = self.listed(Example, "example")
        for i, example in enumerate(examples):
            self.check_source(example.source, ("example", i))
        unapplied = self.listed(Unapplied, "unapplied")
        checks.unapplied(self, unapplied)
        jurisdictions = None
        if "jurisdictions" in self.doc:
            jurisdictions = self.model(Jurisdictions, ("jurisdictions",))
            self.check_source(jurisdictions.source, ("jurisdictions",))
        return RulePack(
            path=self.path,
            digest=hashlib.sha256(self.raw).digest(),
            scheme=self.scheme,
            sources=self.sources,
            classes=self.classes,
            sectors=self.sectors,
            values=values,
            periods=periods,
            calendars=self.read_calendars(),
            jurisdictions=jurisdictions,
            first_day=self.first_day(),
            examples=examples,
            unapplied=unapplied,
            lines=self.lines,
        )

    def first_day(self) -> date | None:
        """The market's first day; None where it is not known."""
        market = self.doc.get("market", {})
        found = market.get("first_day") if isinstance(market, dict) else None
        if found is not None and type(found) is not date:
            raise self.refuse(
                "PACK_FIELD", ("market", "first_day"), "the market's first day is not a date.",
                found, "Write first_day = YYYY-MM-DD.",
            )  # fmt: skip
        return found

    # dated values

    def read_values(self) -> Iterator[tuple[str, tuple[DatedValue, ...]]]:
        for section in SECTIONS:
            for path, node in _leaves((section,), self.doc.get(section, {})):
                if path == ("market", "first_day"):
                    continue
                key = ".".join(str(p) for p in path)
                spec = self.spec(key, path)
                if not isinstance(node, list) or not node:
                    raise self.refuse(
                        "PACK_FIELD", path, "is not a list of dated values.", node,
                        "Write [{ value =, unit =, from =, source =, confidence = }].",
                    )  # fmt: skip
                values = [self.model(DatedValue, (*path, i)) for i in range(len(node))]
                for i, value in enumerate(values):
                    self.check_trust(value, (*path, i))
                    self.check_value(spec, value, (*path, i))
                yield key, self.in_order(values, path)

    def spec(self, key: str, path: TomlPath) -> Spec:
        if path[0] == "benchmark":
            self.check_product(path, str(path[1]) if len(path) == 3 else "")
        try:
            spec = spec_of(key)
        except KeyError as error:
            raise self.unknown(path, set(error.args[0])) from None
        if path[0] == "mrv" and len(path) == 3 and sector_of(key) is None:
            self.check_product(path, str(path[1]).partition("_")[2])
        sector = sector_of(key)
        if sector is not None and sector not in self.sectors:
            raise self.refuse(
                "PACK_SECTOR", path, "no such sector.", sector,
                f"Add [sector.{sector}], or use one of: {', '.join(self.sectors) or 'none'}.",
            )  # fmt: skip
        return spec

    def check_product(self, path: TomlPath, product: str) -> None:
        if product not in PRODUCTS:
            raise self.refuse(
                "PACK_PRODUCT", path, "a benchmark for no known product.", product,
                f"Known products: {', '.join(PRODUCTS)}.",
            )  # fmt: skip
        named = {getattr(c, product) for c in self.classes.values()}
        if path[2] not in named:
            raise self.refuse(
                "PACK_PRODUCT", path, f"no class of plant uses this {product} benchmark.", path[2],
                f"Name it in a [class] table; used are: {', '.join(sorted(named))}.",
            )  # fmt: skip

    def check_trust(self, value: DatedValue, path: TomlPath) -> None:
        self.check_source(value.source, path)
        if value.confidence == "assumed":
            raise self.refuse(
                "PACK_CONFIDENCE", (*path, "confidence"), "a pack assumes nothing.",
                value.confidence, "Leave the figure out; a scenario file may supply it.",
            )  # fmt: skip
        if (value.source == "ours") != (value.confidence == "ours"):
            raise self.refuse(
                "PACK_CONFIDENCE", (*path, "confidence"),
                "source and confidence must both be 'ours', or neither.", value.confidence,
                "A figure of the scheme needs its source; a figure of ours must say so.",
            )  # fmt: skip

    def in_order(self, values: list[DatedValue], path: TomlPath) -> tuple[DatedValue, ...]:
        for i, value in enumerate(values[1:], start=1):
            before = values[i - 1]
            if (before.to or FOREVER) >= value.from_:
                raise self.refuse(
                    "PACK_OVERLAP", (*path, i),
                    f"starts on {value.from_}, while the value before it holds until "
                    f"{before.to or 'further notice'}.",
                    str(value.from_), "Let each range end on the day before the next starts.",
                )  # fmt: skip
        return tuple(values)

    def check_source(self, source: str, path: TomlPath) -> None:
        if source not in self.sources:
            raise self.refuse(
                "PACK_SOURCE", (*path, "source"), "no such source.", source,
                f"Add [source.{source}] with its text, or use one of: {', '.join(self.sources)}.",
            )  # fmt: skip

    def read_calendars(self) -> dict[int, Calendar]:
        calendars = self.models(Calendar, "calendar")
        for name, calendar in calendars.items():
            checks.calendar(self, name, calendar)
            self.check_source(calendar.source, ("calendar", name))
        return {int(name): calendar for name, calendar in calendars.items()}


def _leaves(path: TomlPath, node: Any) -> Iterator[tuple[TomlPath, Any]]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _leaves((*path, key), child)
    else:
        yield path, node
