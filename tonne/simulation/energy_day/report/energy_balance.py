"""Energy in the report: the balance of every node, flows of lines, uses of converters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tonne.simulation.energy_day.model.state import DayState


@dataclass(slots=True)
class NodeBalance:
    """A node's day [Wh]; what comes in is what goes out."""

    node: int
    plants: int = 0
    fed_in: int = 0  #         by customers
    by_lines: int = 0
    by_converters: int = 0
    evened_out: int = 0  #     by the grid operator, net
    used: int = 0  #           by customers
    over_lines: int = 0
    into_converters: int = 0
    lost: int = 0  #           in the street
    unaccounted: int = 0

    @property
    def evened_in(self) -> int:
        return max(self.evened_out, 0)

    @property
    def evened_away(self) -> int:
        return max(-self.evened_out, 0)

    @property
    def vanished(self) -> int:
        """In the street, and without an explanation."""
        return self.lost + self.unaccounted

    @property
    def inflow(self) -> int:
        return self.plants + self.fed_in + self.by_lines + self.by_converters + self.evened_out

    @property
    def outflow(self) -> int:
        return self.used + self.over_lines + self.into_converters + self.lost + self.unaccounted


def balances(state: DayState) -> list[NodeBalance]:
    """By meter, over the whole day. What remains is what no meter explains."""
    totals: dict[int, tuple[int, int]] = {}
    for flows in state.flows:
        for meter, (import_wh, export_wh) in flows.by_meter.items():
            before = totals.get(meter, (0, 0))
            totals[meter] = before[0] + import_wh, before[1] + export_wh
    found = [NodeBalance(node) for node in range(state.grid.nodes)]
    for customer in state.customers:
        drawn, given = totals.get(customer.meter, (0, 0))
        found[customer.node].used += drawn
        found[customer.node].fed_in += given
    for place, meter in enumerate(state.plants):
        found[state.grid.plants[place].node].plants += totals.get(meter, (0, 0))[1]
    for number, link in enumerate(state.grid.links):
        for node, meter in zip((link.start, link.end), state.ends[number], strict=True):
            drawn, given = totals.get(meter, (0, 0))
            if link.line:
                found[node].over_lines += drawn
                found[node].by_lines += given
            else:
                found[node].into_converters += drawn
                found[node].by_converters += given
    for node, meter in enumerate(state.balancing):
        drawn, given = totals.get(meter, (0, 0))
        found[node].evened_out += given - drawn
    for feeder in state.feeders.values():
        ends = [totals.get(m, (0, 0)) for m in (feeder.substation, feeder.street)]
        found[feeder.node].lost += sum(drawn - given for drawn, given in ends)
    for balance in found:
        balance.unaccounted = balance.inflow - balance.outflow
    return found


def net_flows(state: DayState, number: int) -> list[int]:
    """[Wh] scheduled over a link, by interval; against its direction is negative."""
    arcs = [(a, start) for a, (n, start, _) in enumerate(state.arcs) if n == number]
    found = []
    for cleared in state.rounds:
        if cleared is None:
            found.append(0)
            continue
        flows = cleared.clearing.flows
        found.append(
            sum(
                flows[a] if start == state.grid.links[number].start else -flows[a]
                for a, start in arcs
            )
        )
    return found


def prices(state: DayState, node: int) -> list[float]:
    """[credit/kWh] by interval."""
    nan = float("nan")
    return [c.clearing.prices[node] / 1e6 if c else nan for c in state.rounds]


def ten(state: DayState) -> Sequence[int]:
    """Places of ten customers, of as many kinds as there are."""
    first: dict[str, int] = {}
    for customer in state.customers:
        first.setdefault(customer.kind, customer.place)
    chosen = list(first.values())
    chosen += [c.place for c in state.customers if c.place not in chosen]
    return sorted(chosen[:10])
