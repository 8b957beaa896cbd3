"""Energy at an agreed price in plain numbers: who pays whom, and that nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tonne.power import trade_vectors
from tonne.power.trade_settlement import (
    PowerContract,
    Rates,
    Standing,
    TradeOutcome,
    bound,
    energy_of,
    execute,
)

RATES = Rates(250_001, 30_001, 20_001, 100_001, True, True)
SOLD, BOUGHT = Standing(sold_wh=1_001), Standing(bought_wh=1_001)
SOURCE = Path(__file__).parents[3] / "contracts" / "power" / "PowerTrades.sol"


@pytest.mark.parametrize(
    "delivered, taken, seller_short, buyer_short",
    [(1_001, 1_001, 0, 0), (601, 1_001, 400, 0), (1_001, 700, 0, 301), (0, 0, 1_001, 1_001)],
)
def test_who_falls_short_pays_the_other(delivered, taken, seller_short, buyer_short):
    found = execute(RATES, 1_001, SOLD, BOUGHT, delivered, -taken)
    assert (found.seller_short_wh, found.buyer_short_wh) == (seller_short, buyer_short)
    fines = seller_short * 100_001 // 1_000, buyer_short * 100_001 // 1_000
    assert found.to_seller == 250_251 + fines[1] - fines[0]
    assert found.to_buyer == fines[0] - fines[1] - 300_304
    assert (found.wheeling, found.grid, found.rounding) == (30_031, 20_021, 1)


def test_one_kwh_is_not_delivered_twice():
    seller = Standing(sold_wh=4_004)
    shares = [
        execute(RATES, wh, seller, BOUGHT, 1_004, -wh).seller_short_wh for wh in (1_001, 3_003)
    ]
    assert shares == [750, 2_250]


def test_who_sells_on_what_it_bought_delivers_nothing():
    both = Standing(sold_wh=1_001, bought_wh=1_001)
    assert execute(RATES, 1_001, both, BOUGHT, 0, -1_001).seller_short_wh == 0


def test_a_profile_is_read_by_the_time_of_day():
    profile = [0] * 12
    profile[95 // 8] = 7 << 32 * (95 % 8)
    assert [energy_of(0, profile, interval) for interval in (94, 95, 96, 191)] == [0, 7, 0, 7]
    assert energy_of(5, [], 95) == 5


@given(
    st.integers(0, 1 << 32),
    *(st.integers(0, 1 << 24) for _ in range(4)),
    st.integers(0, 1 << 31),
    st.integers(0, 1 << 31),
    st.integers(-(1 << 33), 1 << 33),
    st.integers(-(1 << 33), 1 << 33),
)
def test_no_interval_costs_more_than_it_binds(energy, price, wheel, grid, fine, sold, bought, s, b):
    rates = Rates(price, wheel, grid, fine, True, True)
    seller, buyer = Standing(sold + energy, bought), Standing(sold, bought + energy)
    found = execute(rates, energy, seller, buyer, s, b)
    of_seller, of_buyer = bound(rates, energy)
    assert -found.to_seller <= of_seller and -found.to_buyer <= of_buyer
    assert 0 <= found.seller_short_wh <= energy and 0 <= found.buyer_short_wh <= energy
    assert found.to_seller + found.to_buyer + found.wheeling + found.grid + found.rounding == 0
    assert 0 <= found.rounding < 4 and found + TradeOutcome() == found


def test_the_file_for_the_contract_is_what_the_model_says():
    assert trade_vectors.PATH.read_text(encoding="utf-8") == trade_vectors.text()


def test_what_is_signed_is_what_the_contract_hashes():
    source = SOURCE.read_text(encoding="utf-8")
    (signed,) = re.findall(r'"(PowerContract\(.+?\))"', source)
    assert PowerContract.type_string() == signed
