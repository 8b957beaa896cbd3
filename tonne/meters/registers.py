"""Series of a meter that shows registers: differences, rollover, exchange, gaps and late readings."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tonne.errors import TonneError, refused
from tonne.meters.readings import Quality, Reading
from tonne.meters.series import NO_RECORD, Flow, SeriesState

#: A meter may measure somewhat more than its nameplate says [1/1000], and a register shows whole Wh.
MARGIN_PERMILLE: Final = 1250
TRUNCATION_WH: Final = 2
#: [s] Stretches before a reading in which it may not have measured more than that either.
PACES_S: Final = (60, 900)


@dataclass(frozen=True, slots=True)
class RegisterTerms:
    """What bounds a meter's steps."""

    digits: int  #     a register rolls over at 10^digits Wh
    nameplate_w: int  # [W]

    @property
    def capacity_wh(self) -> int:
        found: int = 10**self.digits
        return found

    def most_wh(self, seconds: int) -> int:
        """[Wh] What can flow in a time, rounded up."""
        return -(-self.nameplate_w * seconds * MARGIN_PERMILLE // 3_600_000) + TRUNCATION_WH


@dataclass(frozen=True, slots=True)
class Point:
    """Both registers at one moment, by one device, with where the series stood."""

    at: int
    device: int
    registers: Flow
    flow: Flow
    quality: Quality
    sequence: int
    digest: bytes

    @property
    def key(self) -> tuple[int, int]:
        return self.at, self.device


class RegisterSeries:
    """Readings of one meter in order of time; held ones lie beside the curve and do not shape it."""

    def __init__(self, terms: RegisterTerms) -> None:
        self.terms = terms
        self.points: list[Point] = []
        self.held: dict[int, Point] = {}

    # Taking in

    def plan(
        self, readings: Sequence[Reading], device: int, sequence: int, digest: bytes
    ) -> list[Point]:
        """The points that a record would add, or TonneError; nothing is changed."""
        trial = self
        if len(readings) > 1:  # they are judged one upon the other
            trial = RegisterSeries(self.terms)
            trial.points, trial.held = list(self.points), dict(self.held)
        found = []
        for reading in readings:
            point = trial._point(reading, device, sequence, digest)
            if point is None:
                continue
            if trial is not self:
                trial.put(point)
            found.append(point)
        return found

    def put(self, point: Point) -> None:
        """Adds a point as planned, in place of one of the same moment and device."""
        if point.quality is Quality.HELD:
            self.held[point.at] = point
            return
        self.held.pop(point.at, None)
        index = bisect_left(self.points, point.key, key=lambda p: p.key)
        if index < len(self.points) and self.points[index].key == point.key:
            self.points[index] = point
        else:
            self.points.insert(index, point)

    def exchange(self, at: int, device: int, last: Flow, first: Flow) -> list[Point]:
        """The two points of an exchange: the old device's last registers, the new one's first."""
        old = self._point(
            Reading(at, *last, Quality.SETTLED), device - 1, 0, NO_RECORD, by_office=True
        )
        flow = old.flow if old else self._at(at, device - 1).flow
        new = Point(at, device, first, flow, Quality.SETTLED, 0, NO_RECORD)
        known = self._index(new.key)
        if known is not None and self.points[known].registers == first:
            new = replace(self.points[known], flow=flow)  # the device told it itself
        return [new] if old is None else [old, new]

    # What it says

    def state(self, at: int) -> SeriesState | None:
        index = bisect_left(self.points, (at, -1), key=lambda p: p.key)
        if index == len(self.points):
            return None
        after = self.points[index]
        if after.at == at:
            return _state(self._told(index))
        if index == 0:
            return None
        before = self.points[index - 1]
        return _between(before, after, at, self.terms.capacity_wh)

    def quality_between(self, start: int, end: int) -> Quality:
        """Two registers tell all that flowed between them, whatever lies between."""
        return Quality.SETTLED

    def last_known(self, at: int) -> SeriesState | None:
        if at in self.held:
            return _state(self.held[at])
        index = bisect_left(self.points, (at + 1, -1), key=lambda p: p.key)
        return _state(self.points[index - 1]) if index else None

    def reach(self, at: int) -> tuple[int, int]:
        """From the reading before a moment to the one after it: the stretch a reading there can change."""
        low = bisect_left(self.points, (at, -1), key=lambda p: p.key)
        high = bisect_left(self.points, (at + 1, -1), key=lambda p: p.key)
        before = self.points[low - 1].at if low else at
        return before, self.points[high].at if high < len(self.points) else at

    def flow_until(self, at: int) -> Flow | None:
        known = self.state(at)
        if known is not None:
            return known.flow
        return self.points[-1].flow if self.points and self.points[-1].at < at else None

    def shown(self, at: int, device: int) -> Flow | None:
        """Registers of a device at a moment of which it told; None where it did not."""
        index = self._index((at, device))
        return None if index is None else self.points[index].registers

    def origin(self) -> Flow | None:
        return self.points[0].flow if self.points else None

    @property
    def latest(self) -> int | None:
        """[s] When it last showed something that settles."""
        return self.points[-1].at if self.points else None

    def needed_from(self, end: int) -> int:
        """[s] The first moment that intervals from `end` on are computed from."""
        return min(self.points[0].at, end) if self.points else end

    def forget(self, before: int) -> None:
        """Lets go of what no open interval needs: all but the last point until then."""
        index = bisect_left(self.points, (before + 1, -1), key=lambda p: p.key)
        del self.points[: max(index - 2, 0)]
        self.held = {at: point for at, point in self.held.items() if at >= before}

    # How a reading fits in

    def _point(
        self, reading: Reading, device: int, sequence: int, digest: bytes, by_office: bool = False
    ) -> Point | None:
        """Where a reading stands; None when it adds nothing."""
        registers = Flow(reading.import_wh, reading.export_wh)
        capacity = self.terms.capacity_wh
        if max(registers) >= capacity:
            raise _refused(
                "METER_REGISTER_RANGE",
                f"The register shows {max(registers)} Wh and has {self.terms.digits} digits.",
                reading,
                "Correct the meter's entry, or its reading.",
            )
        point = Point(reading.at, device, registers, Flow(0, 0), reading.quality, sequence, digest)
        if reading.quality is Quality.HELD:
            return None if self._index(point.key) is not None else point
        known = self._index(point.key)
        if known is not None and not self._may_replace(self.points[known], point, by_office):
            return None
        return self._fitted(point, known)

    def _may_replace(self, old: Point, new: Point, by_office: bool) -> bool:
        """A better reading of the same moment takes its place; two valid ones that differ are a
        conflict that cannot be judged here."""
        if old.registers == new.registers:
            return new.quality < old.quality
        if old.quality is Quality.SETTLED and not by_office:
            raise TonneError(
                "METER_STAMP_CONFLICT",
                f"The meter has shown {tuple(old.registers)} Wh at {old.at}, and now {tuple(new.registers)}.",
                field="readAt",
                value=new.at,
                remedy="Have the meter looked at: it signed two things of one moment.",
            )
        return True

    def _fitted(self, point: Point, known: int | None) -> Point:
        """With the flow that its neighbours give it; both steps must be possible."""
        index = bisect_left(self.points, point.key, key=lambda p: p.key)
        before = self.points[index - 1] if index else None
        after_index = index if known is None else index + 1
        after = self.points[after_index] if after_index < len(self.points) else None
        if before is None and after is None:
            return point
        if before is None:
            assert after is not None
            step = self._step(point, after)
            return replace(point, flow=_minus(after.flow, step))
        fitted = replace(point, flow=_plus(before.flow, self._step(before, point)))
        if after is not None and _plus(fitted.flow, self._step(fitted, after)) != after.flow:
            raise _negative(point, "lies outside the readings before and after it")
        self._check_pace(fitted)
        return fitted

    def _check_pace(self, point: Point) -> None:
        """Each short step may be a Wh or two above the nameplate, by rounding; many of them may not."""
        for pace_s in PACES_S:
            index = bisect_left(self.points, (point.at - pace_s, -1), key=lambda p: p.key)
            if index < len(self.points) and self.points[index].at < point.at:
                first = self.points[index]
                self._check_step(max(_minus(point.flow, first.flow)), first, point)

    def _check_step(self, step: int, before: Point, after: Point) -> None:
        seconds = after.at - before.at
        most = self.terms.most_wh(seconds)
        if step > most:
            raise refused(
                "METER_IMPLAUSIBLE_STEP", time=after.at, step=step, seconds=seconds, limit=most
            )

    def _step(self, before: Point, after: Point) -> Flow:
        """What flowed from one point to the next. A register that falls has rolled over, if what then
        flowed is possible."""
        if before.device != after.device:
            return Flow(0, 0)  # not known: no exchange was recorded
        most = self.terms.most_wh(after.at - before.at)
        steps = []
        for then, now in zip(before.registers, after.registers, strict=True):
            step = now - then
            if step < 0:
                step += self.terms.capacity_wh
                if step > most:
                    raise _negative(after, f"shows {now} Wh after {then} Wh")
            else:
                self._check_step(step, before, after)
            steps.append(step)
        return Flow(*steps)

    def _index(self, key: tuple[int, int]) -> int | None:
        index = bisect_left(self.points, key, key=lambda p: p.key)
        found = index < len(self.points) and self.points[index].key == key
        return index if found else None

    def _at(self, at: int, device: int) -> Point:
        index = bisect_left(self.points, (at, device), key=lambda p: p.key)
        return self.points[index]

    def _told(self, index: int) -> Point:
        """Of several points of one moment (an exchange) the one that a record tells."""
        same = [p for p in self.points[index : index + 3] if p.at == self.points[index].at]
        return next((p for p in reversed(same) if p.digest != NO_RECORD), same[-1])


def _state(point: Point) -> SeriesState:
    return SeriesState(point.flow, point.registers, point.quality, point.sequence, point.digest)


def _between(before: Point, after: Point, at: int, capacity: int) -> SeriesState:
    """In proportion to time, rounded down; differences of such values still add up."""
    part, whole = at - before.at, after.at - before.at
    flow = Flow(
        *(a + (b - a) * part // whole for a, b in zip(before.flow, after.flow, strict=True))
    )
    registers = Flow(
        *(
            (shown + now - then) % capacity
            for shown, now, then in zip(before.registers, flow, before.flow, strict=True)
        )
    )
    return SeriesState(flow, registers, Quality.SUBSTITUTED, after.sequence, after.digest)


def _plus(a: Flow, b: Flow) -> Flow:
    return Flow(a.import_wh + b.import_wh, a.export_wh + b.export_wh)


def _minus(a: Flow, b: Flow) -> Flow:
    return Flow(a.import_wh - b.import_wh, a.export_wh - b.export_wh)


def _negative(point: Point, why: str) -> TonneError:
    return refused("METER_NEGATIVE_STEP", time=point.at, why=why)


def _refused(code: str, message: str, reading: Reading, remedy: str) -> TonneError:
    return TonneError(code, message, field="readAt", value=reading.at, remedy=remedy)
