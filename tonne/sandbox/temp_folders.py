"""Folders that live as long as their process. What a killed process left, the next one clears away."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

#: `tonne-WHAT-PROCESS-…`
NAME: Final = re.compile(r"tonne-[a-z]+-(\d+)-\w+")

#: A folder with this file in it stays.
KEPT: Final = "kept"

#: A folder this young may not be locked yet [s].
YOUNG: Final = 60


@dataclass(slots=True)
class Scratch:
    """A folder of this process, locked as long as it lives."""

    path: Path
    _claim: int | None = field(default=None, repr=False)

    def keep(self) -> None:
        """Lets the folder outlive the process."""
        (self.path / KEPT).touch()
        self._release()

    def remove(self) -> None:
        """Safe to repeat."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._release()

    def _release(self) -> None:
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None


#: A file system in memory, for what need not outlive a crash; where there is one and TMPDIR is not set.
MEMORY: Final = Path("/dev/shm")


def make(what: str, in_memory: bool = False) -> Scratch:
    """A new folder; those that no process owns any more go."""
    clear()
    use = in_memory and "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK)
    path = Path(
        tempfile.mkdtemp(prefix=f"tonne-{what}-{os.getpid()}-", dir=MEMORY if use else None)
    )
    claim = os.open(path, os.O_RDONLY)
    fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return Scratch(path, claim)


def clear() -> None:
    """Removes what processes of this user left that ended without a chance to."""
    for path in (*Path(tempfile.gettempdir()).glob("tonne-*"), *MEMORY.glob("tonne-*")):
        found = NAME.fullmatch(path.name)
        if found and not (path / KEPT).exists() and _is_left(path, int(found[1])):
            shutil.rmtree(path, ignore_errors=True)


def _is_left(path: Path, process: int) -> bool:
    """Whether no process holds the folder. The lock says so, from inside another container too."""
    try:
        state = path.stat()
        if state.st_uid != os.getuid():
            return False
        if _lives(process) and time.time() - state.st_mtime < YOUNG:
            return False
        claim = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(claim)
    return True


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
