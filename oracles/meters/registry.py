"""Nodes, meters and keys as the chain has them, read from its events."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from tonne.chain.client import Chain, Head
from tonne.chain.contract import Event
from tonne.meters.readings import Carrier
from tonne.meters.registers import RegisterTerms
from tonne.meters.series import Flow
from tonne.meters.signatures import Curve, PublicKey

#: Blocks whose events are asked for at once.
SPAN: Final = 10_000

#: What changes nodes and meters.
EVENTS: Final = ("NodeSet", "MeterRegistered", "MeterKeyRotated", "MeterExchanged", "MeterClosed")


@dataclass(frozen=True, slots=True)
class MeterNode:
    """A node and the terms of its intervals; times in seconds."""

    id: int
    carrier: Carrier
    oracle: int
    interval_s: int
    correction_s: int
    challenge_s: int
    reveal_s: int


@dataclass(frozen=True, slots=True)
class Key:
    """A key, its number, and the device that signs with it."""

    key: PublicKey
    since: int
    device: int
    index: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """Registers of both devices when number `device` took over."""

    at: int
    device: int
    last: Flow
    first: Flow


@dataclass(slots=True)
class Meter:
    """A meter with all keys it has had. `until` is the first moment it no longer counts, 0 for none."""

    id: int
    node: int
    owner: int
    terms: RegisterTerms
    since: int
    until: int
    multiplier_milli: int
    keys: list[Key] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def keys_at(self, at: int) -> list[Key]:
        """Those it may have signed with at a moment; two at the very moment one takes over."""
        index = bisect_right(self.keys, at, key=lambda k: k.since) - 1
        if index < 0:
            return []
        found = [self.keys[index]]
        if index and self.keys[index].since == at:
            found.append(self.keys[index - 1])
        return found

    def counts_in(self, start: int, end: int) -> bool:
        """Whether it counts during the whole of an interval."""
        return self.since <= start and (self.until == 0 or end <= self.until)


class MeterRegistry:
    """Follows the chain."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._contract = chain["MeterOracle"]
        self.head = Head(0, "", 0)
        self._forget()

    def _forget(self) -> None:
        self.nodes: dict[int, MeterNode] = {}
        self.meters: dict[int, Meter] = {}
        self._next = 0
        self._last: Head | None = None

    def follow(self) -> set[int]:
        """Reads what is new; returns the meters that changed. Starts over when blocks it has read are
        no longer there."""
        self.head = head = self._chain.head()
        if head == self._last:
            return set()
        if self._last is not None and self._hash(self._last.number) != self._last.hash:
            self._forget()
        if head.number < self._next:
            return set()
        changed: set[int] = set()
        while self._next <= head.number:
            last = min(self._next + SPAN - 1, head.number)
            found = self._chain.logs(self._contract, first=self._next, last=last, events=EVENTS)
            changed |= self._apply(found)
            self._next = last + 1
        self._last = head
        return changed

    def at_node(self, node: int) -> Iterable[Meter]:
        return (meter for meter in self.meters.values() if meter.node == node)

    def _hash(self, block: int) -> str:
        found = self._chain.rpc.call("eth_getBlockByNumber", hex(block), False)
        return found["hash"] if found else ""

    def _apply(self, events: Iterable[Event]) -> set[int]:
        changed = set()
        for event in events:
            if event.name == "NodeSet":
                self.nodes[event["id"]] = _node(event["id"], event["node"])
            elif event.name == "MeterRegistered":
                self.meters[event["id"]] = _meter(event)
                changed.add(event["id"])
            elif event.name in ("MeterKeyRotated", "MeterExchanged", "MeterClosed"):
                _change(self.meters[event["id"]], event)
                changed.add(event["id"])
        return changed


def _node(number: int, given: Any) -> MeterNode:
    return MeterNode(
        number,
        Carrier(given.carrier),
        given.oracle,
        given.intervalS,
        given.correctionS,
        given.challengeS,
        given.revealS,
    )


def _meter(event: Event) -> Meter:
    given = event["meter"]
    meter = Meter(
        event["id"],
        event["node"],
        event["owner"],
        RegisterTerms(given.digits, given.nameplateW),
        given.validFrom,
        given.validUntil,
        given.multiplierMilli,
    )
    meter.keys.append(_key(event["key"], 0, 0))
    return meter


def _change(meter: Meter, event: Event) -> None:
    if event.name == "MeterClosed":
        meter.until = event["validUntil"]
        return
    device = meter.keys[-1].device
    if event.name == "MeterExchanged":
        device += 1
        last, first = event["last"], event["first"]
        meter.exchanges.append(
            Exchange(
                _since(event["key"]),
                device,
                Flow(last.importWh, last.exportWh),
                Flow(first.importWh, first.exportWh),
            )
        )
    meter.keys.append(_key(event["key"], device, event["index"]))


def _key(given: Any, device: int, index: int) -> Key:
    point = PublicKey(
        Curve(given.curve), int.from_bytes(given.x, "big"), int.from_bytes(given.y, "big")
    )
    return Key(point, _since(given), device, index)


def _since(given: Any) -> int:
    """Field `from` of a record, read by position: the name is a Python keyword."""
    return int(given[2])
