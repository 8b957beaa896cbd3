"""The meter oracle as a process of its own, and a street of meters for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from tests.oracles.meters.ground import NOTARY, OWNER
from tests.patience import HANGING_S
from tonne import files
from tonne.crypto import keystore
from tonne.meters.mqtt import BrokerSettings
from tonne.meters.publisher import Publisher
from tonne.meters.simulated_fleet import MeterFleet, meters

ROOT = Path(__file__).resolve().parents[3]
PASSPHRASE = "a passphrase nobody prints"
WAIT_SECONDS = HANGING_S


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
            files.write(folder / "passphrase.txt", PASSPHRASE + "\n", files.PRIVATE)
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
import oracles.runtime.operating as operating
from tests.oracles.meters import ground

operating.connect = ground.connect
daemon.run_app(daemon.app)
"""


def publisher(fleet: MeterFleet, port: int, version: int = 3) -> Publisher:
    settings = BrokerSettings(f"mqtt://127.0.0.1:{port}", "street", version=version)
    made = Publisher(list(meters(fleet, OWNER)), settings)
    made.start()
    return made


def posts_an_interval(chain, fleet: MeterFleet, daemon: Daemon, port: int) -> None:
    """Two records of each meter, by the daemon's own broker: the interval between them is on the chain."""
    daemon.until(lambda: daemon.status().get("broker", {}).get("connected", False))
    street = publisher(fleet, port)
    for index in (0, 1):
        street.publish(index)
    daemon.until(lambda: posted(chain) == 1)
    assert on_chain(chain) == total(fleet, 2)
    assert street.stop() == 0
    assert daemon.stop() == 0


def posted(chain) -> int:
    """Intervals on the chain."""
    return len(chain.logs("MeterOracle", "IntervalPosted"))


def total(fleet: MeterFleet, records: int) -> int:
    return sum(meter.registers(records - 1)[0] for meter in meters(fleet, OWNER))


def on_chain(chain) -> int:
    """Import of all intervals [Wh]."""
    return sum(e["sums"] & (1 << 47) - 1 for e in chain.logs("MeterOracle", "IntervalPosted"))
