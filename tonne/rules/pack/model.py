"""The tables of a rule pack, one pydantic model each. Nothing unknown passes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tonne.constants import HOUR_S

#: What a dated value can be: a number, a flag, a word, a day, or a list of words.
Value = Decimal | int | bool | str | date | tuple[str, ...]

#: How far to trust a number. `ours`: chosen by this project. `assumed`: supplied by a scenario file.
Confidence = Literal["high", "medium", "low", "ours"]
ASSUMED = "assumed"

MEASURES = ("t", "short ton", "kg", "Wh")


def plain_value(raw: Any) -> Value:
    if isinstance(raw, bool | int | Decimal | str) or type(raw) is date:
        return raw
    if isinstance(raw, list | tuple) and raw and all(isinstance(item, str) for item in raw):
        return tuple(raw)
    raise ValueError("a value is a number, true or false, a word, a day, or a list of words")


def _plain_date(raw: Any) -> date:
    if type(raw) is not date:
        raise ValueError("a date is written YYYY-MM-DD, without quotes or time")
    return raw


def _offset(raw: str) -> str:
    if not re.fullmatch(r"[+-](0\d|1[0-4]):(00|15|30|45)", raw):
        raise ValueError("an offset is written +HH:MM, at most 14 hours")
    return raw


def _measure(raw: str) -> str:
    if raw not in MEASURES:
        raise ValueError(f"a measure is one of {', '.join(MEASURES)}")
    return raw


Day = Annotated[date, BeforeValidator(_plain_date)]
Year = Annotated[int, Field(strict=True, ge=1990, le=9999)]
Number16 = Annotated[int, Field(strict=True, ge=1, le=65_535)]
Text = Annotated[str, Field(strict=True, min_length=1)]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class Source(Table):
    text: Text


class NoticeDays(Table):
    value: Annotated[int, Field(strict=True, ge=1, le=366)]
    source: Text
    confidence: Confidence


class Scheme(Table):
    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    number: Number16
    title: Text
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    measure: Annotated[str, AfterValidator(_measure)]
    utc_offset: Annotated[str, AfterValidator(_offset)]
    notice_days: NoticeDays | None = None
    required: tuple[Text, ...]  # keys this pack must have a value for

    @property
    def utc_offset_s(self) -> int:
        """[s] east of UTC"""
        hours, minutes = int(self.utc_offset[1:3]), int(self.utc_offset[4:6])
        seconds = hours * HOUR_S + minutes * 60
        return -seconds if self.utc_offset[0] == "-" else seconds


class ClassInfo(Table):
    """A class of plant; `power` and `heat` name its benchmarks."""

    number: Annotated[int, Field(strict=True, ge=1, le=255)]
    title: Text
    fuel: Literal["coal", "gas"]
    power: Text
    heat: Text


class Sector(Table):
    """A kind of emitter with rules of its own: `allocation.steel.method`.

    With `number` its plants are a class in the contracts, without benchmarks there; `product` is what their
    reports count in tonnes.
    """

    title: Text
    number: Annotated[int, Field(strict=True, ge=1, le=255)] | None = None
    product: Text | None = None
    from_: Annotated[Day, Field(alias="from")]
    source: Text
    confidence: Confidence


class DatedValue(Table):
    """One value with the local days it holds, both included; no `to` means until further notice."""

    value: Annotated[Any, BeforeValidator(plain_value)]
    unit: Text
    from_: Annotated[Day, Field(alias="from")]
    to: Day | None = None
    source: Text
    confidence: Confidence | Literal["assumed"]


class PeriodRule(Table):
    """A compliance period. Only a period with all its dates can be set up on a chain."""

    number: Number16
    first_year: Year
    last_year: Year
    vintage: Year | None = None
    operator_deadline: Day | None = None
    report_deadline: Day | None = None
    determination_from: Day | None = None
    true_up_by: Day | None = None
    part_deadlines: tuple[Day, ...] = ()  # a part is surrendered by these, the rest by the last
    surrender_deadline: Day | None = None
    source: Text
    confidence: Confidence
    note: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields without which the period cannot be set up."""
        needed = (
            "vintage", "operator_deadline", "report_deadline", "determination_from", "true_up_by",
            "surrender_deadline",
        )  # fmt: skip
        return tuple(name for name in needed if getattr(self, name) is None)


class Holiday(Table):
    name: Text
    from_: Annotated[Day, Field(alias="from")]
    to: Day


class Calendar(Table):
    """One year's closed days beside Saturdays and Sundays."""

    from_: Annotated[Day, Field(alias="from")]
    source: Text
    confidence: Confidence
    holidays: tuple[Holiday, ...]
    working_weekends: tuple[Day, ...] = ()


class Jurisdictions(Table):
    """Numbers of a country's regions, as participants and plants are registered in."""

    country: Annotated[str, Field(pattern="^[A-Z]{3}$")]  # ISO 3166-1 alpha-3
    source: Text
    confidence: Confidence
    codes: dict[str, Number16]


class Unapplied(Table):
    """A rule that is not applied. `first_year` and `last_year`: the reporting years it concerns; without
    them all. `keys`: what would fill it; a run for which all of them are known applies it. `undisclosed`:
    keys that the scheme itself does not disclose."""

    rule: Text
    reason: Text
    first_year: Year | None = None
    last_year: Year | None = None
    keys: tuple[Text, ...] = ()
    undisclosed: tuple[Text, ...] = ()

    def of_years(self, first: int, last: int) -> bool:
        """Whether it concerns one of these reporting years."""
        return first <= (self.last_year or last) and (self.first_year or first) <= last


class Example(Table):
    """A case with its result. `source` is the publication, or `ours` for one worked by hand."""

    name: Text
    rule: Text  # what is computed, see `tonne.rules.engine.published_cases`
    day: Day
    given: dict[str, Any]
    gives: dict[str, Any]
    source: Text
    note: str = ""


@dataclass(frozen=True, slots=True)
class AssumedPeriod:
    """A compliance period of which a scenario supplied some dates."""

    rule: PeriodRule
    fields: tuple[str, ...]  # that were supplied
    why: str


@dataclass(frozen=True, slots=True)
class Supplied:
    """Tables that a scenario supplies beside dated values."""

    classes: Mapping[str, ClassInfo] = field(default_factory=dict)
    calendars: Mapping[int, Calendar] = field(default_factory=dict)
    first_day: date | None = None  # of the market
    notice_days: NoticeDays | None = None
    said: tuple[tuple[str, str], ...] = ()  # what it supplies in words, and why
