"""Time in which the machine gave a process no core, which no test may hold against it."""

from __future__ import annotations

import os
from pathlib import Path


def starved_s(process: int | None = None) -> float:
    """[s] Threads of a process, or of this one, were ready to run and had no core, since they began."""
    threads = Path(f"/proc/{process or os.getpid()}/task").glob("*/schedstat")
    return sum(map(_starved_ns, threads)) / 1e9


def _starved_ns(thread: Path) -> int:
    try:
        _, waited_ns, _ = thread.read_text().split()
    except (FileNotFoundError, ProcessLookupError):  # it ended
        return 0
    return int(waited_ns)
