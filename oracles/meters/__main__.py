"""`python -m oracles.meters`: the meter oracle's process."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from oracles.meters.broker import EmbeddedBroker
from oracles.meters.cycle import MetersCycle
from oracles.meters.duties import bond, effect, participant, role
from oracles.meters.feeds import MAPS
from oracles.meters.journal import MeterJournal
from oracles.meters.mqtt import MqttSource
from oracles.meters.posting import GAS_LIMIT, PostingSettings
from oracles.meters.workers import pool_of
from oracles.runtime.commands import app_of
from oracles.runtime.daemon import DaemonKind, FolderPlace, Workplace
from oracles.runtime.inbox import Inbox
from oracles.runtime.process import run_app
from oracles.runtime.transactions import TransactionManager
from tonne.constants import HOUR_S
from tonne.meters.mqtt import BrokerSettings

#: In place of a broker where nothing is taken.
UNREACHED: Final = "mqtt://127.0.0.1:1"

INBOX: Final = "inbox"


@dataclass(frozen=True, slots=True)
class MetersPlace(FolderPlace):
    """One folder: journal, leaves and status; its `inbox` takes files."""

    @property
    def box(self) -> Inbox:
        """Where files of meters arrive."""
        return Inbox(self.folder / INBOX)


@dataclass(frozen=True, slots=True)
class MetersOptions:
    """Where readings come from, and when they are posted."""

    broker: Annotated[
        str | None,
        typer.Option(help="mqtt:// or mqtts:// URL. Without one a broker is opened here."),
    ] = None
    broker_port: Annotated[int, typer.Option(help="Port of the broker that is opened here.")] = 1883
    mqtt_version: Annotated[int, typer.Option(help="3 (3.1.1) or 5.", min=3, max=5)] = 3
    mqtt_user: Annotated[str | None, typer.Option(help="User at the broker.")] = None
    mqtt_password_file: Annotated[
        Path | None, typer.Option(help="File that holds the password.")
    ] = None
    mqtt_ca: Annotated[
        Path | None, typer.Option(help="PEM file of the authority that vouches for the broker.")
    ] = None
    mqtt_certificate: Annotated[
        Path | None, typer.Option(help="PEM file with this end's certificate.")
    ] = None
    mqtt_key: Annotated[
        Path | None, typer.Option(help="PEM file with its key, if not in the same file.")
    ] = None
    grace: Annotated[
        int, typer.Option(help="Wait for missing meters after an interval's end [s].")
    ] = 300
    final_lead: Annotated[
        int, typer.Option(help="Post corrections this long before their window closes [s].")
    ] = HOUR_S
    workers: Annotated[
        int, typer.Option(help="Processes that check signatures; 0: the daemon's process does.")
    ] = 0

    def settings(self, url: str, name: str) -> BrokerSettings:
        """Settings for a client with that name, at a given broker or at the one opened here."""
        password = (
            self.mqtt_password_file.read_text("utf-8").rstrip("\r\n")
            if self.mqtt_password_file
            else None
        )
        return BrokerSettings(
            url,
            name,
            self.mqtt_user,
            password,
            self.mqtt_version,
            self.mqtt_ca,
            self.mqtt_certificate,
            self.mqtt_key,
        )


@dataclass(frozen=True, slots=True)
class MetersEquipment:
    """The parts that stay open for the life of the process."""

    options: MetersOptions
    broker: str  # URL
    pool: Executor | None


@contextmanager
def equipped(options: MetersOptions | None) -> Iterator[MetersEquipment]:
    """Workers, and a broker if no URL is given; neither if the oracle takes no records."""
    known = options or MetersOptions(broker=UNREACHED)
    pool = pool_of(known.workers)  # before there are threads
    own = EmbeddedBroker(port=known.broker_port) if known.broker is None else None
    if own is not None:
        own.start()
    try:
        yield MetersEquipment(known, known.broker or (own.url if own else UNREACHED), pool)
    finally:
        if own is not None:
            own.stop()
        if pool is not None:
            pool.shutdown()


def client_name(contract: str, oracle: int, secret: bytes) -> str:
    """The client name at the broker, which queues messages under it: from contract, participant and the
    journal's secret, because a client that connects by a name disconnects the earlier one."""
    own = hmac.digest(secret, b"name at the broker", "sha256").hex()[:16]
    return f"tonne-oracle-{contract[2:10].lower()}-{oracle}-{own}"


def cycle(place: Workplace[MeterJournal], manager: TransactionManager | None) -> MetersCycle:
    """The daemon's cycle; without a manager it judges and computes, and sends nothing."""
    chain, equipment, nodes = place.chain, place.equipment, place.nodes
    oracle = nodes.settled("the oracle", lambda: participant(chain, place.sender))
    name = client_name(chain["MeterOracle"].address, oracle, place.journal.secret)
    return MetersCycle(
        chain,
        place.journal,
        MqttSource(equipment.options.settings(equipment.broker, name)),
        place.box,
        place.folder,
        oracle,
        manager,
        PostingSettings(equipment.options.grace, equipment.options.final_lead),
        equipment.pool,
        nodes,
    )


KIND: Final = DaemonKind(
    name="meters",
    contract="MeterOracle",
    gas=GAS_LIMIT,
    journal=MeterJournal,
    cycle=cycle,
    effect=lambda _, key: effect(key),
    needs={"role": role, "bond": bond},
    kept=("leaves", INBOX, MAPS),
    place=MetersPlace,
    desk=MetersPlace,
    takes_files=True,
    options=MetersOptions,
    equipped=equipped,
)

app = app_of(KIND)

if __name__ == "__main__":
    run_app(app)
