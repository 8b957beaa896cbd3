"""Rows that are days: which interval each of their values is of.

`clock`: a column is a time of the clock, the same every day. What stands in an hour that the clock repeats is
ambiguous, unless columns of their own have its second showing. `elapsed`: a column counts the intervals since
the day began, 92 or 100 quarter-hours where the clock is set.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from tonne.constants import DAY_S, HOUR_S
from tonne.errors import TonneError
from tonne.meters.local_time import interval, shown

#: Of a value: when its interval begins [s], or why nothing says it; None where the day has no such interval.
Place = int | TonneError | None


def most_columns(interval_s: int) -> int:
    """Of the longest day."""
    return (DAY_S + HOUR_S) // interval_s


def misfit(count: int, interval_s: int, elapsed: bool, repeats: bool) -> str:
    """Why a heading's columns from first to last are not those of a day; empty where they may be."""
    whole = DAY_S // interval_s
    if elapsed:
        fits = abs(count - whole) * interval_s <= HOUR_S
    elif repeats:
        fits = whole < count <= most_columns(interval_s)
    else:
        fits = count == whole
    return (
        "" if fits else f"it has {count} of them, and a day has {whole} intervals of {interval_s} s"
    )


def by_clock(
    begin: datetime, interval_s: int, zone: tzinfo, told: Sequence[bool], repeated: int | None
) -> list[Place]:
    """Columns that are times of the clock. `told` says which have a value; from `repeated` on stand those
    that have the second showing of the hour before them."""
    extra = len(told) - DAY_S // interval_s
    second = range(0) if repeated is None else range(repeated, repeated + extra)
    places: list[Place] = []
    for column in range(len(told)):
        late = extra if repeated is not None and column >= repeated else 0
        when = begin + timedelta(seconds=(column - late) * interval_s)
        both = shown(when, zone)
        if column in second:
            places.append(both[1] if len(both) > 1 else None)
        elif len(both) > 1 and column + extra in second and told[column + extra]:
            places.append(both[0])
        else:
            places.append(_place(when, interval_s, zone))
    return places


def _place(when: datetime, interval_s: int, zone: tzinfo) -> Place:
    try:
        return interval(when, interval_s, zone)[0]
    except TonneError as error:
        return error


def by_time(begin: datetime, interval_s: int, zone: tzinfo, told: Sequence[bool]) -> list[Place]:
    """Columns that count the intervals since the day began. METER_ROW_FORM where a row has fewer or more
    values than its day has intervals: nothing tells which of them is which."""
    start, end = interval(begin, DAY_S, zone)
    count, rest = divmod(end - start, interval_s)
    if rest or len(told) < count or any(told[count:]):
        last = max((n for n, is_told in enumerate(told, 1) if is_told), default=0)
        values = len(told) if len(told) < count else last
        raise TonneError(
            "METER_ROW_FORM",
            f"The row cannot be read: it has {values} values, and the day of {begin:%Y-%m-%d} has "
            f"{(end - start) / interval_s:g} intervals.",
            field="row",
            value=values,
            remedy="Have the day exported whole, and blank where it has no intervals; where columns are "
            'times of the clock, write day = "clock". The other rows are taken.',
        )
    return [start + column * interval_s if column < count else None for column in range(len(told))]
