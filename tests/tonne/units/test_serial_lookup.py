"""Where a serial number is, and how people write it."""

from __future__ import annotations

import pytest

from tests.tonne.units.retirements import VERRA, retire, retire_immobilised
from tonne.errors import TonneError
from tonne.units.serial_lookup import Block, find, overlap, parse


def test_overlap_is_within_one_series_of_one_registry():
    block = Block(2, 5, 10, 20)
    assert overlap(block, Block(2, 5, 20, 30)) == Block(2, 5, 20, 20)
    assert overlap(block, Block(2, 5, 12, 13)) == Block(2, 5, 12, 13)
    assert overlap(block, Block(2, 5, 21, 30)) is None
    assert overlap(block, Block(2, 6, 10, 20)) is None
    assert overlap(block, Block(3, 5, 10, 20)) is None


@pytest.mark.parametrize(
    "text, block",
    [
        ("17", Block(1, 0, 17, 17)),
        ("17-20", Block(1, 0, 17, 20)),
        ("1-0-17", Block(1, 0, 17, 17)),
        (" 1-0-17-20 ", Block(1, 0, 17, 20)),
        ("2-5-017-20", Block(2, 5, 17, 20)),
    ],
)
def test_ours_and_numbered_blocks_are_read(town, text, block):
    assert parse(town.chain, text) == block


@pytest.mark.parametrize(
    "text, code",
    [
        ("20-17", "SERIAL_FORM"),
        ("no serial", "SERIAL_FORM"),
        ("1-2-3-4-5", "SERIAL_FORM"),
        (VERRA[0], "SERIAL_NOT_HERE"),
        (f"VERRA:{VERRA[0]}", "SERIAL_NOT_HERE"),
        (f"CAR:{VERRA[0]}", "SERIAL_FORM"),
    ],
)
def test_what_is_no_serial_number_here_is_refused(town, text, code):
    with pytest.raises(TonneError) as refusal:
        parse(town.chain, text)
    assert refusal.value.code == code


def _where(town, text):
    found = find(town.chain, parse(town.chain, text), 0)
    return [(str(f.block), f.left.how if f.left else "in its batch") for f in found]


def test_each_part_of_a_block_is_found(town):
    retire(town, 100)
    developer, unit = town.market.people["developer"], town.market.credit
    town.chain.send(developer, "RetirementRegistry", "cancel", unit, 20, bytes(32))
    retire(town, 30)
    assert _where(town, "100-200") == [
        ("1-0-100-100", "certificate 1"),
        ("1-0-101-120", "cancelled"),
        ("1-0-121-150", "certificate 2"),
        ("1-0-151-200", "in its batch"),
    ]
    assert _where(town, "60000") == [("1-0-60000-60000", "in its batch")]


@pytest.mark.parametrize("write", ["{}", "VERRA:{}", "verra: {}"])
def test_a_serial_number_as_another_registry_writes_it_is_found(town, write):
    retire_immobilised(town, 800)
    assert _where(town, write.format(VERRA[1])) == [
        ("2-0-505982056-505982130", "certificate 1"),
        ("2-0-505982131-505982352", "in its batch"),
    ]


def test_a_number_never_issued_is_nowhere(town):
    assert _where(town, "60001") == []
    assert _where(town, "2-1-1") == []
