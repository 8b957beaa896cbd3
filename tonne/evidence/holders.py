"""Whether the holders of evidence have the files: each asked by its folder or address, each file hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tonne.errors import TonneError
from tonne.evidence.manifest import EvidenceFile
from tonne.evidence.store import EvidenceSource, manifest_from, name_of

#: Holders of evidence, as in IEvidenceCustody.
NEEDED = 2


@dataclass(frozen=True, slots=True)
class HeldFiles:
    """Files of one manifest by how many holders have them; `listed` is empty where none has the manifest."""

    listed: tuple[EvidenceFile, ...]
    missing: tuple[str, ...]  # paths that no holder has
    single: tuple[str, ...]  # paths that one holder has

    @property
    def problem(self) -> str:
        """Files that no holder has, else those of one alone, in words; empty where two have all."""
        if self.missing:
            return f"no holder has {_some(self.missing)}"
        return f"one holder alone has {_some(self.single)}" if self.single else ""


class Holders:
    """Several holders. One that does not answer is asked once, and has nothing."""

    def __init__(self, sources: Sequence[EvidenceSource]) -> None:
        self.sources = sources
        self.silent: dict[str, str] = {}  # by address: the refusal

    def files(self, root: bytes) -> HeldFiles:
        """Files of a manifest; each is read from every holder whose manifest is the right one."""
        manifests = [(s, m) for s in self.sources if (m := self._manifest(s, root)) is not None]
        if not manifests:
            return HeldFiles((), ("its manifest",), ())
        listed = manifests[0][1]
        counts = {
            file.path: sum(self._has(source, file) for source, _ in manifests) for file in listed
        }
        single = tuple(path for path, count in counts.items() if count == 1)
        missing = tuple(path for path, count in counts.items() if count == 0)
        return HeldFiles(listed, missing, single)

    def _manifest(self, source: EvidenceSource, root: bytes) -> tuple[EvidenceFile, ...] | None:
        if str(source) in self.silent:
            return None
        try:
            return manifest_from(source, root)
        except TonneError as error:
            self._note(source, error)
            return None

    def _has(self, source: EvidenceSource, file: EvidenceFile) -> bool:
        if str(source) in self.silent:
            return False
        try:
            body = source.bytes_of(name_of(file.sha256))
        except TonneError as error:
            self._note(source, error)
            return False
        return body is not None and hashlib.sha256(body).hexdigest() == file.sha256

    def _note(self, source: EvidenceSource, error: TonneError) -> None:
        if error.code == "EVIDENCE_SOURCE":
            self.silent[str(source)] = error.message


def problems(
    named: Mapping[bytes, str], sources: Sequence[EvidenceSource]
) -> list[tuple[str, str]]:
    """Code and sentence of every root whose files fewer than two holders have, and of every silent holder."""
    holders = Holders(sources)
    found = []
    for root, what in sorted(named.items(), key=lambda one: (one[1], one[0])):
        held = holders.files(root)
        if held.problem:
            code = "EVIDENCE_MISSING" if held.missing else "EVIDENCE_ONE_HOLDER"
            found.append((code, f"Evidence 0x{root.hex()[:16]}… of {what}: {held.problem}."))
    silent = [("EVIDENCE_SOURCE", f"{of}: {said}") for of, said in holders.silent.items()]
    return silent + found


def _some(paths: Sequence[str]) -> str:
    told = ", ".join(paths[:3])
    return told if len(paths) <= 3 else f"{told} and {len(paths) - 3:,} more"
