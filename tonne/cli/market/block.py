"""`tonne market block`: block trades on a ticket that two people sign; and `tonne market month`."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.chain.reverts import ChainError
from tonne.cli.core.session import (
    DEFAULT_RPC,
    WHO,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    cents,
    connect,
    key,
    money,
    parse_money,
    party,
    show,
)
from tonne.crypto import eip712 as td
from tonne.crypto.accounts import checksum, keccak
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.market import trade_tickets
from tonne.market.trade_tickets import BlockTicket, TicketFile

app = typer.Typer(help="Trade blocks on a ticket both sides sign.", no_args_is_help=True)

DAY_S = 86_400

Ticket = Annotated[Path, typer.Argument(help="The ticket file.")]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]


@app.command()
def ticket(
    file: Ticket,
    lots: Annotated[int, typer.Argument(help="Lots; one lot is a tonne.", min=1)],
    price: Annotated[str, typer.Argument(help="Price of a lot, e.g. 52.34.")],
    seller: Annotated[str, typer.Option(help=WHO)],
    buyer: Annotated[str, typer.Option(help=WHO)],
    days: Annotated[int, typer.Option(help="Days until the ticket ends.", min=1, max=365)] = 7,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    as_json: AsJson = False,
) -> None:
    """Write down what two participants have agreed; nobody has signed yet."""
    desk = connect(rpc, folder)
    selling, seller_wallet = party(desk, seller, "seller")
    buying, buyer_wallet = party(desk, buyer, "buyer")
    made = TicketFile(
        BlockTicket(
            market=market,
            seller=selling,
            sellerWallet=seller_wallet,
            buyer=buying,
            buyerWallet=buyer_wallet,
            lots=lots,
            price=parse_money(price, 4),
            nonce=secrets.randbits(48),
            deadline=desk.chain.now() + days * DAY_S,
        ),
        _domain(desk),
        {},
    )
    made.write(file)
    show(
        made.as_json(),
        as_json,
        *_lines(desk, made),
        f"Written to {file}. Both sides sign it: tonne market block sign {file}",
    )


@app.command()
def sign(
    file: Ticket,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Add your signature to a ticket, as the seller or the buyer it names."""
    desk = connect(rpc, folder)
    found = _read(desk, file)
    signed = found.signed(key(name, keystore_file, passphrase_file))
    signed.write(file)
    open_ = f"The {signed.missing[0]} has still to sign." if signed.missing else "Both have signed."
    show(signed.as_json(), as_json, *_lines(desk, signed), open_)


@app.command()
def submit(
    file: Ticket,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Trade a ticket that both have signed. Anybody may send it."""
    desk = connect(rpc, folder)
    found = _read(desk, file)
    if found.missing:
        raise TonneError(
            "TICKET_SIGNATURE_MISSING",
            f"The {' and the '.join(found.missing)} has not signed.",
            field="signatures",
            value=str(file),
            remedy=f"tonne market block sign {file}",
        )
    account = key(name, keystore_file, passphrase_file)
    chain = desk.chain
    chain.fund([account])
    signatures = (found.signatures["seller"], found.signatures["buyer"])
    try:
        receipt = chain.send(account, "BlockTrades", "trade", found.ticket.as_tuple(), *signatures)
    except ChainError as refusal:
        raise _whose(desk, found.ticket, refusal) from None
    event = next(e for e in chain.events(receipt) if e.name == "BlockTraded")
    data = {
        "ticket": "0x" + found.hash.hex(),
        "lots": event["lots"],
        "turnover": money(event["turnover"]),
        "sellerFee": money(event["sellerFee"]),
        "buyerFee": money(event["buyerFee"]),
        "transaction": receipt.hash,
        "gas": receipt.gas_used,
    }
    show(
        data,
        as_json,
        f"{event['lots']:,} lots traded for {money(event['turnover'])};"
        f" fees {money(event['sellerFee'])} (seller) and {money(event['buyerFee'])} (buyer).",
    )


@app.command()
def cancel(
    file: Ticket,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """End a ticket before it is traded, as either of the two."""
    desk = connect(rpc, folder)
    found = _read(desk, file)
    account = key(name, keystore_file, passphrase_file)
    desk.chain.fund([account])
    desk.chain.send(account, "BlockTrades", "cancel", found.ticket.as_tuple())
    show({"cancelled": "0x" + found.hash.hex()}, as_json, "The ticket is cancelled for good.")


@app.command()
def approve(
    file: Ticket,
    reason: Reason,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take an approval back instead.")
    ] = False,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Let a ticket pass that is too small or outside the band. For market officers."""
    desk = connect(rpc, folder)
    found = _read(desk, file)
    account = key(name, keystore_file, passphrase_file)
    desk.chain.fund([account])
    function = "withdrawApproval" if withdraw else "approve"
    hashed = keccak(reason.encode())
    desk.chain.send(account, "BlockTrades", function, found.ticket.as_tuple(), hashed)
    done = "Approval taken back." if withdraw else "Approved: size and band do not bind it."
    show(
        {"ticket": "0x" + found.hash.hex(), "approved": not withdraw, "reasonHash": hashed},
        as_json,
        f"{done} The hash of the reason is on record: 0x{hashed.hex()}",
    )


def month(
    month: Annotated[str, typer.Argument(help="The month, e.g. 2021-07.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    as_json: AsJson = False,
) -> None:
    """Tell a month's reference price: turnover over volume, listed and block trades."""
    desk = connect(rpc, folder)
    found = re.fullmatch(r"(\d{4})-(\d{2})", month)
    if found is None:
        raise TonneError(
            "MONTH_UNREADABLE",
            "This is not a month.",
            field="month",
            value=month,
            remedy="Write it like 2021-07.",
        )
    year, number = int(found[1]), int(found[2])
    price, blocks = desk.chain.call_many(
        [
            ("BlockTrades", "monthPrice", (market, year, number)),
            ("BlockTrades", "monthStatistics", (market, year, number)),
        ]
    )
    value, lots, turnover, over = price
    data = {
        "month": month,
        "price": cents(value),
        "lots": lots,
        "turnover": money(turnover),
        "blockLots": blocks.lots,
        "blockTurnover": money(blocks.turnover),
        "blockTrades": blocks.trades,
        "over": over,
    }
    share = blocks.lots * 1000 // lots
    show(
        data,
        as_json,
        f"{month}: {cents(value)} a unit, from {lots:,} lots for {money(turnover)};"
        f" {share // 10}.{share % 10} % of them in {blocks.trades:,} block trades.",
        "The month is over." if over else "The month still runs; this changes with every trade.",
    )


# Inside


def _domain(desk: Desk) -> td.Domain:
    contract = desk.chain["BlockTrades"].address
    return trade_tickets.block_trades_domain(desk.chain.chain_id, checksum(contract))


def _read(desk: Desk, file: Path) -> TicketFile:
    """The ticket, which must be for this market."""
    found = trade_tickets.read(file)
    if found.domain != _domain(desk):
        raise TonneError(
            "TICKET_ELSEWHERE",
            "The ticket is for another chain or another deployment.",
            field="contract",
            value=found.domain.contract,
            remedy="Connect to its chain, or make a new ticket here.",
        )
    return found


#: Refusals of the ledger that say what is short, and the side of a ticket they are about.
_SHORT = {
    "BookInsufficientLots": "seller",
    "BookInsufficientCash": "buyer",
    "BookHoldingLimitExceeded": "buyer",
}


def _whose(desk: Desk, t: BlockTicket, refusal: ChainError) -> TonneError:
    """The refusal with the one of the two it is about, and in the ticket's own figures."""
    side = _SHORT.get(refusal.revert.name)
    if side is None:
        return refusal
    who = t.seller if side == "seller" else t.buyer
    has = desk.chain.call("Exchange", "account", who, t.market)
    if refusal.revert.name == "BookInsufficientLots":
        said = f"has {has.lotsFree:,} lots free in market {t.market}, the ticket sells {t.lots:,}"
        remedy = "The seller deposits more: `tonne market deposit units`."
    elif refusal.revert.name == "BookInsufficientCash":
        said = (
            f"has {money(has.cashFree)} free in market {t.market}, the ticket costs"
            f" {money(t.turnover)} and the buyer's fee"
        )
        remedy = "The buyer deposits more: `tonne market deposit cash`."
    else:
        room = refusal.revert.args["room"]
        said = f"may buy {room:,} lots more under its holding limit, the ticket has {t.lots:,}"
        remedy = f"`tonne market limits {who}` tells what there is room for."
    return TonneError(refusal.code, f"The {side}, participant {who}, {said}.", side, who, remedy)


def _lines(desk: Desk, file: TicketFile) -> list[Any]:
    """What one signs, in words."""
    t = file.ticket
    return [
        f"Market {t.market}: participant {t.seller} sells {t.lots:,} lots to participant"
        f" {t.buyer} at {money(t.price)}, {money(t.turnover)} in all.",
        f"Good until {desk.when(t.deadline)}. Hash 0x{file.hash.hex()}",
    ]
