"""Leaves and their tree: packing, salts, order, file, proofs."""

from __future__ import annotations

import pytest
from eth_hash.auto import keccak

from tonne.crypto.merkle_sum import Sums
from tonne.errors import TonneError
from tonne.meters.leaves import ROW_BYTES, IntervalLeaves, pack, salt, salted, total, unpack
from tonne.meters.readings import Quality
from tonne.meters.series import Flow, IntervalReading

SECRET = b"s" * 32


def reading(number: int, quality: Quality = Quality.SETTLED) -> IntervalReading:
    registers = Flow(1000 * number, 10 * number)
    return IntervalReading(100 + number, number, registers, quality, number, bytes([number]) * 32)


def made(count: int = 7, secret: bytes = SECRET, start: int = 900) -> IntervalLeaves:
    rows = ((n, reading(n, Quality(n % 4))) for n in range(1, count + 1))
    return IntervalLeaves.of(secret, 3, start, rows)


def test_a_word_holds_what_the_contract_reads():
    word = pack(IntervalReading(1, 2, Flow(3, 4), Quality.SUBSTITUTED, 5, bytes(32)))
    assert word == 3 << 192 | 4 << 128 | 1 << 88 | 2 << 48 | 5 << 8 | 2
    assert unpack(word, bytes(32)) == IntervalReading(1, 2, Flow(3, 4), Quality(2), 5, bytes(32))


def test_energy_that_fits_no_leaf_is_refused():
    largest = IntervalReading((1 << 40) - 1, 0, Flow(0, 0), Quality.SETTLED, 0, bytes(32))
    assert unpack(pack(largest), bytes(32)) == largest
    for energy in ((1 << 40, 0), (0, 1 << 40)):
        with pytest.raises(TonneError) as refused:
            pack(IntervalReading(*energy, Flow(0, 0), Quality.SETTLED, 0, bytes(32)))
        assert refused.value.code == "METER_ENERGY_RANGE"


def test_a_salted_id_is_what_the_contract_hashes():
    salt_ = salt(SECRET, 3, 900, 7)
    assert salted(salt_, 7) == keccak(salt_ + (7).to_bytes(32, "big"))


def test_salts_are_the_same_again_and_others_elsewhere():
    mine = salt(SECRET, 3, 900, 7)
    assert mine == salt(SECRET, 3, 900, 7)
    others = [
        (b"t" * 32, 3, 900, 7),
        (SECRET, 4, 900, 7),
        (SECRET, 3, 1800, 7),
        (SECRET, 3, 900, 8),
    ]
    assert mine not in [salt(*other) for other in others]


def test_leaves_stand_in_the_order_of_their_salted_ids():
    order = [leaf.meter for leaf in made().leaves]
    assert sorted(order) == list(range(1, 8))
    assert [leaf.salted for leaf in made().leaves] == sorted(leaf.salted for leaf in made().leaves)
    assert order != [leaf.meter for leaf in made(start=1800).leaves]


def test_sums_count_every_leaf_and_the_energy_of_all_but_held_ones():
    sums = made(8).sums
    assert sums == Sums(sum(100 + n for n in range(1, 9) if n % 4 != 3),
                        sum(n for n in range(1, 9) if n % 4 != 3), 2, 2, 2, 2)  # fmt: skip
    assert total(made(8).leaves) == Flow(sums.import_wh, sums.export_wh)


def test_a_file_of_leaves_comes_back_the_same(tmp_path):
    leaves = made()
    leaves.write(tmp_path / "3" / "a.leaves")
    assert (tmp_path / "3" / "a.leaves").stat().st_size == 7 * ROW_BYTES
    again = IntervalLeaves.read(tmp_path / "3" / "a.leaves")
    assert (again, again.root, again.data) == (leaves, leaves.root, leaves.data)


@pytest.mark.parametrize("content", [b"", b"x" * 99, b"x" * 101])
def test_a_broken_file_of_leaves_is_refused(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(TonneError) as refused:
        IntervalLeaves.read(tmp_path / "a")
    assert refused.value.code == "METER_LEAVES_FORM"
