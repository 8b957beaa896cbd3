"""Releases finished bids: their reserved credits become free, and the solver of the interval is paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from oracles.runtime.effects import JobEffect
from oracles.runtime.journal import OPEN_STATES, Journal, Rank
from tonne.chain.client import Chain
from tonne.power.intervals import BidStage

#: Of a call: its base, and each bid.
GAS_BASE: Final = 120_000
GAS_BID: Final = 60_000
#: Bids in one call.
MOST_BIDS: Final = 100

KIND: Final = "release"


def release_key(interval: int, bidders: Sequence[int]) -> str:
    """The business key of releasing some bids of an interval."""
    return "/".join([KIND, str(interval), *map(str, bidders)])


def release_effect(key: str) -> JobEffect:
    """Each of the bids is released, by any account."""
    interval, *bidders = map(int, key.split("/")[1:])
    return JobEffect(
        [("PowerMarket", "bidOf", (interval, bidder)) for bidder in bidders],
        lambda answers: all(bid.state >= BidStage.RELEASED for bid in answers),
    )


def waiting(chain: Chain, interval: int, bidders: Sequence[int]) -> list[int]:
    """Bidders of an interval with bids that can be released."""
    bids = chain.call_many(("PowerMarket", "bidOf", (interval, bidder)) for bidder in bidders)
    return [
        bidder for bidder, bid in zip(bidders, bids, strict=True) if bid.state == BidStage.OPENED
    ]


def queue_release(chain: Chain, journal: Journal, interval: int, bidders: Sequence[int]) -> int:
    """Queues one call for some bids of an interval; 0 where it is on its way."""
    part = list(bidders)[:MOST_BIDS]
    key = release_key(interval, part)
    known = journal.job(key)
    if known is not None and known.state in OPEN_STATES:
        return 0
    market = chain["PowerMarket"]
    data = market.encode("release", interval, part)
    gas = GAS_BASE + GAS_BID * len(part)
    return int(journal.enqueue(key, market.address, data, gas, Rank.LATE))
