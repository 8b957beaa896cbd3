"""The plain model of `contracts/power/Clearing.sol`: is a clearing an optimum of its round?

Written for reading, rule by rule, in integers only; tests hold the contract against it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tonne.constants import PPM
from tonne.power.encoding import BID, OFFER, Clearing, Round

#: [Wh] that a node may be out of balance beside one for each arc that touches it.
SLACK = 2


@dataclass(frozen=True, slots=True)
class ClearingOutcome:
    """Totals of a clearing. Welfare and rent in [micro-credit × Wh / kWh], the others [Wh]."""

    welfare: int
    energy: int
    loss: int
    rent: int


def faults(round_: Round, clearing: Clearing) -> Iterator[str]:
    """Violations by the contract's names with a place: `InTheMoney 3`."""
    yield from _arcs(round_, clearing)
    yield from _orders(round_, clearing)
    yield from _margin(round_, clearing)
    yield from _nodes(round_, clearing)


def outcome(round_: Round, clearing: Clearing) -> ClearingOutcome:
    orders = list(zip(round_.orders, clearing.accepted, strict=True))
    arcs = list(zip(round_.arcs, clearing.flows, strict=True))
    return ClearingOutcome(
        welfare=-sum(o.sign * o.price * x for o, x in orders) - sum(a.cost * f for a, f in arcs),
        energy=sum(x for o, x in orders if o.side == BID),
        loss=sum(f - a.arriving(f) for a, f in arcs if a.line),
        rent=sum(a.rent(f, clearing.prices) for a, f in arcs),
    )


def bound(round_: Round, prices: tuple[int, ...]) -> int:
    """No clearing has more welfare than this, whatever the prices: weak duality, rounded up."""
    orders = sum(max(0, o.sign * (prices[o.node] - o.price)) * o.limit for o in round_.orders)
    arcs = sum(
        max(0, prices[a.end] * a.efficiency - (prices[a.start] + a.cost) * PPM) * a.capacity
        for a in round_.arcs
    )
    return orders - -arcs // PPM


def incident(round_: Round) -> list[int]:
    """How many arcs touch each node."""
    count = [0] * round_.nodes
    for arc in round_.arcs:
        count[arc.start] += 1
        count[arc.end] += 1
    return count


def balances(round_: Round, clearing: Clearing) -> list[int]:
    """[Wh] injected less withdrawn, by node."""
    found = [0] * round_.nodes
    for order, x in zip(round_.orders, clearing.accepted, strict=True):
        found[order.node] += order.sign * x
    for arc, flow in zip(round_.arcs, clearing.flows, strict=True):
        found[arc.start] -= flow
        found[arc.end] += arc.arriving(flow)
    return found


def shares(total: int, limits: list[int]) -> list[int]:
    """`total` in proportion to the limits, by cumulative rounding: adds up exactly."""
    whole, past, found = sum(limits), 0, []
    for limit in limits:
        found.append(total * (past + limit) // whole - total * past // whole)
        past += limit
    return found


def middles(round_: Round, accepted: tuple[int, ...] | list[int]) -> dict[int, int]:
    """The price of each node that no arc touches: the middle of what fits."""
    lows, highs = defaultdict(list), defaultdict(list)
    for order, x in zip(round_.orders, accepted, strict=True):
        taken, left = x > 0, x < order.limit
        if left if order.side == BID else taken:
            lows[order.node].append(order.price)
        if taken if order.side == BID else left:
            highs[order.node].append(order.price)
    found = {}
    for node, arcs in enumerate(incident(round_)):
        if arcs == 0:
            low, high = max(lows[node], default=None), min(highs[node], default=None)
            if low is None or high is None:
                found[node] = (low if high is None else high) or 0
            else:
                found[node] = (low + high) // 2
    return found


def _arcs(round_: Round, clearing: Clearing) -> Iterator[str]:
    for i, (arc, flow) in enumerate(zip(round_.arcs, clearing.flows, strict=True)):
        if not 0 <= flow <= arc.capacity:
            yield f"OverCapacity {i}"
        gain = arc.gain(clearing.prices)
        if gain > arc.tolerance and flow != arc.capacity:
            yield f"ArcNotFull {i}"
        if gain < -arc.tolerance and flow != 0:
            yield f"ArcLoses {i}"


def _orders(round_: Round, clearing: Clearing) -> Iterator[str]:
    for i, (order, x) in enumerate(zip(round_.orders, clearing.accepted, strict=True)):
        better = order.sign * (clearing.prices[order.node] - order.price)
        if better > 0 and x != order.limit:
            yield f"InTheMoney {i}"
        if better < 0 and x != 0:
            yield f"OutOfTheMoney {i}"
        if better == 0 and not 0 <= x <= order.limit:
            yield f"OverLimit {i}"


def _margin(round_: Round, clearing: Clearing) -> Iterator[str]:
    for node in range(round_.nodes):
        for side in (BID, OFFER):
            at = [
                i
                for i, o in enumerate(round_.orders)
                if o.node == node and o.side == side and o.price == clearing.prices[node]
            ]
            given = [clearing.accepted[i] for i in at]
            if at and given != shares(sum(given), [round_.orders[i].limit for i in at]):
                yield f"NotProRata {node}"


def _nodes(round_: Round, clearing: Clearing) -> Iterator[str]:
    touched = incident(round_)
    due = middles(round_, clearing.accepted)
    for node, balance in enumerate(balances(round_, clearing)):
        if abs(balance) > touched[node] + SLACK:
            yield f"Unbalanced {node}"
        if clearing.prices[node] != due.get(node, clearing.prices[node]):
            yield f"NotTheMiddle {node}"
