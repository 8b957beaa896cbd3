"""The folder that feeds a daemon with files.

inbox/            files arrive here, each written whole (by renaming)
inbox/accepted/   checked, transaction pending
inbox/done/       on the chain, deep enough
inbox/rejected/   refused; NAME.reason.json next to each file has the reason

No file is overwritten: a file with a taken name gets a mark of its content.
"""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from tonne import files
from tonne.errors import refused
from tonne.evidence.monitoring_files import MONITORING_SUFFIX
from tonne.evidence.report_files import BATCH_SUFFIX, REPORT_SUFFIX
from tonne.files import MAX_FILE_BYTES

PLACES = ("accepted", "done", "rejected")

#: How the names of signed files end, by their kind.
SUFFIXES = (REPORT_SUFFIX, BATCH_SUFFIX, MONITORING_SUFFIX)

#: Of a file's name: the name of its reason is longer.
MAX_NAME_BYTES = 200

#: Hex digits of a file's SHA-256 that distinguish it from another file with its name.
MARK = 16


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A file as it lies in the inbox. `content` is cut at the size limit plus one byte."""

    name: str
    content: bytes
    sha256: str


class Inbox:
    """Reads arrivals in order of name and moves files from place to place; a move is one rename."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for place in PLACES:
            (folder / place).mkdir(parents=True, exist_ok=True)

    def arrivals(self, after: str = "", most: int | None = None) -> list[InboxFile]:
        """Files now waiting, hidden ones and folders apart: at most so many, from the one behind `after` by
        name, once around."""
        names = sorted(
            path.name
            for path in self.folder.iterdir()
            if not path.name.startswith(".") and not path.is_symlink() and path.is_file()
        )
        start = bisect_right(names, after)
        return [self._arrival(name) for name in (names[start:] + names[:start])[:most]]

    def _arrival(self, name: str) -> InboxFile:
        with (self.folder / name).open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        return InboxFile(name, content, hashlib.sha256(content).hexdigest())

    def accepted(self) -> list[Path]:
        """All files on their way to the chain, in order of name."""
        return sorted(path for path in (self.folder / "accepted").iterdir() if path.is_file())

    def holds(self, arrival: InboxFile) -> bool:
        """Whether this very file was taken in."""
        names = (arrival.name, _marked(arrival.name, arrival.sha256))
        places = [self.folder / place / name for place in ("accepted", "done") for name in names]
        return any(path.is_file() and digest(path) == arrival.sha256 for path in places)

    def move(self, name: str, place: str, source: str = "") -> Path | None:
        """Moves a file to a folder and returns its path; another file with that name stays."""
        origin = self.folder / source / name
        if not origin.exists():
            return None
        target = self._target(origin, place)
        os.replace(origin, target)
        return target

    def reject(self, name: str, code: str, reason: str, remedy: str, source: str = "") -> None:
        """Writes the reason first, so that no file lies in `rejected/` without one."""
        origin = self.folder / source / name
        if not origin.exists():
            return
        target = self._target(origin, "rejected")
        body = {"file": target.name, "code": code, "reason": reason, "remedy": remedy}
        # The file's own description need not be text: halves of surrogates become JSON escapes.
        text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
        _write_reason(target, text.encode("utf-8", "backslashreplace"))
        os.replace(origin, target)

    def _target(self, origin: Path, place: str) -> Path:
        """Where a file goes: to its own name, or to one with a mark of its content where another
        file has that name. The same file always gets the same name."""
        plain = self.folder / place / origin.name
        if not _taken(plain) or _same(plain, origin):
            return plain
        return self.folder / place / _marked(origin.name, digest(origin))


def check_name(name: str) -> None:
    """Refuses a file without a kind in its name, without text, or above the length limit."""
    whole = printable(name) == name and len(os.fsencode(name)) <= MAX_NAME_BYTES
    if not whole or not name.endswith(SUFFIXES):
        raise refused(
            "REPORT_FILE_NAME",
            file=printable(name),
            report_suffix=REPORT_SUFFIX,
            batch_suffix=BATCH_SUFFIX,
            monitoring_suffix=MONITORING_SUFFIX,
            max_name_bytes=MAX_NAME_BYTES,
        )


def printable(text: str) -> str:
    """The text with an escape for whatever UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def digest(path: Path) -> str:
    """SHA-256 of a whole file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _same(one: Path, other: Path) -> bool:
    """Whether both are files of one content."""
    return (
        one.is_file()
        and one.stat().st_size == other.stat().st_size
        and digest(one) == digest(other)
    )


def _taken(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _marked(name: str, sha256: str) -> str:
    """`north.report.json` with a mark: `north.0123456789abcdef.report.json`."""
    mark = sha256[:MARK]
    for suffix in SUFFIXES:
        if name.endswith(suffix):
            return f"{_shortened(name.removesuffix(suffix))}.{mark}{suffix}"
    return f"{_shortened(name)}.{mark}"


def _shortened(name: str) -> str:
    """A name with room for a suffix; a cut name ends in a hash of the whole."""
    raw = os.fsencode(name)
    if len(raw) <= MAX_NAME_BYTES:
        return name
    return f"{raw[:100].decode('utf-8', 'ignore')}-{hashlib.sha256(raw).hexdigest()[:16]}"


def _write_reason(target: Path, content: bytes) -> None:
    """Beside the file. An earlier reason for the same file is kept under a number."""
    name = _shortened(target.name)
    path = target.with_name(f"{name}.reason.json")
    if path.exists() and path.read_bytes() != content:
        number = 1
        while _taken(earlier := target.with_name(f"{name}.reason.{number}.json")):
            number += 1
        os.replace(path, earlier)
    files.write(path, content)
