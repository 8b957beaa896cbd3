"""`tonne credit`: energy credits of a local government, from the collateral to the last of them."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne import deployments, energy_credits
from tonne.cli.common import (
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
    parse_day,
    parse_money,
    participant_named,
    party,
    show,
    table,
)
from tonne.energy_credits import COLLATERAL, DECIMALS, KINDS, USES, bits, credits
from tonne.errors import TonneError
from tonne.signing import Account, keccak

app = typer.Typer(help="Energy credits: issue, supervise, recover.", no_args_is_help=True)

SeriesNumber = Annotated[int, typer.Argument(help="Number of the series, see `report`.", min=1)]
Credits = Annotated[str, typer.Argument(help="Credits, such as 1,000 or 0.25.")]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]

DAY_S = 86_400
SWEPT = 200  # wallets in one call


def micro(text: str) -> int:
    """Credits as a person wrote them [micro-credit]."""
    return parse_money(text, DECIMALS)


def find(desk: Desk, number: int) -> int:
    return energy_credits.series_id(desk.chain, number, desk.deployment.first_block)


def approve(desk: Desk, account: Account, house: str) -> None:
    """Lets a contract that holds credits for others move the account's, once."""
    address = desk.chain[house]
    if not desk.chain.call("EnergyCredits", "isApprovedForAll", account, address):
        desk.chain.send(account, "EnergyCredits", "setApprovalForAll", address, True)


@app.command("open")
def open_(
    until: Annotated[str, typer.Option(help="Last day its credits are good, like 2026-12-31.")],
    purpose: Annotated[str, typer.Option(help="What it is for; its hash goes on record.")],
    use: Annotated[
        list[str] | None,
        typer.Option(help="transfer, power or bills; may be repeated. Without it all three."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="Kind of participant that may be given it; may be repeated."),
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    scheme: SchemeNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Open a series, as the local government. A supervisor sets its limit before any is issued."""
    desk = connect(rpc, folder, scheme)
    account = key(name, keystore_file, passphrase_file)
    zone = desk.zone.utcoffset(None)
    day_ends = (parse_day(until, "until") + 1) * DAY_S - 1
    terms = (
        scheme,
        day_ends - int(zone.total_seconds() if zone else 0),
        bits(use or list(USES), USES, "use"),
        bits(kind or [], KINDS, "kind"),
        keccak(purpose.encode()),
    )
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "EnergyCredits", "openSeries", terms)
    event = next(e for e in desk.chain.events(receipt) if e.name == "SeriesOpened")
    number = energy_credits.number_of(event["id"])
    show(
        {"series": number, "id": hex(event["id"]), "issuer": event["issuer"], "expiry": terms[1]},
        as_json,
        f"Series {number} is open, good until {desk.when(terms[1])}. Its limit is 0.",
    )


@app.command()
def collateral(
    series: SeriesNumber,
    amount: Credits,
    kind: Annotated[str, typer.Option(help="deposit, revenue, energy or service.")] = "deposit",
    document: Annotated[str | None, typer.Option(help="The deed; its hash goes on record.")] = None,
    withdraw: Annotated[
        int | None, typer.Option(help="Take it off this record instead.", min=1)
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is taken off.")] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Put collateral on record, as the issuer; or with --withdraw take off what nothing needs."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain, id_, value = desk.chain, find(desk, series), micro(amount)
    text = reason if withdraw else document
    if not text:
        raise TonneError(
            "CREDIT_NO_DOCUMENT",
            "Collateral goes on record with its deed, and off it with a reason.",
            field="reason" if withdraw else "document",
            remedy="Give --reason." if withdraw else "Give --document.",
        )
    chain.fund([account])
    if withdraw:
        why = keccak(text.encode())
        chain.send(account, "EnergyCredits", "withdrawCollateral", id_, withdraw, value, why)
        record, said = withdraw, "taken off the record"
    else:
        number = bits([kind], {k: i for i, k in enumerate(COLLATERAL) if i}, "kind")
        args = (id_, number, value, keccak(text.encode()))
        receipt = chain.send(account, "EnergyCredits", "recordCollateral", *args)
        record = next(e["record"] for e in chain.events(receipt) if e.name == "CollateralRecorded")
        said = "put on record"
    left = chain.call("EnergyCredits", "seriesOf", id_).collateral
    show(
        {"series": series, "record": record, "amount": value, "collateral": left},
        as_json,
        f"Collateral {record} of series {series}: {credits(value)} {said}; {credits(left)} in all.",
    )


@app.command()
def limit(
    series: SeriesNumber,
    amount: Credits,
    reason: Annotated[str | None, typer.Option(help="Why, for the limit of the series.")] = None,
    participant: Annotated[
        str | None,
        typer.Option(help=f"Limit what this one is issued in all; `all` for the others. {WHO}"),
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Limit what is outstanding of a series, as its supervisor; or what a participant is issued,
    as its issuer."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain, id_, value = desk.chain, find(desk, series), micro(amount)
    chain.fund([account])
    if participant is not None:
        who = 0 if participant == "all" else participant_named(desk, participant, "participant")
        chain.send(account, "EnergyCredits", "setReceiverLimit", id_, who, who != 0, value)
        data = {"series": series, "participant": who, "limit": value}
        said = f"participant {who} is" if who else "a participant without a limit of its own is"
        show(data, as_json, f"Of series {series} {said} issued {credits(value)} at most.")
        return
    if not reason:
        raise TonneError(
            "CREDIT_NO_REASON",
            "A limit is set with a reason.",
            field="reason",
            remedy="Give --reason; or --participant to limit what one is issued.",
        )
    chain.send(account, "EnergyCredits", "setIssueLimit", id_, value, keccak(reason.encode()))
    show(
        {"series": series, "limit": value},
        as_json,
        f"Of series {series} at most {credits(value)} may be outstanding.",
    )


@app.command()
def issue(
    series: SeriesNumber,
    amount: Credits,
    to: Annotated[list[str], typer.Argument(help=f"Who gets that much each. {WHO}")],
    collateral: Annotated[int, typer.Option(help="Record it stands on.", min=1)],
    decision: Annotated[str, typer.Option(help="The decision; its hash goes on record.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Issue credits against a record of collateral, as the issuer."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain, id_, value = desk.chain, find(desk, series), micro(amount)
    wallets = [party(desk, who, "receiver")[1] for who in to]
    chain.fund([account])
    args = (id_, [(wallet, value) for wallet in wallets], collateral, keccak(decision.encode()))
    chain.send(account, "EnergyCredits", "issue", *args)
    left = chain.call("EnergyCredits", "seriesOf", id_).outstanding
    show(
        {"series": series, "amount": value, "wallets": wallets, "outstanding": left},
        as_json,
        f"{credits(value)} of series {series} to each of {len(wallets)} wallets;"
        f" {credits(left)} are outstanding.",
    )


@app.command()
def freeze(
    series: SeriesNumber,
    amount: Credits,
    holder: Annotated[str, typer.Argument(help=f"Whose wallet. {WHO}")],
    reason: Reason,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Freeze so much of a wallet's credits, as an officer; 0 frees them all."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain, id_, value = desk.chain, find(desk, series), micro(amount)
    _, wallet = party(desk, holder, "holder")
    chain.fund([account])
    why = keccak(reason.encode())
    chain.send(account, "EnergyCredits", "freezeByOrder", wallet, id_, value, why)
    free = chain.call("EnergyCredits", "freeOf", wallet, id_)
    show(
        {"series": series, "wallet": wallet, "frozen": value, "free": free},
        as_json,
        f"{credits(value)} of series {series} are frozen in {wallet}; {credits(free)} are free.",
    )


@app.command()
def redeem(
    series: SeriesNumber,
    amount: Credits,
    against: Annotated[
        str, typer.Option("--for", help="What you give them back for; its hash goes on record.")
    ],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Give your credits back to the issuer for what stands behind them. They are gone then."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain, id_, value = desk.chain, find(desk, series), micro(amount)
    chain.fund([account])
    chain.send(account, "EnergyCredits", "redeem", id_, value, keccak(against.encode()))
    left = chain.call("EnergyCredits", "balanceOf", account, id_)
    show(
        {"series": series, "redeemed": value, "left": left},
        as_json,
        f"{credits(value)} of series {series} are redeemed; you have {credits(left)}.",
    )


@app.command()
def reclaim(
    series: SeriesNumber,
    amount: Credits,
    holder: Annotated[str, typer.Argument(help=f"From whom. {WHO}")],
    reason: Reason,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Take credits back from a holder with a reason, as the issuer."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain, id_, value = desk.chain, find(desk, series), micro(amount)
    _, wallet = party(desk, holder, "holder")
    chain.fund([account])
    why = keccak(reason.encode())
    chain.send(account, "EnergyCredits", "reclaim", id_, wallet, value, why)
    left = chain.call("EnergyCredits", "seriesOf", id_).outstanding
    show(
        {"series": series, "wallet": wallet, "reclaimed": value, "outstanding": left},
        as_json,
        f"{credits(value)} of series {series} are reclaimed; {credits(left)} are outstanding.",
    )


@app.command()
def sweep(
    series: SeriesNumber,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """End what is left in wallets and pledges of a series that has expired. Anybody may."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain, id_ = desk.chain, find(desk, series)
    before = chain.call("EnergyCredits", "seriesOf", id_).outstanding
    chain.fund([account])
    for number, pledge in energy_credits.open_pledges(chain):
        if pledge.credit == id_:
            chain.send(account, "CreditPledges", "expire", number)
    wallets = energy_credits.holders(chain, id_, desk.deployment.first_block)
    for start in range(0, len(wallets), SWEPT):
        chain.send(account, "EnergyCredits", "sweep", id_, wallets[start : start + SWEPT])
    left = chain.call("EnergyCredits", "seriesOf", id_).outstanding
    show(
        {"series": series, "expired": before - left, "outstanding": left},
        as_json,
        f"{credits(before - left)} of series {series} have expired; {credits(left)} are left with"
        " contracts that owe them to somebody.",
    )


@app.command()
def report(
    rpc: Rpc = DEFAULT_RPC, folder: Folder = deployments.FOLDER, as_json: AsJson = False
) -> None:
    """Show what became of each issuer's credits: issued = outstanding + redeemed + reclaimed +
    expired."""
    desk = connect(rpc, folder)
    lines = energy_credits.report(desk.chain, desk.deployment.first_block)
    columns = (
        *(">issuer", ">series", "good until", ">issued", ">outstanding", ">of it pledged"),
        *(">redeemed", ">reclaimed", ">expired", ">limit", ">collateral"),
    )
    rows = [
        (
            line.issuer,
            line.series,
            desk.when(line.expiry),
            *map(
                credits,
                (
                    *(line.issued, line.outstanding, line.pledged, line.redeemed),
                    *(line.reclaimed, line.expired, line.limit, line.collateral),
                ),
            ),
        )
        for line in sorted(lines, key=lambda line: (line.issuer, line.series))
    ]
    show(
        {"unit": "micro-credit", "series": [line.as_dict() for line in lines]},
        as_json,
        table("", columns, rows) if rows else "No series of energy credits.",
    )
