"""Leaves and their tree: packing, salts, order, file, proofs."""

from __future__ import annotations

import hashlib

import pytest
from eth_hash.auto import keccak

from tonne.crypto.merkle_sum import Sums, steps
from tonne.errors import TonneError
from tonne.meters.leaves import (
    ROW_BYTES,
    IntervalLeaves,
    OpenedLeaf,
    fitting,
    leaf_secret,
    pack,
    salted,
    total,
)
from tonne.meters.readings import Quality
from tonne.meters.series import Flow, IntervalReading

SECRET = b"s" * 32


def reading(number: int, quality: Quality = Quality.SETTLED) -> IntervalReading:
    registers = Flow(1000 * number, 10 * number)
    return IntervalReading(100 + number, number, registers, quality, number, bytes([number]) * 32)


def made(count: int = 7, secret: bytes = SECRET, start: int = 900) -> IntervalLeaves:
    rows = ((n, reading(n, Quality(n % 4))) for n in range(1, count + 1))
    return IntervalLeaves.of(secret, 3, start, rows)


SALT = b"r" * 16


def test_a_word_holds_what_the_contract_reads():
    word = pack(IntervalReading(1, 2, Flow(3, 4), Quality.SUBSTITUTED, 5, bytes(32)), SALT)
    hidden = hashlib.sha256(SALT + (3).to_bytes(8, "big") + (4).to_bytes(8, "big")).digest()[:16]
    assert word == int.from_bytes(hidden, "big") << 128 | 1 << 88 | 2 << 48 | 5 << 8 | 2


def test_energy_that_fits_no_leaf_is_refused():
    largest = IntervalReading((1 << 40) - 1, 0, Flow(0, 0), Quality.SETTLED, 0, bytes(32))
    assert pack(largest, SALT) >> 88 & (1 << 40) - 1 == (1 << 40) - 1
    for energy in ((1 << 40, 0), (0, 1 << 40)):
        with pytest.raises(TonneError) as refused:
            pack(IntervalReading(*energy, Flow(0, 0), Quality.SETTLED, 0, bytes(32)), SALT)
        assert refused.value.code == "METER_ENERGY_RANGE"


def test_energy_that_fits_no_leaf_is_held():
    largest = IntervalReading((1 << 40) - 1, 0, Flow(7, 0), Quality.SETTLED, 5, bytes(32))
    assert fitting(largest) is largest
    for energy in ((1 << 40, 3), (3, 1 << 40)):
        held = fitting(IntervalReading(*energy, Flow(7, 0), Quality.SETTLED, 5, bytes(32)))
        assert held == IntervalReading(0, 0, Flow(7, 0), Quality.HELD, 5, bytes(32))


def test_a_salted_id_is_what_the_contract_hashes():
    leaf = made().leaves[0]
    assert leaf.salted == keccak(leaf.salt + leaf.meter.to_bytes(32, "big"))
    assert leaf.salted == salted(leaf.salt, leaf.meter)


def test_a_leafs_secret_is_the_same_again_and_another_elsewhere():
    mine = leaf_secret(SECRET, 3, 900, 7)
    assert mine == leaf_secret(SECRET, 3, 900, 7)
    others = [
        (b"t" * 32, 3, 900, 7),
        (SECRET, 4, 900, 7),
        (SECRET, 3, 1800, 7),
        (SECRET, 3, 900, 8),
    ]
    assert mine not in [leaf_secret(*other) for other in others]


def test_two_leaves_of_the_same_reading_have_no_word_in_common():
    one, two = (made(1, start=start).leaves[0] for start in (900, 1800))
    assert one.interval == two.interval
    assert one.salted != two.salted and one.digest != two.digest
    assert one.reading >> 128 != two.reading >> 128


def test_no_salt_follows_from_another_that_is_shown():
    """A contradiction shows what hides the meter; registers and record stay hidden."""
    leaf = made(1).leaves[0]
    salts = {leaf.salt[:16], leaf.register_salt, leaf.secret[:16]}
    assert len(salts) == 3


def test_registers_stand_under_the_meters_own_salt_where_it_has_one():
    rows = [(1, reading(1))]
    own = IntervalLeaves.of(SECRET, 3, 900, rows, lambda _: SALT).leaves[0]
    assert own.register_salt == SALT and own.reading == pack(reading(1), SALT)


# Who shows a leaf shows the sums beside it


def street(customers: int, others: int, start: int = 900) -> IntervalLeaves:
    """Customers have numbers from 1 on, lines and plants from 1,001 on."""
    numbers = [*range(1, customers + 1), *range(1_001, 1_001 + others)]
    rows = ((n, IntervalReading(100 + n, 0, Flow(n, 0), Quality.SETTLED, n, b"")) for n in numbers)
    return IntervalLeaves.of(SECRET, 3, start, rows, customers=range(1, customers + 1))


def beside(leaves: IntervalLeaves) -> list[Sums]:
    """The sums of customers alone that stand beside the leaves of the others."""
    customers = [leaf for leaf in leaves.leaves if leaf.meter <= 1_000]
    others = range(len(customers), len(leaves.leaves))
    sums = {beside for i in others for _, beside in steps(leaves.tree.proof(i))}
    blocks, at, left = set(), 0, len(customers)
    while left:
        size = 1 << left.bit_length() - 1
        part = leaves.leaves[at : at + size]
        blocks.add((size, sum(leaf.interval.import_wh for leaf in part)))
        at, left = at + size, left - size
    return [s for s in sums if (s.count, s.import_wh) in blocks]


@pytest.mark.parametrize("others", [1, 2, 5])
@pytest.mark.parametrize("customers", [1, 6, 7, 8, 13, 32])
def test_beside_what_is_shown_to_all_stands_no_single_customer_but_the_middle_one(
    customers, others
):
    leaves = street(customers, others)
    shown = beside(leaves)
    singles = [s.import_wh for s in shown if s.count == 1]
    assert singles == ([100 + (customers + 1) // 2] if customers % 2 else [])
    assert sum(s.count for s in shown) == customers  # and the rest by eights, fours and twos


def test_customers_stand_first_and_in_another_order_each_interval():
    one, two = ([leaf.meter for leaf in street(12, 6, start).leaves] for start in (900, 1800))
    assert sorted(one[:12]) == sorted(two[:12]) == list(range(1, 13))
    assert one[:12] != two[:12] and one[12:] != two[12:]


def test_an_answer_opens_to_the_leaf_and_leads_to_the_root():
    leaves = made()
    for index, leaf in enumerate(leaves.leaves):
        opened = OpenedLeaf.parse(leaves.opened(index))
        assert opened is not None and opened.commitment == leaves.commitment
        assert (opened.meter, opened.told["importWh"]) == (leaf.meter, leaf.interval.import_wh)


@pytest.mark.parametrize("at", [0, 3, 7, 11, 40, 70, 100, 130, -1])
def test_an_answer_that_was_changed_leads_to_no_such_root(at):
    leaves = made()
    changed = bytearray(leaves.opened(2))
    changed[at] ^= 1
    opened = OpenedLeaf.parse(bytes(changed))
    assert opened is not None and opened.commitment != leaves.commitment


def test_an_answer_that_is_too_short_opens_to_nothing():
    assert OpenedLeaf.parse(b"x" * 107) is None


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
