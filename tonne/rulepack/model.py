"""The tables of a rule pack, one pydantic model each. Nothing unknown passes."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

#: What a dated value can be: a number, a flag, a word, or a list of words.
Value = Decimal | int | bool | str | tuple[str, ...]

Confidence = Literal["high", "medium", "low", "ours"]

MEASURES = ("t", "short ton", "kg", "Wh")


def _value(raw: Any) -> Value:
    if isinstance(raw, bool | int | Decimal | str):
        return raw
    if isinstance(raw, list) and raw and all(isinstance(item, str) for item in raw):
        return tuple(raw)
    raise ValueError("a value is a number, true or false, a word, or a list of words")


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
    notice_days: NoticeDays

    @property
    def utc_offset_s(self) -> int:
        """[s] east of UTC"""
        hours, minutes = int(self.utc_offset[1:3]), int(self.utc_offset[4:6])
        seconds = hours * 3600 + minutes * 60
        return -seconds if self.utc_offset[0] == "-" else seconds


class ClassInfo(Table):
    """A class of plant; `power` and `heat` name its benchmarks."""

    number: Annotated[int, Field(strict=True, ge=1, le=255)]
    title: Text
    fuel: Literal["coal", "gas"]
    power: Text
    heat: Text


class DatedValue(Table):
    """One value with the local days it holds, both included; no `to` means until further notice."""

    value: Annotated[Any, BeforeValidator(_value)]
    unit: Text
    from_: Annotated[Day, Field(alias="from")]
    to: Day | None = None
    source: Text
    confidence: Confidence


class PeriodRule(Table):
    number: Number16
    first_year: Year
    last_year: Year
    vintage: Year
    operator_deadline: Day
    report_deadline: Day
    determination_from: Day
    true_up_by: Day
    surrender_deadline: Day
    source: Text
    confidence: Confidence
    note: str = ""


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
    source: Text
    confidence: Confidence
    codes: dict[str, Number16]


class Unapplied(Table):
    rule: Text
    reason: Text
