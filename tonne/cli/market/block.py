"""`tonne market block`: block trades on a ticket signed by both sides."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.handed_papers import for_here, require_signatures
from tonne.cli.core.options import AMOUNT, WHO, Reason
from tonne.cli.core.output import money, parse_money
from tonne.cli.core.session import Keeper, Session, Signer, party, text_hash
from tonne.cli.core.wallet_signing import (
    Given,
    To,
    Wallet,
    attached,
    bytes_of,
    show_messages,
)
from tonne.constants import DAY_S
from tonne.errors import TonneError

if TYPE_CHECKING:
    from tonne.chain.reverts import ChainError
    from tonne.crypto.eip712 import Domain
    from tonne.market.trade_tickets import BlockTicket, TicketFile

app = typer.Typer(help="Block trades on a ticket signed by both sides.", no_args_is_help=True)

Ticket = Annotated[Path, typer.Argument(help="Ticket file.")]


@app.command()
@command(needs=Session, market=1)
def ticket(
    session: Session,
    file: Ticket,
    lots: Annotated[int, typer.Argument(help="Lots; one lot is a tonne.", min=1)],
    price: Annotated[str, typer.Argument(help=f"Price of a lot, e.g. 52.34. {AMOUNT}")],
    seller: Annotated[str, typer.Option(help=f"Seller. {WHO}")],
    buyer: Annotated[str, typer.Option(help=f"Buyer. {WHO}")],
    days: Annotated[int, typer.Option(help="Validity of the ticket [d].", min=1, max=365)] = 7,
) -> None:
    """Write a ticket for two participants to sign."""
    from tonne.market.trade_tickets import BlockTicket, TicketFile

    selling, seller_wallet = party(session, seller, "seller")
    buying, buyer_wallet = party(session, buyer, "buyer")
    made = TicketFile(
        BlockTicket(
            market=session.market,
            seller=selling,
            sellerWallet=seller_wallet,
            buyer=buying,
            buyerWallet=buyer_wallet,
            lots=lots,
            price=parse_money(price, 4),
            nonce=secrets.randbits(48),
            deadline=session.chain.now() + days * DAY_S,
        ),
        _domain(session),
        {},
    )
    made.write(file)
    session.show(
        made.as_json(),
        *_lines(session, made),
        f"Written to {file}. Both sides sign it: tonne market block sign {file}",
    )


@app.command()
@command(needs=Signer)
def sign(session: Signer, file: Ticket) -> None:
    """Sign a ticket as its seller or buyer."""
    found = _read(session, file)
    signed = found.signed(session.account)
    signed.write(file)
    open_ = f"The {signed.missing[0]} has still to sign." if signed.missing else "Both have signed."
    session.show(signed.as_json(), *_lines(session, signed), open_)


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, file: Ticket, of: Wallet = None, out: To = None) -> None:
    """Show the message (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    show_messages(session, _read(session, file).awaited, of, out, "market block", file)


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, file: Ticket, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    found = _read(session, file)
    signed, each = found.with_signature(session.chain, bytes_of(signature))
    signed.write(file)
    attached(session, file, each, len(signed.missing))


@app.command()
@command(needs=Keeper)
def submit(session: Keeper, file: Ticket) -> None:
    """Trade a ticket signed by both sides. Open to all."""
    from tonne.chain.reverts import ChainError

    found = _read(session, file)
    require_signatures(
        found, "TICKET_SIGNATURE_MISSING", f"Sign it: `tonne market block sign {file}`."
    )
    signatures = (found.signatures["seller"], found.signatures["buyer"])
    try:
        receipt = session.send("BlockTrades", "trade", found.ticket.as_tuple(), *signatures)
    except ChainError as refusal:
        raise _whose(session, found.ticket, refusal) from None
    event = session.sent_event(receipt, "BlockTraded")
    data = {
        "ticket": "0x" + found.hash.hex(),
        "lots": event["lots"],
        "turnover": money(event["turnover"]),
        "sellerFee": money(event["sellerFee"]),
        "buyerFee": money(event["buyerFee"]),
        "transaction": receipt.hash,
        "gas": receipt.gas_used,
    }
    session.show(
        data,
        f"{event['lots']:,} lots traded for {money(event['turnover'])};"
        f" fees {money(event['sellerFee'])} (seller) and {money(event['buyerFee'])} (buyer).",
    )


@app.command()
@command(needs=Signer)
def cancel(session: Signer, file: Ticket) -> None:
    """Cancel a ticket before it is traded, as its seller or buyer."""
    found = _read(session, file)
    session.send("BlockTrades", "cancel", found.ticket.as_tuple())
    session.show({"cancelled": "0x" + found.hash.hex()}, "The ticket is cancelled for good.")


@app.command()
@command(needs=Signer)
def approve(
    session: Signer,
    file: Ticket,
    reason: Reason,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Withdraw the approval instead.")
    ] = False,
) -> None:
    """Approve a ticket below the minimum size or outside the band, as a market officer."""
    found = _read(session, file)
    function = "withdrawApproval" if withdraw else "approve"
    hashed = text_hash(reason)
    session.send("BlockTrades", function, found.ticket.as_tuple(), hashed)
    done = "Approval withdrawn." if withdraw else "Approved: size and band do not bind it."
    session.show(
        {"ticket": "0x" + found.hash.hex(), "approved": not withdraw, "reasonHash": hashed},
        f"{done} The hash of the reason is on record: 0x{hashed.hex()}",
    )


def _domain(session: Session) -> Domain:
    from tonne.crypto.accounts import checksum
    from tonne.market import trade_tickets

    contract = session.chain["BlockTrades"].address
    return trade_tickets.block_trades_domain(session.chain.chain_id, checksum(contract))


def _read(session: Session, file: Path) -> TicketFile:
    """The ticket of a file; raises TICKET_ELSEWHERE where it is for another deployment."""
    from tonne.market import trade_tickets

    return for_here(trade_tickets.read(file), _domain(session), "TICKET_ELSEWHERE", "ticket")


#: Refusals of the ledger, by the side of the ticket they concern.
_SHORT = {
    "BookInsufficientLots": "seller",
    "BookInsufficientCash": "buyer",
    "BookHoldingLimitExceeded": "buyer",
}


def _whose(session: Session, t: BlockTicket, refusal: ChainError) -> TonneError:
    """The refusal with the side it concerns and the ticket's figures."""
    side = _SHORT.get(refusal.revert.name)
    if side is None:
        return refusal
    who = t.seller if side == "seller" else t.buyer
    has = session.chain.call("Exchange", "account", who, t.market)
    if refusal.revert.name == "BookInsufficientLots":
        said = f"has {has.lotsFree:,} lots free in market {t.market}, the ticket sells {t.lots:,}"
        remedy = (
            f"The seller deposits more: `tonne market deposit units AMOUNT --market {t.market}`."
        )
    elif refusal.revert.name == "BookInsufficientCash":
        said = (
            f"has {money(has.cashFree)} free in market {t.market}, the ticket costs"
            f" {money(t.turnover)} and the buyer's fee"
        )
        remedy = f"The buyer deposits more: `tonne market deposit cash AMOUNT --market {t.market}`."
    else:
        room = refusal.revert.args["room"]
        said = f"may buy {room:,} lots more under its holding limit, the ticket has {t.lots:,}"
        remedy = f"`tonne market limits {who}` shows its room."
    return TonneError(refusal.code, f"The {side}, participant {who}, {said}.", side, who, remedy)


def _lines(session: Session, file: TicketFile) -> list[Any]:
    """The terms of a ticket for its signers."""
    t = file.ticket
    return [
        f"Market {t.market}: participant {t.seller} sells {t.lots:,} lots to participant"
        f" {t.buyer} at {money(t.price)}, {money(t.turnover)} in all.",
        f"Good until {session.local_time(t.deadline)}. Hash 0x{file.hash.hex()}",
    ]
