"""The daemon as a real process with its own broker: killed in the middle, cut off for an hour, asked."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from oracles.meters.broker import EmbeddedBroker
from tests.oracles.meters.ground import NOTARY, OWNER, QUARTER, T0, register
from tonne.crypto import keystore
from tonne.meters.mqtt import BrokerSettings
from tonne.meters.publisher import Publisher
from tonne.meters.simulated_fleet import MeterFleet, meters

ROOT = Path(__file__).resolve().parents[3]
PASSPHRASE = "a passphrase nobody prints"
WAIT_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Daemon:
    """`python -m oracles.meters run`."""

    def __init__(
        self,
        chain,
        folder: Path,
        *options: str,
        starter: Sequence[str] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.chain, self.folder = chain, folder
        book = folder / "deployment.json"
        if not book.exists():
            book.write_text(json.dumps({n: c.address for n, c in chain.contracts.items()}))
            keystore.write(folder / "oracle.json", NOTARY, PASSPHRASE, keystore.WEAK)
            (folder / "passphrase.txt").write_text(PASSPHRASE + "\n")
        command = [
            sys.executable,
            *(starter or ("-c", STARTER)),
            "run",
            "--rpc",
            chain.url,
            "--finality",
            "instant",
        ]
        command += ["--deployment", str(book), "--folder", str(folder / "oracle")]
        command += ["--keystore", str(folder / "oracle.json"), "--interval", "0.02"]
        command += [
            "--passphrase-file",
            str(folder / "passphrase.txt"),
            "--grace",
            "20000",
            *options,
        ]
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                stdout=log,
                stderr=log,
            )

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def status(self) -> dict:
        path = self.folder / "oracle" / "status.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not holds():
            assert self.process.poll() is None, self.log()[-3000:]
            assert time.monotonic() < deadline, (json.dumps(self.status()), self.log()[-600:])
            time.sleep(0.05)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_SECONDS)


#: The daemon on contracts that no deployments file lists.
STARTER = """
import oracles.meters.__main__ as daemon
from tests.oracles.meters import ground

daemon.connect = ground.connect
daemon.run_app(daemon.app)
"""


@pytest.fixture
def fleet(metered) -> MeterFleet:
    made = MeterFleet(node=1, first=1, count=6, seed=7, since=T0, interval_s=QUARTER)
    register(metered, made)
    return made


@pytest.fixture
def daemons(metered, tmp_path) -> Iterator[Callable[..., Daemon]]:
    started: list[Daemon] = []

    def start(*options: str, **further: Any) -> Daemon:
        started.append(Daemon(metered, tmp_path, *options, **further))
        return started[-1]

    yield start
    for daemon in started:
        if daemon.process.poll() is None:
            daemon.kill()


def publisher(fleet: MeterFleet, port: int, version: int = 3) -> Publisher:
    settings = BrokerSettings(f"mqtt://127.0.0.1:{port}", "street", version=version)
    made = Publisher(list(meters(fleet, OWNER)), settings)
    made.start()
    return made


def posted(chain) -> int:
    """Intervals on the chain."""
    return len(chain.logs("MeterOracle", "IntervalPosted"))


def total(fleet: MeterFleet, records: int) -> int:
    return sum(meter.registers(records - 1)[0] for meter in meters(fleet, OWNER))


def on_chain(chain) -> int:
    """Import of all intervals [Wh]."""
    return sum(e["sums"] & (1 << 47) - 1 for e in chain.logs("MeterOracle", "IntervalPosted"))


def test_readings_go_from_the_street_to_the_chain_though_the_daemon_is_killed(
    metered, fleet, daemons
):
    port = free_port()
    metered.set_time(T0 + 2 * QUARTER + 10)
    broker = EmbeddedBroker(port=port)
    broker.start()
    street = publisher(fleet, port)
    options = ("--broker", f"mqtt://127.0.0.1:{port}")
    daemon = daemons(*options)
    daemon.until(lambda: daemon.status().get("broker", {}).get("connected", False))
    for index in range(3):
        street.publish(index)
    daemon.until(lambda: posted(metered) >= 1)
    daemon.kill()
    metered.set_time(T0 + 8 * QUARTER + 10)
    for index in range(3, 9):
        street.publish(index)
    daemon = daemons(*options)
    daemon.until(lambda: posted(metered) >= 8)
    daemon.until(lambda: daemon.status()["counts"]["records"] == 9 * fleet.count)
    assert on_chain(metered) == total(fleet, 9)
    assert posted(metered) == 8
    assert daemon.stop() == 0
    status = daemon.status()
    assert status["meters"] == {"registered": 6, "heard": 6, "missingRecords": 0}
    assert {i["code"] for i in status["incidents"]} <= {"METER_REPEATED", "METER_SKIPPED"}
    assert PASSPHRASE not in daemon.log() and NOTARY.key.hex() not in daemon.log()
    assert street.stop() == 0
    broker.stop()


@pytest.mark.long
def test_a_broker_that_was_away_for_an_hour_loses_and_doubles_nothing(metered, fleet, daemons):
    """Its memory is gone, too: what was on the way is found missing by the counter and asked for."""
    port = free_port()
    broker = subprocess.Popen([sys.executable, "-c", BROKER, str(port)], cwd=ROOT)
    try:
        street = publisher(fleet, port)
        daemon = daemons("--broker", f"mqtt://127.0.0.1:{port}")
        metered.set_time(T0 + QUARTER + 10)
        daemon.until(lambda: daemon.status().get("broker", {}).get("connected", False))
        for index in (0, 1):
            street.publish(index)
        daemon.until(lambda: posted(metered) >= 1)
        broker.kill()
        broker.wait()
        daemon.until(lambda: not daemon.status()["broker"]["connected"])
        assert daemon.status()["broker"]["code"] == "METER_BROKER_DOWN"
        for index in range(2, 6):
            street.publish(index)
        metered.set_time(T0 + 5 * QUARTER + 10)
        broker = subprocess.Popen([sys.executable, "-c", BROKER, str(port)], cwd=ROOT)
        daemon.until(lambda: daemon.status()["counts"]["records"] == 6 * fleet.count)
        daemon.until(lambda: posted(metered) >= 5)
        assert on_chain(metered) == total(fleet, 6)
        assert street.stop() == 0
        daemon.stop()
        status = daemon.status()
        assert status["meters"]["missingRecords"] == 0
        codes = {
            item["code"]: item["count"] for item in status["incidents"] if item["meter"] is None
        }
        assert codes == {"METER_BROKER_DOWN": 1}
    finally:
        broker.kill()
        broker.wait()


BROKER = """
import sys, time
from oracles.meters.broker import EmbeddedBroker
EmbeddedBroker(port=int(sys.argv[1])).start()
time.sleep(600)
"""


def test_a_daemon_without_a_broker_opens_one(metered, fleet, daemons):
    port = free_port()
    metered.set_time(T0 + QUARTER + 10)
    daemon = daemons("--broker-port", str(port))
    daemon.until(lambda: daemon.status().get("broker", {}).get("connected", False))
    street = publisher(fleet, port)
    for index in (0, 1):
        street.publish(index)
    daemon.until(lambda: posted(metered) == 1)
    assert on_chain(metered) == total(fleet, 2)
    street.stop()
    assert daemon.stop() == 0


@pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed")
@pytest.mark.parametrize("version", [3, 5])
def test_mosquitto_serves_as_well(metered, fleet, daemons, version, tmp_path):
    port = free_port()
    (tmp_path / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    with subprocess.Popen(["mosquitto", "-c", str(tmp_path / "mosquitto.conf")]) as broker:
        try:
            metered.set_time(T0 + QUARTER + 10)
            options = ("--broker", f"mqtt://127.0.0.1:{port}", "--mqtt-version", str(version))
            daemon = daemons(*options)
            daemon.until(lambda: daemon.status().get("broker", {}).get("connected", False))
            street = publisher(fleet, port, version)
            for index in (0, 1):
                street.publish(index)
            daemon.until(lambda: posted(metered) == 1)
            assert on_chain(metered) == total(fleet, 2)
            street.stop()
        finally:
            broker.kill()
