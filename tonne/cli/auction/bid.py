"""`tonne auction bid` and `reveal`: what a bidder does."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tonne.chain.reverts import ChainError
from tonne.cli.auction.show import Kept, Number, ledger, terms_of, tick_of
from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    connect,
    key,
    money,
    participant_of,
    show,
)
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.market import auction_rules as rules
from tonne.market import sealed_bids
from tonne.market.auction_rules import STATUSES
from tonne.market.sealed_bids import Sealed


def bid(
    number: Number,
    lots: Annotated[int, typer.Argument(help="Lots you bid for.", min=1)],
    price: Annotated[str, typer.Option(help="What you bid for each, e.g. 48.00.")],
    deposit: Annotated[
        str | None, typer.Option(help="Of a sealed bid; without it enough, and not telling.")
    ] = None,
    raises: Annotated[
        int | None, typer.Option(help="Of open bids: your lower bid that gives way.", min=0)
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    kept: Kept = sealed_bids.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Bid. A sealed bid is opened later by `tonne auction reveal`; else its deposit is lost."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    terms = terms_of(desk, number)
    participant = participant_of(desk, account)
    tick = tick_of(terms.tickSize, price)
    if lots % terms.multiple:
        raise TonneError(
            "AUCTION_NOT_MULTIPLE",
            f"Bids are multiples of {terms.multiple:,} lots.",
            field="lots",
            value=lots,
            remedy=f"Bid for {lots - lots % terms.multiple + terms.multiple:,}.",
        )
    _check_limit(desk, number, lots)
    desk.chain.fund([account])
    if terms.form == rules.OPEN_BIDS:
        replaced = rules.NO_BID if raises is None else raises
        receipt = desk.chain.send(account, "Auction", "place", number, tick, lots, replaced)
        held, path = lots * tick * terms.tickSize, None
    else:
        held = ledger(deposit) if deposit else _deposit(terms, lots * tick * terms.tickSize)
        salt = sealed_bids.fresh()
        args = (number, participant, tick, lots, salt)
        house = desk.chain["Auction"].address_bytes
        commitment = rules.bid_hash(desk.chain.chain_id, house, *args)
        opening = {"what": "bid", "auction": number, "tick": tick, "lots": lots, "salt": salt}
        path = Sealed(kept).keep(commitment, opening)
        try:
            receipt = desk.chain.send(account, "Auction", "commit", number, commitment, held)
        except ChainError:
            Sealed(kept).drop(commitment)
            raise
    place = next(
        e["bid"] for e in desk.chain.events(receipt) if e.name in ("BidCommitted", "BidRevealed")
    )
    lines = [f"Bid {place} in auction {number}: {money(held)} is held."]
    if path:
        lines.append(f"What opens it is kept in {path}.")
        lines.append(
            f"Open it from {desk.when(terms.revealFrom)} until {desk.when(terms.revealUntil)}:"
            f" `tonne auction reveal {number}`."
        )
    data = {"auction": number, "bid": place, "held": money(held), "transaction": receipt.hash}
    show(data, as_json, *lines)


def _check_limit(desk: Desk, number: int, lots: int) -> None:
    """A sealed bid beyond the limit could never be opened, and its deposit would be lost."""
    most = desk.chain.call("Auction", "limitOf", number)
    if desk.chain.call("Auction", "auction", number).volume and lots > most:
        raise TonneError(
            "AUCTION_OVER_LIMIT",
            f"One bidder may have at most {most:,} lots in auction {number}, all its bids together.",
            field="lots",
            value=lots,
            remedy=f"Bid for at most {most:,}.",
        )


def _deposit(terms: Any, value: int) -> int:
    """Enough, in steps of twice the last, so that a deposit tells little of the bid."""
    needed, deposit = rules.share_up(value, terms.depositPpm), terms.leastDeposit
    while deposit < needed:
        deposit *= 2
    return deposit


def reveal(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    kept: Kept = sealed_bids.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Open all your bids in an auction whose files are here."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    participant = participant_of(desk, account)
    opened, missing = [], []
    desk.chain.fund([account])
    for place, found, commitment in _committed(desk, number):
        if found.participant != participant:
            continue
        opening = Sealed(kept).find(commitment)
        if opening is None:
            missing.append(place)
            continue
        args = (number, place, opening["tick"], opening["lots"], opening["salt"])
        desk.chain.send(account, "Auction", "reveal", *args)
        opened.append(place)
    lines = [f"Opened: {_listed(opened)}."]
    if missing:
        lines.append(f"No file here opens {_listed(missing)}: name its folder by --sealed.")
    show({"opened": opened, "missing": missing}, as_json, *lines)


def _committed(desk: Desk, number: int) -> list[tuple[int, Any, bytes]]:
    count = desk.chain.call("Auction", "auction", number).bids
    asked = [(f, (number, n)) for n in range(count) for f in ("bidOf", "commitmentOf")]
    answers = desk.chain.call_many(("Auction", function, args) for function, args in asked)
    pairs = zip(range(count), answers[::2], answers[1::2], strict=True)
    return [(n, b, c) for n, b, c in pairs if STATUSES[b.status] == "committed"]


def _listed(numbers: list[int]) -> str:
    return ", ".join(f"bid {n}" for n in numbers) or "nothing"
