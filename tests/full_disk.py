"""A small file system that can be filled to the last byte, and emptied again."""

from __future__ import annotations

import contextlib
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """`full()` takes all room away, or leaves so many bytes; `room()` gives it back."""

    path: Path
    full: Callable[[int], None]
    room: Callable[[], None]


def _fill(ballast: Path, leaves: int) -> None:
    with ballast.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        size = file.tell()
        file.truncate(max(size - leaves, 0))


@contextmanager
def mounted(path: Path, size: str = "64m") -> Iterator[SmallDisk]:
    """A file system of its own in memory; skips where that is refused."""
    path.mkdir()
    program = shutil.which("mount")
    asked = [program or "", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    if program is None or subprocess.run(asked, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here: the limit of a file's size stands for it")
    ballast = path / ".ballast"
    try:
        yield SmallDisk(path, lambda leaves=0: _fill(ballast, leaves), ballast.unlink)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


@contextmanager
def limited(path: Path) -> Iterator[SmallDisk]:
    """Files of this process that can grow no more, in place of a disk: what CI can do everywhere.

    The kernel says "file too large" where a full disk says "no space left".
    """
    path.mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def full(leaves: int = 0) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (leaves, before[1]))

    def room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    try:
        yield SmallDisk(path, full, room)
    finally:
        room()


KINDS = {"disk": mounted, "limit": limited}
