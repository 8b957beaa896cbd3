"""`tonne energy receipt`: receipts of bids, signed by aggregators and by who settles; their disputes."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.handed_papers import for_here, require_signatures
from tonne.cli.core.options import AMOUNT, WHO
from tonne.cli.core.session import Keeper, Session, Signer
from tonne.cli.core.wallet_signing import (
    Given,
    To,
    Wallet,
    attached,
    bytes_of,
    show_messages,
)
from tonne.cli.energy.market_account import account_of
from tonne.constants import DAY_S
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.crypto.eip712 import Domain
    from tonne.power.bid_books import BidBook
    from tonne.power.bid_receipts import ReceiptFile
    from tonne.power.bid_tree import BidReceipt
    from tonne.power.shown_bids import TreeReceipt

app = typer.Typer(
    help="Receipts of bids: signed for customers and aggregators, shown, disputed.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="Receipt file.")]
Interval = Annotated[str, typer.Option(help="Start of the interval, e.g. 2026-06-01T12:00.")]

SIDES: Final = ("buy", "sell")
#: `disputeOf` of one that is over.
OVER: Final = 2**40 - 1


@app.command()
@command(needs=Signer, wallet=None)
def bid(
    session: Signer,
    file: File,
    side: Annotated[str, typer.Argument(help="Side: buy or sell.")],
    limit: Annotated[int, typer.Argument(help="Energy at most [Wh].", min=1, max=2**32 - 1)],
    price: Annotated[str, typer.Option(help=f"Limit price [credits/kWh], e.g. 0.12. {AMOUNT}")],
    account: Annotated[
        str,
        typer.Option(help=f"Account it is settled on. Address of a pseudonym, or: {WHO}"),
    ],
    node: Annotated[int, typer.Option(help="Node number.", min=0, max=255)],
    since: Interval,
) -> None:
    """Sign the receipt of a customer's bid, as its aggregator: it has to show that bid, or pays."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.power.bid_tree import BidReceipt

    if side not in SIDES:
        raise refused("RECEIPT_SIDE", side=side)
    step = terms.interval_s(session)
    receipt = BidReceipt(
        interval=terms.time_of(session, since, step) // step,
        aggregator=session.participant,
        account=account_of(session, account),
        node=node,
        side=SIDES.index(side),
        price=terms.rate_of(price),
        limitWh=limit,
        salt=secrets.token_bytes(32),
    )
    _sign(session, file, "bid", receipt)


@app.command()
@command(needs=Signer, wallet=None)
def bids(
    session: Signer,
    file: File,
    book: Annotated[
        Path, typer.Argument(help="Book of its bids, as the aggregator's daemon wrote it.")
    ],
) -> None:
    """Sign that you have all bids behind an aggregator's curves, as who settles the interval.

    Its book is needed, not its root alone: the receipt binds you to settle by each of its bids.
    """
    from tonne.power import bid_books
    from tonne.power.shown_bids import TreeReceipt

    found = bid_books.read(book)
    receipt = TreeReceipt(found.interval, found.bidder, root=found.opening[1])
    _require_fit(session, book, found)
    _sign(session, file, "bids", receipt)


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, file: File, of: Wallet = None, out: To = None) -> None:
    """Show the message (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    show_messages(session, _read(session, file).awaited, of, out, "energy receipt", file)


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, file: File, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    signed, each = _read(session, file).with_signature(session.chain, bytes_of(signature))
    signed.write(file)
    attached(session, file, each, len(signed.missing))


@app.command("show")
@command(needs=Session)
def show_(session: Session, file: File) -> None:
    """Check a receipt: whether its wallet signed, may sign, and what became of its dispute."""
    found = _read(session, file)
    said = _checked(session, found)
    data = {**found.as_json(), "signed": True}
    if found.kind == "bid":
        data["dispute"], line = _dispute(session, found.hash)
        said.append(line)
    session.show(data, *_lines(session, found), *said)


@app.command()
@command(needs=Keeper)
def dispute(session: Keeper, file: File) -> None:
    """Ask the aggregator to show the bid of a receipt; it has six hours. Open to all."""
    found, receipt = _of_bid(session, file)
    _checked(session, found)
    _require_disputable(session, found, receipt)
    args = (receipt.fields(), found.signer, found.signature)
    sent = session.send("PowerMarket", "dispute", *args)
    deadline = session.sent_event(sent, "BidDisputed")["deadline"]
    data = {"receipt": found.hash, "deadline": deadline, "transaction": sent.hash}
    session.show(
        data,
        f"The aggregator has to show the bid until {session.local_time(deadline)}.",
        f"If it does not: tonne energy receipt uphold {file}",
    )


@app.command()
@command(needs=Keeper)
def uphold(session: Keeper, file: File) -> None:
    """Have the customer awarded half of the worth at the cap of a bid that was not shown. Open to all."""
    from tonne.power.encoding import FIRST_PSEUDONYM
    from tonne.units.energy_credits import credits

    found, receipt = _of_bid(session, file)
    state, said = _dispute(session, found.hash)
    if state is None:
        raise _refused(
            "RECEIPT_NOT_DISPUTED", said, found, f"`tonne energy receipt dispute {file}`."
        )
    if state == "over":
        raise _refused("RECEIPT_DISPUTED", said, found, "None: a receipt is disputed once.")
    sent = session.send("PowerMarket", "uphold", receipt.fields())
    amount = session.sent_event(sent, "BidUpheld")["amount"]
    data = {"receipt": found.hash, "amount": amount, "transaction": sent.hash}
    got = f"Account {receipt.account} is awarded {credits(amount)} credits, the reserve the other half."
    take = "Its key takes them: tonne energy award --to ACCOUNT --keystore FILE"
    session.show(data, got, *([take] if receipt.account >= FIRST_PSEUDONYM else []))


def _sign(session: Signer, file: Path, kind: str, receipt: BidReceipt | TreeReceipt) -> None:
    """Signs a receipt, or leaves the place of a wallet elsewhere, and writes it."""
    from tonne.power.bid_receipts import KINDS, ReceiptFile

    wallet = session.account.address
    _require_right(session, kind, session.participant, wallet)
    made = ReceiptFile(receipt, _domain(session, kind), {}, wallet)
    if session.wallet is None:
        made = made.signed(session.account)
        then = f"Written to {file}. Give it to the {'customer' if kind == 'bid' else 'aggregator'}."
    else:
        then = f"Written to {file}. Its {KINDS[kind].side} signs: tonne energy receipt typed-data {file}"
    made.write(file)
    session.show(made.as_json(), *_lines(session, made), then)


def _domain(session: Session, kind: str) -> Domain:
    from tonne.crypto.accounts import checksum
    from tonne.power.bid_receipts import KINDS

    contract = session.chain[KINDS[kind].contract].address
    return KINDS[kind].domain(session.chain.chain_id, checksum(contract))


def _read(session: Session, file: Path) -> ReceiptFile:
    """The receipt of a file; raises RECEIPT_ELSEWHERE where it is for another deployment."""
    from tonne.power import bid_receipts

    found = bid_receipts.read(file)
    return for_here(found, _domain(session, found.kind), "RECEIPT_ELSEWHERE", "receipt")


def _of_bid(session: Session, file: Path) -> tuple[ReceiptFile, BidReceipt]:
    from tonne.power.bid_tree import BidReceipt

    found = _read(session, file)
    if not isinstance(found.ticket, BidReceipt):
        raise refused("RECEIPT_OF_MANY", file=str(file))
    return found, found.ticket


def _checked(session: Session, found: ReceiptFile) -> list[str]:
    """Refuses a receipt that the contract would not take; what was checked, in words."""
    by = "tonne energy receipt"
    require_signatures(
        found,
        "RECEIPT_SIGNATURE_MISSING",
        f"`{by} typed-data FILE`, then `{by} attach-signature FILE SIGNATURE`.",
    )
    if not found.is_signed(session.chain):
        raise refused(
            "RECEIPT_NOT_SIGNED",
            signatures="0x" + found.signature.hex(),
            signer=found.signer,
            side=found.side,
        )
    number = getattr(found.ticket, "aggregator", 0)
    _require_right(session, found.kind, number, found.signer)
    return [f"Signed by {found.signer}, the {found.side}'s wallet."]


def _require_right(session: Session, kind: str, number: int, wallet: str) -> None:
    """Raises RECEIPT_NO_RIGHT where a wallet is not that of `number` (0: of any) or lacks the right."""
    from tonne.power.bid_receipts import KINDS

    owner, rights, _ = session.chain.call("Participants", "walletOf", wallet)
    if rights & KINDS[kind].right and owner == (number or owner):
        return
    whose = f"participant {number}" if number else "who settles"
    raise refused("RECEIPT_NO_RIGHT", wallet=wallet, may=KINDS[kind].may, owner=whose)


def _require_fit(session: Session, path: Path, book: BidBook) -> None:
    """RECEIPT_BOOK_UNFIT where who settles could not settle by the book."""
    from tonne.power.bid_tree import commitment

    bid = session.chain.call("PowerMarket", "bidOf", book.interval, book.bidder)
    if bid.commitment != commitment(book.interval, book.opening, book.bidder):
        raise _unfit(path, "The curves of the book are not those that its aggregator committed.")
    _require_few(path, book)
    _require_customers(session, path, book)
    _require_members(session, path, book)


def _require_few(path: Path, book: BidBook) -> None:
    """No account has more bids at a node than one call can show."""
    from tonne.power.shown_bids import crowded, most_bids

    for node, account in crowded(book.own)[:1]:
        most = most_bids(book.own)
        raise _unfit(path, f"Account {account} has more than {most} bids at node {node}.")


def _require_customers(session: Session, path: Path, book: BidBook) -> None:
    """Accounts of a book are its aggregator's own, or pseudonyms that it opened."""
    from tonne.power.encoding import FIRST_PSEUDONYM

    hidden = sorted(account for account in book.accounts if account >= FIRST_PSEUDONYM)
    told = session.chain.call_many(("PowerMarket", "accountOf", (each,)) for each in hidden)
    sponsors = {account: of.sponsor for account, of in zip(hidden, told, strict=True)}
    foreign = sorted(a for a in book.accounts if sponsors.get(a, a) != book.bidder)
    if foreign:
        said = f"{len(foreign)} accounts of the book are not its aggregator's customers'"
        raise _unfit(path, f"{said}: {foreign[0]}.")


def _require_members(session: Session, path: Path, book: BidBook) -> None:
    """Customers that bid at a node belong to it on that day."""
    from tonne.cli.energy import trade_terms as terms

    day = book.interval * terms.interval_s(session) // DAY_S
    places = sorted({(b.node, b.account) for b in book.own.bids if b.account != book.bidder})
    since = session.chain.call_many(("PowerSettlement", "memberSince", each) for each in places)
    unfit = [each for each, first in zip(places, since, strict=True) if not 0 < first <= day]
    if unfit:
        node, account = unfit[0]
        said = f"{len(unfit)} accounts of the book are no members of their node that day"
        raise _unfit(path, f"{said}: {account} of {node}.")


def _unfit(path: Path, said: str) -> TonneError:
    return TonneError(
        "RECEIPT_BOOK_UNFIT",
        said,
        field="book",
        value=str(path),
        remedy="Sign none: its aggregator is settled itself there, and bids by members next time,"
        " with few bids for each.",
    )


def _dispute(session: Session, digest: bytes) -> tuple[int | str | None, str]:
    """The deadline of a receipt's dispute [s], or what became of it."""
    from tonne.units.energy_credits import credits

    deadline = session.chain.call("PowerMarket", "disputeOf", digest)
    if deadline == 0:
        return None, "It is not disputed."
    if deadline != OVER:
        return deadline, f"It is disputed; to be shown until {session.local_time(deadline)}."
    paid = session.chain.logs(
        "PowerMarket", "BidUpheld", first=session.first_block, topics=["0x" + digest.hex()]
    )
    if not paid:
        return "over", "It was disputed, and its bid shown in its place."
    amount = credits(paid[-1]["amount"])
    return (
        "over",
        f"It was disputed, and not shown: account {paid[-1]['account']} was awarded {amount} credits.",
    )


def _require_disputable(session: Session, found: ReceiptFile, receipt: BidReceipt) -> None:
    """Raises RECEIPT_DISPUTED, RECEIPT_TOO_EARLY, RECEIPT_TOO_OLD where the contract takes no dispute."""
    from tonne.power.intervals import MarketTerms, Stage

    state, said = _dispute(session, found.hash)
    if state is not None:
        remedy = "None: a receipt is disputed once; `tonne energy receipt show FILE`."
        raise _refused("RECEIPT_DISPUTED", said, found, remedy)
    terms, chain = MarketTerms.read(session.chain), session.chain
    start = terms.start(receipt.interval)
    if chain.now() >= start + terms.hold_s:
        until = session.local_time(start + terms.hold_s)
        said = f"Receipts of this interval were disputed until {until}."
        raise _refused("RECEIPT_TOO_OLD", said, found, "None: dispute the next ones in time.")
    if chain.call("PowerMarket", "stageOf", receipt.interval) < Stage.CLEARING:
        gate = session.local_time(start - terms.gate_lead_s)
        said = f"Its interval's curves are not open yet: that is done soon after {gate}."
        remedy = "Come back a minute later: `tonne energy receipt dispute FILE`."
        raise _refused("RECEIPT_TOO_EARLY", said, found, remedy)


def _refused(code: str, said: str, found: ReceiptFile, remedy: str) -> TonneError:
    return TonneError(code, said, field="receipt", value="0x" + found.hash.hex(), remedy=remedy)


def _lines(session: Session, found: ReceiptFile) -> list[Any]:
    """The terms of a receipt for its signer and its holder."""
    from tonne.cli.energy import trade_terms as terms
    from tonne.cli.energy.trade_view import rate
    from tonne.power.bid_tree import BidReceipt

    receipt = found.ticket
    start = session.local_time(receipt.interval * terms.interval_s(session))
    if not isinstance(receipt, BidReceipt):
        return [
            f"All bids behind the curves of participant {receipt.bidder}, interval from {start}.",
            f"Root 0x{receipt.root:064x}",
        ]
    return [
        f"Participant {receipt.aggregator} bids for account {receipt.account}, interval from {start}:",
        f"{SIDES[receipt.side]} {receipt.limitWh:,} Wh at node {receipt.node} for {rate(receipt.price)}.",
    ]
