"""How much of customers' curves the day tells: all numbers of events and calls, traced by `tracing`.

An event's numbers are taken as they come, and as the sums they may be. A call that shows a leaf shows the
sums beside its way to the root; of these, what another call shows is known to be no customer's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from tonne.chain.contract import Event
from tonne.crypto.merkle_sum import Sums
from tonne.crypto.sealing import POINT_BYTES
from tonne.meters.leaves import OpenedLeaf, ShownLeaf
from tonne.power.encoding import BID, curve_steps
from tonne.simulation.energy_day.model.state import DayState
from tonne.simulation.energy_day.report.tracing import Seen, Target, advantages, most

CONTRACTS: Final = (
    "MeterOracle",
    "PowerMarket",
    "PowerTrades",
    "PowerSettlement",
    "PowerLosses",
    "EnergyCertificates",
)

#: Events that show curves of bidders.
CURVES: Final = ("BidOpened",)

#: A larger number is no energy: it may be a root's sums.
MOST_ENERGY: Final = 2**96

#: Leaves whose mean may tell something of one of them.
FEW: Final = 8

#: [Wh] No customer takes or gives more in an interval: 100 kW.
PLAUSIBLE: Final = 25_000


def measure(state: DayState) -> dict[str, dict[str, float]]:
    """Advantage by kind of customer, of all that is on the chain, and of all but the curves."""
    curves = np.array([[-flows.net(c.meter) for c in state.customers] for flows in state.flows])
    targets = [
        Target(c.node, c.kind.name.lower(), curve)
        for c, curve in zip(state.customers, curves.T, strict=True)
    ]
    events = seen(state, state.chain.logs([state.chain[name] for name in CONTRACTS]))
    found = advantages(targets, [*events, *_Calls(state).seen()])
    rest = [by for channel, by in found.items() if not channel.startswith(CURVES)]
    kinds = [target.kind for target in targets]
    return {"all": most(kinds, found.values()), "without curves": most(kinds, rest)}


# What events show


def seen(state: DayState, events: Iterable[Event]) -> Iterator[Seen]:
    """All numbers of events that could be one customer's energy, each under its channel."""
    place = _Place(state)
    before: dict[tuple[int, int], Sums] = {}
    asked: dict[int, Event] = {}
    for event in events:
        if event.name == "BidOpened":
            yield from _opened(event, place)
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
        self._step = state.line.interval_s
        self.count = state.line.count

    def of(self, event: Event) -> tuple[int, int] | None:
        if "start" in event.args:
            node = self._nodes.get(event.args.get("node", event.args.get("area", 0)))
            index = (event["start"] - self._start) // self._step
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
        yield Seen(f"{event}{channel}", node, index, value)


def _opened(event: Event, place: _Place) -> Iterator[Seen]:
    index = place.index(event["interval"])
    if not 0 <= index < place.count:
        return
    for step in curve_steps(event["words"]):
        side, limit = ("bid", step.limit) if step.side == BID else ("offer", -step.limit)
        for channel in ("", f" {side}", f" {side} at {step.price}"):
            yield from _given(event.name, channel, step.node, index, limit)


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


# What calls show


class _Calls:
    """Leaves that were shown to a contract, and what lies beside them."""

    def __init__(self, state: DayState) -> None:
        self._chain, self._place = state.chain, _Place(state)
        self._functions = {
            (contract.address.lower(), function.selector): function
            for contract in map(state.chain.__getitem__, CONTRACTS)
            for function in contract.functions
        }
        self._roots = {
            (event["root"], event["sums"]): event
            for event in state.chain.logs("MeterOracle", "IntervalPosted")
        }

    def seen(self) -> Iterator[Seen]:
        """The energy of one customer as it may lie beside a leaf, or the mean of a few."""
        shown = [(name, ShownLeaf.of(proof)) for name, proof in self._shown()]
        known = {leaf.hash for _, leaf in shown}
        told: set[tuple[tuple[int, int], bytes]] = set()
        for name, leaf in shown:
            posted = self._roots.get(leaf.root) if leaf.root else None
            found = self._place.of(posted) if posted else None
            if found is None:
                continue
            for hash_, sums in leaf.beside:
                if hash_ not in known and 0 < sums.count <= FEW and (found, hash_) not in told:
                    told.add((found, hash_))
                    mean = round((sums.import_wh - sums.export_wh) / sums.count)
                    yield from _given(name, f" beside, of {sums.count}", *found, mean)

    def _shown(self) -> Iterator[tuple[str, Any]]:
        """Each `LeafProof` of each call, with the function it was shown to."""
        for number in range(self._chain.block_number() + 1):
            block = self._chain.rpc.call("eth_getBlockByNumber", hex(number), True)
            for call in block["transactions"]:
                data = bytes.fromhex(call["input"][2:])
                function = self._functions.get(((call["to"] or "").lower(), data[:4]))
                if function is not None:
                    for proof in _proofs(function.inputs.decode(data[4:])):
                        yield function.name, proof


def _proofs(value: Any) -> Iterator[Any]:
    if getattr(value, "_fields", None) == ("leaf", "index", "count", "proof"):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _proofs(one)
