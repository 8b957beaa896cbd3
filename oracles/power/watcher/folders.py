"""Files that were handed in, found without walking a whole tree each time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: [s] After its last change a folder is taken to be complete.
QUIET_S: Final = 60
#: [s] A complete folder without folders in it is looked at so often: what is put there late is found by that.
AGAIN_S: Final = 60


@dataclass(frozen=True, slots=True)
class _Quiet:
    """A folder of which all was read."""

    changed: int  # [ns]
    folders: tuple[Path, ...]


class HandedIn:
    """The JSON files of a tree of folders: those of folders that have changed in the last minute, or since
    all of them were read.

    Ages are by the machine's clock, which made the times of change: however it is set, a folder that
    changes gets another time.
    """

    def __init__(self, root: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._clock = clock
        self._quiet: dict[Path, _Quiet] = {}
        self._seen: dict[Path, _Quiet] = {}  # those that are quiet once all of this walk is read
        self._again = clock() + AGAIN_S
        self._walks_all = False

    def files(self) -> Iterator[Path]:
        """One walk. What is not asked of it any more is found by the next one."""
        self._seen = {}
        self._walks_all = self._clock() >= self._again
        recent = (time.time() - QUIET_S) * 10**9
        waiting = [self._root]
        while waiting:
            folder = waiting.pop()
            known = self._quiet.get(folder)
            if known is not None and not known.folders and not self._walks_all:
                continue
            try:
                changed = folder.stat().st_mtime_ns
                if known is not None and known.changed == changed:
                    waiting += reversed(known.folders)
                    continue
                folders, files = _listed(folder)
            except FileNotFoundError:  # taken away meanwhile
                self._quiet.pop(folder, None)
                continue
            waiting += reversed(folders)
            if changed < recent:
                self._seen[folder] = _Quiet(changed, folders)
            yield from files

    def all_read(self) -> None:
        """The walk was asked for all of its files, and each was read."""
        self._quiet |= self._seen
        if self._walks_all:
            self._again = self._clock() + AGAIN_S


def _listed(folder: Path) -> tuple[tuple[Path, ...], list[Path]]:
    """A folder's folders and JSON files, each by name."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    folders = tuple(folder / entry.name for entry in found if entry.is_dir())
    files = [folder / e.name for e in found if e.name.endswith(".json") and e.is_file()]
    return folders, files
