"""Leaves that somebody asks for: shown before the deadline, or the oracle's bond pays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from oracles.meters.journal import MeterJournal
from oracles.meters.posting import RETRY_S
from oracles.runtime.journal import JobState, Rank
from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.meters import leaves
from tonne.meters.leaves import IntervalLeaves

log = structlog.get_logger()

#: Of one reveal: a proof of some 20 levels.
GAS_LIMIT: Final = 400_000

#: Blocks whose events are asked for at once.
SPAN: Final = 10_000

EVENTS: Final = ("LeafChallenged", "LeafRevealed", "IntervalFailed")


class Challenges:
    """Follows the chain's challenges; `failed(node, start)` is told of roots that failed."""

    def __init__(
        self, chain: Chain, journal: MeterJournal, folder: Path, failed: Callable[[int, int], None]
    ) -> None:
        self._chain = chain
        self._journal = journal
        self._folder = folder
        self._failed = failed
        self._contract = chain["MeterOracle"]
        self._next = 0
        self.open: dict[int, Event] = {}
        self._retry: dict[int, int] = {}

    def step(self, head: int, now: int) -> int:
        """Queues what has to be shown by what happened up to block `head`; returns how much that was."""
        while self._next <= head:
            last = min(self._next + SPAN - 1, head)
            found = self._chain.logs(self._contract, first=self._next, last=last, events=EVENTS)
            for event in found:
                self._read(event)
            self._next = last + 1
        return sum(self._answer(number, event, now) for number, event in list(self.open.items()))

    def _read(self, event: Event) -> None:
        if event.name == "LeafChallenged":
            self.open[event["id"]] = event
        elif event.name == "LeafRevealed":
            self.open.pop(event["id"], None)
        elif event.name == "IntervalFailed":
            self.open.pop(event["challenge"], None)
            self._failed(event["node"], event["start"])

    def _answer(self, number: int, event: Event, now: int) -> int:
        job = self._journal.job(key_of(number))
        if job is not None and job.state is JobState.FAILED:
            if number not in self._retry:
                self._journal.incident(job.code or "", 0, now, job.reason or "")
                self._retry[number] = now + RETRY_S
            if now < self._retry[number]:
                return 0
            del self._retry[number]
        elif job is not None:
            return 0
        if now > event["deadline"]:
            return 0  # nothing to be done any more
        path = leaves.path_of(self._folder, event["node"], event["start"], event["run"])
        if not path.exists():
            said = f"Leaf {event['index']} of node {event['node']} at {event['start']} is not kept here."
            if number not in self._retry:
                self._retry[number] = now
                self._journal.incident("METER_LEAF_MISSING", 0, now, said)
            return 0
        proof = IntervalLeaves.read(path).proof(event["index"])
        data = self._contract.encode("reveal", number, proof)
        log.info("revealing", challenge=number, deadline=event["deadline"])
        added = self._journal.enqueue(
            key_of(number), self._contract.address, data, GAS_LIMIT, Rank.DEADLINE
        )
        return int(added)


def key_of(number: int) -> str:
    """The business key of an answer."""
    return f"reveal/{number}"
