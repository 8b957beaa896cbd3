"""Build artifacts that ship with the source: one compressed file for each deployable contract.

An artifact is current if its key equals the hash of the compiler version, the settings and the texts that the
contract is compiled with. The key shows which sources an artifact is for. Only recompilation shows that its
bytecode is theirs: `tonne deploy verify --recompile`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from tonne import files
from tonne.deployment import sources
from tonne.deployment.sources import Json, SourceTree
from tonne.errors import TonneError, refused

#: Counts the forms of the files: another form is compiled again.
FORM: Final = 1
#: Folder of the files, in a checkout and in an installed package.
FOLDER: Final = "artifacts"
ENDING: Final = ".json.gz"
#: Window bits of zlib that mean a gzip file. xz would save a third of the size and cost each command 0.1 s.
GZIP: Final = 31
#: [bytes] Most that a file may hold when it is decompressed; the largest today holds 0.5 MB.
MOST: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract, as a deployment needs it."""

    name: str
    source: str  # path from the root of the project
    abi: list[Json]
    bytecode: str  # creation code, 0x…; constructor arguments follow it
    runtime: str  # code on chain, 0x…; immutables are zero here
    metadata: str  # of the compiler: hashes of all sources, settings, version
    #: First bytes of the words in `runtime` that each immutable fills, by the compiler's number of it.
    immutables: dict[str, list[int]] = field(default_factory=dict)
    #: SHA-256 of each text that the contract is compiled with, by path.
    texts: dict[str, str] = field(default_factory=dict)
    key: str = ""  # SHA-256 of form, compiler, settings and texts

    @property
    def digest(self) -> str:
        """SHA-256 of the compiler's metadata."""
        return hashlib.sha256(self.metadata.encode()).hexdigest()


def path_of(root: Path, name: str) -> Path:
    """Path of a contract's artifact."""
    return root / FOLDER / f"{name}{ENDING}"


def names(root: Path) -> list[str]:
    """Contracts that have an artifact, sorted."""
    return sorted(path.name.removesuffix(ENDING) for path in (root / FOLDER).glob(f"*{ENDING}"))


def read(path: Path) -> Artifact:
    """The artifact in a file. Raises ARTIFACT_DAMAGED where it cannot be read."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, zlib.error, ValueError, TypeError, KeyError) as error:
        raise refused(
            "ARTIFACT_DAMAGED", path=str(path), path_name=path.name.removesuffix(ENDING)
        ) from error


@lru_cache(maxsize=512)
def _read(path: Path, written_ns: int) -> Artifact:
    """The artifact in a file as it was at the time of writing [ns]."""
    decoder = zlib.decompressobj(wbits=GZIP)
    raw = decoder.decompress(path.read_bytes(), MOST)
    if not decoder.eof or decoder.unused_data:
        raise ValueError("it is incomplete or too long")
    body = json.loads(raw)
    if body.pop("form") != FORM:
        raise ValueError("it has another form")
    return Artifact(**body)


def write(root: Path, artifact: Artifact) -> Path:
    """Writes an artifact in one step; equal contents give an equal file."""
    body = {"form": FORM, **asdict(artifact)}
    raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    packed = gzip.compress(raw, compresslevel=9, mtime=0)
    path = path_of(root, artifact.name)
    files.write(path, packed)
    return path


# Keys


def texts_of(tree: SourceTree, name: str, called_by: Mapping[str, tuple[str, str]]) -> Json:
    """SHA-256 by path of all texts that a contract's artifact follows from."""
    found = set(tree.compiled_with(name))
    if name in called_by:
        found |= tree.closure(called_by[name][0])
    return {path: _hash(tree.text(path)) for path in sorted(found)}


def key_of(tree: SourceTree, texts: Mapping[str, str]) -> str:
    """Key of a compilation: form, compiler, settings and texts."""
    whole: list[Any] = [FORM, sources.COMPILER_VERSION, tree.settings, dict(texts)]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def reason_stale(root: Path, tree: SourceTree, name: str, texts: Mapping[str, str]) -> str | None:
    """The reason why a contract must be compiled, in a few words; None if its artifact is current."""
    path = path_of(root, name)
    if not path.is_file():
        return "no artifact"
    try:
        artifact = read(path)
    except TonneError:
        return "damaged artifact"
    if artifact.name != name or artifact.source != tree.deployable[name]:
        return "artifact of another contract"
    if artifact.key == key_of(tree, texts):
        return None
    changed = sorted(
        file for file in {*texts, *artifact.texts} if texts.get(file) != artifact.texts.get(file)
    )
    if not changed:
        return "other compiler settings"
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"{changed[0]}{more} changed"


@lru_cache(maxsize=2048)
def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
