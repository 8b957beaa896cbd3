"""`tonne meters run`, `status` and `simulate`: the oracle as a process, and what feeds it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne import paths
from tonne.chain.client import Chain
from tonne.cli.core.session import (
    ACCOUNTS,
    DEFAULT_RPC,
    PASSPHRASE_FILE,
    As,
    AsJson,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    key,
    many,
    show,
    table,
)
from tonne.cli.evidence.meters import FleetKeystore, FleetPassphrase
from tonne.crypto import keystore
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.meters.mqtt import BrokerSettings
from tonne.meters.publisher import Publisher, run
from tonne.meters.simulated_fleet import Fleet, meters

#: What `run` takes beside its own options goes to the daemon as it is.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

METERS = paths.HOME / "build" / "meters"
DEFAULT_BROKER = "mqtt://127.0.0.1:1883"

OracleFolder = Annotated[
    Path, typer.Option("--folder", help="Of the oracle: journal, leaves, inbox and status.")
]
User = Annotated[str | None, typer.Option(help="User at the broker.")]
PasswordFile = Annotated[Path | None, typer.Option(help="File that holds the password.")]
Version = Annotated[int, typer.Option(help="Of MQTT: 3 (3.1.1) or 5.", min=3, max=5)]


def run_oracle(
    context: typer.Context,
    oracle: OracleFolder = METERS,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
) -> None:
    """Run the meter oracle; without a key it sends nothing.

    Further options are the daemon's own, such as `--broker`, `--mqtt-version`, `--grace` or `--workers`;
    `python -m oracles.meters run --help` lists them.
    """
    if name is not None:
        key(name, None, None)  # says who is known, if this one is not
        keystore_file, passphrase_file = ACCOUNTS / f"{name}.json", ACCOUNTS / PASSPHRASE_FILE
    with Chain(rpc) as chain:
        deployment = folder / f"{chain.chain_id}.json"
    oracle.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "oracles.meters", "run", "--rpc", rpc]
    command += ["--deployment", str(deployment), "--folder", str(oracle)]
    if keystore_file is not None:
        command += ["--keystore", str(keystore_file)]
    if passphrase_file is not None:
        command += ["--passphrase-file", str(passphrase_file)]
    os.execv(sys.executable, [*command, *context.args])


def status(oracle: OracleFolder = METERS, as_json: AsJson = False) -> None:
    """Show what the oracle has taken, posted and refused, each refusal with its code."""
    data = _status(oracle / "status.json")
    broker = data["broker"]
    state = "connected" if broker["connected"] else f"away ({broker['code']})"
    counts, heard = data["counts"], data["meters"]
    lines: list[Any] = [
        f"As of {_when(data['written'])}, chain time {_when(data['chainTime'])}.",
        f"Broker {broker['url']}: {state}, {many(broker['outages'], 'outage')}.",
        f"{many(heard['registered'], 'meter')} registered, {heard['heard']} heard of, "
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
        rows = [
            (i["code"], i["meter"] or "", i["count"], _when(i["lastAt"]), i["reason"])
            for i in data["incidents"]
        ]
        lines.append(table("Incidents", ("code", ">meter", ">times", "last", "what"), rows))
    else:
        lines.append("Nothing was refused.")
    show(data, as_json, *lines)


def simulate(
    fleet_file: Annotated[Path, typer.Option("--fleet", help="File of `tonne meters register`.")],
    fleet_keystore: FleetKeystore,
    fleet_passphrase_file: FleetPassphrase = None,
    broker: Annotated[str, typer.Option(help="mqtt:// or mqtts:// URL.")] = DEFAULT_BROKER,
    mqtt_user: User = None,
    mqtt_password_file: PasswordFile = None,
    mqtt_version: Version = 3,
    first: Annotated[int, typer.Option(help="First record: 0 is read when the fleet begins.")] = 0,
    count: Annotated[int, typer.Option(help="Records of each meter.", min=1)] = 97,
    speed: Annotated[
        float, typer.Option(help="Times as fast as the clock; 0 for as fast as it goes.", min=0)
    ] = 0,
    move_clock: Annotated[
        str | None, typer.Option(help="RPC of a test chain whose time goes with the meters'.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Publish the signed readings of a fleet: households, roofs, heat pumps, batteries."""
    fleet = Fleet.read(fleet_file)
    owner = keystore.read(fleet_keystore, fleet_passphrase_file)
    password = mqtt_password_file.read_text("utf-8").rstrip("\r\n") if mqtt_password_file else None
    name = f"tonne-fleet-{fleet.first}-{fleet.count}"
    settings = BrokerSettings(broker, name, mqtt_user, password, mqtt_version)
    publisher = Publisher(list(meters(fleet, owner)), settings)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    publisher.start()
    before = _clock(fleet, move_clock) if move_clock else lambda _: None
    rest_s = fleet.interval_s / speed if speed else 0
    done = run(publisher, range(first, first + count), rest_s, stop, before)
    left = publisher.stop()
    if left:
        raise TonneError(
            "METER_BROKER_DOWN",
            f"The broker went away with {left} records not taken.",
            field="broker",
            value=broker,
            remedy=f"Start it and repeat from --first {first}: what was taken counts once.",
        )
    data = {"intervals": done, "records": done * fleet.count, "sentAgain": publisher.again}
    says = f"{many(done * fleet.count, 'record')} of {many(fleet.count, 'meter')} published."
    show(data, as_json, says)


def _clock(fleet: Fleet, rpc: str) -> Any:
    chain = Chain(rpc)

    def move(index: int) -> None:
        moment = fleet.since + index * fleet.interval_s
        if chain.now() < moment:
            chain.set_time(moment)

    return move


def _status(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise TonneError(
            "METER_NO_ORACLE",
            "No oracle has worked in this folder.",
            field="folder",
            value=str(path.parent),
            remedy="Start one with `tonne meters run`, or name its --folder.",
        ) from None


def _when(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
