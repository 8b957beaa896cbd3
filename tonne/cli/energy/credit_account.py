"""`tonne credit account`: a holder's credits, debts and bills, and where each credit came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import WHO
from tonne.cli.core.output import table
from tonne.cli.core.session import Signer, party
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.power.credit_accounts import CreditAccount


@command(needs=Signer)
def account(
    session: Signer,
    holder: Annotated[
        str | None, typer.Argument(help=f"Holder; default: your own account. {WHO}")
    ] = None,
) -> None:
    """Show a holder's credits, where each came from, and with your key your meters' lines and bills.

    Credits of a series are alike: by the rule first in, first out, a holder passes on what it received first.
    """
    from tonne.power import credit_accounts

    if holder is None and not session.has_key:
        raise refused("ACCOUNT_WHOSE")
    wallet = session.account if holder is None else None
    number = session.participant if wallet is not None else party(session, str(holder), "holder")[0]
    found = credit_accounts.read(session.chain, number, wallet, session.first_block)
    session.show(_data(found), *_told(session, found))


def _data(found: CreditAccount) -> dict[str, Any]:
    return {
        "unit": "micro-credit",
        "participant": found.participant,
        "balances": [
            {
                "series": b.series,
                "wallet": b.wallet,
                "held": b.held,
                "frozen": b.frozen,
                "lots": [
                    {
                        "amount": lot.amount,
                        "record": lot.issue.record,
                        "issuedBy": lot.issue.by,
                        "issue": lot.issue.transaction,
                        "way": lot.way,
                        "transaction": lot.transaction,
                    }
                    for lot in b.lots
                ],
            }
            for b in found.balances
        ],
        "leftBehind": [
            {"series": b.series, "wallet": b.wallet, "held": b.held} for b in found.left_behind
        ],
        "owed": [{"series": series, "amount": amount} for series, amount in found.owed],
        "market": [
            {"account": a.number, "free": a.free, "bound": a.bound, "supplier": a.sponsor or None}
            for a in found.market
        ],
        "inBids": found.in_bids,
        "deposit": found.aside,
        "bills": [
            {
                "meter": bill.of.meter,
                "day": bill.date.isoformat(),
                "net": bill.listed,
                "due": bill.due,
                "payment": bill.payment,
                "paid": bill.paid,
                "listFalse": bill.is_list_false,
                "run": bill.last.transaction,
            }
            for bill in found.bills
        ],
        "unproved": found.unproved,
    }


def _told(session: Signer, found: CreditAccount) -> list[Any]:
    from tonne.units.energy_credits import credits

    said: list[Any] = [f"Participant {found.participant}"]
    held = [(str(b.series), b.wallet, credits(b.held), credits(b.frozen)) for b in found.balances]
    heads = (">series", "wallet", ">credits", ">of it frozen")
    said.append(table("\nIn wallets", heads, held) if held else "No credits in its wallets.")
    said += [
        f"{credits(b.held)} credits of series {b.series} are in a lost wallet; to bring them:"
        f" `tonne wallet recover {b.wallet} credit:{b.series}`."
        for b in found.left_behind
    ]
    if found.owed:
        owed = [(str(series), credits(amount)) for series, amount in found.owed]
        said.append(table("\nTo withdraw, of bills and invoices", (">series", ">credits"), owed))
    if found.market:
        market = [
            (str(a.number), credits(a.free), credits(a.bound), str(a.sponsor or "-"))
            for a in found.market
        ]
        said.append(
            table("\nIn the power market", (">account", ">free", ">bound", ">supplier"), market)
        )
    if found.in_bids:
        said.append(
            f"Bids hold {credits(found.in_bids)} credits more, until they are released:"
            f" `tonne energy bid release {found.participant} --since TIME`."
        )
    if found.aside:
        said.append(
            f"Set aside for bids not opened: {credits(found.aside)} credits; back by"
            " `tonne energy deposit CREDITS --back`."
        )
    lots = [
        (
            credits(lot.amount),
            str(b.series),
            str(lot.issue.record),
            session.local_time(found.times[lot.issue.block]),
            " → ".join(found.names.get(holder.lower(), holder) for holder in lot.way),
        )
        for b in found.balances
        for lot in b.lots
    ]
    if lots:
        columns = (">credits", ">series", ">collateral", "issued", "way to here")
        said += [
            table("\nWhere they came from", columns, lots),
            "First in, first out: credits of a series are alike, and a holder passes on what it received"
            " first.",
        ]
    if found.bills:
        bills = [
            (str(bill.of.meter), str(bill.date), credits(bill.due), _state(bill))
            for bill in found.bills
        ]
        said.append(
            table("\nBills by the lines of your meters", (">meter", "day", ">credits", ""), bills)
        )
    said += [f"Meter {meter}: {why}" for meter, why in found.unproved]
    return said


def _state(bill: Any) -> str:
    if bill.must_wait:
        return f"the list is false: tonne energy complain {bill.of.meter} --day {bill.date}"
    if bill.payment is not None and not bill.left:
        return "paid"
    if bill.left:
        return f"to pay: tonne credit bill pay --meter {bill.of.meter} --day {bill.date}"
    return "nothing to pay"
