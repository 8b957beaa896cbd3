"""A meter's readings over time, and each interval's part of them.

A series answers one question: how much has flowed since it began, until a moment t. Energy of an
interval is the difference of two answers; so all that intervals were booked with adds up to all that
the registers moved, whatever came late, twice or never. What can no longer be booked where it belongs
(its interval is final) is booked with the first interval that is still open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tonne.constants import ZERO_WORD
from tonne.meters.readings import Quality

NO_RECORD = ZERO_WORD

#: Number of a reading behind which is no record that a chain would take: of a file, or an office. It cannot
#: be contradicted, see `contradict` of IMeterOracle.
NO_NUMBER = 0


class Flow(NamedTuple):
    """Energy [Wh] since the series began; it may begin before the first reading, and is negative there."""

    import_wh: int
    export_wh: int


@dataclass(frozen=True, slots=True)
class SeriesState:
    """A series at one moment."""

    flow: Flow
    registers: Flow  #   as the meter shows them
    quality: Quality  #  exact readings have their own, what lies between two is substituted
    sequence: int  #     the record's number, or `NO_NUMBER`
    digest: bytes  #     of the record that tells it


@dataclass(frozen=True, slots=True)
class Booked:
    """Up to where a meter's intervals are final, and how far the series was booked with them.

    Without a flow when nothing was known of the meter yet.
    """

    at: int
    flow: Flow | None


@dataclass(frozen=True, slots=True)
class IntervalReading:
    """One meter in one interval: what its leaf says."""

    import_wh: int
    export_wh: int
    registers: Flow
    quality: Quality
    sequence: int
    digest: bytes

    @property
    def counted(self) -> Flow:
        """What it adds to its root: held energy does not."""
        if self.quality is Quality.HELD:
            return Flow(0, 0)
        return Flow(self.import_wh, self.export_wh)


class Series(Protocol):
    """What readings of any kind come to."""

    def state(self, at: int) -> SeriesState | None:
        """How it stood at a moment; None when that is not known (yet)."""

    def quality_between(self, start: int, end: int) -> Quality:
        """The worst of what tells the energy between two moments that are known."""

    def last_known(self, at: int) -> SeriesState | None:
        """The latest it has shown until then, good or not."""

    def flow_until(self, at: int) -> Flow | None:
        """How far it is known to have come until then; None before it began."""

    def origin(self) -> Flow | None:
        """Where it began."""


def interval(series: Series, start: int, end: int, booked: Booked | None) -> IntervalReading:
    """The meter's energy in one interval that is still open."""
    begin, finish = series.state(start), series.state(end)
    base = _floor(series, start, booked)
    if finish is None or begin is None or base is None:
        return _held(series, end)
    quality = max(begin.quality, finish.quality, series.quality_between(start, end))
    if quality is Quality.HELD:
        return _held(series, end)
    if base != begin.flow:
        quality = max(quality, Quality.SUBSTITUTED)
    imported, exported = (max(now - then, 0) for now, then in zip(finish.flow, base, strict=True))
    return IntervalReading(
        imported, exported, finish.registers, quality, finish.sequence, finish.digest
    )


def closed(
    series: Series, start: int, end: int, booked: Booked | None, leaf: IntervalReading
) -> Booked:
    """How far the series is booked once `leaf` is final."""
    before = _floor(series, start, booked)
    if before is None:
        return Booked(end, None)
    return Booked(end, Flow(*map(sum, zip(before, leaf.counted, strict=True))))


def _floor(series: Series, start: int, booked: Booked | None) -> Flow | None:
    """How far the series is booked before an open interval begins."""
    here = series.flow_until(start)
    if booked is None:
        return here
    floor = series.origin() if booked.flow is None else booked.flow
    if floor is None or start == booked.at or here is None:
        return floor
    return Flow(*map(max, here, floor))


def _held(series: Series, end: int) -> IntervalReading:
    known = series.last_known(end)
    if known is None:
        return IntervalReading(0, 0, Flow(0, 0), Quality.HELD, 0, NO_RECORD)
    return IntervalReading(0, 0, known.registers, Quality.HELD, known.sequence, known.digest)
