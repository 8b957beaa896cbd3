"""`tonne meters`: the register of meters, and the oracle and the simulated fleets that use it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne.cli.core.officer_act import Act, Change, Hand, acting, command_of
from tonne.cli.core.session import (
    DEFAULT_RPC,
    WHO,
    As,
    AsJson,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    cents,
    connect,
    key,
    many,
    parse_money,
    participant_named,
    show,
)
from tonne.crypto import keystore
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.meters.external_profiles import BUILT_IN
from tonne.meters.readings import Carrier
from tonne.meters.signatures import PublicKey
from tonne.meters.simulated_fleet import DIGITS, Fleet, meters

app = typer.Typer(
    help="Meters: register them, run their oracle, simulate a street.", no_args_is_help=True
)

#: Meters of one transaction, as the contract takes them.
BATCH = 100

NOT_PROVABLE: Final = "No chain can prove what it signs: its oracle alone checks it."

MeterNumber = Annotated[int, typer.Argument(help="Number of the meter.", min=1, max=(1 << 32) - 1)]
NodeNumber = Annotated[int, typer.Option("--node", help="Number of the node.", min=1)]
KeyFile = Annotated[Path, typer.Option("--key", help="The new public key, a DER file.")]
FleetKeystore = Annotated[
    Path, typer.Option(help="Keystore that the keys of all meters of a fleet are derived from.")
]
FleetPassphrase = Annotated[Path | None, typer.Option(help="File with that keystore's passphrase.")]
Registers = Annotated[str, typer.Option(help="IMPORT,EXPORT registers [Wh].")]


def open_node(
    hand: Hand,
    carrier: Annotated[str, typer.Argument(help="electricity, heat, gas or hydrogen.")],
    oracle: Annotated[str, typer.Option(help="Who posts its intervals. " + WHO)],
    region: Annotated[int, typer.Option(help="The authority's own number.", min=1)] = 1,
    scheme: Annotated[int, typer.Option(help="Number of the scheme.")] = 1,
    jurisdiction: Annotated[int, typer.Option(help="Number of the jurisdiction.")] = 1,
    interval: Annotated[int, typer.Option(help="Length of an interval [s].")] = 900,
    correction: Annotated[int, typer.Option(help="Window for corrections [s].")] = 10 * 86_400,
    challenge: Annotated[int, typer.Option(help="Window for questions [s].")] = 3 * 86_400,
    reveal: Annotated[int, typer.Option(help="Time to answer one [s].")] = 86_400,
) -> None:
    """Open a node: a kind of energy in a region, with who posts its intervals."""
    poster = participant_named(hand.desk, oracle, "oracle")
    node = (
        *(scheme, jurisdiction, _carrier(carrier), poster),
        *(region, interval, correction, challenge, reveal),
    )
    what = f"node for {carrier} in region {region}, posted by participant {poster}"
    act = Act("MeterOracle", "openNode", (node,), [Change(what, "none", "open")])
    hand.do(f"Open a node for {carrier}", [act], outcome=_node_opened)


def _node_opened(hand: Hand) -> tuple[dict[str, Any], str]:
    number = next(e for e in hand.events() if e.name == "NodeSet")["id"]
    return {"node": number}, f"  It is node {number}."


app.command("node")(command_of(open_node))


@app.command("register")
def register_fleet(
    node: NodeNumber,
    count: Annotated[int, typer.Option(help="Meters of the fleet.", min=1, max=100_000)],
    owner: Annotated[str, typer.Option(help="Who owns them. " + WHO)],
    fleet_keystore: FleetKeystore,
    out: Annotated[Path, typer.Option(help="Where the fleet is described, without keys.")],
    fleet_passphrase_file: FleetPassphrase = None,
    seed: Annotated[int, typer.Option(help="What the fleet's energy follows from.")] = 1,
    profiles: Annotated[
        str,
        typer.Option(
            help="built-in; simbench (measured), demandlib (standard) or pvlib (sun), where installed."
        ),
    ] = BUILT_IN,
    since: Annotated[
        int | None, typer.Option(help="From when on they count [unix s]; else the next interval.")
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Register a simulated fleet, a key for each meter, and describe it for `simulate`."""
    desk = connect(rpc, folder)
    officer = key(name, keystore_file, passphrase_file)
    keys = keystore.read(fleet_keystore, fleet_passphrase_file)
    terms = desk.chain.call("MeterOracle", "node", node)
    if since is None:
        since = (desk.chain.now() // terms.intervalS + 1) * terms.intervalS
    told = (count, seed, since, terms.intervalS, Carrier(terms.carrier), profiles)
    fleet = Fleet(node, 1, *told)
    owned = participant_named(desk, owner, "owner")
    rows, points = [], []
    for place, meter in enumerate(meters(fleet, keys)):
        rows.append((owned, node, fleet.nameplate_w(place), since, 0, 1000, DIGITS, 0, 0))
        points.append(_key(meter.key.public, since))
    numbers = [
        event["id"]
        for first in range(0, count, BATCH)
        for event in desk.chain.events(
            desk.chain.send(
                officer,
                "MeterOracle",
                "registerMeters",
                rows[first : first + BATCH],
                points[first : first + BATCH],
            )
        )
        if event.name == "MeterRegistered"
    ]
    if numbers != list(range(numbers[0], numbers[0] + count)):
        raise TonneError(
            "METER_FLEET_SCATTERED",
            "Others registered meters at the same time; the fleet's numbers do not follow each other.",
            field="count",
            value=count,
            remedy="Close these meters and register a fleet anew.",
        )
    Fleet(node, numbers[0], *told).write(out)
    data = {"node": node, "first": numbers[0], "count": count, "since": since, "fleet": out}
    span = f"{numbers[0]} to {numbers[-1]}, from {desk.when(since)} on"
    says = f"{many(count, 'meter')} registered, {span}; see {out}."
    show(data, as_json, says)


def register_one(
    hand: Hand,
    key_file: KeyFile,
    node: NodeNumber,
    owner: Annotated[str, typer.Option(help="Who owns it. " + WHO)],
    nameplate_w: Annotated[int, typer.Option(help="What it measures at most [W].", min=1)],
    since: Annotated[int, typer.Option(help="From when on it counts [unix s].", min=1)],
    digits: Annotated[int, typer.Option(help="A register rolls over at 10^DIGITS Wh.")] = DIGITS,
    multiplier_milli: Annotated[
        int, typer.Option(help="Transformer ratio in thousandths.", min=1)
    ] = 1000,
) -> None:
    """Register one meter by the public key its maker hands out."""
    owned = participant_named(hand.desk, owner, "owner")
    row = (owned, node, nameplate_w, since, 0, multiplier_milli, digits, 0, 0)
    made = PublicKey.of_der(key_file.read_bytes())
    what = f"meter of participant {owned} at node {node}, {nameplate_w:,} W"
    change = Change(what, "none", f"counts from {hand.desk.when(since)} on")
    act = Act("MeterOracle", "registerMeter", (row, _key(made, since)), [change])
    lines = [] if made.curve.on_chain else [f"  {NOT_PROVABLE}"]
    data = {"provable": made.curve.on_chain}
    hand.do("Register a meter", [act], data, lines, outcome=_meter_registered)


def _meter_registered(hand: Hand) -> tuple[dict[str, Any], str]:
    number = next(e for e in hand.events() if e.name == "MeterRegistered")["id"]
    return {"meter": number}, f"  It is meter {number}."


app.command("add")(command_of(register_one))


@acting(app)
def rotate(
    hand: Hand,
    meter: MeterNumber,
    key_file: KeyFile,
    since: Annotated[int, typer.Option(help="From when on it signs [unix s].", min=1)],
) -> None:
    """Let a meter sign with another key; the device stays."""
    made = _key(PublicKey.of_der(key_file.read_bytes()), since)
    _change(hand, "Rotate the key", meter, "key", since, "rotateKey", made)


@acting(app)
def exchange(
    hand: Hand,
    meter: MeterNumber,
    key_file: KeyFile,
    since: Annotated[int, typer.Option(help="When the device was exchanged [unix s].", min=1)],
    last: Registers,
    first: Registers = "0,0",
) -> None:
    """Record that the device was exchanged, with what the old and the new one showed then."""
    made = _key(PublicKey.of_der(key_file.read_bytes()), since)
    shown = _registers(last, "last"), _registers(first, "first")
    _change(hand, "Exchange the device", meter, "device", since, "exchangeMeter", made, *shown)


def _change(
    hand: Hand, verb: str, meter: int, what: str, since: int, function: str, *args: Any
) -> None:
    change = Change(
        f"{what} of meter {meter}", "the one before", f"new from {hand.desk.when(since)} on"
    )
    act = Act("MeterOracle", function, (meter, *args), [change])
    hand.do(f"{verb} of meter {meter}", [act], {"meter": meter, "since": since})


@acting(app)
def close(
    hand: Hand,
    meter: MeterNumber,
    until: Annotated[int, typer.Option(help="First moment it no longer counts [unix s].", min=1)],
) -> None:
    """End a meter."""
    change = Change(f"meter {meter}", "counts", f"counts until {hand.desk.when(until)}")
    act = Act("MeterOracle", "closeMeter", (meter, until), [change])
    hand.do(f"End meter {meter}", [act], {"meter": meter, "until": until})


@app.command()
def bond(
    amount: Annotated[str, typer.Argument(help="Amount of currency, e.g. 50000.")],
    oracle: Annotated[str, typer.Option(help="Whose bond it is. " + WHO)],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Add to an oracle's bond, from the currency in the caller's wallet."""
    desk = connect(rpc, folder)
    payer = key(name, keystore_file, passphrase_file)
    number = participant_named(desk, oracle, "oracle")
    digits = desk.chain.call("SettlementCurrency", "decimals")
    units = parse_money(amount, digits)
    contract = desk.chain["MeterOracle"]
    desk.chain.send(payer, "SettlementCurrency", "approve", contract, units)
    desk.chain.send(payer, contract, "depositBond", number, units)
    held = desk.chain.call(contract, "bondOf", number)[0]
    data = {"oracle": number, "bond": held, "decimals": digits}
    show(
        data, as_json, f"The bond of participant {number} is {cents(held * 100 // 10**digits)} now."
    )


def _carrier(name: str) -> Carrier:
    try:
        return Carrier[name.upper()]
    except KeyError:
        raise TonneError(
            "METER_CARRIER_UNKNOWN",
            "There is no such kind of energy.",
            field="carrier",
            value=name,
            remedy="Choose electricity, heat, gas or hydrogen.",
        ) from None


def _key(key: PublicKey, since: int) -> tuple[bytes, bytes, int, int]:
    """`MeterKey` of IMeters."""
    return (*key.words, since, key.curve)


def _registers(text: str, field: str) -> tuple[int, int]:
    parts = text.split(",")
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise TonneError(
            "METER_REGISTERS_FORM",
            "These are not the registers of a meter.",
            field=field,
            value=text,
            remedy="Write import and export in Wh, like 812345,0.",
        )
    return int(parts[0]), int(parts[1])
