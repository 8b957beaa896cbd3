"""Holders of evidence as people name them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tonne.evidence.store import EvidenceSource


def holders_named(texts: Sequence[str]) -> list[EvidenceSource]:
    """Stores by folder or address; two that are one folder are one holder. Raises EVIDENCE_SOURCE."""
    from tonne.evidence.store import EvidenceStore, source_of

    found: dict[str, EvidenceSource] = {}
    for text in texts:
        source = source_of(text)
        one = source.folder.resolve() if isinstance(source, EvidenceStore) else text.rstrip("/")
        found.setdefault(str(one), source)
    return list(found.values())
