"""Queues a call again a few times after a refusal by the chain; after that an operator has to act."""

from __future__ import annotations

from collections import Counter
from enum import Enum, auto
from typing import Final, NamedTuple

from oracles.runtime.journal import OPEN_STATES, JobState, Journal, Rank

#: Times that a call is queued in the life of a process.
MOST_TRIES: Final = 3


class Progress(Enum):
    """How far a call is."""

    DUE = auto()  # never queued, or refused and to be queued again
    OPEN = auto()  # on its way: the chain may show it at any time
    DONE = auto()  # by this daemon or by another
    REFUSED = auto()  # too often: it is not queued any more


class CallState(NamedTuple):
    """How far a call is, and the reason of its last refusal, "" without one."""

    progress: Progress
    reason: str


class Retries:
    """Queues calls by their keys and decides which may be queued; each start of the process counts from 0."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._tries: Counter[str] = Counter()

    def call(self, key: str) -> CallState:
        """How far the call of a key is."""
        job = self._journal.job(key)
        if job is None:
            return CallState(Progress.DUE, "")
        if job.state in OPEN_STATES:
            return CallState(Progress.OPEN, "")
        if job.state is not JobState.FAILED:
            return CallState(Progress.DONE, "")
        over = self._tries[key] >= MOST_TRIES
        return CallState(Progress.REFUSED if over else Progress.DUE, job.reason or "")

    def enqueue(self, key: str, target: str, data: bytes, gas: int, rank: Rank = Rank.LIVE) -> bool:
        """Queues a call that is due; returns whether it was added. See `Journal.enqueue`."""
        added = self._journal.enqueue(key, target, data, gas, rank)
        self._tries[key] += added
        return added
