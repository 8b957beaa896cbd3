"""Challenged leaves: answered before the deadline, sealed to the challenge's key, or the bond pays; and
closed once the answer is final. Contradicted leaves: upheld by the signed record behind
them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from oracles.meters.journal import MeterJournal
from oracles.meters.posting import RETRY_S
from oracles.meters.registry import MeterRegistry
from oracles.runtime.journal import JobState, Rank
from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.crypto.sealing import info_of, seal
from tonne.errors import TonneError
from tonne.meters import leaves
from tonne.meters.contradiction import upholding
from tonne.meters.leaves import IntervalLeaves, Leaf

log = structlog.get_logger()

#: Gas of one answer, with a proof of some 20 levels; of a closing less. Of a record that upholds a leaf, in
#: addition to its bytes.
GAS_LIMIT: Final = 400_000
UPHOLD_GAS: Final = 600_000
BYTE_GAS: Final = 50

#: Blocks in one request for events.
SPAN: Final = 10_000

EVENTS: Final = (
    "LeafChallenged",
    "LeafContradicted",
    "LeafAnswered",
    "LeafUpheld",
    "ChallengeClosed",
    "IntervalFailed",
)


class Challenges:
    """Follows the chain's challenges; calls `failed(node, start)` for roots that failed."""

    def __init__(
        self,
        chain: Chain,
        registry: MeterRegistry,
        journal: MeterJournal,
        folder: Path,
        failed: Callable[[int, int], None],
    ) -> None:
        self._chain = chain
        self._registry = registry
        self._journal = journal
        self._folder = folder
        self._failed = failed
        self._contract = chain["MeterOracle"]
        self._next = 0
        self._readings = registry.readings
        self.open: dict[int, Event] = {}
        self.answered: dict[int, int] = {}  # until when each can be exposed
        self._retry: dict[int, int] = {}
        self._missing: set[int] = set()  # reported

    def step(self, head: int, now: int) -> int:
        """Queues the answers to events up to block `head`; returns their number."""
        # A reorganisation: the events read so far may be replaced.
        if self._readings != self._registry.readings:
            self._readings, self._next = self._registry.readings, 0
            self.open.clear()
            self.answered.clear()
        while self._next <= head:
            last = min(self._next + SPAN - 1, head)
            found = self._chain.logs(self._contract, first=self._next, last=last, events=EVENTS)
            for event in found:
                self._read(event)
            self._next = last + 1
        answered = sum(
            self._attend(number, event, now) for number, event in list(self.open.items())
        )
        over = [number for number, until in self.answered.items() if now > until]
        return answered + sum(
            self._send(close_key_of(number), self._contract.encode("close", number))
            for number in over
        )

    def _read(self, event: Event) -> None:
        if event.name in ("LeafChallenged", "LeafContradicted"):
            self.open[event["id"]] = event
        elif event.name == "LeafUpheld":
            self.open.pop(event["id"], None)
        elif event.name == "LeafAnswered":
            self.open.pop(event["id"], None)
            self.answered[event["id"]] = event["deadline"]
        elif event.name == "ChallengeClosed":
            self.answered.pop(event["id"], None)
        elif event.name == "IntervalFailed":
            self.open.pop(event["challenge"], None)
            self.answered.pop(event["challenge"], None)
            self._failed(event["node"], event["start"])

    def _attend(self, number: int, event: Event, now: int) -> int:
        job = self._journal.job(key_of(event))
        if job is not None and job.state is not JobState.FAILED:
            return 0
        if job is not None and number not in self._retry:
            self._journal.incident(job.code or "", 0, now, job.reason or "")
            self._retry[number] = now + RETRY_S
        if now < self._retry.get(number, now):
            return 0
        self._retry.pop(number, None)
        if now > event["deadline"]:
            return 0  # nothing to be done any more
        done = self._uphold(event, now) if is_contradicted(event) else self._answer(event)
        if done is None:
            self._tell_missing(number, event, now)
        return done or 0

    def _tell_missing(self, number: int, event: Event, now: int) -> None:
        self._retry[number] = now + RETRY_S
        if number in self._missing:
            return
        self._missing.add(number)
        of, meter = ("The record behind ", event["meter"]) if is_contradicted(event) else ("", 0)
        said = (
            f"{of}{what_of(event)} at node {event['node']}, {event['start']}, is not stored here."
        )
        self._journal.incident("METER_LEAF_MISSING", meter, now, said)

    def _answer(self, event: Event) -> int | None:
        """None if the leaf is not stored here."""
        found = self._leaf(event)
        if found is None:
            return None
        kept, place = found
        number, key = event["id"], tuple(event["key"])
        info = info_of(self._chain.chain_id, self._contract.address, number)
        log.info("answering", challenge=number, deadline=event["deadline"])
        sealed = seal(kept.opened(place), key, info)
        return self._send(key_of(event), self._contract.encode("answer", number, sealed))

    def _uphold(self, event: Event, now: int) -> int | None:
        """Shows the record behind a contradicted leaf; None if no record is stored here."""
        found = self._leaf(event)
        leaf: Leaf | None = found[0].leaves[found[1]] if found else None
        raw = self._journal.record(leaf.meter, leaf.interval.digest) if leaf else None
        meter = self._registry.meters.get(event["meter"])
        if leaf is None or raw is None or meter is None:
            return None
        end = event["start"] + self._registry.nodes[event["node"]].interval_s
        keys = [(key.index, key.key) for key in meter.keys_at(end)]
        try:
            args = upholding(leaf, keys, raw)
        except TonneError:  # no key that the chain has signed it
            return None
        said = f"It signed two values of {end} at node {event['node']}; the leaf's record is published."
        self._journal.incident("METER_SIGNED_TWICE", meter.id, now, said)
        log.info("upholding", challenge=event["id"], deadline=event["deadline"])
        data = self._contract.encode("uphold", event["id"], *args)
        return self._send(key_of(event), data, UPHOLD_GAS + BYTE_GAS * len(raw))

    def _leaf(self, event: Event) -> tuple[IntervalLeaves, int] | None:
        """The leaves of the run, and the place of the one that is meant."""
        path = leaves.path_of(self._folder, event["node"], event["start"], event["run"])
        try:
            kept = IntervalLeaves.read(path)
        except (OSError, TonneError):  # lost or damaged: others are answered all the same
            return None
        by_place = not is_contradicted(event) and event["byPlace"]
        which = event["meter"] if is_contradicted(event) else event["which"]
        found = [
            place
            for place, leaf in enumerate(kept.leaves)
            if which == (place if by_place else leaf.meter)
        ]
        return (kept, found[0]) if found else None

    def _send(self, key: str, data: bytes, gas: int = GAS_LIMIT) -> int:
        return int(self._journal.enqueue(key, self._contract.address, data, gas, Rank.DEADLINE))


def is_contradicted(event: Event) -> bool:
    """Whether a record of the meter contradicts the leaf; otherwise the leaf is challenged."""
    return event.name == "LeafContradicted"


def what_of(event: Event) -> str:
    """Which leaf is meant, in words."""
    if is_contradicted(event):
        return f"the leaf of meter {event['meter']}"
    return f"leaf {event['which']}" if event["byPlace"] else f"the leaf of meter {event['which']}"


def key_of(event: Event) -> str:
    """The business key of an answer, or of what upholds a leaf."""
    return f"{'uphold' if is_contradicted(event) else 'answer'}/{event['id']}"


def close_key_of(number: int) -> str:
    """The business key of closing a final answer."""
    return f"close/{number}"
