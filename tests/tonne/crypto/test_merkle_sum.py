import json
from pathlib import Path

import pytest

from tonne.crypto.merkle_sum import Sums, Tree, climb, leaf_hash, leaf_sums, tree
from tonne.errors import TonneError

VECTORS = Path(__file__).parents[2] / "vectors" / "merkle_sum.json"


def plain(count: int) -> Tree:
    """The tree of the vectors: leaf i holds the words i, i + 1, i + 2."""
    return tree(
        [
            (
                leaf_hash(*((i + n).to_bytes(32, "big") for n in range(3))),
                leaf_sums(10 * i + 1, 3 * i, i % 4),
            )
            for i in range(count)
        ]
    )


def test_the_vectors_are_those_that_the_contract_reproduces():
    trees = json.loads(VECTORS.read_text())["trees"]
    assert [t["count"] for t in trees] == [1, 2, 3, 13, 64]
    for vector in trees:
        built = plain(vector["count"])
        assert vector["root"] == "0x" + built.root.hex()
        assert int(vector["sums"], 16) == built.sums


def test_sums_leave_out_the_energy_of_what_is_held():
    sums = Sums.of(plain(13).sums)
    counted = [i for i in range(13) if i % 4 != 3]
    assert sums.import_wh == sum(10 * i + 1 for i in counted)
    assert sums.export_wh == sum(3 * i for i in counted)
    assert (sums.settled, sums.provisional, sums.substituted, sums.held) == (4, 3, 3, 3)
    assert sums.count == 13


@pytest.mark.parametrize(
    ("count", "index", "siblings"), [(1, 0, 0), (3, 2, 1), (13, 12, 2), (13, 0, 4)]
)
def test_a_level_where_the_node_moves_up_alone_gives_no_sibling(count, index, siblings):
    assert len(plain(count).proof(index)) == 46 * siblings


def test_a_leaf_that_is_not_there_has_no_proof():
    with pytest.raises(IndexError):
        plain(3).proof(3)


def test_nothing_has_no_root():
    with pytest.raises(TonneError, match="without a leaf"):
        tree([])


def test_a_field_that_runs_over_is_refused():
    full = leaf_sums(2**47 - 1, 0, 0)
    with pytest.raises(TonneError) as refused:
        tree([(b"\1" * 22, full), (b"\2" * 22, leaf_sums(1, 0, 0))])
    assert refused.value.code == "merkle.sum_overflow"


@pytest.mark.parametrize("count", [1, 2, 3, 13, 64])
def test_every_leaf_climbs_to_the_root_and_no_other_does(count):
    built = plain(count)
    for index, (leaf, sums) in enumerate(built.levels[0]):
        way = built.proof(index)
        assert climb(leaf, sums, index, count, way) == (built.root, built.sums)
        assert climb(leaf, sums, index + 1, count, way) != (built.root, built.sums)
        assert climb(leaf, sums + 1, index, count, way) != (built.root, built.sums)
        assert climb(leaf, sums, index, count, way + b"x") is None
        assert climb(leaf, sums, index, count + 1, way) is None
        if way:
            assert climb(leaf, sums, index, count, way[:-1]) is None


def test_a_sibling_that_runs_over_is_refused():
    leaf, sums = plain(2).levels[0][0]
    beside = plain(2).levels[0][1]
    much = beside[0] + (beside[1] | 1 << 47).to_bytes(24, "big")
    assert climb(leaf, sums, 0, 2, much) is None
