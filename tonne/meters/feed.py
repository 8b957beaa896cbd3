"""Readings of one meter in a file that it did not sign, whatever the form, and the rows that are left out.

One bad row does not touch another: it is named with its number, its field and what to do, and the rest is
taken. A file is refused whole only where nothing in it can be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from tonne.constants import HOUR_S
from tonne.errors import TonneError, refused
from tonne.meters.readings import Carrier, Quality, Reading

#: Rows that are named one by one; of the others it is said how many.
MOST_NAMED: Final = 1_000

#: Rows of one file that are looked at; a year of five minutes has 105,408.
MOST_ROWS: Final = 200_000

#: [Wh] Of one interval, as a leaf holds it.
MOST_WH: Final = 2**40 - 1

#: [Wh] of one unit of energy. The BTU is that of the International Table: 1055.05585262 J.
_BTU: Final = Fraction("1055.05585262") / HOUR_S
WH_OF: Final[Mapping[str, Fraction]] = {
    "Wh": Fraction(1),
    "kWh": Fraction(1_000),
    "MWh": Fraction(1_000_000),
    "MJ": Fraction(1_000_000, HOUR_S),
    "GJ": Fraction(1_000_000_000, HOUR_S),
    "BTU": _BTU,
    "therm": 100_000 * _BTU,
}


@dataclass(frozen=True, slots=True)
class IntervalEnergy:
    """Energy [Wh] that flowed one way in one interval."""

    start: int  #     [s]
    duration_s: int
    is_export: bool
    energy_wh: int
    quality: Quality
    cost: int | None = None  # 1/100,000 of the feed's currency
    row: int = field(default=0, compare=False)  # where in the file, from 1

    @property
    def end(self) -> int:
        return self.start + self.duration_s


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """Registers at one moment that no meter signed."""

    row: int = field(compare=False)
    reading: Reading
    digest: bytes = field(compare=False)  # SHA-256 of what tells it
    device: str = ""  # the name of the device that shows them, where the file says so


class LeftOutRow(NamedTuple):
    """A row that was not taken."""

    row: int
    error: TonneError


@dataclass(slots=True)
class LeftOut:
    """Rows that were not taken: the first of them by number, all of them by code."""

    named: list[LeftOutRow] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    first: dict[str, TonneError] = field(default_factory=dict)  # of each code

    def add(self, row: int, error: TonneError) -> None:
        self.codes[error.code] += 1
        self.first.setdefault(error.code, error)
        if len(self.named) < MOST_NAMED:
            self.named.append(LeftOutRow(row, error))

    @property
    def count(self) -> int:
        return self.codes.total()

    def as_dict(self) -> dict[str, Any]:
        """The rows for machines, in order of the file."""
        named = sorted(self.named, key=lambda left: left.row)
        return {
            "leftOut": self.count,
            "codes": dict(sorted(self.codes.items())),
            "rows": [{"row": row} | error.as_dict() for row, error in named],
        }


@dataclass(frozen=True, slots=True)
class Feed:
    """What one file says of one meter: energy by interval, or registers."""

    carrier: Carrier | None  # where the file says so
    updated: int | None  #     [s] when it was written, where it says so; a later one corrects
    digest: bytes  #           SHA-256 of the file
    intervals: tuple[IntervalEnergy, ...] = ()
    registers: tuple[RegisterRow, ...] = ()
    left_out: LeftOut = field(default_factory=LeftOut)
    device_named: bool = False  # the field map says of which device it is


class _Numbered(Protocol):
    @property
    def row(self) -> int: ...


Row = TypeVar("Row", bound=_Numbered)


def agreed(rows: Iterable[tuple[Hashable, Row]], left_out: LeftOut) -> list[Row]:
    """One row of each key (a moment, a direction): what stands twice counts once. Where two of one key
    differ, neither is taken, since nothing tells which is right."""
    found: dict[Hashable, Row] = {}
    at_odds: dict[Hashable, list[Row]] = {}
    for key, row in rows:
        known = found.setdefault(key, row)
        if known != row:
            at_odds.setdefault(key, [known]).append(row)
    for key, several in at_odds.items():
        del found[key]
        numbers = ", ".join(str(row.row) for row in several[:10])
        for row in several:
            left_out.add(
                row.row,
                refused("METER_ROWS_DIFFER", row=row.row, numbers=numbers),
            )
    return list(found.values())


def apart(intervals: Iterable[IntervalEnergy], left_out: LeftOut) -> tuple[IntervalEnergy, ...]:
    """The intervals in order of time; of those that cut each other, none is taken."""
    ordered = sorted(intervals, key=lambda item: (item.is_export, item.start))
    cut: set[int] = set()
    longest: int | None = None  # of one direction, the interval that ends last so far
    for index, item in enumerate(ordered):
        if longest is not None and ordered[longest].is_export == item.is_export:
            if item.start < ordered[longest].end:
                cut |= {longest, index}
            if item.end <= ordered[longest].end:
                continue
        longest = index
    for index in cut:
        left_out.add(
            ordered[index].row,
            TonneError(
                "METER_INTERVALS_OVERLAP",
                f"The interval from {ordered[index].start} to {ordered[index].end} cuts another of the file.",
                field="start",
                value=ordered[index].start,
                remedy="Have it exported with intervals that follow each other.",
            ),
        )
    kept = (item for index, item in enumerate(ordered) if index not in cut)
    return tuple(sorted(kept, key=lambda item: (item.start, item.is_export)))


def whole_wh(value: Fraction, name: str) -> int:
    """[Wh] Of a register, rounded down, since it cannot run ahead; METER_ENERGY_RANGE for what fits no leaf,
    and for less than nothing."""
    _refuse_range(value, name)
    return value.numerator // value.denominator


def nearest_wh(value: Fraction, name: str) -> int:
    """[Wh] Of an interval, rounded to the nearest, half up: cut, a year of rows would lose energy on one
    side. METER_ENERGY_RANGE for what fits no leaf, and for less than nothing."""
    _refuse_range(value, name)
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def _refuse_range(value: Fraction, name: str) -> None:
    if not 0 <= value <= MOST_WH:
        raise TonneError(
            "METER_ENERGY_RANGE",
            f"{name} comes to less than 0 or to more than {MOST_WH} Wh.",
            field=name,
            remedy="Check its unit and its sign.",
        )


def too_many_rows(count: int) -> TonneError:
    return TonneError(
        "METER_TOO_LARGE",
        f"A file of more than {MOST_ROWS} rows, or values of days, is refused.",
        field="file",
        value=count,
        remedy=f"Cut it into files of at most {MOST_ROWS} rows.",
    )


def refuse_nothing(feed: Feed, form: str) -> Feed:
    """The feed, if it has anything to take; else the reason of its first row, with its number."""
    if feed.intervals or feed.registers:
        return feed
    if not feed.left_out.named:
        raise TonneError(
            form,
            "It has no reading.",
            field="file",
            remedy="Have it exported again, with readings.",
        )
    raise none_taken(feed.left_out)


def none_taken(left_out: LeftOut) -> TonneError:
    """Why a file is refused none of whose rows was taken: the first row's reason."""
    row, error = min(left_out.named, key=lambda left: left.row)
    count = f"none of {left_out.count} rows was taken; the first" if left_out.count > 1 else "it"
    return TonneError(
        error.code,
        f"Row {row}: {error.message.removesuffix('.')} ({count} is refused).",
        field=error.field,
        value=error.value,
        remedy=error.remedy,
    )
