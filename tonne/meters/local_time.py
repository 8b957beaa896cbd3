"""Moments of a clock on the wall: an hour comes twice a year, another never."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tonne.errors import TonneError


def zone_of(name: str) -> tzinfo:
    """A zone of the IANA database, as `Europe/Berlin`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TonneError(
            "METER_ZONE_UNKNOWN",
            f"No zone of the time zone database is named {name[:60]}.",
            field="zone",
            value=name[:60],
            remedy="Write one as Europe/Berlin, or Etc/GMT-1 for standard time (UTC+1) all year.",
        ) from None


def moment(when: datetime, zone: tzinfo | None) -> int:
    """[s] The moment that a time means, by its own offset or on the clock of `zone`.

    A time that the clock showed twice is ambiguous, one that it skipped is missing: both are refused with a
    code of their own, so that what stands beside them can be taken.
    """
    if when.tzinfo is not None:
        return int(when.timestamp())
    if zone is None:
        raise TonneError(
            "METER_TIME_WITHOUT_ZONE",
            f"{when} has no offset, and no zone is named.",
            field="time",
            value=str(when),
            remedy='Name the clock it is of in the field map: zone = "Europe/Berlin".',
        )
    first, second = when.replace(tzinfo=zone, fold=0), when.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before == after:
        return int(first.timestamp())
    assert before is not None and after is not None
    if before > after:
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
