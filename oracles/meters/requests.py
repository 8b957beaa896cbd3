"""Missing records, and the order of requests: a meter with many gaps delays no other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from oracles.meters.intake import MeterState
from oracles.meters.registry import MeterRegistry
from tonne.meters.registers import RegisterSeries

#: (meter, first, last) of records.
Range = tuple[int, int, int]

#: [s] Time after an interval's end at which a silent signing meter gets a request; and its number of records.
OVERDUE_S: Final = 30
MOST_OVERDUE: Final = 8


def missing(
    meters: Mapping[int, MeterState], registry: MeterRegistry, booked: Collection[int], now: int
) -> Iterator[Range]:
    """All missing records, and the next ones of overdue meters. Requests from before a kill, or lost by a
    broker, are among them."""
    for number, state in meters.items():
        yield from _gaps(number, state, registry, booked)
        if _is_overdue(number, state, registry, now):
            for counter in state.counters.values():
                if counter.highest is not None:
                    yield number, counter.highest + 1, counter.highest + MOST_OVERDUE


def _gaps(
    number: int, state: MeterState, registry: MeterRegistry, booked: Collection[int]
) -> Iterator[Range]:
    """For a meter in `booked`, records before its first one are over."""
    points = state.series.points if isinstance(state.series, RegisterSeries) else []
    is_early = number not in booked and bool(points)
    is_early = is_early and points[0].at > registry.meters[number].since
    for counter in state.counters.values():
        if is_early and counter.first > 1:
            yield number, 1, counter.first - 1
        for first, last in counter.open_gaps:
            yield number, first, last


def _is_overdue(number: int, state: MeterState, registry: MeterRegistry, now: int) -> bool:
    """Whether nothing has come of the last interval. The broker's last message of a meter may be lost, or
    another's in its name."""
    meter = registry.meters[number]
    due = now - OVERDUE_S
    due -= due % registry.nodes[meter.node].interval_s
    latest = state.series.latest
    is_over = bool(meter.until) and due > meter.until
    return not is_over and state.source == "records" and latest is not None and latest < due


class Requests:
    """Chooses among missing records; remembers the turn of each request."""

    def __init__(self) -> None:
        self._turn = 0
        self._meters: dict[int, int] = {}
        self._ranges: dict[Range, int] = {}

    def chosen(self, wanted: Iterable[Range], most: int) -> list[Range]:
        """At most this number: one for each meter before a second of any, the oldest request
        first."""
        of: dict[int, list[Range]] = defaultdict(list)
        for each in sorted(wanted, key=lambda each: self._ranges.get(each, 0)):
            of[each[0]].append(each)
        ranked = [
            (rank, self._meters.get(meter, 0), each)
            for meter, ranges in of.items()
            for rank, each in enumerate(ranges[:most])
        ]
        found = [each for _, _, each in sorted(ranked)[:most]]
        self._turn += 1
        turns = self._ranges | dict.fromkeys(found, self._turn)
        self._ranges = {
            each: turns[each] for ranges in of.values() for each in ranges if each in turns
        }
        turns_of = self._meters | {each[0]: self._turn for each in found}
        self._meters = {meter: turns_of[meter] for meter in of if meter in turns_of}
        return found
