"""The folder a daemon is fed through.

inbox/            files arrive here, each written whole (by renaming)
inbox/accepted/   checked, on its way to the chain
inbox/done/       on the chain, deep enough
inbox/rejected/   refused; beside each file NAME.reason.json says why
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from tonne.errors import TonneError
from tonne.report_files import BATCH_SUFFIX, MAX_FILE_BYTES, REPORT_SUFFIX

PLACES = ("accepted", "done", "rejected")

#: Of a file's name: the name of its reason is longer.
MAX_NAME_BYTES = 200


@dataclass(frozen=True, slots=True)
class Arrival:
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

    def arrivals(self) -> list[Arrival]:
        """All files now waiting, hidden ones and folders apart."""
        found = []
        for path in sorted(self.folder.iterdir()):
            if path.name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            with path.open("rb") as file:
                content = file.read(MAX_FILE_BYTES + 1)
            found.append(Arrival(path.name, content, hashlib.sha256(content).hexdigest()))
        return found

    def holds(self, name: str) -> bool:
        """Whether a file of this name was taken in."""
        return any((self.folder / place / name).exists() for place in ("accepted", "done"))

    def move(self, name: str, place: str, source: str = "") -> None:
        """Moves a file to a place; one that is there already under its name has the same content
        and stays."""
        origin = self.folder / source / name
        if origin.exists():
            os.replace(origin, self.folder / place / name)

    def reject(self, name: str, code: str, reason: str, remedy: str, source: str = "") -> None:
        """Writes the reason first, so that no file lies in `rejected/` without one."""
        body = {"file": name, "code": code, "reason": reason, "remedy": remedy}
        target = self.folder / "rejected" / _reason_name(name)
        temporary = target.with_name("." + target.name)
        # What a file says of itself need not be text: halves of surrogates become escapes of JSON.
        text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))
        os.replace(temporary, target)
        self.move(name, "rejected", source)


def check_name(name: str) -> None:
    """Refuses a file whose name says nothing about its kind, is no text, or is too long."""
    whole = printable(name) == name and len(os.fsencode(name)) <= MAX_NAME_BYTES
    if not whole or not name.endswith((REPORT_SUFFIX, BATCH_SUFFIX)):
        raise TonneError(
            "REPORT_FILE_NAME",
            f"{printable(name)} is not the name of a report or a batch.",
            field="file",
            value=printable(name),
            remedy=f"Name it NAME{REPORT_SUFFIX} or NAME{BATCH_SUFFIX}, "
            f"at most {MAX_NAME_BYTES} bytes in UTF-8.",
        )


def printable(text: str) -> str:
    """The text with an escape for whatever UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def _reason_name(name: str) -> str:
    """A file system takes names of 255 bytes; of a longer one the beginning and a hash."""
    raw = os.fsencode(name)
    if len(raw) <= MAX_NAME_BYTES:
        return f"{name}.reason.json"
    start = raw[:100].decode("utf-8", "ignore")
    return f"{start}-{hashlib.sha256(raw).hexdigest()[:16]}.reason.json"
