"""Rights of a contract over energy credits: `uses 32 | rights 32`, see `IEnergyCredits`."""

from __future__ import annotations

from typing import Final

from tonne.types.packing import Layout

_WORD: Final = Layout(rights=32, uses=32)


def pack(rights: int, uses: int) -> int:
    """Its rights, and the uses of credits that it serves."""
    return _WORD.pack(rights=rights, uses=uses)


def uses_of(word: int) -> int:
    """The uses of credits that it serves."""
    return _WORD.get(word, "uses")
