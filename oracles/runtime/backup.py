"""Copies a daemon's journal and store into one file, and restores them.

The journal is copied first, at one moment, then the store. Later events are neither lost nor repeated: the
daemon reads files and leaves again that the journal lacks, and asks the chain before it sends. The
backup contains all data of the store, a meter oracle's secret included: only its owner may read it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from oracles.runtime.inbox import PLACES
from oracles.runtime.journal import Journal
from tonne import files
from tonne.errors import TonneError, refused

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
#: [bytes] Of a file, read at once.
_PART: Final = 65_536
JOURNAL: Final = "journal.sqlite"
STORE: Final = "store"


@dataclass(frozen=True, slots=True)
class Saved:
    """Counts of a finished backup."""

    files: int
    bytes: int
    facts: dict[str, str]  # what the journal is bound to


def save(archive: Path, journal: Path, store: Path, kept: Iterable[str]) -> Saved:
    """Writes a backup of the journal and of some of the store; the daemon may be at work.

    `kept` names folders of the store, and files by patterns such as `*-account-keys.json`.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".backup-") as room:
        copy = Path(room) / JOURNAL
        reader = Journal(journal, reads=True)
        try:
            reader.copy_to(copy)
            facts = {name: reader.recall(name) or "" for name in ("chain", "oracle", "sender")}
        finally:
            reader.close()
        half = Path(room) / "half"
        known: dict[str, dict[str, Any]] = {}
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, files.PRIVATE)
        with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
            _add(tar, known, JOURNAL, copy)
            for path in _found(store, kept):
                _add(tar, known, f"{STORE}/{path.relative_to(store).as_posix()}", path)
            body = {"format": FORMAT, "made": int(time.time()), "facts": facts, "files": known}
            content = json.dumps(body, indent=1).encode()
            info = tarfile.TarInfo(MANIFEST)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
            tar.close()
            file.flush()
            os.fsync(file.fileno())
        os.replace(half, archive)
    return Saved(len(known), sum(int(item["bytes"]) for item in known.values()), facts)


def restore(archive: Path, journal: Path, store: Path) -> Saved:
    """Puts a whole backup back, or nothing; over no journal, and over no file of other content."""
    if journal.exists():
        raise refused("ORACLE_RESTORE_OCCUPIED", journal=str(journal))
    if not archive.is_file():
        raise refused("ORACLE_BACKUP_MISSING", archive=str(archive))
    try:
        with tarfile.open(archive) as tar:
            body = _manifest(tar, archive)
            for name, item in body["files"].items():
                if _hashed(_member(tar, name, archive)) != item["sha256"]:
                    raise _damaged(archive, f"{name} is not what it was")
            for name in body["files"]:
                if name != JOURNAL:
                    _put(
                        store / PurePosixPath(name).relative_to(STORE), _member(tar, name, archive)
                    )
            _put(journal, _member(tar, JOURNAL, archive))
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(archive, str(error).partition("\n")[0].rstrip(":")) from error
    sizes = [int(item["bytes"]) for item in body["files"].values()]
    return Saved(len(sizes), sum(sizes), body["facts"])


def _found(store: Path, kept: Iterable[str]) -> Iterator[Path]:
    """Files of the store. The inbox is listed in the order in which files pass through it, then its first
    folder again, so that a file that moves meanwhile is found once at least."""
    seen = set()
    for name in kept:
        base = store / name
        if (base / PLACES[0]).is_dir():
            rooms = [base, *(base / place for place in PLACES), base]
            paths: Iterable[Path] = (path for room in rooms for path in sorted(room.iterdir()))
        elif base.is_dir():
            paths = sorted(base.rglob("*"))
        else:
            paths = sorted(store.glob(name))
        for path in paths:
            if path not in seen and not path.name.startswith(".") and _is_plain(path):
                seen.add(path)
                yield path


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _add(tar: tarfile.TarFile, known: dict[str, dict[str, Any]], name: str, path: Path) -> None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return  # moved meanwhile; found in its new folder
    with file:
        # Files of a store are renamed, never changed: an open file stays whole.
        info = tarfile.TarInfo(name)
        info.size = os.fstat(file.fileno()).st_size
        known[name] = {"sha256": _hashed(file), "bytes": info.size}
        file.seek(0)
        tar.addfile(info, file)


def _hashed(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    while part := file.read(_PART):
        found.update(part)
    return found.hexdigest()


def _manifest(tar: tarfile.TarFile, archive: Path) -> dict[str, Any]:
    try:
        body: dict[str, Any] = json.loads(_member(tar, MANIFEST, archive).read())
        names = body["files"]
        if body["format"] != FORMAT or JOURNAL not in names:
            raise ValueError("another format")
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(archive, f"its list of files cannot be read ({error})") from None
    for name in names:
        path = PurePosixPath(name)
        inside = name == JOURNAL or (path.parts[0] == STORE and len(path.parts) > 1)
        if not inside or path.is_absolute() or ".." in path.parts:
            raise _damaged(archive, f"{name} would lie outside of the store")
    return body


def _member(tar: tarfile.TarFile, name: str, archive: Path) -> IO[bytes]:
    try:
        found = tar.extractfile(name)
    except KeyError:
        found = None
    if found is None:
        raise _damaged(archive, f"{name} is missing")
    return found


def _put(target: Path, file: IO[bytes]) -> None:
    """A file of this content at the place; another one of that name stays, and this gets a mark."""
    content = file.read()
    if target.exists():
        if target.read_bytes() == content:
            return
        mark = hashlib.sha256(content).hexdigest()[:16]
        stem, dot, rest = target.name.partition(".")
        target = target.with_name(f"{stem}.{mark}{dot}{rest}")
    files.write(target, content, files.PRIVATE)


def _damaged(archive: Path, said: str) -> TonneError:
    return refused("ORACLE_BACKUP_DAMAGED", archive=str(archive), reason=said)
