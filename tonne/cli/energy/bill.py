"""`tonne credit bill`: bills that divide themselves, and invoices paid on delivery."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne.cli.core.session import (
    DEFAULT_RPC,
    WHO,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    SchemeNumber,
    connect,
    key,
    participant_named,
    participant_of,
    show,
    table,
)
from tonne.cli.energy.credit import Credits, SeriesNumber, approve, find, micro
from tonne.crypto.accounts import Account, keccak
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.units.energy_credits import credits

app = typer.Typer(help="Bills and invoices in energy credits.", no_args_is_help=True)

TariffNumber = Annotated[int, typer.Argument(help="Number of the tariff.", min=1)]
InvoiceNumber = Annotated[int, typer.Argument(help="Number of the invoice.", min=1)]
Share = Annotated[str, typer.Option(help="WHO:PPM, such as 7:600000.")]

#: `InvoiceStatus` of ICreditBills, as people say it.
STATUSES: Final = ("unknown", "issued", "funded", "settled", "ended")

DAY_S: Final = 86_400


def _share(desk: Desk, text: str, field: str) -> tuple[int, int]:
    who, _, ppm = text.rpartition(":")
    if not who or not ppm.isdigit() or int(ppm) > 1_000_000:
        raise TonneError(
            "BILL_SHARE_UNREADABLE",
            f"The share of {field} is not WHO:PPM.",
            field=field,
            value=text,
            remedy="Write a participant and parts per million, such as 7:600000.",
        )
    return participant_named(desk, who, field), int(ppm)


@app.command()
def tariff(
    generation: Share,
    transmission: Share,
    distribution: Share,
    sale: Share,
    remainder: Annotated[str, typer.Option(help=f"Who gets what is left over. {WHO}")],
    jurisdiction: Annotated[int, typer.Option(help="Where it holds.", min=0)] = 0,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Publish how bills are divided, as an officer who sets rules. It never changes after."""
    desk = connect(rpc, folder, scheme)
    account = key(name, keystore_file, passphrase_file)
    given = {"generation": generation, "transmission": transmission}
    given.update(distribution=distribution, sale=sale)
    shares = [value for field, text in given.items() for value in _share(desk, text, field)]
    to = participant_named(desk, remainder, "remainder")
    desk.chain.fund([account])
    terms = (*shares, to, scheme, False)
    receipt = desk.chain.send(account, "CreditBills", "publishTariff", terms, jurisdiction)
    number = next(e["tariff"] for e in desk.chain.events(receipt) if e.name == "TariffPublished")
    show({"tariff": number}, as_json, f"Tariff {number} is published.")


@app.command()
def pay(
    number: TariffNumber,
    series: SeriesNumber,
    amount: Credits,
    ref: Annotated[str, typer.Option(help="Meter, month or number; its hash goes on record.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Pay a bill; it divides itself among generation, transmission, distribution and sale."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain, id_, value = desk.chain, find(desk, series), micro(amount)
    chain.fund([account])
    approve(desk, account, "CreditBills")
    hashed = keccak(ref.encode())
    receipt = chain.send(account, "CreditBills", "payBill", number, id_, value, hashed)
    shares = next(e["shares"] for e in chain.events(receipt) if e.name == "BillPaid")
    rows = [(part, credits(due)) for part, due in shares._asdict().items()]
    show(
        {"tariff": number, "amount": value, "shares": shares._asdict()},
        as_json,
        table(f"{credits(value)} credits", ("part", ">credits"), rows),
    )


@app.command()
def invoice(
    series: SeriesNumber,
    amount: Credits,
    buyer: Annotated[str, typer.Argument(help=f"Who is to pay. {WHO}")],
    subject: Annotated[str, typer.Option(help="What is delivered; its hash goes on record.")],
    days: Annotated[int, typer.Option(help="Days until it is out of time.", min=1)] = 30,
    confirmer: Annotated[
        str | None, typer.Option(help=f"Who else may confirm the delivery. {WHO}")
    ] = None,
    by_tariff: Annotated[
        int, typer.Option("--tariff", help="Divide the payment by this tariff.", min=0)
    ] = 0,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Ask a buyer for a payment, due when what it asks for was delivered."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain = desk.chain
    terms = (
        participant_of(desk, account),
        participant_named(desk, buyer, "buyer"),
        participant_named(desk, confirmer, "confirmer") if confirmer else 0,
        find(desk, series),
        micro(amount),
        by_tariff,
        chain.now() + days * DAY_S,
        keccak(subject.encode()),
        chain.call("CreditBills", "invoiceCount") + 1,
    )
    chain.fund([account])
    receipt = chain.send(account, "CreditBills", "issueInvoice", terms)
    number = next(e["invoice"] for e in chain.events(receipt) if e.name == "InvoiceIssued")
    _tell(desk, number, as_json)


@app.command()
def fund(
    number: InvoiceNumber,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Put an invoice's amount aside, as its buyer, until it is settled or out of time."""
    _act("fund", number, rpc, folder, key(name, keystore_file, passphrase_file), as_json)


@app.command()
def settle(
    number: InvoiceNumber,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Confirm the delivery, as the buyer or the confirmer; that pays the invoice."""
    _act("settle", number, rpc, folder, key(name, keystore_file, passphrase_file), as_json)


@app.command()
def end(
    number: InvoiceNumber,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Cancel or refuse an invoice, or end it when it is out of time; what lies there goes back."""
    _act("end", number, rpc, folder, key(name, keystore_file, passphrase_file), as_json)


def _act(act: str, number: int, rpc: str, folder: Any, account: Account, as_json: bool) -> None:
    desk = connect(rpc, folder)
    desk.chain.fund([account])
    if act != "end":
        approve(desk, account, "CreditBills")
    desk.chain.send(account, "CreditBills", act, number)
    _tell(desk, number, as_json)


def _tell(desk: Desk, number: int, as_json: bool) -> None:
    found = desk.chain.call("CreditBills", "invoiceOf", number)
    status = STATUSES[found.status]
    show(
        {
            "invoice": number,
            "seller": found.seller,
            "buyer": found.buyer,
            "amount": found.amount,
            "deadline": found.deadline,
            "status": status,
        },
        as_json,
        f"Invoice {number}: {credits(found.amount)} credits from participant {found.buyer} to"
        f" participant {found.seller}, {status}; in time until {desk.when(found.deadline)}.",
    )
