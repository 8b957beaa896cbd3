"""`tonne forward`: forward purchases of credits, paid on delivery."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT
from tonne.cli.core.output import cents, parse_money, table
from tonne.cli.core.session import Signer
from tonne.cli.core.unit_names import credit_id
from tonne.constants import DAY_S
from tonne.types.unit_id import unit_name

app = typer.Typer(
    help="Forward purchases: buy credits before their issue, pay on delivery.", no_args_is_help=True
)

#: `ForwardStatus` of IForwardPurchases.
STATUSES: Final = ("none", "offered", "accepted", "ended")

Number = Annotated[int, typer.Argument(help="Forward purchase number.", min=1)]


@app.command()
@command(needs=Signer)
def offer(
    session: Signer,
    amount: Annotated[int, typer.Argument(help="Credits to buy [t].", min=1)],
    price: Annotated[str, typer.Argument(help=f"Price of a tonne, e.g. 48.00. {AMOUNT}")],
    seller: Annotated[int, typer.Option(help="Participant number of the seller.", min=1)],
    project: Annotated[int, typer.Option(help="Project number.", min=1)],
    vintage: Annotated[int, typer.Option(help="Vintage of the credits (year).", min=1900)],
    bond: Annotated[
        str | None,
        typer.Option(help=f"Seller's bond for a tonne; default: a tenth of the price. {AMOUNT}"),
    ] = None,
    days: Annotated[int, typer.Option(help="Time until the deadline [d].", min=1)] = 365,
) -> None:
    """Offer to buy; the whole price moves from your wallet into escrow."""
    chain = session.chain
    each = parse_money(price)
    deadline = chain.now() + days * DAY_S
    currency = chain["SettlementCurrency"]
    least = -(-each // chain.call("ForwardPurchases", "BOND_DIVISOR"))
    secured = least if bond is None else parse_money(bond)
    terms = (seller, project, vintage, amount, each, secured, deadline, currency.address)
    session.send("SettlementCurrency", "approve", chain["ForwardPurchases"], amount * each)
    receipt = session.send("ForwardPurchases", "offer", terms)
    event = session.sent_event(receipt, "ForwardOffered")
    session.show(
        {
            "forward": event["forward"],
            "escrowed": amount * each,
            "bond": amount * secured,
            "deadline": deadline,
        },
        f"Forward purchase {event['forward']}: {cents(amount * each)} in escrow for {amount:,} t of"
        f" project {project}, {vintage}, until {session.local_time(deadline)}.",
    )


@app.command()
@command(needs=Signer)
def accept(session: Signer, number: Number) -> None:
    """Accept an offer made to you and escrow its bond; both are bound until the deadline."""
    chain = session.chain
    terms = chain.call("ForwardPurchases", "forwardOf", number)
    bond = terms.amount * terms.bond
    session.send("SettlementCurrency", "approve", chain["ForwardPurchases"], bond)
    receipt = session.send("ForwardPurchases", "accept", number)
    bonded = session.sent_event(receipt, "ForwardAccepted")["bonded"]
    session.show(
        {"forward": number, "status": "accepted", "bonded": bonded},
        f"Forward purchase {number} binds; your bond of {cents(bonded)} is in escrow.",
    )


@app.command()
@command(needs=Signer)
def deliver(
    session: Signer,
    number: Number,
    unit: Annotated[
        str, typer.Argument(help="Batch of the credits: 2020#1 of scheme 1, or its unit id.")
    ],
    amount: Annotated[int, typer.Argument(help="Credits to deliver [t].", min=1)],
) -> None:
    """Deliver issued credits from your wallet against payment."""
    id_ = credit_id(unit)
    account = session.account
    chain = session.chain
    forwards = chain["ForwardPurchases"]
    if not chain.call("OffsetCredits", "isApprovedForAll", account, forwards):
        session.send("OffsetCredits", "setApprovalForAll", forwards, True)
    receipt = session.send("ForwardPurchases", "deliver", number, id_, amount)
    event = session.sent_event(receipt, "ForwardDelivered")
    session.show(
        {
            "forward": number,
            "unit": unit,
            "amount": amount,
            "paid": event["paid"],
            "released": event["released"],
            "receiver": event["receiver"],
        },
        f"{amount:,} t of {unit_name(id_)} delivered, {cents(event['paid'])} and"
        f" {cents(event['released'])} of the bond are yours to collect.",
    )


@app.command()
@command(needs=Signer)
def end(session: Signer, number: Number) -> None:
    """End a purchase after the deadline, or before it as the seller, which forfeits its bond.

    Price and bond of the undelivered part are the buyer's to collect.
    """
    receipt = session.send("ForwardPurchases", "end", number)
    event = session.sent_event(receipt, "ForwardEnded")
    session.show(
        {
            "forward": number,
            "refunded": event["refunded"],
            "forfeited": event["forfeited"],
        },
        f"Forward purchase {number} is over; {cents(event['refunded'])} of the price and"
        f" {cents(event['forfeited'])} of the bond are the buyer's to collect.",
    )


@app.command()
@command(needs=Signer)
def collect(
    session: Signer,
    units: Annotated[
        list[str] | None, typer.Argument(help="Batches kept for you: 2020#1, or unit ids.")
    ] = None,
) -> None:
    """Collect the money, and units if named, that are kept for your participant."""
    ids = {unit: credit_id(unit) for unit in units or []}
    chain = session.chain
    payee, money = session.participant, int(chain["SettlementCurrency"].address, 16)
    cash = chain.call("ForwardPurchases", "payoutOf", payee, money)
    if cash:
        session.send("ForwardPurchases", "withdrawPayout", payee, money, session.account)
    collected = {}
    for unit, id_ in ids.items():
        receipt = session.send("ForwardPurchases", "collectUnits", id_)
        collected[unit] = session.sent_event(receipt, "ForwardUnitsCollected")["amount"]
    session.show(
        {"cash": cash, "units": collected},
        f"{cents(cash)} collected.",
        *(f"{amount:,} t of {unit_name(ids[u])}." for u, amount in collected.items()),
    )


@app.command("list")
@command(needs=Signer)
def list_(session: Signer) -> None:
    """List your forward purchases as buyer or seller."""
    me = session.participant
    chain = session.chain
    events = chain.logs("ForwardPurchases", "ForwardOffered", session.first_block)
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
            "bond": f.bond,
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
            session.local_time(f.deadline),
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
        ">delivered [t]",
        ">price",
        "until",
        "status",
    )
    session.show({"forwards": data}, table("", columns, rows) if rows else "No forward purchase.")
