"""`tonne meters`: the register of meters, nodes and oracle bonds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import AMOUNT, WHO
from tonne.cli.core.output import cents, many, parse_money
from tonne.cli.core.session import Signer, participant_named
from tonne.constants import DAY_S
from tonne.errors import refused
from tonne.meters.external_profiles import BUILT_IN

if TYPE_CHECKING:
    from tonne.meters.readings import Carrier
    from tonne.meters.signatures import PublicKey

app = typer.Typer(
    help="Meters: register them, run their oracle, simulate a street.", no_args_is_help=True
)

#: Meters of one transaction.
BATCH: Final = 100

#: Digits of a register; `DIGITS` of simulated fleets, which a test compares.
DIGITS: Final = 9

NOT_PROVABLE: Final = "No chain can verify its signature curve: the oracle alone checks it."

MeterNumber = Annotated[int, typer.Argument(help="Meter number.", min=1, max=2**32 - 1)]
NodeNumber = Annotated[int, typer.Option("--node", help="Node number.", min=1)]
KeyFile = Annotated[Path, typer.Option("--key", help="DER file of the meter's new public key.")]
FleetKeystore = Annotated[
    Path, typer.Option(help="Keystore from which the keys of all meters of a fleet are derived.")
]
FleetPassphrase = Annotated[
    Path | None, typer.Option(help="File with that keystore's passphrase; default: prompt.")
]
Registers = Annotated[str, typer.Option(help="Registers IMPORT,EXPORT [Wh], e.g. 812345,0.")]


@app.command("node")
@command(needs=OfficerAct, scheme=1)
def open_node(
    act: OfficerAct,
    carrier: Annotated[str, typer.Argument(help="Carrier: electricity, heat, gas or hydrogen.")],
    oracle: Annotated[str, typer.Option(help=f"Oracle that posts its intervals. {WHO}")],
    region: Annotated[int, typer.Option(help="Region number of the authority.", min=1)] = 1,
    jurisdiction: Annotated[int, typer.Option(help="Jurisdiction number.")] = 1,
    interval: Annotated[int, typer.Option(help="Length of an interval [s].")] = 900,
    correction: Annotated[int, typer.Option(help="Correction window [s].")] = 10 * DAY_S,
    challenge: Annotated[int, typer.Option(help="Challenge window [s].")] = 3 * DAY_S,
    reveal: Annotated[int, typer.Option(help="Time to answer a challenge [s].")] = DAY_S,
) -> None:
    """Open a node: a carrier in a region, with the oracle that posts its intervals."""
    poster = participant_named(act, oracle, "oracle")
    node = (
        *(act.scheme, jurisdiction, _carrier(carrier), poster),
        *(region, interval, correction, challenge, reveal),
    )
    what = f"node for {carrier} in region {region}, posted by participant {poster}"
    call = OfficerCall("MeterOracle", "openNode", (node,), [Effect(what, "none", "open")])
    act.do(f"Open a node for {carrier}", [call], result=_node_opened)


def _node_opened(act: OfficerAct) -> tuple[dict[str, Any], str]:
    number = act.event("NodeSet")["id"]
    return {"node": number}, f"  It is node {number}."


@app.command("register")
@command(needs=Signer)
def register_fleet(
    session: Signer,
    node: NodeNumber,
    count: Annotated[int, typer.Option(help="Number of meters.", min=1, max=100_000)],
    owner: Annotated[str, typer.Option(help=f"Owner of the meters. {WHO}")],
    fleet_keystore: FleetKeystore,
    out: Annotated[Path, typer.Option(help="File for the description of the fleet, without keys.")],
    fleet_passphrase_file: FleetPassphrase = None,
    seed: Annotated[int, typer.Option(help="Seed of the fleet's energy.")] = 1,
    profiles: Annotated[
        str,
        typer.Option(
            help="Profiles: built-in, or simbench (measured), demandlib (standard load), pvlib (sun)."
        ),
    ] = BUILT_IN,
    since: Annotated[
        int | None,
        typer.Option(help="Unix time from which the meters count; default: the next interval."),
    ] = None,
) -> None:
    """Register a simulated fleet, a key for each meter, and write its description for `simulate`."""
    from tonne.crypto import keystore
    from tonne.meters.readings import Carrier
    from tonne.meters.simulated_fleet import MeterFleet, meters

    keys = keystore.read(fleet_keystore, fleet_passphrase_file, "--fleet-passphrase-file")
    terms = session.chain.call("MeterOracle", "node", node)
    if since is None:
        since = (session.chain.now() // terms.intervalS + 1) * terms.intervalS
    told = (count, seed, since, terms.intervalS, Carrier(terms.carrier), profiles)
    fleet = MeterFleet(node, 1, *told)
    owned = participant_named(session, owner, "owner")
    rows, points = [], []
    for place, meter in enumerate(meters(fleet, keys)):
        rows.append((owned, node, fleet.nameplate_w(place), since, 0, 1000, DIGITS, 0, 0))
        points.append(_key(meter.key.public, since))
    numbers = [
        event["id"]
        for first in range(0, count, BATCH)
        for event in session.chain.events(
            session.send(
                "MeterOracle",
                "registerMeters",
                rows[first : first + BATCH],
                points[first : first + BATCH],
            )
        )
        if event.name == "MeterRegistered"
    ]
    if numbers != list(range(numbers[0], numbers[0] + count)):
        raise refused("METER_FLEET_SCATTERED", count=count)
    MeterFleet(node, numbers[0], *told).write(out)
    data = {"node": node, "first": numbers[0], "count": count, "since": since, "fleet": out}
    span = f"{numbers[0]} to {numbers[-1]}, from {session.local_time(since)} on"
    says = f"{many(count, 'meter')} registered, {span}; see {out}."
    session.show(data, says)


@app.command("add")
@command(needs=OfficerAct)
def register_one(
    act: OfficerAct,
    key_file: KeyFile,
    node: NodeNumber,
    owner: Annotated[str, typer.Option(help=f"Owner of the meter. {WHO}")],
    nameplate_w: Annotated[int, typer.Option(help="Nameplate power [W].", min=1)],
    since: Annotated[int, typer.Option(help="Unix time from which the meter counts.", min=1)],
    digits: Annotated[
        int, typer.Option(help="Digits of a register: it rolls over at 10^DIGITS Wh.")
    ] = DIGITS,
    multiplier_milli: Annotated[
        int, typer.Option(help="Transformer ratio [1/1000].", min=1)
    ] = 1000,
) -> None:
    """Register one meter by its maker's public key."""
    from tonne.meters.signatures import PublicKey

    owned = participant_named(act, owner, "owner")
    row = (owned, node, nameplate_w, since, 0, multiplier_milli, digits, 0, 0)
    made = PublicKey.of_der(key_file.read_bytes())
    what = f"meter of participant {owned} at node {node}, {nameplate_w:,} W"
    change = Effect(what, "none", f"counts from {act.local_time(since)} on")
    call = OfficerCall("MeterOracle", "registerMeter", (row, _key(made, since)), [change])
    lines = [] if made.curve.on_chain else [f"  {NOT_PROVABLE}"]
    data = {"provable": made.curve.on_chain}
    act.do("Register a meter", [call], data, lines, result=_meter_registered)


def _meter_registered(act: OfficerAct) -> tuple[dict[str, Any], str]:
    number = act.event("MeterRegistered")["id"]
    return {"meter": number}, f"  It is meter {number}."


@app.command()
@command(needs=OfficerAct)
def rotate(
    act: OfficerAct,
    meter: MeterNumber,
    key_file: KeyFile,
    since: Annotated[int, typer.Option(help="Unix time from which the key is valid.", min=1)],
) -> None:
    """Rotate the key of a meter; the device stays."""
    from tonne.meters.signatures import PublicKey

    made = _key(PublicKey.of_der(key_file.read_bytes()), since)
    _change(act, "Rotate the key", meter, "key", since, "rotateKey", made)


@app.command()
@command(needs=OfficerAct)
def exchange(
    act: OfficerAct,
    meter: MeterNumber,
    key_file: KeyFile,
    since: Annotated[int, typer.Option(help="Unix time of the exchange.", min=1)],
    last: Registers,
    first: Registers = "0,0",
) -> None:
    """Record the exchange of a device with the last registers of the old and the first of the new one."""
    from tonne.meters.signatures import PublicKey

    made = _key(PublicKey.of_der(key_file.read_bytes()), since)
    shown = _registers(last, "last"), _registers(first, "first")
    _change(act, "Exchange the device", meter, "device", since, "exchangeMeter", made, *shown)


def _change(
    act: OfficerAct, verb: str, meter: int, what: str, since: int, function: str, *args: Any
) -> None:
    change = Effect(
        f"{what} of meter {meter}", "the one before", f"new from {act.local_time(since)} on"
    )
    call = OfficerCall("MeterOracle", function, (meter, *args), [change])
    act.do(f"{verb} of meter {meter}", [call], {"meter": meter, "since": since})


@app.command()
@command(needs=OfficerAct)
def close(
    act: OfficerAct,
    meter: MeterNumber,
    until: Annotated[
        int, typer.Option(help="Unix time from which the meter no longer counts.", min=1)
    ],
) -> None:
    """Close a meter."""
    change = Effect(f"meter {meter}", "counts", f"counts until {act.local_time(until)}")
    call = OfficerCall("MeterOracle", "closeMeter", (meter, until), [change])
    act.do(f"End meter {meter}", [call], {"meter": meter, "until": until})


@app.command()
@command(needs=Signer)
def bond(
    session: Signer,
    amount: Annotated[str, typer.Argument(help=f"Amount of currency, e.g. 50,000.00. {AMOUNT}")],
    oracle: Annotated[str, typer.Option(help=f"Oracle. {WHO}")],
) -> None:
    """Add to an oracle's bond from your wallet."""
    number = participant_named(session, oracle, "oracle")
    digits = session.chain.call("SettlementCurrency", "decimals")
    units = parse_money(amount, digits)
    contract = session.chain["MeterOracle"]
    session.send("SettlementCurrency", "approve", contract, units)
    session.send(contract, "depositBond", number, units)
    held = session.chain.call(contract, "bondOf", number)[0]
    data = {"oracle": number, "bond": held, "decimals": digits}
    session.show(
        data, f"The bond of participant {number} is {cents(held * 100 // 10**digits)} now."
    )


def _carrier(name: str) -> Carrier:
    from tonne.meters.readings import Carrier

    try:
        return Carrier[name.upper()]
    except KeyError:
        raise refused("METER_CARRIER_UNKNOWN", carrier=name) from None


def _key(key: PublicKey, since: int) -> tuple[bytes, bytes, int, int]:
    """`MeterKey` of IMeters."""
    return (*key.words, since, key.curve)


def _registers(text: str, field: str) -> tuple[int, int]:
    parts = text.split(",")
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise refused("METER_REGISTERS_FORM", registers=text, field=field)
    return int(parts[0]), int(parts[1])
