"""Reads a rule pack and refuses whatever it does not know, naming file, line, key and remedy."""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from tonne.errors import TonneError
from tonne.places import TREE
from tonne.rulepack.lines import LineIndex, TomlPath, dotted
from tonne.rulepack.model import (
    Calendar,
    ClassInfo,
    DatedValue,
    Jurisdictions,
    PeriodRule,
    Scheme,
    Source,
    Unapplied,
)
from tonne.rulepack.pack import FOREVER, RulePack
from tonne.rulepack.spec import (
    CONSISTENT_RANGES,
    PRODUCTS,
    REQUIRED,
    SECTIONS,
    Spec,
    spec_of,
)

SCHEMES: Final = TREE / "schemes"
FORMAT: Final = 1


def load(path_or_name: str | Path) -> RulePack:
    """Reads a pack by path, or by name from `schemes/`; refuses it with file, line and remedy."""
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
    raise TonneError(
        "PACK_NOT_FOUND",
        f"There is no rule pack {path_or_name}.",
        field="scheme",
        value=str(path_or_name),
        remedy=f"Give the path of a TOML file, or one of: {', '.join(names())}.",
    )


class _Reader:
    """One file, read once; `refuse` makes every error."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.raw = path.read_bytes()

    def refuse(self, code: str, at: TomlPath, sentence: str, value: Any, remedy: str) -> TonneError:
        key = dotted(at)
        line = self.lines.find(at)
        return TonneError(
            code, f"{self.path}:{line}: {key}: {sentence}", field=key, value=value, remedy=remedy
        )

    def read(self) -> RulePack:
        try:
            text = self.raw.decode("utf-8")
            self.doc = tomllib.loads(text, parse_float=Decimal)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise TonneError(
                "PACK_SYNTAX",
                f"{self.path}: {error}",
                field="file",
                value=str(self.path),
                remedy="Mend the TOML; the message says where it stops making sense.",
            ) from error
        self.lines = LineIndex(text)

        known = {
            "format", "scheme", "source", "class", "period", "calendar", "jurisdictions",
            "unapplied", *SECTIONS,
        }  # fmt: skip
        for key in self.doc:
            if key not in known:
                raise self.unknown((key,), known)
        if self.doc.get("format") != FORMAT:
            raise self.refuse(
                "PACK_FORMAT", ("format",), f"this reader knows format {FORMAT}.",
                self.doc.get("format"), f"Write format = {FORMAT}.",
            )  # fmt: skip

        self.scheme = self.model(Scheme, ("scheme",))
        self.sources = self.models(Source, "source")
        self.classes = self.models(ClassInfo, "class")
        self.check_source(self.scheme.notice_days.source, ("scheme", "notice_days"))
        self.check_class_numbers()
        values = dict(self.read_values())
        self.check_required(values)
        self.check_ranges(values)
        self.check_order_life(values)
        periods = self.models(PeriodRule, "period")
        self.check_periods(periods)
        calendars = self.read_calendars()
        jurisdictions = None
        if "jurisdictions" in self.doc:
            jurisdictions = self.model(Jurisdictions, ("jurisdictions",))
            self.check_source(jurisdictions.source, ("jurisdictions",))
        unapplied = [
            self.model(Unapplied, ("unapplied", i))
            for i in range(len(self.doc.get("unapplied", [])))
        ]
        first_day = self.doc.get("market", {}).get("first_day")
        if type(first_day) is not date:
            raise self.refuse(
                "PACK_FIELD", ("market", "first_day"), "the market's first day is not a date.",
                first_day, "Write first_day = YYYY-MM-DD.",
            )  # fmt: skip
        return RulePack(
            path=self.path,
            digest=hashlib.sha256(self.raw).digest(),
            scheme=self.scheme,
            sources=self.sources,
            classes=self.classes,
            values=values,
            periods=periods,
            calendars=calendars,
            jurisdictions=jurisdictions,
            first_trading_day=first_day,
            unapplied=unapplied,
            lines=self.lines,
        )

    def at(self, path: TomlPath) -> Any:
        node: Any = self.doc
        for step in path:
            if isinstance(node, dict) and step not in node:
                raise self.refuse(
                    "PACK_MISSING",
                    path,
                    "is missing.",
                    None,
                    f"Add it; {dotted(path)} is required.",
                )
            node = node[step]
        return node

    def model(self, kind: type, path: TomlPath) -> Any:
        """One pydantic model; its first error becomes ours."""
        try:
            return kind.model_validate(self.at(path))
        except ValidationError as error:
            first = error.errors()[0]
            loc: TomlPath = tuple(first["loc"])
            where = (*path, *loc)
            if first["type"] == "extra_forbidden":
                fields = {f.alias or n for n, f in kind.model_fields.items()}
                raise self.unknown(where, fields) from error
            if first["type"] == "missing":
                raise self.refuse(
                    "PACK_MISSING", where, "is missing.", None, f"Add {loc[-1]} = ... here."
                ) from error
            message = first["msg"].removeprefix("Value error, ")
            message = message[0].lower() + message[1:]
            raise self.refuse(
                "PACK_FIELD", where, f"{message}.", first.get("input"), "Correct the value."
            ) from error

    def models(self, kind: type, section: str) -> dict[str, Any]:
        table = self.at((section,))
        if not isinstance(table, dict) or not table:
            raise self.refuse(
                "PACK_MISSING", (section,), "holds no table.", table, f"Add [{section}.NAME]."
            )
        return {name: self.model(kind, (section, name)) for name in table}

    def unknown(self, path: TomlPath, known: set[str] | frozenset[str]) -> TonneError:
        close = difflib.get_close_matches(str(path[-1]), sorted(known), n=1)
        guess = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(sorted(known))}."
        return self.refuse("PACK_UNKNOWN_KEY", path, "no such key.", str(path[-1]), guess)

    # dated values

    def read_values(self) -> Iterator[tuple[str, tuple[DatedValue, ...]]]:
        for section in sorted(SECTIONS, key=SECTIONS.index):
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
                    self.check_value(spec, value, (*path, i))
                yield key, self.in_order(values, path)

    def spec(self, key: str, path: TomlPath) -> Spec:
        if path[0] == "benchmark":
            self.check_product(path, str(path[1]) if len(path) == 3 else "")
        try:
            spec = spec_of(key)
        except KeyError as error:
            raise self.unknown(path, set(error.args[0])) from None
        if path[0] == "mrv" and len(path) == 3:
            self.check_product(path, str(path[1]).partition("_")[2])
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

    def check_value(self, spec: Spec, value: DatedValue, path: TomlPath) -> None:
        self.check_source(value.source, path)
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
        if (value.source == "ours") != (value.confidence == "ours"):
            raise self.refuse(
                "PACK_CONFIDENCE", (*path, "confidence"),
                "source and confidence must both be 'ours', or neither.", value.confidence,
                "A figure of the scheme needs its source; a figure of ours must say so.",
            )  # fmt: skip

    def in_order(self, values: list[DatedValue], path: TomlPath) -> tuple[DatedValue, ...]:
        for i, value in enumerate(values):
            if value.to is not None and value.to < value.from_:
                raise self.refuse(
                    "PACK_DATES", (*path, i), f"ends on {value.to}, before it starts.",
                    str(value.to), "Swap from and to.",
                )  # fmt: skip
            if i == 0:
                continue
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

    def check_class_numbers(self) -> None:
        seen: dict[int, str] = {}
        for name, info in self.classes.items():
            if info.number in seen:
                raise self.refuse(
                    "PACK_CLASS", ("class", name, "number"),
                    f"class {seen[info.number]} has this number already.", info.number,
                    "Give each class its own number.",
                )  # fmt: skip
            seen[info.number] = name

    def check_required(self, values: Mapping[str, Sequence[DatedValue]]) -> None:
        needed = list(REQUIRED)
        for info in self.classes.values():
            needed += [f"benchmark.{p}.{getattr(info, p)}" for p in PRODUCTS]
            for bound in ("min", "max"):
                needed += [f"mrv.{bound}_{p}.{getattr(info, p)}" for p in PRODUCTS]
        for key in needed:
            if key not in values:
                raise self.refuse(
                    "PACK_MISSING", tuple(key.split(".")), "is missing.", None,
                    "A pack needs at least one dated value for it.",
                )  # fmt: skip

    def check_ranges(self, values: Mapping[str, Sequence[DatedValue]]) -> None:
        """Pairs of keys of which the first must never exceed the second on the same day."""
        pairs = list(CONSISTENT_RANGES)
        for product in PRODUCTS:
            names = {getattr(c, product) for c in self.classes.values()}
            pairs += [(f"mrv.min_{product}.{n}", f"mrv.max_{product}.{n}") for n in sorted(names)]
        for low_key, high_key in pairs:
            for i, low in enumerate(values.get(low_key, ())):
                for high in values.get(high_key, ()):
                    together = low.from_ <= (high.to or FOREVER) and high.from_ <= (
                        low.to or FOREVER
                    )
                    if together and low.value > high.value:  # type: ignore[operator]
                        raise self.refuse(
                            "PACK_RANGE", (*low_key.split("."), i, "value"),
                            f"is {low.value}, above {high_key} = {high.value}: "
                            "the range is upside down.",
                            str(low.value), "Swap the two figures.",
                        )  # fmt: skip

    def check_order_life(self, values: Mapping[str, Sequence[DatedValue]]) -> None:
        """The Exchange knows one life of orders for each kind of market: with a band they end with the
        day, so that none is left outside the next day's; without one they last."""
        for i, life in enumerate(values.get("market.order_life", ())):
            for band in values.get("market.band", ()):
                together = life.from_ <= (band.to or FOREVER) and band.from_ <= (life.to or FOREVER)
                kept = "day" if band.value else "until_cancelled"
                if together and life.value != kept:
                    raise self.refuse(
                        "PACK_ORDER_LIFE", ("market", "order_life", i, "value"),
                        f"is {life.value!r} while market.band is {band.value}: on the exchange orders"
                        f" then live {kept!r}.", str(life.value),
                        f"Write {kept!r}, or {'band = 0' if band.value else 'a band'}.",
                    )  # fmt: skip

    # periods and calendars

    def check_periods(self, periods: Mapping[str, PeriodRule]) -> None:
        numbers: dict[int, str] = {}
        for name, p in periods.items():
            path: TomlPath = ("period", name)
            self.check_source(p.source, path)
            if p.number in numbers:
                raise self.refuse(
                    "PACK_PERIOD", (*path, "number"), f"period {numbers[p.number]} has it already.",
                    p.number, "Give each period its own number.",
                )  # fmt: skip
            numbers[p.number] = name
            if p.first_year > p.last_year:
                raise self.refuse(
                    "PACK_PERIOD", (*path, "first_year"), f"is after last_year {p.last_year}.",
                    p.first_year, "Swap the years.",
                )  # fmt: skip
            order = (
                "operator_deadline", "report_deadline", "determination_from", "true_up_by",
                "surrender_deadline",
            )  # fmt: skip
            for earlier, later in pairwise(order):
                if getattr(p, earlier) > getattr(p, later):
                    raise self.refuse(
                        "PACK_PERIOD", (*path, later),
                        f"is before {earlier} {getattr(p, earlier)}.",
                        str(getattr(p, later)), f"Dates rise: {', '.join(order)}.",
                    )  # fmt: skip

    def read_calendars(self) -> dict[int, Calendar]:
        calendars: dict[int, Calendar] = {}
        for name in self.doc.get("calendar", {}):
            path: TomlPath = ("calendar", name)
            if not re.fullmatch(r"\d{4}", name):
                raise self.refuse(
                    "PACK_CALENDAR", path, "is not a year.", name, "Write [calendar.YYYY]."
                )
            year = int(name)
            calendar = self.model(Calendar, path)
            self.check_source(calendar.source, path)
            days = [("from", -1, calendar.from_)]
            for i, h in enumerate(calendar.holidays):
                days += [("holidays", i, h.from_), ("holidays", i, h.to)]
                if h.to < h.from_:
                    raise self.refuse(
                        "PACK_DATES", (*path, "holidays", i), f"{h.name} ends before it starts.",
                        str(h.to), "Swap from and to.",
                    )  # fmt: skip
            days += [("working_weekends", -1, d) for d in calendar.working_weekends]
            for field, i, day in days:
                if day.year != year:
                    where = (*path, field) if i < 0 else (*path, field, i)
                    raise self.refuse(
                        "PACK_HOLIDAY", where, f"{day} is on no calendar: this one is of {year}.",
                        str(day), f"Move it to [calendar.{day.year}].",
                    )  # fmt: skip
            for day in calendar.working_weekends:
                if day.weekday() < 5:
                    raise self.refuse(
                        "PACK_HOLIDAY", (*path, "working_weekends"), f"{day} is not a weekend day.",
                        str(day), "List Saturdays and Sundays that are worked.",
                    )  # fmt: skip
            calendars[year] = calendar
        return calendars


def _leaves(path: TomlPath, node: Any) -> Iterator[tuple[TomlPath, Any]]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _leaves((*path, key), child)
    else:
        yield path, node
