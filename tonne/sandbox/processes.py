"""A daemon of ours as a process of its own, started and stopped by a run."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tonne.errors import TonneError
from tonne.paths import HOME
from tonne.sandbox.node import die_with_parent

STOP_SECONDS = 10


@dataclass(slots=True)
class Process:
    """`python -m MODULE run` with options; what it writes goes to a log."""

    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def launch(self, module: str, options: Sequence[tuple[str, Any]]) -> None:
        command = [sys.executable, "-m", module, "run"]
        for name, value in options:
            command += [name, str(value)]
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal reaches the run, which ends the daemon.
            self.process = subprocess.Popen(
                command,
                cwd=HOME,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent if sys.platform == "linux" else None,
            )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ends the process; safe to repeat."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)

    def failed(self, code: str, what: str, remedy: str) -> TonneError:
        """What to raise, with the last lines of the log."""
        tail = ""
        if self.log.exists():
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-6:])
        return TonneError(
            code, f"{what}.\n{tail}", field="oracle", value=str(self.log), remedy=remedy
        )


def processor_seconds() -> float:
    """[s] of this process and of its children that have ended."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


def process_seconds(number: int) -> float:
    """[s] that another process has used so far, as far as the system tells."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / 100
