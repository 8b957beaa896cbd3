"""Storage slots of ledgers with the values that events give them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tonne.crypto.hashing import keccak


@dataclass(frozen=True, slots=True)
class SlotValue:
    """A value in a slot and the number it must be."""

    contract: str
    slot: int
    expected: int
    about: str
    read: Callable[[int], int] = int  # the value within the slot's word


def mapping_slot(key: int, base: int) -> int:
    """Slot of a value in a mapping that stands at `base`."""
    return int.from_bytes(keccak(key.to_bytes(32, "big") + base.to_bytes(32, "big")), "big")
