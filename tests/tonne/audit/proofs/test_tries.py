"""Tries, compared with the field's library."""

from __future__ import annotations

import random

import pytest
import rlp
from trie import HexaryTrie

from tonne.audit.proofs.tries import EMPTY_ROOT, nodes_by_hash, ordered_root, proven
from tonne.crypto.hashing import keccak


def _library(values):
    trie = HexaryTrie({})
    for place, value in enumerate(values):
        trie[rlp.encode(place)] = value
    return trie.root_hash


@pytest.mark.parametrize("size", [0, 1, 2, 3, 16, 17, 127, 128, 129, 255, 256, 257, 700])
@pytest.mark.parametrize("longest", [4, 300])
def test_the_root_is_the_librarys(size, longest):
    die = random.Random(size)
    values = [die.randbytes(die.randint(1, longest)) for _ in range(size)]

    assert ordered_root(values) == _library(values)


def _secure(entries):
    nodes = {}
    trie = HexaryTrie(nodes)
    for key, value in entries.items():
        trie[keccak(key)] = value
    return trie


@pytest.mark.parametrize("size", [1, 2, 5, 100, 600])
def test_values_and_absences_are_proven_by_the_nodes_of_their_path(size):
    die = random.Random(size)
    entries = {
        die.randbytes(20): rlp.encode(die.randbytes(die.randint(1, 40))) for _ in range(size)
    }
    trie = _secure(entries)
    absent = [die.randbytes(20) for _ in range(50)]
    for key in [*entries, *absent]:
        proof = [rlp.encode(node) for node in trie.get_proof(keccak(key))]

        assert proven(trie.root_hash, key, nodes_by_hash(proof)) == entries.get(key)


def test_a_proof_that_lacks_a_node_or_has_another_proves_nothing():
    die = random.Random(1)
    entries = {die.randbytes(20): die.randbytes(40) for _ in range(200)}
    trie = _secure(entries)
    for key in entries:
        proof = [rlp.encode(node) for node in trie.get_proof(keccak(key))]
        place, at = die.randrange(len(proof)), die.randrange(len(proof[0]))
        altered = bytearray(proof[place])
        altered[at % len(altered)] ^= 1
        for fewer in (
            proof[:place] + proof[place + 1 :],
            [*proof[:place], bytes(altered), *proof[place + 1 :]],
        ):
            with pytest.raises(ValueError):
                proven(trie.root_hash, key, nodes_by_hash(fewer))


def test_nothing_is_in_an_empty_trie():
    assert ordered_root([]) == EMPTY_ROOT
    assert proven(EMPTY_ROOT, b"key", {}) is None
