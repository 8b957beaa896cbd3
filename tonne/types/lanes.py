"""Lanes of 32 bits, eight to a word, the first lowest; see `contracts/types/Lanes.sol`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

WIDTH: Final = 32  # [bits]
PER_WORD: Final = 8
LARGEST: Final = (1 << WIDTH) - 1


def pack(lanes: Sequence[int]) -> list[int]:
    """As many words as the lanes need; the last one ends in zeros."""
    return [
        sum(lane << WIDTH * place for place, lane in enumerate(lanes[first : first + PER_WORD]))
        for first in range(0, len(lanes), PER_WORD)
    ]


def unpack(words: Sequence[int], count: int) -> list[int]:
    """The first `count` lanes."""
    return [at(words, place) for place in range(count)]


def at(words: Sequence[int], place: int) -> int:
    """The lane at a place."""
    return words[place // PER_WORD] >> place % PER_WORD * WIDTH & LARGEST
