"""`tonne energy certificate`: certificates of renewable electricity, issued, claimed and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import typer
from rich.markup import escape

from tonne.cli.core.command import command
from tonne.cli.core.options import LEAVES, Leaves
from tonne.cli.core.output import many, table
from tonne.cli.core.session import Keeper, Session, Signer
from tonne.cli.holder.surrender_retire import (
    NO_COMMITMENT,
    Beneficiary,
    Commitment,
    Country,
    Purpose,
    claim_of,
)
from tonne.constants import HOUR_S
from tonne.errors import refused
from tonne.text import harmless
from tonne.types.ids import DeviceId

app = typer.Typer(
    help="Energy certificates: register devices, issue, claim and show.",
    no_args_is_help=True,
)


#: Energy of a device; `SOURCES` of the library, which a test compares.
SOURCES: Final = ("solar", "wind", "hydro", "biomass", "geothermal", "marine")

DeviceNumber = Annotated[int, typer.Argument(help="Device number, from `show`.", min=1)]
HourStart = Annotated[str, typer.Argument(help="Start of the hour, e.g. 2026-06-01T12:00.")]


@app.command()
@command(needs=Signer)
def device(
    session: Signer,
    meters: Annotated[list[int], typer.Argument(help="Meter numbers, at most 8.")],
    energy: Annotated[str, typer.Option(help=f"Energy: {', '.join(SOURCES)}.")],
    source: Annotated[
        str,
        typer.Option(help="Name of the claimed source; the project's own if it earns credits too."),
    ],
    since: Annotated[
        str, typer.Option("--from", help="First hour to certify, e.g. 2026-06-01T00:00.")
    ],
) -> None:
    """Register a device whose energy can be certified, as an officer who registers projects."""
    from tonne.evidence.project_sites import source_word
    from tonne.units import energy_certificates as library

    if energy not in SOURCES:
        raise refused("CERTIFICATE_UNKNOWN_ENERGY", energy=energy, sources=", ".join(SOURCES))
    args = (
        library.SOURCES.index(energy),
        _hour(session, since),
        source_word(source),
        meters,
    )
    receipt = session.send("EnergyCertificates", "registerDevice", *args)
    event = session.sent_event(receipt, "DeviceRegistered")
    data = {"device": event["id"], "owner": event["owner"], "meters": meters, "energy": energy}
    text = f"Device {event['id']}: {energy}, {many(len(meters), 'meter')}"
    session.show(data, f"{text} of participant {event['owner']}.")


@app.command()
@command(needs=Keeper)
def issue(
    session: Keeper,
    number: DeviceNumber,
    start: HourStart,
    hours: Annotated[int, typer.Option(help="Number of hours.", min=1, max=50)] = 1,
    leaves: Leaves = LEAVES,
) -> None:
    """Issue certificates for hours from final readings, to the device's owner. Open to all."""
    from tonne.units import energy_certificates as library

    first, chain = _hour(session, start), session.chain
    told = library.device_of(chain, number)
    shown = library.shown(chain, told, first, hours, leaves)
    before = library.hint(chain, told.source, first, session.first_block)
    receipt = session.send("EnergyCertificates", "certify", number, first, hours, shown, before)
    event = session.sent_event(receipt, "HoursCertified")
    energy = sum(event["energyWh"])
    session.show(
        {
            "device": number,
            "from": first,
            "energyWh": list(event["energyWh"]),
            "owner": event["owner"],
            "transaction": receipt.hash,
        },
        f"{energy:,} Wh of {many(hours, 'hour')} certified for participant {event['owner']}.",
    )


@app.command()
@command(needs=Signer)
def claim(
    session: Signer,
    number: DeviceNumber,
    start: HourStart,
    amount: Annotated[int, typer.Argument(help="Energy to claim [Wh].", min=1)],
    purpose: Purpose,
    beneficiary: Beneficiary = "",
    commitment: Commitment = NO_COMMITMENT,
    first_day: Annotated[
        str | None, typer.Option("--from", help="First day of the claim; default: the hour's.")
    ] = None,
    last_day: Annotated[
        str | None, typer.Option("--until", help="Last day of the claim; default: the hour's.")
    ] = None,
    country: Country = "CN",
) -> None:
    """Claim energy of one hour and get a certificate of retirement. It cannot be undone."""
    from tonne.chain import clock
    from tonne.units import energy_certificates as library
    from tonne.units import retirement_certificates

    hour = _hour(session, start)
    told = library.device_of(session.chain, number)
    zone = clock.zone_of(session.chain, told.scheme)
    id_ = library.certificate_id(DeviceId(number), told.scheme, hour, zone)
    day = datetime.fromtimestamp(hour, session.zone).date().isoformat()
    words = claim_of(
        *(beneficiary, purpose, first_day or day, last_day or day, country),
        retirement_certificates.commitment_of(commitment),
    )
    receipt = session.send("RetirementRegistry", "retire", id_, amount, words)
    event = session.sent_event(receipt, "UnitsRetired")
    whose = escape(harmless(beneficiary)) or "a beneficiary under commitment"
    session.show(
        {
            "certificate": event["certificate"],
            "unit": hex(id_),
            "amount": amount,
            "transaction": receipt.hash,
        },
        f"Certificate {event['certificate']}: {amount:,} Wh of device {number}, hour from"
        f" {session.local_time(hour)}, claimed for {whose}.",
    )


@app.command("show")
@command(needs=Session)
def show_(
    session: Session,
    number: Annotated[
        int | None, typer.Option("--device", help="Device number; default: all.", min=1)
    ] = None,
) -> None:
    """Show devices and their certified hours: issued, claimed, cancelled, expired, valid until."""
    from tonne.units import energy_certificates as library

    chain = session.chain
    if number is not None:
        library.device_of(chain, number)
    count = chain.call("EnergyCertificates", "deviceCount")
    numbers = range(1, count + 1) if number is None else (number,)
    devices = {n: library.device_of(chain, n) for n in numbers}
    hours = library.hours(chain, number, session.first_block)
    rows = [
        (
            str(hour.device),
            session.local_time(hour.start),
            *(f"{wh:,}" for wh in (hour.issued, hour.claimed, hour.cancelled, hour.expired)),
            session.local_time(hour.expiry),
        )
        for hour in hours
    ]
    columns = (
        "device",
        "hour from",
        ">issued",
        ">claimed",
        ">cancelled",
        ">expired",
        "valid until",
    )
    session.show(
        {
            "devices": [
                {
                    "device": n,
                    "owner": told.owner,
                    "energy": library.SOURCES[told.energy],
                    "source": told.source,
                    "meters": library.meters_of(told),
                    "until": told.until,
                }
                for n, told in devices.items()
            ],
            "hours": [hour.as_dict() for hour in hours],
        },
        *(
            f"Device {n}: {library.SOURCES[told.energy]} of participant {told.owner},"
            f" {many(told.meterCount, 'meter')}."
            for n, told in devices.items()
        ),
        table("Certified energy [Wh]", columns, rows),
    )


def _hour(session: Session, text: str) -> int:
    """Start of an hour in the scheme's zone, unless the text names another [s]."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refused("HOUR_UNREADABLE", hour=text) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=session.zone)
    found = int(moment.timestamp())
    if found % HOUR_S:
        raise refused("HOUR_NOT_WHOLE", hour=text)
    return found
