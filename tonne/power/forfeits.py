"""Forfeits of a silent aggregator, and the part that a customer of the register has of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.constants import DAY_S
from tonne.errors import TonneError, refused
from tonne.power.customer_papers import MARKET, CustomerPaper
from tonne.power.intervals import BidStage, MarketTerms, Stage
from tonne.power.standing import topics_of

#: [s] After its interval's start the reserve may have what nobody took.
UNCLAIMED_S: Final = 30 * DAY_S
#: `index` of `ForfeitClaimed` where the reserve has the rest.
RESERVE: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class ForfeitPart:
    """A customer's part of a forfeit."""

    interval: int
    start: int  # [s] of the interval
    amount: int  # [micro-credit]

    @property
    def until(self) -> int:
        """[s] When the reserve may have it."""
        return self.start + UNCLAIMED_S


def waiting(chain: Chain, paper: CustomerPaper, first_block: int = 0) -> list[ForfeitPart]:
    """Parts of a paper that it has not taken yet, and the reserve neither, the oldest first."""
    topics = [None, *topics_of(paper.bidder)]
    taken, forfeited = (
        chain.logs(MARKET, name, first_block, topics=topics)
        for name in ("ForfeitClaimed", "BidForfeited")
    )
    gone = {e["interval"] for e in taken if e["index"] in (paper.index, RESERVE)}
    terms = MarketTerms.read(chain)
    found = (
        _part(terms, paper, event["interval"], event["forfeit"])
        for event in forfeited
        if event["interval"] not in gone
    )
    return sorted((part for part in found if part is not None), key=lambda part: part.interval)


def part_of(chain: Chain, paper: CustomerPaper, interval: int, first_block: int = 0) -> ForfeitPart:
    """The part that a paper takes of the forfeit in an interval.

    CLAIM_NO_FORFEIT, CLAIM_NO_LIST, CLAIM_OTHER_LIST, CLAIM_TAKEN, CLAIM_ENDED, CLAIM_NOTHING.
    """
    terms = MarketTerms.read(chain)
    forfeit, bid = chain.call_many(
        [(MARKET, view, (interval, paper.bidder)) for view in ("forfeitOf", "bidOf")]
    )
    who = f"participant {paper.bidder}"
    if bid.state != BidStage.FORFEITED:
        said = f"No bid of {who} in interval {interval} is forfeited"
        closed = bid.state == BidStage.COMMITTED
        if closed and chain.call(MARKET, "stageOf", interval) >= Stage.CLEARING:
            said = f"The bid of {who} in interval {interval} was not opened; no watcher has forfeited it yet"
        raise _refused("CLAIM_NO_FORFEIT", said, interval)
    if not forfeit.connections:
        raise refused("CLAIM_NO_LIST", interval=interval, who=who)
    if not paper.is_under(forfeit.customers, forfeit.connections):
        said = f"The list of customers that counted when {who} forfeited is another one than the paper's"
        raise _refused("CLAIM_OTHER_LIST", said, interval)
    topics = topics_of(interval, paper.bidder)
    for event in chain.logs(MARKET, "ForfeitClaimed", first_block, topics=topics):
        if event["index"] == paper.index:
            said = f"This part was taken, to account {event['account']}: each is once"
            raise _refused("CLAIM_TAKEN", said, interval)
        if event["index"] == RESERVE:
            said = "The reserve has what nobody took in 30 days"
            raise _refused("CLAIM_ENDED", said, interval)
    part = _part(terms, paper, interval, forfeit)
    if part is None:
        said = f"The deposit of {who} was so low that a part of it comes to nothing"
        raise _refused("CLAIM_NOTHING", said, interval)
    return part


def _part(
    terms: MarketTerms, paper: CustomerPaper, interval: int, forfeit: Any
) -> ForfeitPart | None:
    """None where a forfeit is not shared with the paper's key."""
    if not paper.is_under(forfeit.customers, forfeit.connections):
        return None
    amount = forfeit.amount // forfeit.connections
    return ForfeitPart(interval, terms.start(interval), amount) if amount else None


def _refused(code: str, said: str, interval: int) -> TonneError:
    return TonneError(
        code,
        f"{said}.",
        field="interval",
        value=interval,
        remedy="`tonne energy claim PAPER` lists the forfeits that wait for the paper.",
    )
