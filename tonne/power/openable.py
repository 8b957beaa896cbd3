"""Whether curves could be opened, and silence be paid for: asked before anything is committed."""

from __future__ import annotations

from itertools import groupby

from tonne.chain.client import Chain
from tonne.errors import TonneError
from tonne.power.bid_tree import Portfolio
from tonne.power.encoding import held
from tonne.power.intervals import MarketTerms


def needed_for(own: Portfolio, terms: MarketTerms) -> int:
    """[micro-credit] Held by the market of curves that are opened, and the fees of their steps."""
    return held(own.steps, terms.guarantee) + len(own.steps) * terms.step_fee


def curve_sizes(own: Portfolio) -> list[tuple[int, int, int, int]]:
    """`CurveSize` of each curve."""
    found = []
    for (node, side), curve in groupby(own.steps, key=lambda s: (s.node, s.side)):
        steps = list(curve)
        found.append((node, side, len(steps), sum(step.limit for step in steps)))
    return found


def require_within(chain: Chain, terms: MarketTerms, own: Portfolio, interval: int) -> None:
    """Raises where the bidder may not open such curves: the contract's LIMITS_… errors."""
    chain.call("BidLimits", "check", own.bidder, terms.start(interval), curve_sizes(own))


def require_backed(chain: Chain, terms: MarketTerms, own: Portfolio, needed: int) -> None:
    """BIDDER_DEPOSIT, BIDDER_CREDITS where too little is set aside for silence, or free for what bids hold
    (`needed` [micro-credit])."""
    deposit, account = chain.call_many(
        [("PowerMarket", "depositOf", (own.bidder,)), ("PowerMarket", "accountOf", (own.bidder,))]
    )
    secured = terms.at_cap(deposit.committedWh + own.energy)
    if deposit.amount < secured:
        remedy = "Set the rest aside: `tonne energy deposit --help`; or bid less."
        raise _short("BIDDER_DEPOSIT", "set aside for silence", deposit.amount, secured, remedy)
    if account.free < needed:
        remedy = "Bring in more: `tonne energy pay-in --help`; or bid less."
        raise _short("BIDDER_CREDITS", "free for what bids hold", account.free, needed, remedy)


def _short(code: str, said: str, there: int, needed: int, remedy: str) -> TonneError:
    return TonneError(
        code,
        f"{there} micro-credits are {said}; {needed} are needed.",
        field="credits",
        value=there,
        remedy=remedy,
    )
