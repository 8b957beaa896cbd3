"""Scenario files: figures that a scheme does not disclose, supplied by a user and marked as assumed.

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
[[assume_like]]
scheme = "china-national"
on = 2024-12-31
from = 2013-06-18
keys = ["class", "calendar", "mrv", "market.lot"]
why = "…"
[[assume_calendar]]
year = 2024
holidays = [{ name = "…", from = 2024-01-01, to = 2024-01-01 }]
why = "…"
[assume_scheme]
notice_days = 30
first_day = 2013-01-02
why = "…"
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from tonne.errors import TonneError
from tonne.paths import TREE
from tonne.rules.pack import checks
from tonne.rules.pack.document import Document
from tonne.rules.pack.keys import sector_of, spec_of
from tonne.rules.pack.loader import FORMAT, ValueReader, load
from tonne.rules.pack.model import (
    ASSUMED,
    AssumedPeriod,
    Calendar,
    ClassInfo,
    DatedValue,
    Day,
    Holiday,
    NoticeDays,
    Number16,
    PeriodRule,
    Source,
    Supplied,
    Table,
    Text,
    Year,
    plain_value,
)
from tonne.rules.pack.pack import FOREVER, RulePack
from tonne.rules.pack.toml_lines import TomlPath

#: Scenarios of the project.
SCENARIOS: Final = TREE / "scenarios"

#: Tables of the file; what `[run]`, `[[sweep]]` and `[[case]]` say is for `tonne.simulation.scenarios`, and
#: `[[assume_industry]]` for `tonne.simulation.fleet.industry`.
TABLES: Final = {
    "format", "scenario", "assume", "assume_period", "assume_like", "assume_calendar", "assume_scheme",
    "run", "sweep", "case", "assume_industry",
}  # fmt: skip


class ScenarioHead(Table):
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
    """Dates of a compliance period that the pack does not have, or a period of which it knows nothing."""

    name: Text
    number: Number16 | None = None
    first_year: Year | None = None
    last_year: Year | None = None
    vintage: Year | None = None
    operator_deadline: Day | None = None
    report_deadline: Day | None = None
    determination_from: Day | None = None
    true_up_by: Day | None = None
    surrender_deadline: Day | None = None
    why: Text


class LikeAssumption(Table):
    """What another pack says on a day, taken over as it is: keys, whole sections, `class`, `calendar`."""

    scheme: Text
    on: Day
    from_: Annotated[Day, Field(alias="from")]
    keys: tuple[Text, ...]
    why: Text


class CalendarAssumption(Table):
    """A year's closed days beside Saturdays and Sundays."""

    year: Year
    holidays: tuple[Holiday, ...]
    why: Text


class SchemeAssumption(Table):
    """The figures a scheme needs before it can be set up."""

    notice_days: Annotated[int, Field(strict=True, ge=1, le=366)] | None = None
    first_day: Day | None = None  # of the market
    why: Text


def assume(pack: RulePack, path: Path) -> RulePack:
    """The pack with the figures of a scenario file, each marked as assumed.

    Refuses what the scheme discloses itself: a scenario fills gaps, it does not correct the rules.
    """
    return _Reader(find(path)).read(pack)


def find(path_or_name: Path) -> Path:
    """The path of a scenario file, given by path or by name from `scenarios/`."""
    named = SCENARIOS / f"{path_or_name}.toml"
    path = named if path_or_name.suffix != ".toml" and named.is_file() else path_or_name
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in SCENARIOS.glob("*.toml")))
        raise TonneError(
            "SCENARIO_UNREADABLE",
            f"There is no scenario {path_or_name}.",
            field="scenario",
            value=str(path_or_name),
            remedy=f"Give the path of a TOML file, or one of: {names}.",
        )
    return path


def scheme_of(path: Path) -> str:
    """The scheme a scenario file is of; empty where it does not say."""
    head = Document(find(path)).doc.get("scenario", {})
    return str(head.get("scheme", "")) if isinstance(head, dict) else ""


class _Reader(ValueReader):
    def read(self, pack: RulePack) -> RulePack:
        self.check_top(TABLES, FORMAT)
        head = self.model(ScenarioHead, ("scenario",))
        if head.scheme != pack.scheme.name:
            raise self.refuse(
                "SCENARIO_SCHEME", ("scenario", "scheme"), f"is not of {pack.scheme.name}.",
                head.scheme, f"Name {head.scheme}, or take a scenario of {pack.scheme.name}.",
            )  # fmt: skip
        self.scheme = pack.scheme
        pack = self.tables(pack)
        found: dict[str, list[DatedValue]] = {}
        sources: dict[str, Source] = {}
        for i, given in enumerate(self.listed(LikeAssumption, "assume_like")):
            for key, value in self.taken_over(pack, given, i):
                found.setdefault(key, []).append(value)
                sources[value.source] = Source(
                    text=f"Assumed: as in {given.scheme}: {given.why} ({head.title}, {self.path.name})"
                )
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

    def tables(self, pack: RulePack) -> RulePack:
        """The pack with classes, calendars, notice and first day of the market, where it has none."""
        classes: dict[str, ClassInfo] = {}
        calendars: dict[int, Calendar] = {}
        said: list[tuple[str, str]] = []
        for i, given in enumerate(self.listed(LikeAssumption, "assume_like")):
            other = load(given.scheme)
            for table, has in (
                ("class", bool(pack.classes)),
                ("calendar", given.on.year in pack.calendars),
            ):
                if table not in given.keys:
                    continue
                self.unknown_so_far(not has, ("assume_like", i, "keys"), table)
                if table == "class":
                    classes.update(other.classes)
                    said.append((f"classes of plants as in {given.scheme}", given.why))
                elif given.on.year in other.calendars:
                    calendars[given.on.year] = other.calendars[given.on.year]
                    said.append((f"closed days of {given.on.year} as in {given.scheme}", given.why))
        for i, given in enumerate(self.listed(CalendarAssumption, "assume_calendar")):
            known = given.year in (*pack.calendars, *calendars)
            self.unknown_so_far(not known, ("assume_calendar", i, "year"), str(given.year))
            calendars[given.year] = Calendar.model_construct(
                from_=date(given.year, 1, 1), source=self.path.stem, confidence=ASSUMED,
                holidays=given.holidays, working_weekends=(),
            )  # fmt: skip
            checks.calendar(self, str(given.year), calendars[given.year])
            said.append((f"closed days of {given.year}", given.why))
        notice, first_day = self.scheme_table(pack, said)
        return pack.assuming(
            {}, {}, None, Supplied(classes, calendars, first_day, notice, tuple(said))
        )

    def scheme_table(
        self, pack: RulePack, said: list[tuple[str, str]]
    ) -> tuple[NoticeDays | None, date | None]:
        """Notice and first day of the market; what is supplied is added to `said`."""
        if "assume_scheme" not in self.doc:
            return None, None
        given = self.model(SchemeAssumption, ("assume_scheme",))
        notice = None
        if given.notice_days is not None:
            known = pack.scheme.notice_days is not None
            self.unknown_so_far(not known, ("assume_scheme", "notice_days"), "notice_days")
            notice = NoticeDays.model_construct(
                value=given.notice_days, source=self.path.stem, confidence=ASSUMED
            )
            said.append((f"notice of {given.notice_days} days", given.why))
        if given.first_day is not None:
            known = pack.first_day is not None
            self.unknown_so_far(not known, ("assume_scheme", "first_day"), "first_day")
            said.append((f"the market opened on {given.first_day}", given.why))
        return notice, given.first_day

    def unknown_so_far(self, unknown: bool, where: TomlPath, what: str) -> None:
        if not unknown:
            raise self.refuse(
                "SCENARIO_KNOWN", where, f"{what} is known already.", what,
                "Assume only what the scheme does not disclose, and once.",
            )  # fmt: skip

    def taken_over(
        self, pack: RulePack, given: LikeAssumption, i: int
    ) -> Iterator[tuple[str, DatedValue]]:
        """Values of another pack for what this one says nothing of."""
        other = load(given.scheme)
        for wanted in given.keys:
            if wanted in ("class", "calendar"):
                continue
            keys = [key for key in other.values if key == wanted or key.startswith(f"{wanted}.")]
            taken = [(key, entry) for key in keys if (entry := other.entry(key, given.on))]
            taken = [
                (key, entry)
                for key, entry in taken
                if key not in pack.values and sector_of(key) in (None, *pack.sectors)
            ]
            if not taken:
                raise self.refuse(
                    "SCENARIO_LIKE", ("assume_like", i, "keys"),
                    f"{given.scheme} says nothing of {wanted} on {given.on} that {pack.scheme.name}"
                    " does not say itself.", wanted, "Leave it out, or take another day or pack.",
                )  # fmt: skip
            for key, entry in taken:
                said = {"from_": given.from_, "to": None, "confidence": ASSUMED}
                value = entry.model_copy(update={**said, "source": f"{self.path.stem}:like {i}"})
                self.check_value(spec_of(key), value, ("assume_like", i))
                yield key, value

    def periods(self, pack: RulePack) -> dict[str, AssumedPeriod]:
        found: dict[str, AssumedPeriod] = {}
        for i, given in enumerate(self.listed(PeriodAssumption, "assume_period")):
            where = ("assume_period", i, "name")
            rule = pack.periods.get(given.name) or _new_period(given)
            if rule is None:
                raise self.refuse(
                    "SCENARIO_PERIOD", where, f"{pack.scheme.name} has no such period.",
                    given.name, f"Known: {', '.join(pack.periods) or 'none'}.",
                )  # fmt: skip
            dates = given.model_dump(exclude={"name", "why"}, exclude_none=True)
            for field in dates if given.name in (*pack.periods, *found) else ():
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


def _new_period(given: PeriodAssumption) -> PeriodRule | None:
    """A period the pack does not know, where number and years are given."""
    if None in (given.number, given.first_year, given.last_year):
        return None
    return PeriodRule.model_construct(
        number=given.number, first_year=given.first_year, last_year=given.last_year,
        source="assumed", confidence=ASSUMED,
    )  # fmt: skip


def _has_a_place(pack: RulePack, key: str) -> bool:
    """Whether a benchmark is of a class of the pack, and a sector's rule of a sector of it."""
    parts = key.split(".")
    if parts[0] == "benchmark":
        return parts[2] in {getattr(info, parts[1]) for info in pack.classes.values()}
    sector = sector_of(key)
    return sector is None or sector in pack.sectors
