"""What the office and the seller of an auction do: announce, open, consent, cancel, carry, reclaim."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tonne.chain import clock
from tonne.chain.reverts import ChainError
from tonne.cli.auction.pack_defaults import defaults
from tonne.cli.auction.show import TICK_SIZE, Kept, Number, choice, terms_of, tick_of
from tonne.cli.core.officer_act import Act, Change, Hand, command_of
from tonne.cli.core.rule_pack import Pack
from tonne.cli.core.session import (
    DEFAULT_RPC,
    WHO,
    As,
    AsJson,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    connect,
    key,
    participant_named,
    participant_of,
    show,
)
from tonne.crypto.accounts import keccak
from tonne.deployment import record
from tonne.errors import TonneError, why
from tonne.market import auction_rules as rules
from tonne.market import sealed_bids
from tonne.market.auction_rules import FORMS, PRICES, STAGES, TIES, Terms
from tonne.market.sealed_bids import Sealed

Lots = Annotated[int, typer.Option(help="Lots on offer.", min=1)]


def _announce(
    hand: Hand,
    lots: Lots,
    seller: Annotated[str, typer.Option(help=f"Whose lots are sold. {WHO}")],
    proceeds: Annotated[str | None, typer.Option(help="Who is paid; else the seller.")] = None,
    forfeits: Annotated[
        str | None, typer.Option(help="Who gets forfeited deposits; else the seller.")
    ] = None,
    market: MarketNumber = 1,
    multiple: Annotated[int | None, typer.Option(help="Bids are multiples of this.", min=1)] = None,
    form: Annotated[str | None, typer.Option(help="sealed, or open: one-way bidding.")] = None,
    tie: Annotated[str | None, typer.Option(help="pro-rata, random or time.")] = None,
    pricing: Annotated[str | None, typer.Option(help="uniform or as-bid.")] = None,
    minimum_percent: Annotated[
        int | None,
        typer.Option(help="Nothing is sold when bids are for less of the volume.", min=0, max=100),
    ] = None,
    reserve: Annotated[str | None, typer.Option(help="Reserve price, e.g. 45.00.")] = None,
    hide_reserve: Annotated[
        bool, typer.Option(help="Commit to the reserve, open it later.")
    ] = False,
    limit: Annotated[int, typer.Option(help="Lots of one bidder; 0 = no limit.", min=0)] = 0,
    limit_percent: Annotated[
        int | None, typer.Option(help="The same as a share.", min=0, max=100)
    ] = None,
    deposit_percent: Annotated[
        int | None, typer.Option(help="Least deposit.", min=1, max=100)
    ] = None,
    floor_percent: Annotated[
        int | None, typer.Option(help="Cancel below this share of the exchange's price.", min=0)
    ] = None,
    spread: Annotated[
        int | None, typer.Option(help="Later auctions for unsold lots.", min=0, max=4)
    ] = None,
    begins: Annotated[str, typer.Option(help="When bids begin, e.g. +1h.")] = "+1h",
    hours: Annotated[
        tuple[int, int, int, int],
        typer.Option(help="For bids, for the drawing, for reveals, until delivery."),
    ] = (2, 1, 2, 1),
    notice: Annotated[Path | None, typer.Option(help="File of the notice to publish.")] = None,
    pack: Pack = None,
    kept: Kept = sealed_bids.FOLDER,
) -> None:
    """Announce an auction; needs the office of the market.

    What is not given is what the scheme's rule pack says; where it says nothing: sealed bids, ties pro
    rata, a uniform price (as bid in open bidding), cancelled when bids are too few, a deposit of 10 %.
    """
    desk = hand.desk
    start = clock.parse(begins, desk.chain.now(), desk.zone)
    given = {
        "form": form,
        "tie": tie,
        "pricing": pricing,
        "minimumPpm": _ppm(minimum_percent),
        "multiple": multiple,
        "limitPpm": _ppm(0 if limit and limit_percent is None else limit_percent),
        "depositPpm": _ppm(deposit_percent),
        "floorPpm": _ppm(floor_percent),
        "spread": spread,
        "reserveTick": tick_of(TICK_SIZE, reserve, "reserve") if reserve else None,
    }
    by = defaults(desk, pack, market, start, given)
    is_open = choice("form", by.of("form"), FORMS) == rules.OPEN_BIDS
    ends = start + 3600 * hours[0]
    reveal_from = ends if is_open else ends + 3600 * hours[1]
    reveal_until = ends if is_open else reveal_from + 3600 * hours[2]
    tick = by.of("reserveTick")
    tie_rule = choice("tie", by.of("tie"), TIES)
    of = participant_named(desk, seller, "seller")
    text = _hash_of(notice) if notice else bytes(32)
    terms = Terms(
        market,
        of,
        of if proceeds is None else participant_named(desk, proceeds, "proceeds"),
        of if forfeits is None else participant_named(desk, forfeits, "forfeits"),
        lots=lots,
        multiple=by.of("multiple"),
        reserveTick=0 if hide_reserve else tick,
        form=FORMS.index(by.of("form")),
        tie=tie_rule,
        pricing=choice("pricing", by.of("pricing"), PRICES),
        spread=by.of("spread"),
        limitLots=limit,
        limitPpm=by.of("limitPpm"),
        depositPpm=by.of("depositPpm"),
        floorPpm=by.of("floorPpm"),
        commitFrom=start,
        commitUntil=ends,
        minimumPpm=by.of("minimumPpm"),
        revealFrom=reveal_from,
        revealUntil=reveal_until,
        deliverFrom=reveal_until + 3600 * hours[3],
        reserveCommitment=_hide_reserve(kept, tick) if hide_reserve else bytes(32),
        seedCommitment=_hide_secret(kept) if tie_rule == rules.RANDOM else bytes(32),
    )
    count = desk.chain.call("Auction", "auctionCount")
    change = Change(
        f"auction {count + 1} of market {market}",
        "none",
        f"{lots:,} lots of participant {of}, bids from {desk.when(start)} until {desk.when(ends)}",
    )
    commitments = (terms.reserveCommitment, terms.seedCommitment)
    try:
        hand.do(
            "Announce an auction",
            [Act("Auction", "announce", (terms.as_tuple(), text), [change])],
            {"auction": count + 1, "fromPack": by.said()},
            [
                *(f"  by the rule pack: {line}" for line in by.said()),
                f"  before then the seller brings the lots in: `tonne auction open {count + 1}`",
            ],
        )
    except ChainError:
        _drop(kept, commitments)
        raise
    if hand.dry:
        _drop(kept, commitments)


def _drop(kept: Path, commitments: Sequence[bytes]) -> None:
    """What would open a commitment that was not made."""
    for commitment in commitments:
        Sealed(kept).drop(commitment)


announce = command_of(_announce)


def _ppm(percent: int | None) -> int | None:
    return None if percent is None else percent * 10_000


def _hash_of(notice: Path) -> bytes:
    try:
        return keccak(notice.read_bytes())
    except OSError as error:
        raise TonneError(
            "AUCTION_NO_NOTICE",
            f"The notice cannot be read: {why(error)}.",
            field="notice",
            value=str(notice),
            remedy="Name the file of the text that is published.",
        ) from None


def _hide_reserve(kept: Path, tick: int) -> bytes:
    if not tick:
        raise TonneError(
            "AUCTION_NO_RESERVE",
            "A reserve that is hidden must still be one.",
            field="reserve",
            remedy="Give --reserve PRICE as well.",
        )
    salt = sealed_bids.fresh()
    commitment = rules.reserve_hash(tick, salt)
    Sealed(kept).keep(commitment, {"what": "reserve", "tick": tick, "salt": salt})
    return commitment


def _hide_secret(kept: Path) -> bytes:
    secret = sealed_bids.fresh()
    commitment = rules.secret_hash(secret)
    Sealed(kept).keep(commitment, {"what": "seed", "secret": secret})
    return commitment


def open_(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Bring the lots of the seller in, out of its account on the exchange."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    terms = terms_of(desk, number)
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "Auction", "open", number)
    show(
        {"auction": number, "lots": terms.lots, "transaction": receipt.hash},
        as_json,
        f"{terms.lots:,} lots are in. Bids from {desk.when(terms.commitFrom)}"
        f" until {desk.when(terms.commitUntil)}.",
    )


def consent(
    lots: Annotated[int, typer.Argument(help="Lots; 0 takes the consent back.", min=0)],
    market: MarketNumber = 1,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Let your lots be brought into auctions without you, up to a number. For sellers."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    seller = participant_of(desk, account)
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "Auction", "setConsent", market, lots)
    show(
        {"seller": seller, "market": market, "lots": lots, "transaction": receipt.hash},
        as_json,
        f"Anybody may bring {lots:,} lots of participant {seller} in market {market} into its"
        " auctions."
        if lots
        else f"Only participant {seller} itself brings its lots in market {market} in.",
    )


def _cancel(
    hand: Hand,
    number: Number,
    reason: Annotated[str, typer.Option(help="Why, in at most 31 letters; goes on record.")] = "",
) -> None:
    """Cancel an auction. Officers before bids are opened; anybody when the lots did not come."""
    terms_of(hand.desk, number)
    text = reason.encode()
    if len(text) > 31:
        raise TonneError(
            "AUCTION_LONG_REASON",
            f"The reason is {len(text)} bytes long.",
            field="reason",
            value=reason,
            remedy="Say it in at most 31.",
        )
    state = hand.desk.chain.call("Auction", "auction", number)
    change = Change(f"auction {number}", STAGES[state.stage], "cancelled")
    hand.do(
        "Cancel an auction",
        [Act("Auction", "cancel", (number, text.ljust(32, b"\0")), [change])],
        {"auction": number, "bids": state.bids, "reason": reason},
        [
            f"  `tonne auction clear {number}` then gives the lots and {state.bids:,}"
            f" {'deposit' if state.bids == 1 else 'deposits'} back"
        ],
    )


cancel = command_of(_cancel)


def carry(
    number: Number,
    following: Annotated[list[int], typer.Argument(help="Later auctions, as many as announced.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Spread an auction's unsold lots over the seller's next ones. For market officers."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    terms = terms_of(desk, number)
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
        terms_of(desk, later)
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "Auction", "carry", number, following)
    went = {e["next"]: e["lots"] for e in desk.chain.events(receipt) if e.name == "UnsoldCarried"}
    parts = ", ".join(f"{lots:,} lots to auction {later}" for later, lots in went.items())
    data = {"auction": number, "carried": went, "transaction": receipt.hash}
    show(data, as_json, f"Unsold of auction {number}: {parts}.")


def reclaim(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Give an auction's unsold lots back to its seller, 30 days after its end. Anyone can."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    terms_of(desk, number)
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "Auction", "reclaim", number)
    back = next(e for e in desk.chain.events(receipt) if e.name == "UnsoldReturned")
    show(
        {"auction": number, "seller": back["seller"], "lots": back["lots"]},
        as_json,
        f"{back['lots']:,} lots went back to participant {back['seller']}.",
    )
