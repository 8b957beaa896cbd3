"""Customers' bids made fit for the market: price steps that are registered, energy that may be bid, and no
curve that shows a few.

Whatever is changed is changed for all alike and to no customer's cost: who buys pays no more than it said,
who sells gets no less.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tonne.power.bid_tree import CustomerBid
from tonne.power.encoding import BID, MOST_STEPS

#: Customers that a curve has at least: one of fewer would show them.
LEAST_CUSTOMERS: Final = 10

Curves = dict[tuple[int, int], list[CustomerBid]]


def by_curve(bids: Iterable[CustomerBid]) -> Curves:
    """Bids by node and side."""
    found: Curves = defaultdict(list)
    for bid in bids:
        found[bid.node, bid.side].append(bid)
    return found


def of_enough(bids: Iterable[CustomerBid], least: int = LEAST_CUSTOMERS) -> list[CustomerBid]:
    """Without the curves of fewer customers than may be shown."""
    return [
        bid
        for curve in by_curve(bids).values()
        if len({bid.account for bid in curve}) >= least
        for bid in curve
    ]


def few_each(bids: Iterable[CustomerBid], most: int) -> list[CustomerBid]:
    """Of each account at a node no more bids than can be shown in one call: those of the most energy."""
    count: Counter[tuple[int, int]] = Counter()
    found = []
    for bid in sorted(bids, key=lambda bid: -bid.limit):
        place = bid.node, bid.account
        count[place] += 1
        if count[place] <= most:
            found.append(bid)
    return found


def within(bids: Iterable[CustomerBid], most: Callable[[int, int], int]) -> list[CustomerBid]:
    """Cut in proportion to what may be bid at a node and side [Wh], rounded down; a bid of 0 is left out."""
    found = []
    for (node, side), curve in by_curve(bids).items():
        wanted, allowed = sum(bid.limit for bid in curve), most(node, side)
        if wanted > allowed:
            curve = [replace(bid, limit=bid.limit * allowed // wanted) for bid in curve]
        found += [bid for bid in curve if bid.limit]
    return found


def under_cap(bids: Iterable[CustomerBid], cap: int) -> list[CustomerBid]:
    """At no price beyond the market's cap [micro-credit/kWh], which it opens no curve with: who would buy for
    more buys at the cap, for none is above it; who sells for more alone never would, and is left out."""
    at_most = (replace(bid, price=min(bid.price, cap)) if bid.side == BID else bid for bid in bids)
    return [bid for bid in at_most if bid.price <= cap]


def in_steps(bids: Iterable[CustomerBid], steps: Mapping[int, int]) -> list[CustomerBid]:
    """At no more prices than a bidder has steps at each node, both sides together: neighbouring prices become
    the worst of them for being taken."""
    curves, found = by_curve(bids), []
    for node in {node for node, _ in curves}:
        own = {side: curve for (at, side), curve in curves.items() if at == node}
        prices = {side: len({bid.price for bid in curve}) for side, curve in own.items()}
        room = _shared(prices, steps.get(node, 0))
        for side, curve in own.items():
            found += _merged(curve, room[side]) if room[side] else []
    return found


def _shared(wanted: Mapping[int, int], steps: int) -> dict[int, int]:
    """Steps of each side: what it wants, or its part of them, one at least where there is one for each."""
    total = sum(wanted.values())
    if total <= steps:
        return {side: min(count, MOST_STEPS) for side, count in wanted.items()}
    found = {side: max(count * steps // total, 1) for side, count in wanted.items()}
    while sum(found.values()) > steps:
        largest = max(found, key=lambda side: found[side])
        found[largest] -= 1
    return {side: min(count, MOST_STEPS) for side, count in found.items()}


def _merged(curve: Sequence[CustomerBid], steps: int) -> list[CustomerBid]:
    """Prices from the best on, in groups of nearly equal number."""
    prices = sorted({bid.price for bid in curve}, reverse=curve[0].side == BID)
    if len(prices) <= steps:
        return list(curve)
    worst: dict[int, int] = {}
    for group in range(steps):
        own = prices[group * len(prices) // steps : (group + 1) * len(prices) // steps]
        worst |= dict.fromkeys(own, own[-1])
    return [replace(bid, price=worst[bid.price]) for bid in curve]
