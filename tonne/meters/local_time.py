"""Moments of a clock on the wall: an hour comes twice a year, another never."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tonne.constants import DAY_S
from tonne.errors import TonneError, refused


def zone_of(name: str) -> tzinfo:
    """A zone of the IANA database, as `Europe/Berlin`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refused("METER_ZONE_UNKNOWN", zone=name[:60]) from None


def moment(when: datetime, zone: tzinfo | None) -> int:
    """[s] The moment that a time means, by its own offset or on the clock of `zone`.

    A time that the clock showed twice is ambiguous, one that it skipped is missing: both are refused with a
    code of their own, so that what stands beside them can be taken.
    """
    if when.tzinfo is not None:
        return int(when.timestamp())
    if zone is None:
        raise refused("METER_TIME_WITHOUT_ZONE", when=str(when))
    found = shown(when, zone)
    if len(found) == 1:
        return found[0]
    if found:
        raise TonneError(
            "METER_TIME_AMBIGUOUS",
            f"The clock showed {when} twice, when it was set back: nothing says which is meant.",
            field="time",
            value=str(when),
            remedy="It is held, and the rest taken. Have this hour exported in UTC or with offsets.",
        )
    raise TonneError(
        "METER_TIME_MISSING",
        f"The clock never showed {when}: it was set forward then.",
        field="time",
        value=str(when),
        remedy="Check the zone, or have this hour exported in UTC or with offsets.",
    )


def shown(when: datetime, zone: tzinfo) -> tuple[int, ...]:
    """[s] The moments at which the clock of a zone showed a time: one; two where it was set back; none where
    it was set forward."""
    first, second = _both(when, zone)
    return (first,) if first == second else (first, second) if first < second else ()


def interval(
    when: datetime, length_s: int, zone: tzinfo | None, ends: bool = False
) -> tuple[int, int]:
    """[s] Begin and end of an interval that a time begins, or that it ends.

    A day is one of the zone's clock: 23 or 25 hours where that is set. Of a shorter interval that begins
    before the clock is set and ends after, nothing says how long it is: METER_TIME_AMBIGUOUS.
    """
    if length_s == DAY_S:
        assert zone is not None
        return _day(when, zone, ends)
    at = moment(when, zone)
    other, step = (at - length_s, -length_s) if ends else (at + length_s, length_s)
    if when.tzinfo is None and zone is not None:
        bound = when + timedelta(seconds=step)
        if other not in _both(bound, zone):
            raise TonneError(
                "METER_TIME_AMBIGUOUS",
                f"Between {min(when, bound)} and {max(when, bound)} the clock was set: nothing says how long "
                "the interval was.",
                field="time",
                value=str(when),
                remedy="It is held, and the rest taken. Have it exported in UTC or with offsets.",
            )
    return (other, at) if ends else (at, other)


def _day(when: datetime, zone: tzinfo, ends: bool) -> tuple[int, int]:
    at, wall = None, when
    if when.tzinfo is not None:
        at, wall = int(when.timestamp()), when.astimezone(zone).replace(tzinfo=None)
    step = timedelta(days=-1 if ends else 1)
    here, there = _bound(wall, zone) if at is None else at, _bound(wall + step, zone)
    begin, end = (there, here) if ends else (here, there)
    if begin >= end:
        raise TonneError(
            "METER_TIME_MISSING",
            f"The clock never showed the day of {wall}.",
            field="time",
            value=str(wall),
            remedy="Check the zone.",
        )
    return begin, end


def _bound(wall: datetime, zone: tzinfo) -> int:
    """[s] When a day ends and the next begins: where midnight comes twice or never, the first moment of the
    date."""
    return _both(wall, zone)[0] if wall.time() == time() else moment(wall, zone)


def _both(when: datetime, zone: tzinfo) -> tuple[int, int]:
    """[s] A time by the offset from before the clock is set, and by that from after."""
    first, second = (int(when.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))
    return first, second
