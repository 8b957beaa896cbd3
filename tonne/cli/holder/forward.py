"""`tonne forward`: credits bought before they are issued, paid for when they come."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from tonne.cli.chain.deploy_status import unit_name
from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    cents,
    connect,
    key,
    parse_money,
    participant_of,
    show,
    table,
)
from tonne.deployment import record

app = typer.Typer(
    help="Buy credits that are not issued yet; pay when they come.", no_args_is_help=True
)

#: `ForwardStatus` of IForwardPurchases, as people say it.
STATUSES: Final = ("none", "offered", "accepted", "ended")

Number = Annotated[int, typer.Argument(help="Number of the forward purchase.", min=1)]


@app.command()
def offer(
    amount: Annotated[int, typer.Argument(help="Credits wanted [t].", min=1)],
    price: Annotated[str, typer.Argument(help="For each tonne, e.g. 48.00.")],
    seller: Annotated[int, typer.Option(help="Participant number of the seller.", min=1)],
    project: Annotated[int, typer.Option(help="Number of the project.", min=1)],
    vintage: Annotated[int, typer.Option(help="Year of the credits.", min=1900)],
    days: Annotated[int, typer.Option(help="Until when, in days from now.", min=1)] = 365,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Offer to buy; the whole price leaves your wallet and waits."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain = desk.chain
    chain.fund([account])
    each = parse_money(price)
    deadline = chain.now() + days * 86_400
    currency = chain["SettlementCurrency"]
    terms = (seller, project, vintage, amount, each, deadline, currency.address)
    chain.send(account, "SettlementCurrency", "approve", chain["ForwardPurchases"], amount * each)
    receipt = chain.send(account, "ForwardPurchases", "offer", terms)
    event = next(e for e in chain.events(receipt) if e.name == "ForwardOffered")
    show(
        {"forward": event["forward"], "escrowed": amount * each, "deadline": deadline},
        as_json,
        f"Forward purchase {event['forward']}: {cents(amount * each)} waits for {amount:,} t of"
        f" project {project}, {vintage}, until {desk.when(deadline)}.",
    )


@app.command()
def accept(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Accept an offer made to you; both are bound until its deadline."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    desk.chain.fund([account])
    desk.chain.send(account, "ForwardPurchases", "accept", number)
    show({"forward": number, "status": "accepted"}, as_json, f"Forward purchase {number} binds.")


@app.command()
def deliver(
    number: Number,
    unit: Annotated[str, typer.Argument(help="Id of the credits.")],
    amount: Annotated[int, typer.Argument(help="How many [t].", min=1)],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Deliver issued credits from your wallet, and be paid for them at once."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain = desk.chain
    chain.fund([account])
    forwards = chain["ForwardPurchases"]
    if not chain.call("OffsetCredits", "isApprovedForAll", account, forwards):
        chain.send(account, "OffsetCredits", "setApprovalForAll", forwards, True)
    receipt = chain.send(account, "ForwardPurchases", "deliver", number, int(unit, 0), amount)
    event = next(e for e in chain.events(receipt) if e.name == "ForwardDelivered")
    show(
        {"forward": number, "unit": unit, "amount": amount, "paid": event["paid"]},
        as_json,
        f"{amount:,} t of {unit_name(int(unit, 0))} delivered, {cents(event['paid'])} received.",
    )


@app.command()
def end(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Send what was not delivered back to the buyer: after the deadline, or as the seller."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "ForwardPurchases", "end", number)
    event = next(e for e in desk.chain.events(receipt) if e.name == "ForwardEnded")
    show(
        {"forward": number, "refunded": event["refunded"]},
        as_json,
        f"Forward purchase {number} is over; {cents(event['refunded'])} went back to the buyer.",
    )


@app.command("list")
def list_(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """List the forward purchases you are a party of."""
    desk = connect(rpc, folder)
    me = participant_of(desk, key(name, keystore_file, passphrase_file))
    chain = desk.chain
    events = chain.logs("ForwardPurchases", "ForwardOffered", desk.deployment.first_block)
    numbers = [e["forward"] for e in events if me in (e["buyer"], e["seller"])]
    found = chain.call_many(("ForwardPurchases", "forwardOf", (n,)) for n in numbers)
    mine = list(zip(numbers, found, strict=True))
    data = [
        {
            "forward": n,
            "buyer": f.buyer,
            "seller": f.seller,
            "project": f.project,
            "vintage": f.vintage,
            "amount": f.amount,
            "delivered": f.delivered,
            "price": f.price,
            "deadline": f.deadline,
            "status": STATUSES[f.status],
        }
        for n, f in mine
    ]
    rows = [
        (
            n,
            f.buyer,
            f.seller,
            f.project,
            f.vintage,
            f"{f.delivered:,} of {f.amount:,}",
            cents(f.price),
            desk.when(f.deadline),
            STATUSES[f.status],
        )
        for n, f in mine
    ]
    columns = (
        ">no",
        ">buyer",
        ">seller",
        ">project",
        ">vintage",
        ">t",
        ">price",
        "until",
        "status",
    )
    show({"forwards": data}, as_json, table("", columns, rows) if rows else "No forward purchase.")
