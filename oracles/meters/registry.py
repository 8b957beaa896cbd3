"""Nodes, meters and keys registered on chain, rebuilt from the MeterOracle's events."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from oracles.runtime.rpc_pool import RpcPool, agreed_head
from tonne.chain.client import Chain, Head
from tonne.chain.contract import Event
from tonne.chain.rpc import RpcUnreachable
from tonne.constants import ZERO_ADDRESS
from tonne.meters.readings import Carrier
from tonne.meters.registers import RegisterTerms
from tonne.meters.series import Flow
from tonne.meters.signatures import PublicKey

#: Blocks per request for events.
SPAN: Final = 10_000

#: Refusals from this copy: the chain confirms each before it counts.
BY_REGISTRY: Final = frozenset(
    ("METER_UNKNOWN", "METER_NOT_SIGNED", "METER_NOT_VALID", "METER_WRONG_CARRIER")
)

#: Events that change nodes or meters.
EVENTS: Final = (
    "NodeSet",
    "MeterRegistered",
    "MeterKeyRotated",
    "MeterExchanged",
    "MeterClosed",
    "MeterReaderSet",
)


class RegistryBehind(RpcUnreachable):
    """The copy lacks what the chain has: a node left events out. Nothing is judged by it."""

    def __init__(self, field: str, here: int, there: int) -> None:
        super().__init__(
            "METER_REGISTRY_BEHIND",
            f"{here} {field} are known here, {there} are on the chain; all events are read again.",
            field=field,
            value=here,
            remedy="Nothing needs to be done. Where it stays, the node leaves events out: name another one.",
        )


@dataclass(frozen=True, slots=True)
class MeterNode:
    """A node and the durations of its intervals and of the periods that follow [s]."""

    id: int
    carrier: Carrier
    oracle: int
    interval_s: int
    correction_s: int
    challenge_s: int
    reveal_s: int


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of a meter, with its number and device."""

    key: PublicKey
    since: int  # [unix s] valid from
    device: int  # 0 for the first, one more for each exchange
    index: int  # of the meter's keys, 0 for the first


@dataclass(frozen=True, slots=True)
class Exchange:
    """Replacement of a meter's device, with the register readings of both."""

    at: int  # [unix s]
    device: int  # number of the new device
    last: Flow  # of the old device
    first: Flow  # of the new device


@dataclass(slots=True)
class Meter:
    """A meter with its history of keys and devices."""

    id: int
    node: int
    owner: int
    terms: RegisterTerms
    since: int  # [unix s] first moment of validity
    until: int  # [unix s] first moment no longer valid; 0 for none
    multiplier_milli: int
    keys: list[Key] = field(default_factory=list)  # by time of validity
    exchanges: list[Exchange] = field(default_factory=list)
    read_since: int | None = None  # [unix s] of the first reader: it is a customer's

    def keys_at(self, at: int) -> list[Key]:
        """Keys valid at `at` [unix s]; two at the instant of a rotation."""
        index = bisect_right(self.keys, at, key=lambda k: k.since) - 1
        if index < 0:
            return []
        valid = [self.keys[index]]
        if index and self.keys[index].since == at:
            valid.append(self.keys[index - 1])
        return valid

    def device_at(self, at: int) -> int:
        """Number of the device in place at `at` [unix s]; at the moment of an exchange, of the new one."""
        return max((exchange.device for exchange in self.exchanges if exchange.at <= at), default=0)

    def counts_in(self, start: int, end: int) -> bool:
        """Whether the meter is valid during the whole interval `start`..`end` [unix s]."""
        return self.since <= start and (self.until == 0 or end <= self.until)

    def is_customers_in(self, start: int) -> bool:
        """Whether it had a reader at its start: then the order of an interval's leaves stays."""
        return self.read_since is not None and self.read_since <= start


class MeterRegistry:
    """Copy of the MeterOracle's nodes and meters, kept up to date with the chain."""

    def __init__(self, chain: Chain, nodes: RpcPool | None = None) -> None:
        self._chain = chain
        self._nodes = nodes
        self._contract = chain["MeterOracle"]
        self.head = Head(0, "", 0)
        self.readings = 0  # how often all events were read from the first on
        self._reset()

    def _reset(self) -> None:
        self.readings += 1
        self.nodes: dict[int, MeterNode] = {}
        self.meters: dict[int, Meter] = {}
        self._holders: dict[PublicKey, set[int]] = defaultdict(set)  # meters by key
        self._at_node: dict[int, list[Meter]] = defaultdict(list)
        self._next = 0
        self._last: Head | None = None
        self._confirmed: tuple[Head | None, set[int]] = (None, set())  # meters, as of a block

    def follow(self) -> set[int]:
        """Applies new events; returns the ids of the meters that changed.

        A reorganisation of blocks already read makes it read all events again.
        """
        self.head = head = self.newest()
        if head == self._last:
            return set()
        if self._last is not None and self._block_hash(self._last.number) != self._last.hash:
            self._reset()
        if head.number < self._next:
            return set()
        changed: set[int] = set()
        while self._next <= head.number:
            last = min(self._next + SPAN - 1, head.number)
            events = self._chain.logs(self._contract, first=self._next, last=last, events=EVENTS)
            try:
                changed |= self._apply(events)
            except RegistryBehind:
                self._reset()
                raise
            self._next = last + 1
        self._require_whole(head.number)
        self._last = head
        return changed

    def newest(self) -> Head:
        """The newest block that a majority of the nodes has: its time decides on early and late."""
        return agreed_head(self._chain, self._nodes) if self._nodes else self._chain.head()

    def confirm(self, number: int, code: str) -> None:
        """Raises RegistryBehind where a refusal rests on an entry that the chain has otherwise."""
        if code not in BY_REGISTRY:
            return
        meter = self.meters.get(number)
        if self._confirmed[0] != self.head:
            self._require_whole(self.head.number)
            self._confirmed = self.head, set()
        if meter is None or number in self._confirmed[1]:
            return
        there = self._chain.call(self._contract, "meter", number, block=self.head.number)
        if len(meter.keys) != there.keyCount or meter.until != there.validUntil:
            self._reset()
            raise RegistryBehind(f"keys of meter {number}", len(meter.keys), there.keyCount)
        self._confirmed[1].add(number)

    def _require_whole(self, block: int) -> None:
        """As many nodes and meters as the contract counts in that block."""
        counts = self._chain.call_many(
            [(self._contract, "nodeCount", ()), (self._contract, "meterCount", ())], block
        )
        known = (len(self.nodes), len(self.meters))
        for field_, here, there in zip(("nodes", "meters"), known, counts, strict=True):
            if here != there:
                self._reset()
                raise RegistryBehind(field_, here, there)

    def is_shared(self, key: PublicKey) -> bool:
        """Whether a key is registered for several meters: a gateway's, that signs for those that cannot."""
        return len(self._holders.get(key, ())) > 1

    def at_node(self, node: int) -> Sequence[Meter]:
        """Meters of a node, closed ones included."""
        return self._at_node.get(node, ())

    def _block_hash(self, number: int) -> str:
        """Hash of a block; empty if the chain does not have it."""
        block = self._chain.rpc.call("eth_getBlockByNumber", hex(number), False)
        return block["hash"] if block else ""

    def _apply(self, events: Iterable[Event]) -> set[int]:
        """Applies events in order; returns the ids of the meters that changed."""
        changed = set()
        for event in events:
            if event.name == "NodeSet":
                self.nodes[event["id"]] = _node(event["id"], event["node"])
            elif event.name == "MeterRegistered":
                meter = self.meters[event["id"]] = _meter(event)
                self._holders[meter.keys[0].key].add(meter.id)
                self._at_node[meter.node].append(meter)
                changed.add(event["id"])
            elif event["id"] not in self.meters:
                raise RegistryBehind("meters", len(self.meters), event["id"])
            elif event.name in ("MeterKeyRotated", "MeterExchanged", "MeterClosed"):
                self._change(self.meters[event["id"]], event)
                changed.add(event["id"])
            elif event["reader"] != ZERO_ADDRESS and self.meters[event["id"]].read_since is None:
                self.meters[event["id"]].read_since = event["since"]
        return changed

    def _change(self, meter: Meter, event: Event) -> None:
        """Applies a closing, a rotation or an exchange; keys that gave way are no longer the meter's."""
        before = {key.key for key in meter.keys}
        _update(meter, event)
        after = {key.key for key in meter.keys}
        for key in before - after:
            self._holders[key].discard(meter.id)
        for key in after - before:
            self._holders[key].add(meter.id)


def _node(node_id: int, record: Any) -> MeterNode:
    return MeterNode(
        node_id,
        Carrier(record.carrier),
        record.oracle,
        record.intervalS,
        record.correctionS,
        record.challengeS,
        record.revealS,
    )


def _meter(event: Event) -> Meter:
    record = event["meter"]
    meter = Meter(
        event["id"],
        event["node"],
        event["owner"],
        RegisterTerms(record.digits, record.nameplateW),
        record.validFrom,
        record.validUntil,
        record.multiplierMilli,
    )
    meter.keys.append(_key(event["key"], 0, 0))
    return meter


def _update(meter: Meter, event: Event) -> None:
    """Applies a closing, a rotation of keys or an exchange of devices."""
    if event.name == "MeterClosed":
        meter.until = event["validUntil"]
        return
    _withdraw_pending(meter, event["index"])
    device = meter.keys[-1].device
    if event.name == "MeterExchanged":
        device += 1
        last, first = event["last"], event["first"]
        meter.exchanges.append(
            Exchange(
                _valid_from(event["key"]),
                device,
                Flow(last.importWh, last.exportWh),
                Flow(first.importWh, first.exportWh),
            )
        )
    meter.keys.append(_key(event["key"], device, event["index"]))


def _withdraw_pending(meter: Meter, index: int) -> None:
    """A key that had not begun gives way to the one recorded in its place, and its exchange with it."""
    del meter.keys[index:]
    device = meter.keys[-1].device
    meter.exchanges = [exchange for exchange in meter.exchanges if exchange.device <= device]


def _key(record: Any, device: int, index: int) -> Key:
    key = PublicKey.of_words(record.curve, record.x, record.y)
    return Key(key, _valid_from(record), device, index)


def _valid_from(record: Any) -> int:
    """Field `from` of a record, read by position: the name is a Python keyword."""
    return int(record[2])
