"""Bids that customers challenge: the aggregator shows each in its place within six hours, or pays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import structlog

from oracles.power.aggregator.journal import AggregatorJournal, Committed
from oracles.runtime.journal import OPEN_STATES, JobState, Rank
from tonne.chain.block_times import first_since
from tonne.chain.client import Chain, Head
from tonne.constants import HOUR_S

log = structlog.get_logger()

#: [s] A dispute is answered within it.
ANSWER_S: Final = 6 * HOUR_S
#: [s] Interval until a refused bid is shown again: without its opening it never can be.
AGAIN_S: Final = 600
#: `disputeOf` of one that is over.
OVER: Final = 2**40 - 1
#: Blocks of events that are read again, to find those of a reorganisation.
OVERLAP: Final = 20

GAS_BASE: Final = 400_000
GAS_BYTE: Final = 60
GAS_MOST: Final = 6_000_000


class ShownAnswers:
    """Follows disputes of this aggregator's receipts, and answers them."""

    def __init__(self, chain: Chain, journal: AggregatorJournal, number: int) -> None:
        self._chain = chain
        self._journal = journal
        self._number = number
        self._next: int | None = None
        self._open: dict[bytes, Any] = {}  # events by digest
        self._missing: set[bytes] = set()
        self._again: dict[bytes, int] = {}  # [s] by digest

    def step(self, head: Head, incident: Callable[[str, str], None]) -> int:
        """Queues an answer to each that is open; returns how many."""
        if not self._number:
            return 0
        if self._next is None:
            self._next = first_since(self._chain, head.time - ANSWER_S)
        found = self._chain.logs("PowerMarket", "BidDisputed", self._next, head.number)
        self._next = max(self._next, head.number + 1 - OVERLAP)
        for event in found:
            if event["receipt"].aggregator == self._number:
                self._open[bytes(event["digest"])] = event
        return sum(self._answer(digest, head.time, incident) for digest in list(self._open))

    def _answer(self, digest: bytes, now: int, incident: Callable[[str, str], None]) -> int:
        event = self._open[digest]
        if now > event["deadline"]:
            del self._open[digest]
            return 0
        job = self._journal.job(show_key(digest))
        if job is not None and job.state is not JobState.FAILED:
            if job.state not in OPEN_STATES:
                del self._open[digest]
            return 0
        if job is not None and digest not in self._again:
            incident(
                "AGGREGATOR_SHOW_REFUSED",
                f"The bid of receipt 0x{digest.hex()} cannot be shown: {job.reason}. The daemon repeats it"
                f" every {AGAIN_S} s, and pays for it at the end.",
            )
            self._again[digest] = now + AGAIN_S
        if now < self._again.get(digest, 0):
            return 0
        if job is not None:
            self._again[digest] = now + AGAIN_S
        receipt = event["receipt"]
        made = self._journal.of(receipt.interval)
        place = None if made is None else place_of(made, receipt)
        if made is None or place is None:
            if digest not in self._missing:
                self._missing.add(digest)
                incident(
                    "AGGREGATOR_BID_MISSING",
                    f"The bid of receipt 0x{digest.hex()} is in no portfolio of this journal.",
                )
            return 0
        market = self._chain["PowerMarket"]
        data = market.encode("show", receipt, made.opening, place, made.own.proof(place))
        gas = min(GAS_BASE + GAS_BYTE * len(data), GAS_MOST)
        log.info("showing", interval=receipt.interval, digest="0x" + digest.hex())
        return int(
            self._journal.enqueue(show_key(digest), market.address, data, gas, Rank.DEADLINE)
        )


def place_of(made: Committed, receipt: Any) -> int | None:
    """The leaf of a receipt's bid; None without one in the tree."""
    wanted = (
        receipt.account,
        receipt.node,
        receipt.side,
        receipt.price,
        receipt.limitWh,
        bytes(receipt.salt),
    )
    for place, bid in enumerate(made.own.bids):
        if (bid.account, bid.node, bid.side, bid.price, bid.limit, bid.salt) == wanted:
            return place
    return None


def show_key(digest: bytes) -> str:
    """The business key of an answer."""
    return f"show/{digest.hex()}"
