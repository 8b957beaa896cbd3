"""The plain model of `contracts/power/lib/Clearing.sol`: is a clearing an optimum of its round?

Written for reading, rule by rule, in integers only; tests hold the contract against it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tonne.constants import PPM
from tonne.power.encoding import BID, OFFER, Clearing, CurveStep, Margin, Round

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
    """Violations by the contract's names with a place, in its order: `ArcLoses 3`."""
    yield from _arcs(round_, clearing)
    yield from _circles(round_, clearing)
    due = middles(round_, clearing)
    found = balances(round_, clearing)
    touched = incident(round_)
    for node in range(round_.nodes):
        for side in (BID, OFFER):
            margin = clearing.margin(node, side)
            limits = sum(s.limit for s in at_price(round_, clearing, node, side))
            if margin.limits != limits:
                yield f"OtherLimits {node}"
            if margin.accepted > limits:
                yield f"OverLimit {node}"
        if abs(found[node]) > touched[node] + SLACK:
            yield f"Unbalanced {node}"
        if clearing.prices[node] != due.get(node, clearing.prices[node]):
            yield f"NotTheMiddle {node}"


def at_price(round_: Round, clearing: Clearing, node: int, side: int) -> list[CurveStep]:
    """Steps at a node's price."""
    price = clearing.prices[node]
    return [s for s in round_.steps if (s.node, s.side, s.price) == (node, side, price)]


def accepted(round_: Round, clearing: Clearing) -> list[int]:
    """[Wh] of each step: all of it in the money, none out of it, and its part at the price."""
    past: dict[tuple[int, int], int] = defaultdict(int)
    found = []
    for step in round_.steps:
        better = step.sign * (clearing.prices[step.node] - step.price)
        if better != 0:
            found.append(step.limit if better > 0 else 0)
            continue
        margin, key = clearing.margin(step.node, step.side), (step.node, step.side)
        found.append(share(margin, past[key], step.limit))
        past[key] += step.limit
    return found


def share(margin: Margin, past: int, limit: int) -> int:
    """What of a step at the price is accepted, or of a customer's part of it: parts add up exactly."""
    given, limits = margin
    return given * (past + limit) // limits - given * past // limits if limits else 0


def outcome(round_: Round, clearing: Clearing) -> ClearingOutcome:
    steps = list(zip(round_.steps, accepted(round_, clearing), strict=True))
    arcs = list(zip(round_.arcs, clearing.flows, strict=True))
    return ClearingOutcome(
        welfare=-sum(s.sign * s.price * x for s, x in steps) - sum(a.cost * f for a, f in arcs),
        energy=sum(x for s, x in steps if s.side == BID),
        loss=sum(f - a.arriving(f) for a, f in arcs if a.line),
        rent=sum(a.rent(f, clearing.prices) for a, f in arcs),
    )


def bound(round_: Round, prices: tuple[int, ...]) -> int:
    """No clearing has more welfare than this, whatever the prices: weak duality, rounded up."""
    steps = sum(max(0, s.sign * (prices[s.node] - s.price)) * s.limit for s in round_.steps)
    arcs = sum(
        max(0, prices[a.end] * a.efficiency - (prices[a.start] + a.cost) * PPM) * a.capacity
        for a in round_.arcs
    )
    return steps - -arcs // PPM


def beats(
    offered: ClearingOutcome, prices: Sequence[int], welfare: int, standing: Sequence[int]
) -> bool:
    """Whether the chain takes a clearing over one that stands: more welfare beyond the rounding of traded
    energy, else the same and a lower price at the first node that differs. `welfare` is the highest that
    was offered so far."""
    gain = offered.welfare - welfare
    return gain > offered.energy or (gain >= -offered.energy and tuple(prices) < tuple(standing))


def incident(round_: Round) -> list[int]:
    """How many arcs touch each node."""
    count = [0] * round_.nodes
    for arc in round_.arcs:
        count[arc.start] += 1
        count[arc.end] += 1
    return count


def balances(round_: Round, clearing: Clearing) -> list[int]:
    """[Wh] injected less withdrawn, by node. At the price margins say it, whatever they are."""
    found = [0] * round_.nodes
    for step in round_.steps:
        if step.sign * (clearing.prices[step.node] - step.price) > 0:
            found[step.node] += step.sign * step.limit
    for node in range(round_.nodes):
        found[node] += clearing.margin(node, OFFER).accepted - clearing.margin(node, BID).accepted
    for arc, flow in zip(round_.arcs, clearing.flows, strict=True):
        found[arc.start] -= flow
        found[arc.end] += arc.arriving(flow)
    return found


def middles(round_: Round, clearing: Clearing) -> dict[int, int]:
    """The price of each node that no arc touches: the middle of what fits."""
    taken: dict[tuple[int, int, int], tuple[bool, bool]] = {}
    for step in round_.steps:
        better = step.sign * (clearing.prices[step.node] - step.price)
        margin = clearing.margin(step.node, step.side)
        some = better > 0 or (better == 0 and margin.accepted > 0)
        rest = better < 0 or (better == 0 and margin.accepted < margin.limits)
        taken[step.node, step.side, step.price] = some, rest
    return middle_prices(round_, taken)


def middle_prices(
    round_: Round, taken: Mapping[tuple[int, int, int], tuple[bool, bool]]
) -> dict[int, int]:
    """Of nodes that no arc touches, by (node, side, price): whether some is accepted, and some is not."""
    lows, highs = defaultdict(list), defaultdict(list)
    for (node, side, price), (some, rest) in taken.items():
        if rest if side == BID else some:
            lows[node].append(price)
        if some if side == BID else rest:
            highs[node].append(price)
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


def circle(round_: Round, flows: Sequence[int]) -> set[int]:
    """Nodes that lines in use lead round; none when they form no circle."""
    onward: dict[int, set[int]] = defaultdict(set)
    for arc, flow in zip(round_.arcs, flows, strict=True):
        if arc.line and flow:
            onward[arc.start].add(arc.end)
    left = set(range(round_.nodes))
    while ended := {node for node in left if not onward[node] & left}:
        left -= ended
    return left


def _circles(round_: Round, clearing: Clearing) -> Iterator[str]:
    if left := circle(round_, clearing.flows):
        yield f"Circle {min(left)}"
