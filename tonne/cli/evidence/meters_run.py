"""`tonne meters run`, `status` and `simulate`: the oracle process, its status, a simulated fleet."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne import stop_signals
from tonne.cli.core import daemon_process
from tonne.cli.core.command import command
from tonne.cli.core.options import (
    DEFAULT_RPC,
    DEPLOYMENTS,
    METERS,
    As,
    Deployments,
    Keystore,
    PassphraseFile,
    Rpc,
)
from tonne.cli.core.output import Printer, many, table
from tonne.cli.evidence.meters import FleetKeystore, FleetPassphrase
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.meters.simulated_fleet import MeterFleet

DEFAULT_BROKER: Final = "mqtt://127.0.0.1:1883"

OracleFolder = Annotated[
    Path,
    typer.Option(
        "--folder",
        help="Folder of the oracle: journal, leaves, inbox and status.",
        show_default="build/meters/",
    ),
]

# Options of a client of the broker, shared with `tonne meters gateway`

BrokerUrl = Annotated[str, typer.Option(help="URL of the broker, mqtt:// or mqtts://.")]
User = Annotated[str | None, typer.Option(help="MQTT user name.")]
PasswordFile = Annotated[Path | None, typer.Option(help="File with the MQTT password.")]
Version = Annotated[int, typer.Option(help="MQTT version: 3 (3.1.1) or 5.", min=3, max=5)]
BrokerAuthority = Annotated[
    Path | None, typer.Option(help="PEM file of the authority that vouches for the broker.")
]
OwnCertificate = Annotated[Path | None, typer.Option(help="PEM file with this end's certificate.")]
OwnKey = Annotated[
    Path | None, typer.Option(help="PEM file with its key, if not in the same file.")
]


def run_oracle(
    context: typer.Context,
    oracle: OracleFolder = METERS,
    rpc: Rpc = DEFAULT_RPC,
    folder: Deployments = DEPLOYMENTS,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Run the meter oracle; without a key it sends no transactions.

    Further options are passed on to the daemon, e.g. `--broker`, `--mqtt-version`, `--grace` or
    `--workers`; `python -m oracles.meters run --help` lists them.
    """
    daemon_process.execute(
        "oracles.meters",
        oracle,
        *(rpc, folder, name, keystore_file, passphrase_file),
        context.args,
    )


@command(needs=Printer)
def status(session: Printer, oracle: OracleFolder = METERS) -> None:
    """Show received, posted and refused readings of the oracle, each refusal with its code."""
    data = _status(oracle / "status.json")
    broker = data["broker"]
    state = "connected" if broker["connected"] else f"away ({broker['code']})"
    counts, heard = data["counts"], data["meters"]
    lines: list[Any] = [
        f"As of {_when(data['written'])}, chain time {_when(data['chainTime'])}.",
        f"Broker {broker['url']}: {state}, {many(broker['outages'], 'outage')}.",
        f"{many(heard['registered'], 'meter')} registered, {heard['heard']} heard, "
        f"{many(counts['records'], 'record')} kept, {heard['missingRecords']} missing, "
        f"{counts['set_aside']} set aside, {many(data['challenges'], 'open challenge')}.",
    ]
    if data["nodes"]:
        rows = [
            (n["node"], n["carrier"], n["meters"], n["posted"], n["open"], _when(n["firstOpen"]))
            for n in data["nodes"]
        ]
        columns = (">node", "carrier", ">meters", ">posted", ">open intervals", "open since")
        lines.append(table("Nodes", columns, rows))
    if data["incidents"]:
        incidents = [
            (i["code"], i["meter"] or "", i["count"], _when(i["lastAt"]), i["reason"])
            for i in data["incidents"]
        ]
        lines.append(table("Incidents", ("code", ">meter", ">times", "last", "reason"), incidents))
    else:
        lines.append("Nothing was refused.")
    session.show(data, *lines)


@command(needs=Printer)
def simulate(
    session: Printer,
    fleet_file: Annotated[
        Path,
        typer.Option("--fleet", help="Description of the fleet, from `tonne meters register`."),
    ],
    fleet_keystore: FleetKeystore,
    fleet_passphrase_file: FleetPassphrase = None,
    broker: BrokerUrl = DEFAULT_BROKER,
    mqtt_user: User = None,
    mqtt_password_file: PasswordFile = None,
    mqtt_version: Version = 3,
    mqtt_ca: BrokerAuthority = None,
    mqtt_certificate: OwnCertificate = None,
    mqtt_key: OwnKey = None,
    first: Annotated[
        int, typer.Option(help="First record; 0 is the reading at the fleet's start.")
    ] = 0,
    count: Annotated[int, typer.Option(help="Records of each meter.", min=1)] = 97,
    speed: Annotated[
        float, typer.Option(help="Speed as a multiple of real time; 0 for no pauses.", min=0)
    ] = 0,
    move_clock: Annotated[
        str | None,
        typer.Option(help="JSON-RPC URL of a test chain to move along with the meters' time."),
    ] = None,
) -> None:
    """Publish the signed readings of a simulated fleet: households, roofs, heat pumps, batteries."""
    from tonne.crypto import keystore
    from tonne.meters.mqtt import BrokerSettings
    from tonne.meters.publisher import Publisher, run
    from tonne.meters.simulated_fleet import MeterFleet, meters

    fleet = MeterFleet.read(fleet_file)
    owner = keystore.read(fleet_keystore, fleet_passphrase_file, "--fleet-passphrase-file")
    password = mqtt_password_file.read_text("utf-8").rstrip("\r\n") if mqtt_password_file else None
    name = f"tonne-fleet-{fleet.first}-{fleet.count}"
    settings = BrokerSettings(
        broker, name, mqtt_user, password, mqtt_version, mqtt_ca, mqtt_certificate, mqtt_key
    )
    publisher = Publisher(list(meters(fleet, owner)), settings)
    stop = stop_signals.listen((signal.SIGTERM,))
    publisher.start()
    before = _clock(fleet, move_clock) if move_clock else lambda _: None
    rest_s = fleet.interval_s / speed if speed else 0
    done = run(publisher, range(first, first + count), rest_s, stop, before)
    left = publisher.stop()
    if left:
        raise TonneError(
            "METER_BROKER_DOWN",
            f"The broker disconnected with {left} records not acknowledged.",
            field="broker",
            value=broker,
            remedy=f"Start it and repeat from --first {first}: duplicates count once.",
        )
    data = {"intervals": done, "records": done * fleet.count, "sentAgain": publisher.again}
    says = f"{many(done * fleet.count, 'record')} of {many(fleet.count, 'meter')} published."
    session.show(data, says)


def _clock(fleet: MeterFleet, rpc: str) -> Any:
    from tonne.chain.client import Chain

    chain = Chain(rpc)

    def move(index: int) -> None:
        moment = fleet.since + index * fleet.interval_s
        if chain.now() < moment:
            chain.set_time(moment)

    return move


def _status(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return found
    except FileNotFoundError:
        raise refused("METER_NO_ORACLE", parent=str(path.parent)) from None


def _when(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
