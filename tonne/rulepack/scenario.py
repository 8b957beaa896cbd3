"""Scenario files: figures that a scheme does not disclose, supplied by somebody and marked as assumed.

format = 1
[scenario]
title = "…"
scheme = "china-national"
[[assume]]
key = "benchmark.power.gas"
value = 0.3305
unit = "t/MWh"
from = 2023-01-01
to = 2023-12-31
why = "…"
[[assume_period]]
name = "2023"
report_deadline = 2024-06-30
why = "…"
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from tonne.errors import TonneError
from tonne.rulepack import checks
from tonne.rulepack.document import Document
from tonne.rulepack.keys import sector_of, spec_of
from tonne.rulepack.model import ASSUMED, DatedValue, Day, Source, Table, Text, Year, plain_value
from tonne.rulepack.pack import FOREVER, AssumedPeriod, RulePack
from tonne.rulepack.read import FORMAT, ValueReader

#: Tables of the file; what `[run]`, `[[sweep]]` and `[[case]]` say is for `tonne.scenarios`.
TABLES: Final = {"format", "scenario", "assume", "assume_period", "run", "sweep", "case"}


class Head(Table):
    title: Text
    scheme: Text


class Assumption(Table):
    key: Text
    value: Annotated[Any, BeforeValidator(plain_value)]
    unit: Text
    from_: Annotated[Day, Field(alias="from")]
    to: Day | None = None
    why: Text


class PeriodAssumption(Table):
    """Dates of a compliance period that the pack does not have."""

    name: Text
    vintage: Year | None = None
    operator_deadline: Day | None = None
    report_deadline: Day | None = None
    determination_from: Day | None = None
    true_up_by: Day | None = None
    surrender_deadline: Day | None = None
    why: Text


def assume(pack: RulePack, path: Path) -> RulePack:
    """The pack with the figures of a scenario file, each marked as assumed.

    Refuses what the scheme discloses itself: a scenario fills gaps, it does not correct the rules.
    """
    if not path.is_file():
        raise TonneError(
            "SCENARIO_UNREADABLE",
            f"There is no file {path}.",
            field="scenario",
            value=str(path),
            remedy="Name a scenario file; scenarios/ has some.",
        )
    return _Reader(path).read(pack)


def scheme_of(path: Path) -> str:
    """The scheme a scenario file is of; empty where it does not say."""
    if not path.is_file():
        return ""
    head = Document(path).doc.get("scenario", {})
    return str(head.get("scheme", "")) if isinstance(head, dict) else ""


class _Reader(ValueReader):
    def read(self, pack: RulePack) -> RulePack:
        self.check_top(TABLES, FORMAT)
        head = self.model(Head, ("scenario",))
        if head.scheme != pack.scheme.name:
            raise self.refuse(
                "SCENARIO_SCHEME", ("scenario", "scheme"), f"is not of {pack.scheme.name}.",
                head.scheme, f"Name {head.scheme}, or take a scenario of {pack.scheme.name}.",
            )  # fmt: skip
        self.scheme = pack.scheme
        found: dict[str, list[DatedValue]] = {}
        sources: dict[str, Source] = {}
        for i, given in enumerate(self.listed(Assumption, "assume")):
            value = self.value(pack, given, i, found.get(given.key, []))
            found.setdefault(given.key, []).append(value)
            line = self.lines.find(("assume", i))
            sources[value.source] = Source(
                text=f"Assumed: {given.why} ({head.title}, {self.path.name}:{line})"
            )
        assumed = pack.assuming(found, sources, self.periods(pack))
        checks.ranges(self, pack.classes, assumed.values)
        return assumed

    def periods(self, pack: RulePack) -> dict[str, AssumedPeriod]:
        found: dict[str, AssumedPeriod] = {}
        for i, given in enumerate(self.listed(PeriodAssumption, "assume_period")):
            where = ("assume_period", i, "name")
            rule = pack.periods.get(given.name)
            if rule is None:
                raise self.refuse(
                    "SCENARIO_PERIOD", where, f"{pack.scheme.name} has no such period.",
                    given.name, f"Known: {', '.join(pack.periods) or 'none'}.",
                )  # fmt: skip
            dates = given.model_dump(exclude={"name", "why"}, exclude_none=True)
            for field in dates:
                if getattr(rule, field) is not None or given.name in found:
                    raise self.refuse(
                        "SCENARIO_KNOWN", ("assume_period", i, field),
                        f"{field} of period {given.name} is known already.",
                        str(dates[field]), "Assume only what the scheme does not disclose, and once.",
                    )  # fmt: skip
            found[given.name] = AssumedPeriod(
                rule.model_copy(update=dates), tuple(dates), f"{given.why} ({self.path.name})"
            )
        merged = {**pack.periods, **{name: period.rule for name, period in found.items()}}
        checks.periods(self, merged, lambda source, path: None)
        return found

    def value(
        self, pack: RulePack, given: Assumption, i: int, before: list[DatedValue]
    ) -> DatedValue:
        where = ("assume", i, "key")
        try:
            spec = spec_of(given.key)
        except KeyError as error:
            raise self.unknown((*where[:2], given.key), set(error.args[0])) from None
        if not _has_a_place(pack, given.key):
            raise self.refuse(
                "SCENARIO_KEY", where, f"{pack.scheme.name} has no class or sector for it.",
                given.key, f"Known: {', '.join((*pack.classes, *pack.sectors)) or 'none'}.",
            )  # fmt: skip
        value = DatedValue.model_validate(
            {
                "value": given.value, "unit": given.unit, "from": given.from_, "to": given.to,
                "source": f"{self.path.stem}:{i}", "confidence": ASSUMED,
            }
        )  # fmt: skip
        self.check_value(spec, value, ("assume", i))
        for known in (*pack.values.get(given.key, ()), *before):
            if known.from_ <= (value.to or FOREVER) and value.from_ <= (known.to or FOREVER):
                raise self.refuse(
                    "SCENARIO_KNOWN", where,
                    f"{given.key} is known from {known.from_} to {known.to or 'further notice'}"
                    f" ({known.source}).",
                    given.key, "Assume only what the scheme does not disclose, and once.",
                )  # fmt: skip
        return value


def _has_a_place(pack: RulePack, key: str) -> bool:
    """Whether a benchmark is of a class of the pack, and a sector's rule of a sector of it."""
    parts = key.split(".")
    if parts[0] == "benchmark":
        return parts[2] in {getattr(info, parts[1]) for info in pack.classes.values()}
    sector = sector_of(key)
    return sector is None or sector in pack.sectors
