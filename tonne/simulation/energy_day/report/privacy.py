"""How much of a customer's curve the day's events tell: attacks, and by how much they beat what all know.

All know the sums of each node and interval and how many customers of each kind a node has; that is
credited more than in full: the baseline is the true median of the customer's kind at its node, in each
interval, the best single guess there is. The attacker has all events besides, and knows what each customer
used in the first interval. Each number that events have for a node and an interval is followed from one to
the next, for all customers of the node at once and for those of each kind alone: of all ways to give the
numbers to them, that which costs least, where a number costs its distance from the one expected next. On a
line that is found in order, so that the optimum of the assignment needs no solver. Advantage is the part of
the baseline's error that the best of these attacks takes away; 0 where none does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from tonne.chain.contract import Event
from tonne.crypto.merkle_sum import Sums
from tonne.crypto.sealing import POINT_BYTES
from tonne.meters.leaves import OpenedLeaf
from tonne.power.encoding import BID, PowerOrder
from tonne.simulation.energy_day.model.plan import INTERVAL_S
from tonne.simulation.energy_day.model.state import DayState

CONTRACTS: Final = (
    "MeterOracle",
    "PowerMarket",
    "PowerTrades",
    "PowerSettlement",
    "PowerLosses",
    "EnergyCertificates",
)

#: Events of a book of orders that are placed in the open.
ORDERS: Final = ("OrdersPlaced",)

#: A larger number is no energy: it may be a root's sums.
MOST_ENERGY: Final = 2**96

#: [Wh] No customer takes or gives more in an interval: 100 kW.
PLAUSIBLE: Final = 25_000

Group = tuple[int, str]  # node and kind
Curve = Sequence[int]  # [Wh] taken less given, by interval


@dataclass(frozen=True, slots=True)
class Seen:
    """A number that an event has for a node and an interval."""

    event: str
    channel: str  # name of the number in its event
    node: int
    index: int
    value: int  # [Wh] taken, or below 0 given


@dataclass(frozen=True, slots=True)
class Target:
    """A customer: node and kind, which the attacker knows, and its curve, which it does not."""

    node: int
    kind: str
    truth: Curve

    @property
    def group(self) -> Group:
        """Those whose median all know."""
        return self.node, self.kind


def measure(state: DayState) -> dict[str, dict[str, float]]:
    """Advantage by kind of customer, with all events and without those of the orders."""
    targets = [
        Target(c.node, c.kind.name.lower(), [-flows.net(c.meter) for flows in state.flows])
        for c in state.customers
    ]
    numbers = list(seen(state, state.chain.logs([state.chain[name] for name in CONTRACTS])))
    rest = [number for number in numbers if number.event not in ORDERS]
    return {"all events": advantages(targets, numbers), "without orders": advantages(targets, rest)}


# What events show


def seen(state: DayState, events: Iterable[Event]) -> Iterator[Seen]:
    """All numbers of events that could be one customer's energy, each under its channel."""
    place = _Place(state)
    before: dict[tuple[int, int], Sums] = {}
    asked: dict[int, Event] = {}
    for event in events:
        if event.name == "OrdersPlaced":
            yield from _orders(event, place)
        elif event.name == "ContractAgreed":
            yield from _agreed(event, place)
        elif event.name == "LeafChallenged":
            asked[event["id"]] = event
        elif event.name == "LeafAnswered":
            yield from _answered(event, asked[event["id"]], place)
        else:
            if event.name == "IntervalPosted":
                yield from _corrected(event, before, place)
            yield from _plain(event, place)


class _Place:
    """Nodes of the market and intervals of the run, from what events call them."""

    def __init__(self, state: DayState) -> None:
        self._nodes = {area: node for node, area in enumerate(state.areas)}
        self._first, self._start = state.line.number(0), state.line.start
        self.count = state.line.count

    def of(self, event: Event) -> tuple[int, int] | None:
        if "start" in event.args:
            node = self._nodes.get(event.args.get("node", event.args.get("area", 0)))
            index = (event["start"] - self._start) // INTERVAL_S
        elif "interval" in event.args and "node" in event.args:
            node, index = event["node"], self.index(event["interval"])
        else:
            return None
        return (node, index) if node is not None and 0 <= index < self.count else None

    def index(self, interval: int) -> int:
        return interval - self._first


def _plain(event: Event, place: _Place) -> Iterator[Seen]:
    found = place.of(event)
    if found is None:
        return
    for path, value in _numbers("", event.args):
        for sign in (1, -1):
            yield from _given(event.name, f"{path} {sign:+d}", *found, sign * value)


def _numbers(path: str, value: Any) -> Iterator[tuple[str, int]]:
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield path, value
        if value > MOST_ENERGY:
            yield from (
                (f"{path}.sums", n) for n in (Sums.of(value).import_wh, Sums.of(value).export_wh)
            )
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _numbers(f"{path}.{name}", one)
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for name, one in zip(value._fields, value, strict=True):
            yield from _numbers(f"{path}.{name}", one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _numbers(path, one)


def _given(event: str, channel: str, node: int, index: int, value: int) -> Iterator[Seen]:
    if value and abs(value) <= PLAUSIBLE:
        yield Seen(event, f"{event}{channel}", node, index, value)


def _orders(event: Event, place: _Place) -> Iterator[Seen]:
    index = place.index(event["interval"])
    for word in event["orders"]:
        order = PowerOrder.of(word)
        side, limit = ("bid", order.limit) if order.side == BID else ("offer", -order.limit)
        for channel in ("", f" {side}", f" {side} at {order.price}"):
            yield from _given(event.name, channel, order.node, index, limit)


def _agreed(event: Event, place: _Place) -> Iterator[Seen]:
    terms = event["terms"]
    for interval in range(terms.fromInterval, terms.untilInterval + 1):
        index = place.index(interval)
        if 0 <= index < place.count:
            for node, energy in (
                (terms.buyerNode, terms.energyWh),
                (terms.sellerNode, -terms.energyWh),
            ):
                yield from _given(event.name, "", node, index, energy)


def _corrected(event: Event, before: dict[tuple[int, int], Sums], place: _Place) -> Iterator[Seen]:
    """The change that a correction makes: it may be one customer's interval."""
    found = place.of(event)
    if found is None:
        return
    now, old = Sums.of(event["sums"]), before.get(found)
    before[found] = now
    if old is not None:
        taken = now.import_wh - old.import_wh - (now.export_wh - old.export_wh)
        yield from _given(event.name, " corrected", *found, taken)


def _answered(event: Event, asked: Event, place: _Place) -> Iterator[Seen]:
    """An answer, read as if it were not sealed."""
    found, leaf = place.of(asked), OpenedLeaf.parse(event["sealed_"][POINT_BYTES:])
    if found is not None and leaf is not None:
        told = leaf.told
        yield from _given(event.name, "", *found, told["importWh"] - told["exportWh"])


# The attack


def advantages(targets: Sequence[Target], numbers: Iterable[Seen]) -> dict[str, float]:
    """By kind, of the channel that gives most away."""
    channels: dict[str, dict[tuple[int, int], list[int]]] = defaultdict(lambda: defaultdict(list))
    for number in numbers:
        channels[number.channel][number.node, number.index].append(number.value)
    known = _medians(targets)
    blind = _errors(targets, [known[t.group] for t in targets])
    alone = [[t for t in targets if t.kind == kind] for kind in blind]
    found = dict.fromkeys(blind, 0.0)
    for values in channels.values():
        for aimed in (targets, *alone):
            for kind, error in _errors(aimed, _followed(aimed, known, values)).items():
                if blind[kind]:
                    found[kind] = max(found[kind], 1 - error / blind[kind])
    return {kind: round(value, 4) for kind, value in sorted(found.items())}


def _medians(targets: Sequence[Target]) -> dict[Group, list[int]]:
    """The median of each kind at each node, by interval."""
    curves: dict[Group, list[Curve]] = defaultdict(list)
    for target in targets:
        curves[target.group].append(target.truth)
    return {
        group: [int(median(at)) for at in zip(*all_, strict=True)] for group, all_ in curves.items()
    }


def _errors(targets: Sequence[Target], guesses: Sequence[Curve]) -> dict[str, int]:
    """[Wh] By kind, from the second interval on: the first is known."""
    found: dict[str, int] = defaultdict(int)
    for target, guess in zip(targets, guesses, strict=True):
        pairs = zip(target.truth[1:], guess[1:], strict=True)
        found[target.kind] += sum(abs(a - b) for a, b in pairs)
    return found


def _followed(
    targets: Sequence[Target],
    known: Mapping[Group, Sequence[int]],
    values: Mapping[tuple[int, int], Sequence[int]],
) -> list[list[int]]:
    """Each customer's curve as the channel gives it; what it does not give is the kind's median."""
    guesses = [list(known[target.group]) for target in targets]
    at_node: dict[int, list[int]] = defaultdict(list)
    for place, target in enumerate(targets):
        at_node[target.node].append(place)
    for node, places in at_node.items():
        last = {place: targets[place].truth[0] for place in places}
        for index in range(1, len(targets[places[0]].truth)):
            shown = values.get((node, index), ())
            expected = [
                last[p] + known[targets[p].group][index] - known[targets[p].group][index - 1]
                for p in places
            ]
            for place, value in zip(places, assigned(expected, shown), strict=True):
                if value is not None:
                    guesses[place][index] = value
                last[place] = guesses[place][index]
    return guesses


def assigned(expected: Sequence[int], shown: Sequence[int]) -> list[int | None]:
    """The number that each gets, at the least sum of distances; None for those for whom none is left."""
    few, many = sorted(range(len(expected)), key=expected.__getitem__), sorted(shown)
    swapped = len(few) > len(many)
    rows = many if swapped else [expected[i] for i in few]
    columns = [expected[i] for i in few] if swapped else many
    pairs = _in_order(rows, columns)
    found: list[int | None] = [None] * len(expected)
    for row, column in pairs:
        if swapped:
            found[few[column]] = many[row]
        else:
            found[few[row]] = many[column]
    return found


def _in_order(rows: Sequence[int], columns: Sequence[int]) -> list[tuple[int, int]]:
    """A partner among the columns for each row, both sorted, so that distances add up to the least."""
    slack = len(columns) - len(rows)
    # best[i][k]: the first i rows, k columns left out so far
    best = [[0] * (slack + 1)]
    for i, row in enumerate(rows):
        line: list[int] = []
        for k in range(slack + 1):
            cost = best[i][k] + abs(row - columns[i + k])
            line.append(min(cost, line[k - 1]) if k else cost)
        best.append(line)
    pairs, k = [], slack
    for i in range(len(rows), 0, -1):
        while k and best[i][k] == best[i][k - 1]:
            k -= 1
        pairs.append((i - 1, i - 1 + k))
    return pairs
