"""`tonne auction announce`, `open`, `consent`, `cancel`, `carry` and `reclaim`: officer and seller."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.auction.show import BidFiles, Number
from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import AMOUNT, WHO, Pack
from tonne.cli.core.output import money, parse_money
from tonne.cli.core.session import Keeper, Signer, file_hash, participant_named
from tonne.constants import HOUR_S, ZERO_WORD
from tonne.errors import TonneError, refused, why
from tonne.market import sealed_bids
from tonne.market.sealed_bids import Sealed


@command(needs=OfficerAct, market=1)
def announce(
    act: OfficerAct,
    lots: Annotated[int, typer.Option(help="Lots on offer.", min=1)],
    seller: Annotated[str, typer.Option(help=f"Seller of the lots. {WHO}")],
    proceeds: Annotated[
        str | None, typer.Option(help="Receiver of the proceeds; default: the seller.")
    ] = None,
    forfeits: Annotated[
        str | None, typer.Option(help="Receiver of forfeited deposits; default: the seller.")
    ] = None,
    multiple: Annotated[
        int | None, typer.Option(help="Bids are multiples of this [lots].", min=1)
    ] = None,
    form: Annotated[
        str | None, typer.Option(help="Bids: sealed, or open for one-way bidding.")
    ] = None,
    tie: Annotated[
        str | None, typer.Option(help="Ties at the price: pro-rata, random or time.")
    ] = None,
    pricing: Annotated[str | None, typer.Option(help="Price paid: uniform or as-bid.")] = None,
    minimum_percent: Annotated[
        int | None,
        typer.Option(
            help="Least share of the volume bid for, else nothing is sold [%].", min=0, max=100
        ),
    ] = None,
    reserve: Annotated[
        str | None, typer.Option(help=f"Reserve price, e.g. 45.00. {AMOUNT}")
    ] = None,
    hide_reserve: Annotated[
        bool, typer.Option(help="Commit to the reserve price now and reveal it later.")
    ] = False,
    limit: Annotated[int, typer.Option(help="Most lots of one bidder; 0 for no limit.", min=0)] = 0,
    limit_percent: Annotated[
        int | None,
        typer.Option(help="Most lots of one bidder, as a share of the volume [%].", min=0, max=100),
    ] = None,
    deposit_percent: Annotated[
        int | None,
        typer.Option(help="Least deposit of a bid, as a share of its value [%].", min=1, max=100),
    ] = None,
    floor_percent: Annotated[
        int | None, typer.Option(help="Cancel below this share of the exchange's price [%].", min=0)
    ] = None,
    floor_days: Annotated[
        int | None,
        typer.Option(help="Trading days whose median is that price; an odd number.", min=3, max=21),
    ] = None,
    floor_volume_percent: Annotated[
        int | None,
        typer.Option(
            help="Least share of the volume traded on each of these days [%].", min=1, max=100
        ),
    ] = None,
    bids_each: Annotated[
        int | None,
        typer.Option(help="Most bids of one bidder or group.", min=1, max=8_191),
    ] = None,
    place_fee: Annotated[
        str | None, typer.Option(help=f"Price of a bid's place, e.g. 10.00. {AMOUNT}")
    ] = None,
    spread: Annotated[
        int | None,
        typer.Option(help="Number of later auctions that take unsold lots.", min=0, max=4),
    ] = None,
    begins: Annotated[str, typer.Option(help="Start of bids, e.g. +1h.")] = "+1h",
    hours: Annotated[
        tuple[int, int, int, int],
        typer.Option(
            help="Length of bids, of the drawing and of reveals, and time to delivery [h]."
        ),
    ] = (2, 1, 2, 1),
    notice: Annotated[
        Path | None, typer.Option(help="File with the published notice. Its hash goes on record.")
    ] = None,
    pack: Pack = None,
    bid_files: BidFiles = sealed_bids.FOLDER,
) -> None:
    """Announce an auction, as an officer of the market.

    Options left out follow the scheme's rule pack, else: sealed bids, ties pro rata, a uniform price
    (as bid in open bidding), cancelled when undersubscribed, deposits of 10 %.
    """
    from tonne.chain import clock
    from tonne.chain.reverts import ChainError
    from tonne.cli.auction.pack_defaults import defaults
    from tonne.cli.auction.state import LEDGER_PER_CENT, TICK_SIZE, choice, tick_of
    from tonne.market import auction_rules as rules
    from tonne.market.auction_rules import FORMS, PRICES, TIES, AuctionTerms

    act = act
    start = clock.parse(begins, act.chain.now(), act.zone)
    given = {
        "form": form,
        "tie": tie,
        "pricing": pricing,
        "minimumPpm": _ppm(minimum_percent),
        "multiple": multiple,
        "limitPpm": _ppm(0 if limit and limit_percent is None else limit_percent),
        "depositPpm": _ppm(deposit_percent),
        "floorPpm": _ppm(floor_percent),
        "floorDays": floor_days,
        "floorVolumePpm": _ppm(floor_volume_percent),
        "bidsEach": bids_each,
        "placeFee": parse_money(place_fee) if place_fee else None,
        "spread": spread,
        "reserveTick": tick_of(TICK_SIZE, reserve, "reserve") if reserve else None,
    }
    by = defaults(act, pack, act.market, start, given)
    is_open = choice("form", by.of("form"), FORMS) == rules.OPEN_BIDS
    ends = start + HOUR_S * hours[0]
    reveal_from = ends if is_open else ends + HOUR_S * hours[1]
    reveal_until = ends if is_open else reveal_from + HOUR_S * hours[2]
    tick = by.of("reserveTick")
    tie_rule = choice("tie", by.of("tie"), TIES)
    of = participant_named(act, seller, "seller")
    text = _hash_of(notice) if notice else ZERO_WORD
    terms = AuctionTerms(
        act.market,
        of,
        of if proceeds is None else participant_named(act, proceeds, "proceeds"),
        of if forfeits is None else participant_named(act, forfeits, "forfeits"),
        lots=lots,
        multiple=by.of("multiple"),
        reserveTick=0 if hide_reserve else tick,
        form=FORMS.index(by.of("form")),
        tie=tie_rule,
        pricing=choice("pricing", by.of("pricing"), PRICES),
        spread=by.of("spread"),
        floorVolumePpm=by.of("floorVolumePpm") if by.of("floorPpm") else 0,
        limitLots=limit,
        limitPpm=by.of("limitPpm"),
        depositPpm=by.of("depositPpm"),
        floorPpm=by.of("floorPpm"),
        bidsEach=by.of("bidsEach"),
        floorDays=by.of("floorDays") if by.of("floorPpm") else 0,
        placeFee=by.of("placeFee") * LEDGER_PER_CENT,
        commitFrom=start,
        commitUntil=ends,
        minimumPpm=by.of("minimumPpm"),
        revealFrom=reveal_from,
        revealUntil=reveal_until,
        deliverFrom=reveal_until + HOUR_S * hours[3],
        reserveCommitment=_hide_reserve(bid_files, tick) if hide_reserve else ZERO_WORD,
        seedCommitment=_hide_secret(bid_files) if tie_rule == rules.RANDOM else ZERO_WORD,
    )
    count = act.chain.call("Auction", "auctionCount")
    change = Effect(
        f"auction {count + 1} of market {act.market}",
        "none",
        f"{lots:,} lots of participant {of}, bids from {act.local_time(start)} until {act.local_time(ends)}",
    )
    commitments = (terms.reserveCommitment, terms.seedCommitment)
    try:
        act.do(
            "Announce an auction",
            [OfficerCall("Auction", "announce", (terms.as_tuple(), text), [change])],
            {"auction": count + 1, "fromPack": by.said()},
            [
                *(f"  by the rule pack: {line}" for line in by.said()),
                f"  before then the seller deposits the lots: `tonne auction open {count + 1}`",
            ],
        )
    except ChainError:
        _drop(bid_files, commitments)
        raise
    if act.dry_run:
        _drop(bid_files, commitments)


def _drop(bid_files: Path, commitments: Sequence[bytes]) -> None:
    """Deletes the openings of commitments that were not sent."""
    for commitment in commitments:
        Sealed(bid_files).drop(commitment)


def _ppm(percent: int | None) -> int | None:
    return None if percent is None else percent * 10_000


def _hash_of(notice: Path) -> bytes:
    try:
        return file_hash(notice)
    except OSError as error:
        raise refused("AUCTION_NO_NOTICE", notice=str(notice), reason=why(error)) from None


def _hide_reserve(bid_files: Path, tick: int) -> bytes:
    from tonne.market.auction_rules import reserve_hash

    if not tick:
        raise refused("AUCTION_NO_RESERVE")
    salt = sealed_bids.fresh()
    commitment = reserve_hash(tick, salt)
    Sealed(bid_files).keep(commitment, {"what": "reserve", "tick": tick, "salt": salt})
    return commitment


def _hide_secret(bid_files: Path) -> bytes:
    from tonne.market.auction_rules import secret_hash

    secret = sealed_bids.fresh()
    commitment = secret_hash(secret)
    Sealed(bid_files).keep(commitment, {"what": "seed", "secret": secret})
    return commitment


@command(needs=Signer)
def open_(session: Signer, number: Number) -> None:
    """Deposit the seller's lots into the auction, from its account on the exchange."""
    from tonne.cli.auction.state import terms_of

    terms = terms_of(session, number)
    receipt = session.send("Auction", "open", number)
    session.show(
        {"auction": number, "lots": terms.lots, "transaction": receipt.hash},
        f"{terms.lots:,} lots are deposited. Bids from {session.local_time(terms.commitFrom)}"
        f" until {session.local_time(terms.commitUntil)}.",
    )


@command(needs=Signer, market=1)
def consent(
    session: Signer,
    lots: Annotated[int, typer.Argument(help="Lots; 0 withdraws the consent.", min=0)],
    at_least: Annotated[
        str, typer.Option(help=f"Least public reserve price of a lot, e.g. 45.00. {AMOUNT}")
    ] = "0",
) -> None:
    """Consent, as a seller, that other accounts deposit up to this many lots into auctions that pay you."""
    from tonne.cli.auction.state import ledger

    seller = session.participant
    price = ledger(at_least)
    receipt = session.send("Auction", "setConsent", session.market, lots, price)
    session.show(
        {
            "seller": seller,
            "market": session.market,
            "lots": lots,
            "leastPrice": money(price),
            "transaction": receipt.hash,
        },
        f"Other accounts may deposit {lots:,} lots of participant {seller} in market"
        f" {session.market} into its"
        " auctions."
        if lots
        else f"Only participant {seller} itself deposits its lots in market {session.market}.",
    )


@command(needs=OfficerAct)
def cancel(
    act: OfficerAct,
    number: Number,
    reason: Annotated[str, typer.Option(help="Reason, at most 31 bytes, goes on record.")] = "",
) -> None:
    """Cancel an auction: officers before bids are opened, every account if the lots never came."""
    from tonne.cli.auction.state import terms_of
    from tonne.market.auction_rules import STAGES

    terms_of(act, number)
    text = reason.encode()
    if len(text) > 31:
        raise refused("AUCTION_LONG_REASON", reason=reason, text_count=len(text))
    state = act.chain.call("Auction", "auction", number)
    change = Effect(f"auction {number}", STAGES[state.stage], "cancelled")
    act.do(
        "Cancel an auction",
        [OfficerCall("Auction", "cancel", (number, text.ljust(32, b"\0")), [change])],
        {"auction": number, "bids": state.bids, "reason": reason},
        [
            f"  `tonne auction clear {number}` then gives the lots and {state.bids:,}"
            f" {'deposit' if state.bids == 1 else 'deposits'} back"
        ],
    )


@command(needs=Signer)
def carry(
    session: Signer,
    number: Number,
    following: Annotated[
        list[int], typer.Argument(help="Numbers of the later auctions, as many as announced.")
    ],
) -> None:
    """Spread unsold lots over the seller's next auctions, as a market officer."""
    from tonne.cli.auction.state import terms_of

    terms = terms_of(session, number)
    if len(following) != terms.spread:
        raise TonneError(
            "AUCTION_OTHER_SPREAD",
            f"Auction {number} was announced with {terms.spread} later ones, not {len(following)}.",
            field="following",
            value=", ".join(map(str, following)),
            remedy=f"Name {terms.spread}."
            if terms.spread
            else "Its unsold lots went back to the seller.",
        )
    for later in following:
        terms_of(session, later)
    receipt = session.send("Auction", "carry", number, following)
    went = {
        e["next"]: e["lots"] for e in session.chain.events(receipt) if e.name == "UnsoldCarried"
    }
    parts = ", ".join(f"{lots:,} lots to auction {later}" for later, lots in went.items())
    data = {"auction": number, "carried": went, "transaction": receipt.hash}
    session.show(data, f"Unsold of auction {number}: {parts}.")


@command(needs=Keeper)
def reclaim(session: Keeper, number: Number) -> None:
    """Return unsold lots to the seller, 30 days after the auction's end. Open to all."""
    from tonne.cli.auction.state import terms_of

    terms_of(session, number)
    receipt = session.send("Auction", "reclaim", number)
    back = session.sent_event(receipt, "UnsoldReturned")
    session.show(
        {"auction": number, "seller": back["seller"], "lots": back["lots"]},
        f"{back['lots']:,} lots went back to participant {back['seller']}.",
    )
