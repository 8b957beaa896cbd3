"""Losses: with final roots a stranger books those of lines and areas; the rest is held, and decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tonne.chain.client import Call
from tonne.crypto.hashing import text_hash
from tonne.meters.leaves import IntervalLeaves
from tonne.sandbox.steps import parts
from tonne.simulation.energy_day.model.grid import HEAT, TOWN, node_of
from tonne.simulation.energy_day.model.plan import LINES_A_CALL, NODES_A_CALL
from tonne.simulation.energy_day.model.results import AreaDay, LineDay
from tonne.simulation.energy_day.model.state import DayState, LineBook
from tonne.simulation.energy_day.steps.daemon import MeterDaemon

#: `LossStatus` of IPowerLosses.
HELD = 2

#: The node whose street has a meter that is wrong for an interval, at the middle of the run.
FAULTY_NODE = node_of(TOWN, HEAT)


class Leaves:
    """An interval's leaves by meter, as the oracle hands them to those who book."""

    def __init__(self, daemon: MeterDaemon, start: int, areas: Iterable[int]) -> None:
        self.trees: dict[int, IntervalLeaves] = {area: daemon.leaves(area, start) for area in areas}
        self._places = {
            leaf.meter: (tree, place)
            for tree in self.trees.values()
            for place, leaf in enumerate(tree.leaves)
        }

    def shown(self, meter: int) -> tuple[Any, bytes]:
        """`LeafProof` of IMeterOracle, and the salt that opens it."""
        tree, place = self._places[meter]
        return tree.proof(place), tree.leaves[place].salt


def book(state: DayState, daemon: MeterDaemon) -> None:
    """All lines of all intervals, then the areas."""
    state.driver.send_all(_calls(state, daemon))
    _decide(state)


def _calls(state: DayState, daemon: MeterDaemon) -> Iterator[Call]:
    """All lines of an interval, then all areas, in as few calls as a block has room for."""
    stranger = state.keys.account("outsider")
    for index in range(state.line.count):
        start = state.line.at(index)
        leaves = Leaves(daemon, start, state.areas)
        lines = []
        for line in state.lines:
            shown_in, salt_in = leaves.shown(line.meter_in)
            shown_out, salt_out = leaves.shown(line.meter_out)
            lines.append((line.id, 1, salt_in, salt_out, shown_in, shown_out))
        for part in parts(lines, LINES_A_CALL):
            yield state.driver.call(stranger, "PowerLosses", "bookLines", start, part)
        areas = [(area, tree.root, tree.tree.sums) for area, tree in leaves.trees.items()]
        for few in parts(areas, NODES_A_CALL):
            yield state.driver.call(stranger, "PowerLosses", "bookAreas", start, few)


def _decide(state: DayState) -> None:
    """The authority looks at what is in dispute; a line's figures stay as its meters told them."""
    names = {line.id: line.name for line in state.lines}
    why = text_hash("the meter at the end of the street runs fast; it is exchanged")
    calls = []
    for event in state.chain.logs("PowerLosses", "LossDisputed"):
        line, start = event["line"], event["start"]
        index = (start - state.line.start) // state.line.interval_s
        if line:
            calls.append(
                state.driver.call(state.bureau, "PowerLosses", "decideLine", line, start, why)
            )
            what = names[line]
        else:
            area = event["area"]
            calls.append(
                state.driver.call(state.bureau, "PowerLosses", "decideArea", area, start, 0, why)
            )
            what = f"area {area}"
        state.results.held.append(
            f"{what}, interval {index}: {event['lossWh']:,} Wh where 0 to {event['mostWh']:,} can be"
        )
    state.driver.send_all(calls)


def read(state: DayState) -> None:
    """The losses of the day that are on the chain."""
    starts = [state.line.at(index) for index in range(state.line.count)]
    state.results.lines = [_line(state, line, starts) for line in state.lines]
    state.results.areas = [
        _area(state, node, area, starts) for node, area in enumerate(state.areas)
    ]


def _line(state: DayState, line: LineBook, starts: list[int]) -> LineDay:
    booked = state.chain.call_many(("PowerLosses", "lineLoss", (line.id, s)) for s in starts)
    return LineDay(
        line.name,
        sum(b.inWh for b in booked),
        sum(b.outWh for b in booked),
        sum(b.modelledWh for b in booked),
        sum(b.status >= HELD for b in booked),
    )


def _area(state: DayState, node: int, area: int, starts: list[int]) -> AreaDay:
    booked = state.chain.call_many(("PowerLosses", "areaLoss", (area, s)) for s in starts)
    return AreaDay(
        node,
        sum(b.injectedWh for b in booked),
        sum(b.withdrawnWh for b in booked),
        sum(b.measuredWh for b in booked),
        sum(b.modelledWh for b in booked),
        sum(b.chargedWh for b in booked),
        sum(b.status >= HELD for b in booked),
    )
