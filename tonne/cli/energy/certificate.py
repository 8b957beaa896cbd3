"""`tonne energy certificate`: certificates of renewable electricity, from the meter to the claim."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

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
    many,
    show,
    table,
)
from tonne.cli.evidence.meters_run import METERS
from tonne.cli.holder.surrender_retire import claim_of
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.text import harmless
from tonne.units import energy_certificates as library
from tonne.units import retirement_certificates
from tonne.units.energy_certificates import HOUR_S, SOURCES

app = typer.Typer(
    help="Energy certificates: issue them from meters, claim them, see what became of them.",
    no_args_is_help=True,
)

DeviceNumber = Annotated[int, typer.Argument(help="Number of the device, see `show`.", min=1)]
HourStart = Annotated[str, typer.Argument(help="Start of the hour, like 2026-06-01T12:00.")]


@app.command()
def device(
    meters: Annotated[list[int], typer.Argument(help="Numbers of its meters, at most 8.")],
    energy: Annotated[str, typer.Option(help=f"What it uses: {', '.join(SOURCES[1:])}.")],
    source: Annotated[
        str,
        typer.Option(help="Name of what is claimed; a project's, where it makes credits as well."),
    ],
    since: Annotated[str, typer.Option("--from", help="First hour that can be certified.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Register a plant whose energy can be certified, as an officer who registers projects."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    if energy not in SOURCES[1:]:
        raise TonneError(
            "CERTIFICATE_UNKNOWN_ENERGY",
            f"Nothing is certified that is made of {energy}.",
            field="energy",
            value=energy,
            remedy=f"Known: {', '.join(SOURCES[1:])}.",
        )
    args = (SOURCES.index(energy), _hour(desk, since), library.source_word(source), meters)
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "EnergyCertificates", "registerDevice", *args)
    event = next(e for e in desk.chain.events(receipt) if e.name == "DeviceRegistered")
    data = {"device": event["id"], "owner": event["owner"], "meters": meters, "energy": energy}
    text = f"Device {event['id']}: {energy}, {many(len(meters), 'meter')}"
    show(data, as_json, f"{text} of participant {event['owner']}.")


@app.command()
def issue(
    number: DeviceNumber,
    start: HourStart,
    hours: Annotated[int, typer.Option(help="Hours from there on.", min=1, max=50)] = 1,
    leaves: Annotated[
        Path, typer.Option(help="Folder of leaves, as the meters' oracle keeps it.")
    ] = METERS / "leaves",
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Issue certificates for hours, out of final readings. Anybody may; the device's owner gets them."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    first, chain = _hour(desk, start), desk.chain
    told = library.device_of(chain, number)
    shown = library.shown(chain, told, first, hours, leaves)
    before = library.hint(chain, told.source, first, desk.deployment.first_block)
    chain.fund([account])
    receipt = chain.send(
        account, "EnergyCertificates", "certify", number, first, hours, shown, before
    )
    event = next(e for e in chain.events(receipt) if e.name == "HoursCertified")
    energy = sum(event["energyWh"])
    show(
        {
            "device": number,
            "from": first,
            "energyWh": list(event["energyWh"]),
            "owner": event["owner"],
            "transaction": receipt.hash,
        },
        as_json,
        f"{energy:,} Wh of {many(hours, 'hour')} certified for participant {event['owner']}.",
    )


@app.command()
def claim(
    number: DeviceNumber,
    start: HourStart,
    amount: Annotated[int, typer.Argument(help="Energy to claim [Wh].", min=1)],
    purpose: Annotated[str, typer.Option(help="What is claimed.")],
    beneficiary: Annotated[str, typer.Option(help="For whom; public for ever.")] = "",
    commitment: Annotated[
        str, typer.Option(help="Instead of a name: what `tonne certificate commit` printed.")
    ] = "0x" + "00" * 32,
    first_day: Annotated[
        str | None, typer.Option("--from", help="First day of the claim; else the hour's.")
    ] = None,
    last_day: Annotated[
        str | None, typer.Option("--until", help="Last day of the claim; else the hour's.")
    ] = None,
    country: Annotated[str, typer.Option(help="Two capital letters.")] = "CN",
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Claim energy of one hour as used, and get a certificate of retirement. It cannot be undone."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    hour = _hour(desk, start)
    told = library.device_of(desk.chain, number)
    id_ = library.certificate_id(number, told.scheme, hour)
    day = datetime.fromtimestamp(hour, desk.zone).date().isoformat()
    words = claim_of(
        *(beneficiary, purpose, first_day or day, last_day or day, country),
        retirement_certificates.word_of(commitment),
    )
    desk.chain.fund([account])
    receipt = desk.chain.send(account, "RetirementRegistry", "retire", id_, amount, words)
    event = next(e for e in desk.chain.events(receipt) if e.name == "UnitsRetired")
    whose = escape(harmless(beneficiary)) or "a beneficiary under commitment"
    show(
        {
            "certificate": event["certificate"],
            "unit": hex(id_),
            "amount": amount,
            "transaction": receipt.hash,
        },
        as_json,
        f"Certificate {event['certificate']}: {amount:,} Wh of device {number}, hour from"
        f" {desk.when(hour)}, claimed for {whose}.",
    )


@app.command("show")
def show_(
    number: Annotated[int | None, typer.Option("--device", help="Of one device.", min=1)] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show devices and their certified hours: issued, claimed, cancelled, expired, and until when good."""
    desk = connect(rpc, folder)
    chain = desk.chain
    if number is not None:
        library.device_of(chain, number)
    count = chain.call("EnergyCertificates", "deviceCount")
    numbers = range(1, count + 1) if number is None else (number,)
    devices = {n: library.device_of(chain, n) for n in numbers}
    hours = library.hours(chain, number, desk.deployment.first_block)
    rows = [
        (
            str(hour.device),
            desk.when(hour.start),
            *(f"{wh:,}" for wh in (hour.issued, hour.claimed, hour.cancelled, hour.expired)),
            desk.when(hour.expiry),
        )
        for hour in hours
    ]
    columns = ("device", "hour from", ">issued", ">claimed", ">cancelled", ">expired", "good until")
    show(
        {
            "devices": [
                {
                    "device": n,
                    "owner": told.owner,
                    "energy": SOURCES[told.energy],
                    "source": told.source,
                    "meters": library.meters_of(told),
                    "until": told.until,
                }
                for n, told in devices.items()
            ],
            "hours": [hour.as_dict() for hour in hours],
        },
        as_json,
        *(
            f"Device {n}: {SOURCES[told.energy]} of participant {told.owner},"
            f" {many(told.meterCount, 'meter')}."
            for n, told in devices.items()
        ),
        table("Certified energy [Wh]", columns, rows),
    )


def _hour(desk: Desk, text: str) -> int:
    """The start of an hour, in the market's own time unless the text says another [s]."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TonneError(
            "HOUR_UNREADABLE",
            "This is not a moment.",
            field="hour",
            value=text,
            remedy="Write it like 2026-06-01T12:00.",
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=desk.zone)
    found = int(moment.timestamp())
    if found % HOUR_S:
        raise TonneError(
            "HOUR_NOT_WHOLE",
            "Certificates are of whole hours.",
            field="hour",
            value=text,
            remedy="Name the start of an hour in UTC, like 2026-06-01T12:00.",
        )
    return found
