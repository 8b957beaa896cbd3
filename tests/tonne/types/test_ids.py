"""Packed ids: each kind as its interface documents it, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import TonneError
from tonne.types import account_id, lanes, pool_id, references, unit_id, wallet_word
from tonne.types.charge_id import Charge
from tonne.types.installation_word import InstallationWord
from tonne.types.pool_id import Pool
from tonne.types.references import Reference

WALLET = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


@given(st.integers(1, 4), st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
def test_a_unit_id_comes_back(unit_class, scheme, vintage):
    unit = unit_id.pack(unit_class, scheme, vintage, 2**63 + 5)
    assert unit == unit_class << 96 | scheme << 80 | vintage << 64 | 2**63 + 5
    assert unit_id.class_of(unit) == unit_class
    assert unit_id.scheme_of(unit) == scheme
    assert unit_id.vintage_of(unit) == vintage
    assert unit_id.batch_of(unit) == 2**63 + 5


def test_a_unit_id_says_what_it_is():
    own = unit_id.allowance(2, 2021)
    assert own == 1 << 96 | 2 << 80 | 2021 << 64
    assert unit_id.is_allowance(own, 2)
    assert not unit_id.is_allowance(own, 3)
    assert not unit_id.is_allowance(unit_id.pack(2, 2, 2021), 2)
    foreign = unit_id.immobilised(1, 2020, 4)
    assert foreign == 2 << 96 | 1 << 80 | 2020 << 64 | 1 << 63 | 4
    assert unit_id.is_immobilised(foreign)
    assert not unit_id.is_immobilised(unit_id.pack(2, 1, 2020, unit_id.EX_ANTE))
    assert unit_id.class_of(1 << 200 | own) not in (1, 2, 3, 4)


def test_a_certificates_batch_is_its_device_and_hour():
    batch = unit_id.certificate_batch(7, 475_000)
    assert batch == 7 << 32 | 475_000
    unit = unit_id.pack(unit_id.ENERGY_CERTIFICATE, 1, 2024, batch)
    assert (unit_id.device_of(unit), unit_id.hour_of(unit)) == (7, 475_000)


@pytest.mark.parametrize(
    "pack",
    [
        lambda: unit_id.pack(256, 1, 2021),
        lambda: unit_id.allowance(1 << 16, 2021),
        lambda: unit_id.certificate_batch(1 << 32, 0),
        lambda: account_id.pack(1 << 16, 1),
        lambda: account_id.pack(1, 1 << 24),
        lambda: references.obligation(1, 1, 1 << 32),
        lambda: Charge(1, 2021, 256, 0).pack(),
    ],
)
def test_an_id_out_of_range_is_refused(pack):
    with pytest.raises(TonneError):
        pack()


@given(st.integers(1, 2**16 - 1), st.integers(1, 2**24 - 1))
def test_an_account_comes_back(market, participant):
    account = account_id.pack(market, participant)
    assert account == market << 24 | participant
    assert account_id.unpack(account) == (market, participant)


def test_a_pool_is_of_a_class_and_an_owner():
    unit = unit_id.allowance(3, 2021)
    traded = pool_id.traded_class(unit, 9)
    assert traded == 1 << 16 | 3
    pool = Pool(traded, True, 77)
    assert pool.pack() == traded << 25 | 1 << 24 | 77
    assert Pool.unpack(pool.pack()) == pool


def test_a_unit_without_a_class_has_a_pool_of_its_own():
    assert pool_id.traded_class(1 << 200, 9) == 1 << 24 | 9
    assert pool_id.traded_class(5, 9) == 1 << 24 | 9


def test_a_charge_comes_back():
    charge = Charge(5, 2021, 2, 40)
    assert charge.pack() == 40 << 56 | 2 << 48 | 2021 << 32 | 5
    assert Charge.unpack(charge.pack()) == charge


def test_references_of_different_kinds_differ():
    made = [
        references.obligation(1, 2, 3),
        references.banking(1, 2, 3),
        references.link(1, 2, 3),
        references.auction_share(1, 3),
        references.running(1, 2, 3),
    ]
    numbers = [int.from_bytes(ref, "big") for ref in made]
    low = 1 << 48 | 2 << 32 | 3
    assert numbers == [low, 1 << 64 | low, 2 << 64 | low, 3 << 64 | 1 << 48 | 3, 4 << 64 | low]
    assert [Reference.unpack(ref).kind for ref in made] == [0, 1, 2, 3, 4]
    assert Reference.unpack(made[1]) == (references.BANKING, 1, 2, 3)
    assert references.bid(7, 9) == (7 << 32 | 9).to_bytes(32, "big")


def test_an_installation_comes_back():
    plant = InstallationWord(7, 1, 11, 3, 1, 600_000, 8, True)
    word = 7 | 1 << 24 | 11 << 40 | 3 << 56 | 1 << 64 | 600_000 << 72 | 8 << 112 | 1 << 136
    assert plant.pack() == word
    assert InstallationWord.unpack(word) == plant


def test_what_is_remembered_of_a_wallet():
    assert wallet_word.delivery(WALLET, 5) == int(WALLET, 16) | 5 << 160
    assert wallet_word.remembered(7, 31, 2) == 7 | 31 << 24 | 2 << 32
    assert wallet_word.remembered_slot(WALLET) == 0xB1 << 248 | int(WALLET, 16)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=40))
def test_lanes_come_back(values):
    words = lanes.pack(values)
    assert len(words) == -(-len(values) // 8)
    assert lanes.unpack(words, len(values)) == values
    assert [lanes.at(words, place) for place in range(len(values))] == values
