"""Leaves that are asked for: answered before the deadline, sealed to the challenge's key, or the bond
pays; and closed when the answer stands."""

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
from tonne.crypto.sealing import info_of, seal
from tonne.meters import leaves
from tonne.meters.leaves import IntervalLeaves

log = structlog.get_logger()

#: Of one answer, with a proof of some 20 levels; of a closing less.
GAS_LIMIT: Final = 400_000

#: Blocks whose events are asked for at once.
SPAN: Final = 10_000

EVENTS: Final = ("LeafChallenged", "LeafAnswered", "ChallengeClosed", "IntervalFailed")


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
        self.answered: dict[int, int] = {}  # until when each can be exposed
        self._retry: dict[int, int] = {}

    def step(self, head: int, now: int) -> int:
        """Queues what has to be shown by what happened up to block `head`; returns how much that was."""
        while self._next <= head:
            last = min(self._next + SPAN - 1, head)
            found = self._chain.logs(self._contract, first=self._next, last=last, events=EVENTS)
            for event in found:
                self._read(event)
            self._next = last + 1
        answered = sum(
            self._answer(number, event, now) for number, event in list(self.open.items())
        )
        over = [number for number, until in self.answered.items() if now > until]
        return answered + sum(self._send(close_key_of(number), "close", number) for number in over)

    def _read(self, event: Event) -> None:
        if event.name == "LeafChallenged":
            self.open[event["id"]] = event
        elif event.name == "LeafAnswered":
            self.open.pop(event["id"], None)
            self.answered[event["id"]] = event["deadline"]
        elif event.name == "ChallengeClosed":
            self.answered.pop(event["id"], None)
        elif event.name == "IntervalFailed":
            self.open.pop(event["challenge"], None)
            self.answered.pop(event["challenge"], None)
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
        opened = self._opened(event)
        if opened is None:
            said = f"{what_of(event)} at node {event['node']}, {event['start']}, is not kept here."
            if number not in self._retry:
                self._retry[number] = now
                self._journal.incident("METER_LEAF_MISSING", 0, now, said)
            return 0
        info = info_of(self._chain.chain_id, self._contract.address, number)
        log.info("answering", challenge=number, deadline=event["deadline"])
        return self._send(key_of(number), "answer", number, seal(opened, tuple(event["key"]), info))

    def _opened(self, event: Event) -> bytes | None:
        path = leaves.path_of(self._folder, event["node"], event["start"], event["run"])
        if not path.exists():
            return None
        kept, which = IntervalLeaves.read(path), event["which"]
        found = [
            place
            for place, leaf in enumerate(kept.leaves)
            if which == (place if event["byPlace"] else leaf.meter)
        ]
        return kept.opened(found[0]) if found else None

    def _send(self, key: str, function: str, *args: object) -> int:
        data = self._contract.encode(function, *args)
        return int(
            self._journal.enqueue(key, self._contract.address, data, GAS_LIMIT, Rank.DEADLINE)
        )


def what_of(event: Event) -> str:
    """What a challenge asks for, in words."""
    return f"leaf {event['which']}" if event["byPlace"] else f"the leaf of meter {event['which']}"


def key_of(number: int) -> str:
    """The business key of an answer."""
    return f"answer/{number}"


def close_key_of(number: int) -> str:
    """The business key of closing what stands."""
    return f"close/{number}"
