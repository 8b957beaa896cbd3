"""mosquitto in place of the oracle's own broker, where it is installed and there are many meters.

The broker inside the oracle is for a neighbourhood: of 2,000 meters it took a quarter of all time.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tonne import files
from tonne.sandbox.node import die_with_parent

#: From so many customers' meters on.
MANY: Final = 2_000
STOP_SECONDS: Final = 10


def free_port() -> int:
    """A port of the loopback address that no process listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_wanted(meters: int) -> bool:
    """Whether a run of so many meters has a broker of its own."""
    return meters > MANY and shutil.which("mosquitto") is not None


@dataclass(slots=True)
class CityBroker:
    """A mosquitto on the loopback address that throws nothing away."""

    folder: Path
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Opens it; clients try until it listens."""
        lines = (
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous true",
            "max_queued_messages 0",
            "max_inflight_messages 0",
        )
        path = self.folder / "mosquitto.conf"
        files.write(path, "\n".join(lines) + "\n")
        self._process = subprocess.Popen(
            ["mosquitto", "-c", str(path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )

    def stop(self) -> None:
        """Safe to repeat."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
