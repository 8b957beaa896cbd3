"""The one Merkle tree of the market: leaves and nodes are told apart, an odd node moves up as it is.

leaf = keccak(0x00 ‖ data), node = keccak(0x01 ‖ left ‖ right); `contracts/lib/Merkle.sol` is the
same tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tonne.constants import ZERO_WORD
from tonne.crypto.hashing import keccak

#: Root of a tree without leaves.
EMPTY_ROOT: Final = ZERO_WORD


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf."""
    return keccak(b"\x00" + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return keccak(b"\x01" + left + right)


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes, in their order; 32 zero bytes for none."""
    if not leaves:
        return EMPTY_ROOT
    return _levels(leaves)[-1][0]


def merkle_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings of leaf `index` from the ground up; a level where it moves up alone gives none."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} among {len(leaves)}")
    return _siblings(_levels(leaves), index)


def merkle_proofs(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """`merkle_proof` of every leaf, with each node hashed once."""
    levels = _levels(leaves)
    return [_siblings(levels, index) for index in range(len(leaves))]


def verify_proof(root: bytes, leaf: bytes, index: int, count: int, proof: Sequence[bytes]) -> bool:
    """Whether `leaf` is number `index` of the `count` leaves under `root`."""
    if not 0 <= index < count:
        return False
    given = iter(proof)
    node = leaf
    while count > 1:
        if index ^ 1 < count:
            sibling = next(given, None)
            if sibling is None:
                return False
            node = node_hash(sibling, node) if index & 1 else node_hash(node, sibling)
        index >>= 1
        count = (count + 1) >> 1
    return node == root and next(given, None) is None


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """From the leaves up to the root."""
    found = [list(leaves)]
    while len(found[-1]) > 1:
        found.append(_above(found[-1]))
    return found


def _siblings(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    proof = []
    for level in levels[:-1]:
        if index ^ 1 < len(level):
            proof.append(level[index ^ 1])
        index >>= 1
    return proof


def _above(level: list[bytes]) -> list[bytes]:
    pairs = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return [*pairs, level[-1]] if len(level) & 1 else pairs
