"""Evidence by its content: files under their SHA-256, manifests under their root, in a folder or on the web.

```
sha256/ab/abcd…        a file
manifests/0123….json   a manifest by its Merkle root, as signed: path, size and SHA-256 of each file
```
The same layout serves as static files of a web server: another holder mirrors it by its address. Nothing
that comes from elsewhere is kept before its bytes give the name that it was asked by.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import requests

from tonne import files
from tonne.errors import TonneError
from tonne.evidence.manifest import (
    EvidenceError,
    EvidenceFile,
    canonical_json,
    manifest_of_folder,
    manifest_root,
    parse_manifest,
    plain,
)

#: Largest file that is taken from elsewhere [bytes], and the time for each [s].
MOST_BYTES: Final = 2**30
TIMEOUT_S: Final = 60
CHUNK: Final = 2**20


class EvidenceSource(Protocol):
    """A place that a manifest's files come from."""

    def bytes_of(self, name: str) -> bytes | None:
        """Content of a file of the layout; None where it is missing."""

    def __str__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class MissingFile:
    """A file of a manifest that a store does not have, or has with other bytes."""

    path: str  # of the manifest; `manifest` for the manifest itself
    sha256: str
    problem: str  # missing, or changed


@dataclass(frozen=True, slots=True)
class EvidenceStore:
    """A folder of evidence."""

    folder: Path

    def __str__(self) -> str:
        return str(self.folder)

    def bytes_of(self, name: str) -> bytes | None:
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None

    def put(self, source: Path) -> bytes:
        """Takes in every file below a folder; returns the root of its manifest."""
        if not source.is_dir():
            raise EvidenceError.of("EVIDENCE_FOLDER", source=str(source))  # fmt: skip
        listed = manifest_of_folder(source)
        if not listed:
            raise EvidenceError.of("EVIDENCE_EMPTY", source=str(source))  # fmt: skip
        for file in listed:
            target = self.folder / name_of(file.sha256)
            if not target.exists():
                _write(target, (source / file.path).read_bytes(), file.sha256)
        return self._keep(listed)

    def get(self, root: bytes, target: Path) -> tuple[EvidenceFile, ...]:
        """Lays the files of a manifest out below a new folder, each checked."""
        listed = self.manifest(root)
        broken = list(self.check(root))
        if broken:
            raise _incomplete(root, broken, self)
        if target.exists() and any(target.iterdir()):
            raise EvidenceError.of("EVIDENCE_TARGET", target=str(target))  # fmt: skip
        for file in listed:
            place = target / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.folder / name_of(file.sha256), place)
        return listed

    def manifest(self, root: bytes) -> tuple[EvidenceFile, ...]:
        """A manifest by its root; EvidenceError where it is missing or another."""
        listed = manifest_from(self, root)
        if listed is None:
            raise EvidenceError.of("EVIDENCE_NO_MANIFEST", root="0x" + root.hex())
        return listed

    def roots(self) -> list[bytes]:
        """Roots of all manifests here."""
        found = sorted((self.folder / "manifests").glob("*.json"))
        return [bytes.fromhex(path.stem) for path in found if len(path.stem) == 64]

    def check(self, root: bytes) -> Iterator[MissingFile]:
        """Every file of a manifest that is missing or changed: all bytes are hashed anew."""
        try:
            listed = manifest_from(self, root)
        except EvidenceError:
            yield MissingFile("manifest", root.hex(), "changed")
            return
        if listed is None:
            yield MissingFile("manifest", root.hex(), "missing")
            return
        for file in listed:
            path = self.folder / name_of(file.sha256)
            if not path.is_file():
                yield MissingFile(file.path, file.sha256, "missing")
            elif digest_of(path) != file.sha256:
                yield MissingFile(file.path, file.sha256, "changed")

    def mirror(self, source: EvidenceSource, root: bytes) -> int:
        """Takes the missing or changed files of a manifest from a source; returns their number."""
        listed = manifest_from(source, root)
        if listed is None:
            raise _incomplete(root, [MissingFile("manifest", root.hex(), "missing")], source)
        taken, broken = 0, []
        for file in listed:
            target = self.folder / name_of(file.sha256)
            if target.is_file() and digest_of(target) == file.sha256:
                continue
            body = source.bytes_of(name_of(file.sha256))
            if body is None or hashlib.sha256(body).hexdigest() != file.sha256:
                problem = "missing" if body is None else "changed"
                broken.append(MissingFile(file.path, file.sha256, problem))
                continue
            _write(target, body, file.sha256)
            taken += 1
        if broken:
            raise _incomplete(root, broken, source)
        self._keep(listed)
        return taken

    def _keep(self, listed: Sequence[EvidenceFile]) -> bytes:
        root = manifest_root(listed)
        path = self.folder / manifest_name(root)
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, canonical_json(plain(listed)).decode() + "\n")
        return root


@dataclass(frozen=True, slots=True)
class WebSource:
    """A store of another holder, read by its address."""

    address: str

    def __str__(self) -> str:
        return self.address

    def bytes_of(self, name: str) -> bytes | None:
        url = f"{self.address.rstrip('/')}/{name}"
        try:
            with requests.get(url, timeout=TIMEOUT_S, stream=True) as answer:
                if answer.status_code == 404:
                    return None
                answer.raise_for_status()
                body = bytearray()
                for chunk in answer.iter_content(CHUNK):
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise EvidenceError.of("EVIDENCE_TOO_LARGE", url=url, most_bytes=MOST_BYTES)
                return bytes(body)
        except requests.RequestException as error:
            raise EvidenceError(
                "EVIDENCE_SOURCE",
                f"The source does not answer: {type(error).__name__}.",
                field="source",
                value=url,
                remedy="Try again, or mirror from another holder.",
            ) from None


def source_of(text: str) -> EvidenceSource:
    """A source by the address or the folder that people give."""
    if text.startswith(("https://", "http://")):
        return WebSource(text)
    folder = Path(text)
    if not folder.is_dir():
        raise EvidenceError(
            "EVIDENCE_SOURCE", "There is no such folder.", field="source", value=text,
            remedy="Give the folder of a store, or its address, https://…",
        )  # fmt: skip
    return EvidenceStore(folder)


def manifest_from(source: EvidenceSource, root: bytes) -> tuple[EvidenceFile, ...] | None:
    """A manifest as a source has it, by its root; EvidenceError where the root is another."""
    body = source.bytes_of(manifest_name(root))
    if body is None:
        return None
    try:
        listed = parse_manifest(json.loads(body))
    except (ValueError, TonneError) as error:
        raise _other(root, source) from error
    if manifest_root(listed) != root:
        raise _other(root, source)
    return listed


def name_of(sha256: str) -> str:
    """Place of a file in the layout."""
    return f"sha256/{sha256[:2]}/{sha256}"


def manifest_name(root: bytes) -> str:
    """Place of a manifest in the layout."""
    return f"manifests/{root.hex()}.json"


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write(target: Path, body: bytes, sha256: str) -> None:
    """The whole file or none: a name never stands for other bytes."""
    if hashlib.sha256(body).hexdigest() != sha256:
        raise EvidenceError.of("EVIDENCE_CHANGED", sha256=sha256)  # fmt: skip
    files.write(target, body)


def _incomplete(
    root: bytes, broken: Sequence[MissingFile], source: EvidenceSource
) -> EvidenceError:
    told = "; ".join(f"{one.path} is {one.problem}" for one in broken[:5])
    return EvidenceError(
        "EVIDENCE_INCOMPLETE",
        f"{len(broken)} files of the manifest are not in {source}: {told}.",
        field="root",
        value="0x" + root.hex(),
        remedy="Take them from another holder: `tonne evidence mirror FOLDER`.",
    )


def _other(root: bytes, source: EvidenceSource) -> EvidenceError:
    return EvidenceError.of("EVIDENCE_OTHER_MANIFEST", root="0x" + root.hex(), source=source)
