"""Field maps: the meaning of the columns of a utility's files, as a TOML file for each meter; docs/meters.md
has one with all its fields."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tonne.constants import DAY_S, HOUR_S
from tonne.errors import TonneError, refused
from tonne.meters.feed import WH_OF
from tonne.meters.readings import Carrier, Quality

#: Of a map.
MAX_MAP_BYTES: Final = 64 * 1024

#: [W] of one unit of power: the mean of an interval.
WATTS_OF: Final = {"W": Fraction(1), "kW": Fraction(1_000), "MW": Fraction(1_000_000)}

#: Before the number of a column of the line that begins a block.
ABOVE: Final = "above "
#: Of a column of a file without a heading.
_NUMBER: Final = re.compile("[1-9][0-9]{0,2}", re.ASCII)

Name = Annotated[str, Field(min_length=1, max_length=200)]
Mark = Annotated[str, Field(min_length=1, max_length=1)]
#: Cells of rows by column; one of several.
Marks = dict[str, str | tuple[str, ...]]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class NamedColumns(_Part):
    """Where something stands in a row: in one column, or, of a row that is a day, in one of each interval."""

    column: Name | tuple[Name, ...] | None = None  # several are added up
    first: Name | None = None
    last: Name | None = None
    every: int = Field(default=1, ge=1, le=10)  # 2: each second one, as where marks stand between

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        day = self.column is None and self.first is not None and self.last is not None
        single = bool(self.column) and self.first is None and self.last is None
        if not (day or single) or (day and self.first == self.last):
            raise ValueError("column is needed, or first and last of the columns of a day")
        if single and self.every != 1:
            raise ValueError("every is of the columns from first to last")
        return self

    @property
    def is_day(self) -> bool:
        return self.first is not None

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns of whose cells it is made."""
        if self.column is None:
            return ()
        return (self.column,) if isinstance(self.column, str) else self.column

    @property
    def names(self) -> set[str]:
        """The columns that it names."""
        return set(self.cells) | {name for name in (self.first, self.last) if name is not None}


class ValueColumn(NamedColumns):
    """Columns of energy, of power, or of a register's readings."""

    repeated: Name | None = None  # of a day by the clock: the first column of an hour shown again
    only: Marks = {}  # rows of this direction, where each has rows of its own
    unit: Literal["Wh", "kWh", "MWh", "MJ", "GJ", "BTU", "therm", "W", "kW", "MW"] | None = None
    wh_per_unit: Decimal | None = Field(default=None, gt=0, lt=10**12)
    negative: bool = False

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if (self.unit is None) is (self.wh_per_unit is None):
            raise ValueError("one of unit and wh_per_unit is needed")
        return self

    @property
    def names(self) -> set[str]:
        return super().names | ({self.repeated} if self.repeated is not None else set())

    @property
    def is_power(self) -> bool:
        return self.unit in WATTS_OF

    def wh(self, interval_s: int) -> Fraction:
        """[Wh] of one unit, of power over an interval."""
        if self.wh_per_unit is not None:
            return Fraction(self.wh_per_unit)
        assert self.unit is not None
        if self.unit in WATTS_OF:
            return WATTS_OF[self.unit] * interval_s / HOUR_S
        return WH_OF[self.unit]


class NetColumn(ValueColumn):
    """A column whose sign tells the direction."""

    positive: Literal["import", "export"]


class QualityColumn(NamedColumns):
    """How good a row is, by a mark in a column, or each of its values; a mark in no list is held."""

    column: Name | None = None

    settled: tuple[str, ...] = ()
    provisional: tuple[str, ...] = ()
    substituted: tuple[str, ...] = ()

    def of(self, said: str) -> Quality:
        for quality in (Quality.SETTLED, Quality.PROVISIONAL, Quality.SUBSTITUTED):
            if said in getattr(self, quality.name.lower()):
                return quality
        return Quality.HELD


class CsvMap(_Part):
    """The meaning of the columns of a CSV file."""

    time: Name | tuple[Name, ...]
    format: Name = "iso"
    until: Name | None = None  # in a time that is "from until to", the mark between
    period: Name | None = None  # of the intervals of the day in time, counted from 1: which it is
    zone: Name | None = None
    values: Literal["interval", "register"]
    day: Literal["clock", "elapsed"] | None = None
    stamp: Literal["start", "end"] = "start"
    interval_s: int | None = Field(default=None, gt=0, le=DAY_S)
    delimiter: Mark = ","
    decimal: Literal[".", ","] = "."
    thousands: Mark | None = None
    encoding: Literal[
        "utf-8-sig", "utf-8", "utf-16", "latin-1", "cp1252", "cp1250", "cp1251", "cp932"
    ] = "utf-8-sig"
    skip: int = Field(default=0, ge=0, le=1_000)
    heading: bool = True
    above: dict[str, str] = {}  # of lines that begin a block of rows, in a file without a heading
    only: Marks = {}
    taken: ValueColumn | None = Field(default=None, alias="import")
    given: ValueColumn | None = Field(default=None, alias="export")
    net: NetColumn | None = None
    quality: QualityColumn | None = None

    @property
    def times(self) -> tuple[str, ...]:
        return (self.time,) if isinstance(self.time, str) else self.time

    @property
    def parts(self) -> tuple[ValueColumn, ...]:
        """The columns of values."""
        parts = (self.taken, self.given, self.net)
        return tuple(part for part in parts if part is not None)

    @property
    def all_parts(self) -> tuple[NamedColumns, ...]:
        """The columns of values, and that of their quality."""
        return (*self.parts, *(() if self.quality is None else (self.quality,)))

    @property
    def columns(self) -> set[str]:
        """All columns of rows that it names."""
        marks = (name for name in self.marks if self.heading or not name.startswith(ABOVE))
        period = () if self.period is None else (self.period,)
        return {*self.times, *period, *marks}.union(*(part.names for part in self.all_parts))

    @property
    def marks(self) -> list[str]:
        """The columns that tell rows of other meters, and of each direction."""
        return list(
            dict.fromkeys([*self.only, *(name for part in self.parts for name in part.only)])
        )

    @property
    def has_rows_apart(self) -> bool:
        """Whether a direction has rows of its own."""
        return any(part.only for part in self.parts)

    @property
    def repeats(self) -> bool:
        """Whether days have columns of their own for an hour that the clock shows again."""
        return any(part.repeated is not None for part in self.parts)

    @field_validator("format")
    @classmethod
    def _heeds_zones(cls, text: str) -> str:
        # strptime reads a zone's name and forgets it.
        if "%Z" in text.replace("%%", ""):
            raise ValueError(
                "%Z reads a zone's name and does not heed it; write %z where times have an offset, else "
                "the name as it stands (%H:%M UTC) and the clock it means in zone"
            )
        if text not in ("iso", "unix", "unix-ms"):
            _check_format(text)
        return text

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        values = self.parts
        if not values or (self.net is not None and len(values) > 1):
            raise ValueError("import, export or both are needed, or net alone")
        if not self.times:
            raise ValueError("time names no column")
        if self.delimiter in (self.decimal, self.thousands) and self.delimiter != ",":
            raise ValueError("delimiter, decimal and thousands are different marks")
        if self.thousands == self.decimal:
            raise ValueError("decimal and thousands are different marks")
        if self.values == "interval" and self.interval_s is None:
            raise ValueError("interval_s is needed where values are those of intervals")
        if self.values == "interval" and self.interval_s == DAY_S and self.zone is None:
            raise ValueError(
                "zone is needed where intervals are days: the clock whose days they are, Etc/UTC for its own"
            )
        if self.values == "register" and any(part.is_power for part in values):
            raise ValueError("a register shows energy, not power")
        if self.values == "register" and self.net is not None:
            raise ValueError("a register counts one direction: name import and export")
        if self.values == "register" and self.stamp == "end":
            raise ValueError("stamp is of intervals: a register is read at the time of its row")
        self._check_period()
        self._check_day()
        self._check_numbers()
        return self

    def _check_period(self) -> None:
        """Periods are counted in a day of a clock."""
        if self.period is None:
            return
        if self.values != "interval" or self.day is not None or self.stamp == "end":
            raise ValueError(
                'period is of rows that are intervals: values = "interval", without day or stamp'
            )
        if self.interval_s is None or DAY_S % self.interval_s or self.interval_s == DAY_S:
            raise ValueError("interval_s of periods is a part of a day")
        if self.zone is None:
            raise ValueError(
                "zone is needed where periods are counted: the clock whose days they are of"
            )

    def _check_day(self) -> None:
        """Rows that are days need more than others, and others have none of it."""
        quality = self.quality is not None and self.quality.is_day
        if self.day is None:
            if quality or any(part.is_day for part in self.parts):
                raise ValueError(
                    'first and last are of rows that are days: write day = "clock" where columns are times '
                    'of the clock, "elapsed" where they count the time that passes'
                )
            if self.repeats:
                raise ValueError('repeated is of rows that are days: day = "clock"')
            return
        if not all(part.is_day for part in self.parts):
            raise ValueError("of a row that is a day, first and last of its columns are needed")
        if self.values != "interval" or self.interval_s is None or self.stamp == "end":
            raise ValueError(
                'a row that is a day has values = "interval", and stamp says nothing of it'
            )
        if DAY_S % self.interval_s or self.interval_s == DAY_S:
            raise ValueError("interval_s of a row that is a day is a part of a day")
        if self.zone is None:
            raise ValueError("zone is needed where a row is a day: the clock whose day it is")
        if self.day == "elapsed" and self.repeats:
            raise ValueError('repeated is of days by the clock: day = "clock"')

    def _check_numbers(self) -> None:
        """Columns of a file without a heading have numbers; blocks are of such files."""
        if self.heading:
            if self.above:
                raise ValueError("above is of files without a heading: heading = false")
            return
        told = {*self.columns, *self.above, *(name.removeprefix(ABOVE) for name in self.marks)}
        names = sorted(name for name in told if not _NUMBER.fullmatch(name))
        if names:
            raise ValueError(
                f'without a heading columns have numbers, "1" the first: {", ".join(names)[:200]}'
            )
        if not self.above and any(name.startswith(ABOVE) for name in self.marks):
            raise ValueError("above is needed, the cells of the line that begins a block")


#: A moment that no two directives of a form show alike.
_SAMPLE: Final = datetime(2026, 11, 27, 13, tzinfo=UTC)


def _check_format(text: str) -> None:
    """ValueError for a form of strptime's that is none, or in which a part of the time is missing."""
    try:
        read = datetime.strptime(_SAMPLE.strftime(text), text)
    except (ValueError, re.error) as error:
        raise ValueError(f"no time can be read by {text!r} ({error})") from None
    if read.date() != _SAMPLE.date():
        raise ValueError(
            f"{text!r} has no whole date: year, month and day; time may name several columns"
        )
    if read.hour not in (0, _SAMPLE.hour):
        raise ValueError(f"{text!r} tells no morning from afternoon: %H, or %p beside %I")


class UsagePointChoice(_Part):
    """Which point of a Green Button feed the meter is."""

    point: Name


class TelegramChoice(_Part):
    """Which device's P1 telegrams are the meter's."""

    device: Name | None = None
    wh_per_m3: Decimal | None = Field(default=None, gt=0, lt=10**6)


class FieldMap(_Part):
    """All that a meter's files do not say themselves."""

    carrier: Literal["electricity", "heat", "gas", "hydrogen"] | None = None
    csv: CsvMap | None = None
    green_button: UsagePointChoice | None = None
    p1: TelegramChoice = TelegramChoice()

    @property
    def measures(self) -> Carrier | None:
        return None if self.carrier is None else Carrier[self.carrier.upper()]


def parse(content: bytes, name: str) -> FieldMap:
    """A map from its file, whose name is only told."""
    if len(content) > MAX_MAP_BYTES:
        raise _no_map(name, f"it has more than {MAX_MAP_BYTES} bytes", "file", len(content))
    try:
        table = tomllib.loads(content.decode("utf-8-sig"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_map(name, f"it is not TOML ({error})", "file", "") from None
    except (ValueError, ArithmeticError):
        raise _no_map(name, "a number in it is too large", "file", "") from None
    try:
        return FieldMap.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        said = said[:1].lower() + said[1:]  # units and directives stay as they are written
        given = first["input"] if isinstance(first["input"], str | int) else ""
        raise _no_map(name, f"{where or 'it'}: {said}", where, given) from None


def missing(name: str) -> TonneError:
    """There is no map for a file that needs one."""
    return refused("METER_MAP_MISSING", fields=name)


def _no_map(name: str, why: str, field: str, value: str | int) -> TonneError:
    return refused("METER_MAP_FORM", given=value, file=name, why=why, field=field)
