"""Notices for a meter oracle's operator: challenges with deadlines, lost intervals, a low bond."""

from __future__ import annotations

import time
from collections.abc import Iterator

from oracles.meters.challenges import Challenges, is_contradicted, what_of
from oracles.meters.registry import MeterRegistry
from oracles.runtime.journal import Journal
from oracles.runtime.news import EventFollower
from oracles.runtime.notices import Notice
from tonne.chain.client import Chain
from tonne.constants import HOUR_S

#: [s] Time before the deadline of an open challenge at which a second notice goes out.
LAST_CALL_S = HOUR_S


class MetersNews:
    """Call `look` regularly; the key of a notice prevents a second one."""

    def __init__(
        self,
        chain: Chain,
        journal: Journal,
        oracle: int,
        registry: MeterRegistry,
        challenges: Challenges,
    ) -> None:
        self._chain = chain
        self._oracle = oracle
        self._registry = registry
        self._challenges = challenges
        self._events = EventFollower(chain, journal, "MeterOracle", ("IntervalFailed",))
        self._lost: dict[str, Notice] = {}

    def look(self, now: int) -> Iterator[Notice]:
        for number, event in self._challenges.open.items():
            if not self._is_ours(event["node"]):
                continue
            left = event["deadline"] - now
            happened = "is contradicted" if is_contradicted(event) else "is asked for"
            text = (
                f"At node {event['node']}, {event['start']}, {what_of(event)} {happened}; the answer is"
                f" due in {left} s."
            )
            yield Notice(f"challenge/{number}", "challenge", text)
            if left < LAST_CALL_S:
                yield Notice(f"challenge/{number}/last", "deadline", text)
        for event in self._events.read():
            if event.block >= self._events.since and self._is_ours(event["node"]):
                text = f"The interval of node {event['node']} at {event['start']} has failed."
                key = f"failed/{event.tx_hash}/{event.log_index}"
                self._lost[key] = Notice(key, "dispute", text)
        yield from self._lost.values()
        yield from self._bond(now)

    def _is_ours(self, node: int) -> bool:
        found = self._registry.nodes.get(node)
        return found is not None and found.oracle == self._oracle

    def _bond(self, now: int) -> Iterator[Notice]:
        if not self._oracle:
            return
        bond = self._chain.call("MeterOracle", "bondOf", self._oracle)[0]
        needed = self._chain.call("MeterOracle", "SLASH")
        if bond < needed:
            day = time.strftime("%Y-%m-%d", time.gmtime(now))
            text = f"The bond is {bond}; posting needs {needed}."
            yield Notice(f"bond/{day}", "bond", text)
