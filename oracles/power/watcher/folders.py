"""Files that were handed in, found without walking a whole tree each time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tonne.errors import refused, why

#: [s] After its last change a folder is taken to be complete.
QUIET_S: Final = 60
#: [s] Interval of looks at a complete folder without subfolders; after as long, at the earliest, its files
#: are read again.
AGAIN_S: Final = 60

#: A file, and the time [ns] of its last change.
Found = tuple[Path, int]


@dataclass(frozen=True, slots=True)
class _Quiet:
    """A folder of which all was read."""

    changed: int  # [ns]
    folders: tuple[Path, ...]
    read_at: float  # [s]


class HandedIn:
    """The JSON files of a tree of folders: those of folders that changed in the last minute, or since their
    last complete reading; and, in each walk, those of the folder with the oldest reading: a file that is
    corrected in place, or comes with its folder's time set back, changes no folder.

    Ages are by the machine's clock, which wrote the times of change: however it is set, a folder that
    changes gets another time. Links to folders are not followed: they may lead in circles. An unreadable
    folder stops no other; `unreadable` gets it each time, with the reason.
    """

    def __init__(
        self,
        root: Path,
        unreadable: Callable[[Path, str], None] = lambda *_: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root
        self._unreadable = unreadable
        self._clock = clock
        self._quiet: dict[Path, _Quiet] = {}  # read longest ago first
        self._again = clock() + AGAIN_S

    def files(self) -> Iterator[Found]:
        """One walk. A folder counts as read when a file after its last one is requested; the next walk finds
        the rest."""
        self._forget_oldest()
        asks_all = self._clock() >= self._again
        recent = (time.time() - QUIET_S) * 10**9
        waiting = [self._root]
        while waiting:
            folder = waiting.pop()
            known = self._quiet.get(folder)
            if known is not None and not known.folders and not asks_all:
                continue
            try:
                changed = folder.stat().st_mtime_ns
                if known is not None and known.changed == changed:
                    waiting += reversed(known.folders)
                    continue
                folders, files = _listed(folder)
            except OSError as error:
                self._quiet.pop(folder, None)
                if not isinstance(error, FileNotFoundError):  # else it was taken away meanwhile
                    self._unreadable(folder, why(error))
                continue
            waiting += reversed(folders)
            yield from files
            self._quiet.pop(folder, None)
            if changed < recent:
                self._quiet[folder] = _Quiet(changed, folders, self._clock())
        if asks_all:
            self._again = self._clock() + AGAIN_S

    def _forget_oldest(self) -> None:
        """Has the folder that was read longest ago read again, unless it is gone."""
        oldest = next(iter(self._quiet), None)
        if oldest is not None and self._clock() - self._quiet[oldest].read_at >= AGAIN_S:
            del self._quiet[oldest]


def forget_gone(known: dict[Path, Any], most: int) -> None:
    """Drops files that were taken away, of so many that were looked at longest ago."""
    for path in list(islice(known, most)):
        kept = known.pop(path)
        if os.path.exists(path):
            known[path] = kept  # looked at last


def made(folder: Path) -> Path:
    """A folder that is there from now on; WATCHER_FOLDER where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused("WATCHER_FOLDER", folder=str(folder), reason=why(error)) from error
    return folder


def _listed(folder: Path) -> tuple[tuple[Path, ...], list[Found]]:
    """A folder's folders and JSON files, each by name; a file that disappears meanwhile is left out."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    folders = tuple(folder / e.name for e in found if e.is_dir(follow_symlinks=False))
    files = []
    for entry in found:
        try:
            if entry.name.endswith(".json") and entry.is_file():
                files.append((folder / entry.name, entry.stat().st_mtime_ns))
        except OSError:  # gone, or a link that leads nowhere
            continue
    return folders, files
