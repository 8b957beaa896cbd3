"""`tonne credit bill`: bills divided by a tariff, and invoices paid on delivery."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from tonne.cli.core.command import command
from tonne.cli.core.handed_papers import for_here, require_signatures
from tonne.cli.core.options import AMOUNT, ON_RECORD, WHO
from tonne.cli.core.output import parse_day, table
from tonne.cli.core.session import Keeper, Session, Signer, participant_named, text_hash
from tonne.cli.core.wallet_signing import (
    Given,
    To,
    Wallet,
    attached,
    bytes_of,
    show_messages,
)
from tonne.cli.energy import meter_bill, tariff
from tonne.cli.energy.credit import Credits, SeriesNumber, approve, find, micro
from tonne.constants import DAY_S
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.crypto.eip712 import Domain
    from tonne.power.meter_bills import MeterBill
    from tonne.power.signed_invoices import InvoiceFile, InvoiceTerms

app = typer.Typer(help="Bills and invoices in energy credits.", no_args_is_help=True)
app.add_typer(tariff.app, name="tariff")

InvoiceNumber = Annotated[int, typer.Argument(help="Invoice number.", min=1)]
File = Annotated[Path, typer.Argument(help="Invoice file of `invoice --out`.")]

#: `InvoiceStatus` of ICreditBills.
STATUSES: Final = ("unknown", "issued", "funded", "settled", "ended")


@app.command()
@command(needs=Signer)
def pay(
    session: Signer,
    number: Annotated[
        int | None,
        typer.Argument(
            metavar="tariff",
            help="Tariff number, of `tariff list`; of a meter's bill it is found.",
            min=1,
        ),
    ] = None,
    series: Annotated[
        int | None,
        typer.Argument(help="Series number, of `report`; of a meter's bill it is found.", min=1),
    ] = None,
    amount: Annotated[
        str | None,
        typer.Argument(help=f"Credits, of a bill that is no meter's, e.g. 0.25. {AMOUNT}"),
    ] = None,
    meter: Annotated[
        int | None,
        typer.Option(help="Meter whose day is paid: the amount is that of its line.", min=1),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(help="Day (UTC), e.g. 2026-04-15; default: the latest shown to you."),
    ] = None,
    ref: Annotated[
        str | None, typer.Option(help=f"Reference of a bill that is no meter's. {ON_RECORD}")
    ] = None,
) -> None:
    """Pay a bill, divided among generation, transmission, distribution and sale.

    With --meter the amount is that of the line of the meter's day, as `tonne energy bill` shows it, once; the
    tariff is that of its supplier, the series the one that you have enough of, where there is one of each.
    """
    from tonne.units.energy_credits import credits

    chain = session.chain
    if meter is None:
        due = _typed(session, number, series, amount, ref)
    else:
        due = _metered(session, (number, series), meter, day, amount)
    approve(session, "CreditBills")
    receipt = session.send(
        "CreditBills",
        "payBill",
        due.tariff,
        find(session, due.series),
        due.amount,
        due.reference,
        due.paid,
    )
    shares = next(e["shares"] for e in chain.events(receipt) if e.name == "BillPaid")
    rows = [(part, credits(part_due)) for part, part_due in shares._asdict().items()]
    session.show(
        {
            "tariff": due.tariff,
            "series": due.series,
            "amount": due.amount,
            "shares": shares._asdict(),
        },
        table(
            f"{credits(due.amount)} credits of series {due.series}, by tariff {due.tariff}",
            ("part", ">credits"),
            rows,
        ),
    )


class _Due(NamedTuple):
    """Of a payment."""

    tariff: int
    series: int
    amount: int  # [micro-credit]
    reference: bytes
    paid: int  # [micro-credit] by this wallet under that reference, before


def _typed(
    session: Signer, number: int | None, series: int | None, amount: str | None, ref: str | None
) -> _Due:
    """A bill that is no meter's."""
    given = {"tariff": number, "series": series, "amount": amount, "ref": ref}
    missing = [name for name, value in given.items() if value is None]
    if number is None or series is None or amount is None or ref is None:
        raise TonneError(
            "BILL_NO_AMOUNT",
            "A bill that is no meter's has a tariff, a series, an amount and a reference.",
            field=missing[0],
            remedy="Pay by the meter: `tonne credit bill pay --meter METER --as NAME`;"
            " or give all: `tonne credit bill pay TARIFF SERIES AMOUNT --ref REFERENCE --as NAME`, with a"
            " tariff of `tonne credit bill tariff list` and a series of `tonne credit report`.",
        )
    bill = text_hash(ref)
    paid = session.chain.call("CreditBills", "paidOf", session.account, bill)
    return _Due(number, series, micro(amount), bill, paid)


def _metered(
    session: Signer,
    named: tuple[int | None, int | None],
    meter: int,
    day: str | None,
    typed: str | None,
) -> _Due:
    """A meter's day; tariff and series where they are not named are found.

    Raises BILL_LIST_FALSE, BILL_NOTHING_DUE, BILL_PAID, BILL_OTHER_AMOUNT; errors as of `own_bill`,
    `tariffs.of_meter`, `tariffs.named`, `series_to_pay`.
    """
    from tonne.power import meter_bills, tariffs
    from tonne.units.energy_credits import credits, series_to_pay

    wanted = None if day is None else parse_day(day, "day")
    wallet = meter_bill.key_at_hand(session)
    found = meter_bills.own_bill(session.chain, wallet, meter, wanted, session.first_block)
    about = f"--meter {meter} --day {found.date}"
    if found.must_wait:
        raise _false_list(found, meter)
    for is_so, code, message in (
        (
            found.payment is not None and not found.left,
            "BILL_PAID",
            f"This bill was paid by {found.payment}.",
        ),
        (
            not found.due,
            "BILL_NOTHING_DUE",
            "By its line the meter owes nothing to a supplier for this day.",
        ),
    ):
        if is_so:
            raise TonneError(
                code,
                message,
                field="meter",
                value=meter,
                remedy=f"See `tonne energy bill {about} --as NAME`; another day by --day.",
            )
    if typed is not None and micro(typed) != found.left:
        raise refused("BILL_OTHER_AMOUNT", typed=typed, remaining=credits(found.left), about=about)
    chain, first_block = session.chain, session.first_block
    place = found.of.meter, found.of.sponsor
    number = (
        tariffs.named(chain, *place, named[0], first_block)
        if named[0]
        else tariffs.of_meter(chain, *place, first_block)
    ).number
    again = f"tonne credit bill pay {number} {{}} {about} --as NAME"
    series = named[1] or series_to_pay(chain, wallet.address, found.left, again, first_block)
    bill = meter_bills.reference(meter, found.day)
    return _Due(number, series, found.left, bill, found.paid_before)


def _false_list(found: MeterBill, meter: int) -> TonneError:
    """BILL_LIST_FALSE: that the list has another amount than the proved line, and can be disputed."""
    from tonne.power.bill_page import signed

    said = (
        f"The day's list has {signed(found.listed)} credits for your account; your own line, proved on the"
        f" chain, comes to {signed(found.by_line)} credits."
        if found.is_list_false
        else "The sums of the day's last line do not go on from those of the line before it."
    )
    return TonneError(
        "BILL_LIST_FALSE",
        said,
        field="day",
        value=found.date.isoformat(),
        remedy=f"Do not pay it: `tonne energy complain {meter} --day {found.date} --as NAME` fails it;"
        " pay by the next one.",
    )


@app.command()
@command(needs=Signer, wallet=None)
def invoice(
    session: Signer,
    series: SeriesNumber,
    amount: Credits,
    buyer: Annotated[str, typer.Argument(help=f"Buyer. {WHO}")],
    subject: Annotated[str, typer.Option(help=f"Subject of the delivery. {ON_RECORD}")],
    days: Annotated[int, typer.Option(help="Time until the deadline [d].", min=1)] = 30,
    confirmer: Annotated[
        str | None, typer.Option(help=f"Further party that may confirm the delivery. {WHO}")
    ] = None,
    by_tariff: Annotated[
        int,
        typer.Option("--tariff", help="Tariff number that divides the payment; 0 for none.", min=0),
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File for the signed invoice, which any account issues; default: issue it."
        ),
    ] = None,
) -> None:
    """Issue an invoice to a buyer, payable on delivery; with --out sign it for another to issue."""
    from tonne.power.signed_invoices import InvoiceFile, InvoiceTerms

    chain = session.chain
    terms = InvoiceTerms(
        seller=session.participant,
        buyer=participant_named(session, buyer, "buyer"),
        confirmer=participant_named(session, confirmer, "confirmer") if confirmer else 0,
        credit=find(session, series),
        amount=micro(amount),
        tariff=by_tariff,
        deadline=chain.now() + days * DAY_S,
        subject=text_hash(subject),
        nonce=secrets.randbits(48),
    )
    if out is None:
        receipt = session.send("CreditBills", "issueInvoice", terms.as_tuple())
        _show(session, session.sent_event(receipt, "InvoiceIssued")["invoice"])
        return
    made = InvoiceFile(terms, _domain(session), {}, session.account.address)
    if session.wallet is None:
        made = made.signed(session.account)
    made.write(out)
    then = "issue" if not made.missing else "typed-data"
    session.show(
        made.as_json(),
        _told(session, terms),
        f"Written to {out}. Next: tonne credit bill {then} {out}",
    )


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, file: File, of: Wallet = None, out: To = None) -> None:
    """Show the message (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    show_messages(session, _read(session, file).awaited, of, out, "credit bill", file)


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, file: File, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    signed, each = _read(session, file).with_signature(session.chain, bytes_of(signature))
    signed.write(file)
    attached(session, file, each, len(signed.missing))


@app.command()
@command(needs=Keeper)
def issue(session: Keeper, file: File) -> None:
    """Issue an invoice that its seller signed. Open to all."""
    found = _read(session, file)
    require_signatures(
        found,
        "INVOICE_SIGNATURE_MISSING",
        f"`tonne credit bill typed-data {file}`, then `tonne credit bill attach-signature {file} SIGNATURE`.",
    )
    receipt = session.send("CreditBills", "issueSigned", *found.arguments())
    _show(session, session.sent_event(receipt, "InvoiceIssued")["invoice"])


@app.command()
@command(needs=Signer)
def fund(session: Signer, number: InvoiceNumber) -> None:
    """Escrow an invoice's amount, as its buyer, until it is settled or past its deadline."""
    _act(session, "fund", number)


@app.command()
@command(needs=Signer)
def settle(session: Signer, number: InvoiceNumber) -> None:
    """Confirm the delivery, as buyer or confirmer, which pays the invoice."""
    _act(session, "settle", number)


@app.command()
@command(needs=Signer)
def end(session: Signer, number: InvoiceNumber) -> None:
    """Cancel or refuse an invoice, or end it after its deadline; the escrow returns to the buyer."""
    _act(session, "end", number)


@app.command()
@command(needs=Signer)
def withdraw(session: Signer, series: SeriesNumber) -> None:
    """Withdraw the credits owed to your participant: parts of bills, payments of invoices, refunds."""
    from tonne.units.energy_credits import credits

    id_, payee = find(session, series), session.participant
    amount = session.chain.call("CreditBills", "payoutOf", payee, id_)
    session.send("CreditBills", "withdrawPayout", payee, id_, session.account)
    session.show({"amount": amount}, f"{credits(amount)} credits are withdrawn.")


def _domain(session: Session) -> Domain:
    from tonne.crypto.accounts import checksum
    from tonne.power import signed_invoices

    contract = session.chain["CreditBills"].address
    return signed_invoices.bills_domain(session.chain.chain_id, checksum(contract))


def _read(session: Session, file: Path) -> InvoiceFile:
    """The invoice of a file; raises INVOICE_ELSEWHERE where it is for another deployment."""
    from tonne.power import signed_invoices

    return for_here(signed_invoices.read(file), _domain(session), "INVOICE_ELSEWHERE", "invoice")


def _told(session: Session, terms: InvoiceTerms) -> str:
    from tonne.units.energy_credits import credits

    return (
        f"{credits(terms.amount)} credits from participant {terms.buyer} to participant"
        f" {terms.seller}; deadline {session.local_time(terms.deadline)}."
    )


def _act(session: Signer, function: str, number: int) -> None:
    if function != "end":
        approve(session, "CreditBills")
    session.send("CreditBills", function, number)
    _show(session, number)


def _show(session: Session, number: int) -> None:
    from tonne.units.energy_credits import credits

    found = session.chain.call("CreditBills", "invoiceOf", number)
    status = STATUSES[found.status]
    session.show(
        {
            "invoice": number,
            "seller": found.seller,
            "buyer": found.buyer,
            "amount": found.amount,
            "deadline": found.deadline,
            "status": status,
        },
        f"Invoice {number}: {credits(found.amount)} credits from participant {found.buyer} to"
        f" participant {found.seller}, {status}; deadline {session.local_time(found.deadline)}.",
    )
