"""A Merkle tree whose nodes carry sums of energy: who shows one leaf shows its share of the whole.

leaf = hash(0x00 ‖ three words), node = hash(0x01 ‖ left ‖ left sums ‖ right ‖ right sums), an odd node
moves up as it is; a hash is the first 22 bytes of keccak, sums take 24. `contracts/lib/MerkleSum.sol` is
the same tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tonne.crypto.hashing import keccak
from tonne.errors import refused

#: (name, lowest bit, bits); the top bit of each field stays free.
FIELDS: Final = (
    ("import_wh", 0, 48),
    ("export_wh", 48, 48),
    ("settled", 96, 24),
    ("provisional", 120, 24),
    ("substituted", 144, 24),
    ("held", 168, 24),
)
HELD: Final = 3
HASH_BYTES: Final = 22
_STEP: Final = HASH_BYTES + 24  # of a proof
GUARDS: Final = sum(1 << low + bits - 1 for _, low, bits in FIELDS)
_ABOVE: Final = GUARDS | ~((1 << 192) - 1)  # no sum has a bit here


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums under a node: energy in Wh, leaves by quality."""

    import_wh: int
    export_wh: int
    settled: int
    provisional: int
    substituted: int
    held: int

    @property
    def count(self) -> int:
        """All leaves."""
        return self.settled + self.provisional + self.substituted + self.held

    @classmethod
    def of(cls, word: int) -> Sums:
        """The fields of a sum word."""
        return cls(*(word >> low & (1 << bits) - 1 for _, low, bits in FIELDS))


@dataclass(frozen=True, slots=True)
class Tree:
    """All levels of a tree, from the leaves up: (hash, sum word) of each node."""

    levels: tuple[tuple[tuple[bytes, int], ...], ...]

    @property
    def root(self) -> bytes:
        """Hash of the root, as the chain takes it: 22 bytes and 10 of zeros."""
        return self.levels[-1][0][0].ljust(32, b"\0")

    @property
    def sums(self) -> int:
        """Sum word of the root."""
        return self.levels[-1][0][1]

    def proof(self, index: int) -> bytes:
        """Hash (22 bytes) and sums (24) of each sibling from the ground up."""
        if not 0 <= index < len(self.levels[0]):
            raise IndexError(f"no leaf {index} among {len(self.levels[0])}")
        found = b""
        for level in self.levels[:-1]:
            if (sibling := index ^ 1) < len(level):
                found += level[sibling][0] + level[sibling][1].to_bytes(24, "big")
            index >>= 1
        return found


def leaf_hash(first: bytes, second: bytes, third: bytes) -> bytes:
    """Hash of a leaf that holds three words."""
    return keccak(b"\x00" + first + second + third)[:HASH_BYTES]


def leaf_sums(import_wh: int, export_wh: int, quality: int) -> int:
    """Sum word of one leaf; a held leaf (quality 3) counts, its energy does not."""
    counted = 1 << 96 + 24 * quality
    return counted if quality == HELD else counted | import_wh | export_wh << 48


def tree(leaves: Sequence[tuple[bytes, int]], guards: int = GUARDS) -> Tree:
    """The tree over (hash, sum word) of each leaf, in their order.

    Words may have other fields: `guards` are the top bits of each, which stay free.
    """
    if not leaves:
        raise refused("merkle.no_leaves")
    levels = [tuple(leaves)]
    while len(levels[-1]) > 1:
        levels.append(_above(levels[-1], guards))
    return Tree(tuple(levels))


def _above(level: Sequence[tuple[bytes, int]], guards: int) -> tuple[tuple[bytes, int], ...]:
    above = []
    for i in range(0, len(level) - 1, 2):
        (left, a), (right, b) = level[i], level[i + 1]
        above.append((_node((left, a), (right, b)), _add(a, b, guards)))
    return (*above, level[-1]) if len(level) & 1 else tuple(above)


def _node(left: tuple[bytes, int], right: tuple[bytes, int]) -> bytes:
    (one, a), (two, b) = left, right
    data = b"".join((b"\x01", one, a.to_bytes(24, "big"), two, b.to_bytes(24, "big")))
    return keccak(data)[:HASH_BYTES]


def _add(a: int, b: int, guards: int) -> int:
    total = a + b
    if (a | b | total) & guards:
        raise refused("merkle.sum_overflow", left_sum=a, right_sum=b)
    return total


def climb(leaf: bytes, sums: int, index: int, count: int, proof: bytes) -> tuple[bytes, int] | None:
    """Root (32 bytes) and sum word of the tree of `count` leaves of which this is number `index`; None
    where the proof is of another length, a field runs over, or the sums are of another count."""
    found = climb_by(leaf, sums, index, count, proof, _ABOVE)
    if found is None or found[2] or Sums.of(found[1]).count != count:
        return None
    return found[0].ljust(32, b"\0"), found[1]


def climb_by(
    leaf: bytes, sums: int, index: int, count: int, proof: bytes, guards: int
) -> tuple[bytes, int, bytes] | None:
    """As `climb`, of a tree whose words have other fields, and no count: hash of the root (22 bytes), its
    sums, and what of the proof is not needed. `guards` are bits that no sum has."""
    if not 0 <= index < count:
        return None
    root, at, last = leaf, index, count - 1
    while last:
        if at ^ 1 <= last:
            beside, proof = proof[:_STEP], proof[_STEP:]
            if len(beside) < _STEP:
                return None
            other = beside[:HASH_BYTES], int.from_bytes(beside[HASH_BYTES:], "big")
            if (other[1] | sums) & guards:
                return None
            pair = (other, (root, sums)) if at & 1 else ((root, sums), other)
            root, sums = _node(*pair), sums + other[1]
        at, last = at >> 1, last >> 1
    return None if sums & guards else (root, sums, proof)


def steps(proof: bytes) -> tuple[tuple[bytes, Sums], ...]:
    """Hash and sums of each sibling on the way of a proof."""
    return tuple(
        (
            proof[at : at + HASH_BYTES],
            Sums.of(int.from_bytes(proof[at + HASH_BYTES : at + _STEP], "big")),
        )
        for at in range(0, len(proof), _STEP)
    )
