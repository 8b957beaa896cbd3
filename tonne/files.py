"""Files written whole or not at all, durably.

A reader sees the old content or the new, never a part, and what was written survives a power cut.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

#: [bytes] A larger file that is handed in (report, batch, meter feed) is refused unread.
MAX_FILE_BYTES: Final = 8 * 1024 * 1024

#: Permissions before the umask: of ordinary files, and of those that only their owner may read.
ORDINARY: Final = 0o666
PRIVATE: Final = 0o600


def text(path: Path, most: int) -> str:
    """A file's text; ValueError where it has more bytes, of which no more are read."""
    with path.open("rb") as file:
        found = file.read(most + 1)
    if len(found) > most:
        raise ValueError(f"it has more than {most} bytes")
    return found.decode()


def read_json(path: Path, most: int = MAX_FILE_BYTES) -> Any:
    """Content of a file that was handed in; ValueError where it is no JSON, nested too deeply or too long."""
    try:
        return json.loads(text(path, most))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def write(path: Path, content: str | bytes, mode: int = ORDINARY) -> None:
    """Writes a file in one step, replacing one that is there; makes its folder.

    The content goes to a hidden temporary file of its own in the same folder, is synced, and takes the
    name; then the folder is synced. Of several writers of one path the last one's content stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    _write_synced(temporary, content, mode)
    try:
        os.replace(temporary, path)
    except OSError:
        temporary.unlink()
        raise
    _sync_folder(path.parent)


def create(path: Path, content: str | bytes, mode: int = PRIVATE) -> None:
    """Writes a file that must be new; `FileExistsError` if there is one of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_synced(path, content, mode)
    _sync_folder(path.parent)


def create_all(folder: Path, contents: Mapping[str, str], mode: int = PRIVATE) -> None:
    """Creates files by their names, all of them or none; a folder that is new is its owner's alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made: list[Path] = []
    try:
        for name, content in contents.items():
            _write_synced(folder / name, content, mode)
            made.append(folder / name)
        _sync_folder(folder)
    except BaseException:
        for path in made:
            with contextlib.suppress(OSError):
                path.unlink()
        raise


def _write_synced(path: Path, content: str | bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
