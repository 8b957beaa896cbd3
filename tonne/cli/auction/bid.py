"""`tonne auction bid` and `reveal`: bids in an auction."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from tonne.cli.auction.show import BidFiles, Number
from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT
from tonne.cli.core.output import money
from tonne.cli.core.session import Session, Signer
from tonne.errors import refused
from tonne.market import sealed_bids
from tonne.market.sealed_bids import Sealed


@command(needs=Signer)
def bid(
    session: Signer,
    number: Number,
    lots: Annotated[int, typer.Argument(help="Lots to bid for.", min=1)],
    price: Annotated[str, typer.Option(help=f"Price bid for a lot, e.g. 48.00. {AMOUNT}")],
    deposit: Annotated[
        str | None,
        typer.Option(help="Deposit of a sealed bid; default: enough, in steps that hide the bid."),
    ] = None,
    raises: Annotated[
        int | None,
        typer.Option(help="In open bidding: number of your lower bid to replace.", min=0),
    ] = None,
    bid_files: BidFiles = sealed_bids.FOLDER,
) -> None:
    """Place a bid. A sealed bid must be opened later by `tonne auction reveal`, or its deposit is lost."""
    from tonne.chain.reverts import ChainError
    from tonne.cli.auction.state import ledger, terms_of, tick_of
    from tonne.market import auction_rules as rules

    terms = terms_of(session, number)
    participant = session.participant
    tick = tick_of(terms.tickSize, price)
    if lots % terms.multiple:
        raise refused(
            "AUCTION_NOT_MULTIPLE",
            lots=lots,
            multiple=terms.multiple,
            next_lots=lots - lots % terms.multiple + terms.multiple,
        )
    _check_limit(session, number, lots)
    _check_reserve(terms, tick)
    if terms.form == rules.OPEN_BIDS:
        replaced = rules.NO_BID if raises is None else raises
        receipt = session.send("Auction", "place", number, tick, lots, replaced)
        held, path = lots * tick * terms.tickSize, None
    else:
        held = ledger(deposit) if deposit else _deposit(terms, lots * tick * terms.tickSize)
        salt = sealed_bids.fresh()
        args = (number, participant, tick, lots, salt)
        house = session.chain["Auction"].address_bytes
        commitment = rules.bid_hash(session.chain.chain_id, house, *args)
        opening = {"what": "bid", "auction": number, "tick": tick, "lots": lots, "salt": salt}
        path = Sealed(bid_files).keep(commitment, opening)
        try:
            receipt = session.send("Auction", "commit", number, commitment, held)
        except ChainError:
            Sealed(bid_files).drop(commitment)
            raise
    place = next(
        e["bid"] for e in session.chain.events(receipt) if e.name in ("BidCommitted", "BidRevealed")
    )
    lines = [f"Bid {place} in auction {number}: {money(held)} is held."]
    if path:
        lines.append(f"Its opening is kept in {path}.")
        begins, ends = map(session.local_time, (terms.revealFrom, terms.revealUntil))
        kept = "" if bid_files == sealed_bids.FOLDER else f" --sealed {shlex.quote(str(bid_files))}"
        lines.append(f"Open it from {begins} until {ends}: `tonne auction reveal {number}{kept}`.")
    data = {"auction": number, "bid": place, "held": money(held), "transaction": receipt.hash}
    session.show(data, *lines)


def _check_limit(session: Session, number: int, lots: int) -> None:
    """Refuses a sealed bid beyond the limit: it could never be opened, and its deposit would be lost."""
    most = session.chain.call("Auction", "limitOf", number)
    if session.chain.call("Auction", "auction", number).volume and lots > most:
        raise refused("AUCTION_OVER_LIMIT", lots=lots, limit=most, auction=number)


def _check_reserve(terms: Any, tick: int) -> None:
    """Refuses a bid below a public reserve: it can never win, and a sealed one would lose its deposit."""
    if tick < terms.reserveTick:
        raise refused(
            "AUCTION_BELOW_RESERVE",
            tick=money(tick * terms.tickSize),
            reserve_tick=money(terms.reserveTick * terms.tickSize),
        )


def _deposit(terms: Any, value: int) -> int:
    """Sufficient deposit, doubled from the least one so that it tells little of the bid."""
    from tonne.market import auction_rules as rules

    needed = rules.share_up(value, terms.depositPpm)
    deposit: int = terms.leastDeposit
    while deposit < needed:
        deposit *= 2
    return deposit


@command(needs=Signer)
def reveal(session: Signer, number: Number, bid_files: BidFiles = sealed_bids.FOLDER) -> None:
    """Open all your sealed bids in an auction whose openings are in the folder."""
    participant = session.participant
    opened, missing = [], []
    for place, found, commitment in _committed(session, number):
        if found.participant != participant:
            continue
        opening = Sealed(bid_files).find(commitment)
        if opening is None:
            missing.append(place)
            continue
        args = (number, place, opening["tick"], opening["lots"], opening["salt"])
        session.send("Auction", "reveal", *args)
        opened.append(place)
    lines = [f"Opened: {_listed(opened)}."]
    if missing:
        lines.append(
            f"No opening of {_listed(missing)} is in this folder: name another by --sealed."
        )
    session.show({"opened": opened, "missing": missing}, *lines)


def _committed(session: Session, number: int) -> list[tuple[int, Any, bytes]]:
    from tonne.market.auction_rules import STATUSES

    count = session.chain.call("Auction", "auction", number).bids
    asked = [(f, (number, n)) for n in range(count) for f in ("bidOf", "commitmentOf")]
    answers = session.chain.call_many(("Auction", function, args) for function, args in asked)
    pairs = zip(range(count), answers[::2], answers[1::2], strict=True)
    return [(n, b, c) for n, b, c in pairs if STATUSES[b.status] == "committed"]


def _listed(numbers: list[int]) -> str:
    return ", ".join(f"bid {n}" for n in numbers) or "nothing"
