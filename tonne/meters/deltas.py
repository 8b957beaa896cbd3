"""Series of a meter whose utility tells energy by interval, as Green Button feeds do."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from tonne.errors import TonneError
from tonne.meters.feed import IntervalEnergy
from tonne.meters.readings import Quality
from tonne.meters.series import NO_NUMBER, NO_RECORD, Flow, SeriesState


@dataclass(frozen=True, slots=True)
class Delta:
    """Energy [Wh] between two moments, as a feed written at `updated` has it."""

    start: int
    end: int
    is_export: bool
    energy_wh: int
    quality: Quality
    updated: int  # [s]
    digest: bytes

    @property
    def key(self) -> tuple[int, bool]:
        return self.start, self.is_export

    @classmethod
    def of(cls, energy: IntervalEnergy, updated: int, digest: bytes) -> Delta:
        return cls(
            energy.start,
            energy.end,
            energy.is_export,
            energy.energy_wh,
            energy.quality,
            updated,
            digest,
        )


class DeltaSeries:
    """Intervals of both directions; a feed written later takes the place of an earlier one.

    A direction that no feed ever told does not flow. Where an interval of the market cuts one of the
    feed's, the energy is shared out by time, and is a substitute.
    """

    def __init__(self) -> None:
        self._deltas: dict[bool, dict[int, Delta]] = {False: {}, True: {}}
        self._ordered: dict[bool, tuple[list[int], list[Delta], list[int]]] = {}

    def plan(self, deltas: list[Delta]) -> list[Delta]:
        """Those that tell something new, or TonneError; nothing is changed."""
        fresh = []
        for delta in deltas:
            known = self._deltas[delta.is_export].get(delta.start)
            if known is None:
                self._refuse_overlap(delta)
                fresh.append(delta)
            elif known.end != delta.end:
                raise _overlap(delta)
            elif delta.updated > known.updated and (delta.energy_wh, delta.quality) != (
                known.energy_wh,
                known.quality,
            ):
                fresh.append(delta)
        return fresh

    def put(self, delta: Delta) -> None:
        self._deltas[delta.is_export][delta.start] = delta
        self._ordered.pop(delta.is_export, None)

    def state(self, at: int) -> SeriesState | None:
        spans = [self._order(way) for way in (False, True)]
        begun = [ordered[0] for starts, ordered, _ in spans if starts]
        if not begun or at < min(d.start for d in begun):
            return None
        if at > max(ordered[-1].end for starts, ordered, _ in spans if starts):
            return None
        flow = Flow(*(self._flow(way, at) for way in (False, True)))
        told = self._last(at)
        return SeriesState(
            flow,
            flow,
            Quality.SETTLED,
            NO_NUMBER,
            NO_RECORD if told is None else told.digest,
        )

    def quality_between(self, start: int, end: int) -> Quality:
        worst = Quality.SETTLED
        for way in (False, True):
            if self._deltas[way]:
                worst = max(worst, self._cover(way, start, end))
        return worst

    def last_known(self, at: int) -> SeriesState | None:
        told = self._last(at)
        if told is None:
            return None
        flow = Flow(*(self._flow(way, at) for way in (False, True)))
        return SeriesState(flow, flow, Quality.HELD, told.updated, told.digest)

    def flow_until(self, at: int) -> Flow | None:
        begun = [starts[0] for starts, _, _ in map(self._order, (False, True)) if starts]
        if not begun or at < min(begun):
            return None
        return Flow(*(self._flow(way, at) for way in (False, True)))

    def origin(self) -> Flow | None:
        return Flow(0, 0) if self.latest is not None else None

    @property
    def latest(self) -> int | None:
        ends = [d.end for way in self._deltas.values() for d in way.values()]
        return max(ends, default=None)

    @property
    def updated(self) -> int:
        """[s] When the newest feed was written; -1 without one."""
        return max((d.updated for way in self._deltas.values() for d in way.values()), default=-1)

    def needed_from(self, end: int) -> int:
        """[s] All of it: sums need their beginning."""
        return 0

    def forget(self, before: int) -> None:
        """Sums need their beginning: nothing is let go of."""

    def _order(self, way: bool) -> tuple[list[int], list[Delta], list[int]]:
        """Starts, deltas and sums before each, in order of time."""
        if way not in self._ordered:
            deltas = [self._deltas[way][start] for start in sorted(self._deltas[way])]
            sums, total = [], 0
            for delta in deltas:
                sums.append(total)
                total += 0 if delta.quality is Quality.HELD else delta.energy_wh
            self._ordered[way] = [d.start for d in deltas], deltas, sums
        return self._ordered[way]

    def _flow(self, way: bool, at: int) -> int:
        starts, deltas, sums = self._order(way)
        index = bisect_right(starts, at) - 1
        if index < 0:
            return 0
        delta = deltas[index]
        if delta.quality is Quality.HELD:
            return sums[index]
        part = min(at, delta.end) - delta.start
        return sums[index] + delta.energy_wh * part // (delta.end - delta.start)

    def _last(self, at: int) -> Delta | None:
        """The delta that tells the moment before `at`."""
        found = []
        for way in (False, True):
            starts, deltas, _ = self._order(way)
            index = bisect_right(starts, at - 1) - 1
            if index >= 0:
                found.append(deltas[index])
        return max(found, key=lambda d: d.start, default=None)

    def _cover(self, way: bool, start: int, end: int) -> Quality:
        starts, deltas, _ = self._order(way)
        index = max(bisect_right(starts, start) - 1, 0)
        worst, told = Quality.SETTLED, start
        for delta in deltas[index:]:
            if delta.start >= end:
                break
            if delta.end <= start:
                continue
            if delta.start > told:
                return Quality.HELD
            cut = delta.start < start or delta.end > end
            worst = max(worst, delta.quality, Quality.SUBSTITUTED if cut else Quality.SETTLED)
            told = delta.end
        return worst if told >= end else Quality.HELD

    def _refuse_overlap(self, delta: Delta) -> None:
        starts, deltas, _ = self._order(delta.is_export)
        index = bisect_right(starts, delta.start)
        before = deltas[index - 1] if index else None
        after = deltas[index] if index < len(deltas) else None
        if (before and before.end > delta.start) or (after and after.start < delta.end):
            raise _overlap(delta)


def _overlap(delta: Delta) -> TonneError:
    return TonneError(
        "METER_INTERVALS_OVERLAP",
        f"The interval from {delta.start} to {delta.end} cuts another that was told before.",
        field="start",
        value=delta.start,
        remedy="Feeds of one meter must have intervals of one grid.",
    )
