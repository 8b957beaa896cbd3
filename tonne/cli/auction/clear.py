"""`tonne auction draw` and `clear`: the order of ties, the clearing price, the settlement."""

from __future__ import annotations

import time
from typing import Any, Final

from tonne.cli.auction.show import BidFiles, Number
from tonne.cli.core.command import command
from tonne.cli.core.session import Keeper, Session, Signer
from tonne.errors import refused
from tonne.market import sealed_bids
from tonne.market.sealed_bids import Sealed

CHUNK: Final = 200  # bids a call
LEVELS: Final = 2_000  # prices, or bids of the drawing, a call


@command(needs=Signer)
def draw(session: Signer, number: Number, bid_files: BidFiles = sealed_bids.FOLDER) -> None:
    """Close the bids and draw the order of ties, as the auctioneer; before bids are opened."""
    from tonne.cli.auction.state import terms_of

    commitment = terms_of(session, number).seedCommitment
    if not any(commitment):
        raise refused("AUCTION_NO_DRAW", auction=number)
    secret = Sealed(bid_files).need(commitment, "the seed")["secret"]
    if session.chain.call("Auction", "auction", number).drawBlock == 0:
        session.send("Auction", "endCommitments", number)
    _await_block_after(session, session.chain.call("Auction", "auction", number).drawBlock)
    receipt = session.send("Auction", "drawSeed", number, secret)
    seed = session.chain.call("Auction", "auction", number).seed
    session.show(
        {"auction": number, "seed": "0x" + seed.hex(), "transaction": receipt.hash},
        f"The order of ties of auction {number} is drawn: 0x{seed.hex()}.",
    )


def _await_block_after(session: Session, block: int) -> None:
    """Waits for the next block: a contract can read a block's hash only in later ones."""
    if session.chain.kind != "other":
        session.chain.mine()
    while session.chain.block_number() <= block:
        time.sleep(1)


@command(needs=Keeper)
def clear(session: Keeper, number: Number, bid_files: BidFiles = sealed_bids.FOLDER) -> None:
    """Advance an auction as far as possible: clearing price, ranks of ties, settlement. Open to all."""
    from tonne.cli.auction.state import lines_of, summary, terms_of
    from tonne.market.auction_rules import STAGES

    chain = session.chain
    terms = terms_of(session, number)
    calls = 0
    state = chain.call("Auction", "auction", number)
    sealed_reserve = STAGES[state.stage] == "open" and not state.reserve
    if sealed_reserve and (found := Sealed(bid_files).find(terms.reserveCommitment)):
        session.send("Auction", "openReserve", number, found["tick"], found["salt"])
    while STAGES[state.stage] == "open":
        session.send("Auction", "clear", number, LEVELS)
        state, calls = chain.call("Auction", "auction", number), calls + 1
    if STAGES[state.stage] == "cleared" and state.drawn and state.rest < state.marginal:
        calls += 0 if state.ranked else _rank(session, number, state)
    ready = STAGES[state.stage] == "cancelled" or chain.now() >= terms.deliverFrom
    while STAGES[state.stage] in ("cleared", "cancelled") and ready:
        session.send("Auction", "settle", number, CHUNK)
        state, calls = chain.call("Auction", "auction", number), calls + 1
    data = summary(session, terms, number)
    lines = lines_of(session, terms, data)
    if not ready:
        lines.append(
            f"Bids are settled from {session.local_time(terms.deliverFrom)}: clear again then."
        )
    session.show({**data, "calls": calls}, *lines)


def _rank(session: Signer, number: int, state: Any) -> int:
    """Applies the order drawn to the bids at the clearing price; returns the number of calls."""
    from tonne.market import auction_rules as rules
    from tonne.market.auction_rules import Wanted

    answers = session.chain.call_many(("Auction", "bidOf", (number, n)) for n in range(state.bids))
    tied = [Wanted(n, b.tick, b.lots) for n, b in enumerate(answers) if b.tick == state.tick]
    last, _ = rules.last_served(tied, state.seed, state.rest)
    for _ in range(0, state.bids, LEVELS):
        session.send("Auction", "rank", number, last, LEVELS)
    return -(-int(state.bids) // LEVELS)
