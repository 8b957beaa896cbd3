"""The emission oracle as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.oracles.emissions.desk import FURTHER, Desk
from tests.patience import HANGING_S
from tonne import files
from tonne.crypto import keystore

ROOT = Path(__file__).resolve().parents[3]
PASSPHRASE = "a passphrase nobody prints"
WAIT_SECONDS = HANGING_S
REPORTS = range(4, 4 + FURTHER)


@dataclass(slots=True)
class Oracle:
    """Starts `python -m oracles.emissions` on a desk's inbox."""

    desk: Desk
    started: list[subprocess.Popen] = field(default_factory=list)

    def __post_init__(self) -> None:
        keystore.write(self.keystore, self.desk.people["oracle"], PASSPHRASE, keystore.WEAK)
        files.write(self.desk.folder / "passphrase.txt", PASSPHRASE + "\n", files.PRIVATE)

    @property
    def keystore(self) -> Path:
        return self.desk.folder / "oracle.json"

    @property
    def log(self) -> Path:
        return self.desk.folder / "oracle.log"

    def command(self, name: str, *further: str) -> list[str]:
        places = {
            "--rpc": self.desk.chain.rpc.url,
            "--deployment": self.desk.deployments,
            "--inbox": self.desk.inbox,
            "--passphrase-file": self.desk.folder / "passphrase.txt",
        }
        options = [str(part) for pair in places.items() for part in pair]
        return [sys.executable, "-m", "oracles.emissions", name, *options, *further]

    def run(
        self, journal: str = "daemon.sqlite", sends: bool = True, further: Sequence[str] = ()
    ) -> subprocess.Popen:
        options = ["--journal", str(self.desk.folder / journal), "--interval", "0.05"]
        options += ["--finality", "instant", *further]
        options += ["--keystore", str(self.keystore)] if sends else []
        with self.log.open("ab") as log:
            self.started.append(
                subprocess.Popen(self.command("run", *options), cwd=ROOT, stdout=log, stderr=log)
            )
        return self.started[-1]

    def said(self, event: str) -> int:
        lines = (
            self.log.read_text().rpartition("\n")[0].splitlines()
        )  # the last may be half written
        return sum(json.loads(line)["event"] == event for line in lines if line[0] == "{")

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not true():
            assert self.started[-1].poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.005)
