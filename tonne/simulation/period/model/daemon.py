"""The emission oracle as a process of its own, started and stopped by the run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tonne.errors import TonneError
from tonne.sandbox.processes import Process

WAIT_SECONDS = 180
POLL_SECONDS = 0.05


@dataclass(slots=True)
class EmissionDaemon:
    """`python -m oracles.emissions run` on this run's inbox."""

    rpc: str
    deployment: Path
    folder: Path  #     holds inbox, journal and log
    keystore: Path
    passphrase: Path
    moved: Callable[[int], None]
    _process: Process = field(init=False)
    _seen: int = 0

    def __post_init__(self) -> None:
        self._process = Process(self.log)

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def log(self) -> Path:
        return self.folder / "oracle.log"

    def start(self) -> None:
        """Starts the process, unless it runs."""
        if self._process.alive:
            return
        self._process.launch(
            "oracles.emissions",
            (
                ("--rpc", self.rpc),
                ("--deployment", self.deployment),
                ("--inbox", self.inbox),
                ("--journal", self.folder / "oracle.sqlite"),
                ("--keystore", self.keystore),
                ("--passphrase-file", self.passphrase),
                ("--interval", 0.05),
                ("--finality", "instant"),  # nothing reorganises a chain of one's own
            ),
        )

    def wait(self, done: int, rejected: int) -> None:
        """Until so many files lie in done/ and rejected/."""
        until = time.monotonic() + WAIT_SECONDS
        while True:
            carried, refused = len(self.done()), len(self.reasons())
            self.moved(carried + refused - self._seen)
            self._seen = carried + refused
            if carried >= done and refused >= rejected:
                break
            if not self._process.alive:
                raise self._failed("The emission oracle ended")
            if time.monotonic() > until:
                raise self._failed(
                    f"After {WAIT_SECONDS} s {carried} of {done} files are on chain and"
                    f" {refused} of {rejected} refused"
                )
            time.sleep(POLL_SECONDS)
        if carried != done or refused != rejected:
            raise self._failed(
                f"{carried} files are on chain and {refused} refused, not {done} and {rejected}"
            )

    def done(self) -> list[Path]:
        return _whole(self.inbox / "done", ".json")

    def reasons(self) -> list[dict[str, str]]:
        """Why each refused file was refused."""
        found = sorted(_whole(self.inbox / "rejected", ".reason.json"))
        return [json.loads(path.read_text(encoding="utf-8")) for path in found]

    def stop(self) -> None:
        """Ends the process; safe to repeat."""
        self._process.stop()

    def _failed(self, what: str) -> TonneError:
        return self._process.failed(
            "PERIOD_ORACLE_FAILED", what, "Read its log; the inbox is beside it."
        )


def _whole(folder: Path, suffix: str) -> list[Path]:
    """Files by the end of their name; hidden ones are still being written."""
    if not folder.exists():
        return []
    return [p for p in folder.iterdir() if p.name.endswith(suffix) and p.name[0] != "."]
