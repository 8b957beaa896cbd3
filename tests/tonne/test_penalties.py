"""What always holds of every form of penalty, for any shortfall and price."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne import engine
from tonne.errors import TonneError
from tonne.rulepack import load

CHINA, EUROPE = load("china-national"), load("eu-ets")
CALIFORNIA, RGGI = load("us-california"), load("us-rggi")
PILOTS = {
    name: load(f"china-{name}")
    for name in (
        "beijing", "chongqing", "fujian", "guangdong", "hubei", "shanghai", "shenzhen", "tianjin",
    )
}  # fmt: skip
IN_2016, IN_2025 = date(2016, 6, 30), date(2025, 12, 31)

amounts = st.integers(min_value=0, max_value=2**40 - 1)
some = st.integers(min_value=1, max_value=2**40 - 1)
prices = st.integers(min_value=0, max_value=10**6)


@pytest.mark.parametrize("name", PILOTS)
@given(shortfall=some, price=prices)
def test_every_pilot_has_bounds_in_order_and_never_above_its_cap(name, shortfall, price):
    pack = PILOTS[name]
    day = date(2017, 6, 30)
    found = engine.penalty_bounds(pack, shortfall, day, price)
    assert 0 <= found.min_cents <= found.max_cents
    if pack.has("penalty.cap", day):
        assert found.max_cents <= pack.onchain("penalty.cap", day)
    factor = pack.param("penalty.deduction", day) if pack.has("penalty.deduction", day) else 0
    assert found.deduction_t == factor * shortfall


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("shenzhen", 3, 3), ("beijing", 3, 5)],
)
@given(shortfall=some, price=prices)
def test_a_multiple_of_a_price_is_exact(name, least, most, shortfall, price):
    found = engine.penalty_bounds(PILOTS[name], shortfall, IN_2016, price)
    assert found.min_cents == least * shortfall * price
    assert found.max_cents == most * shortfall * price


@given(shortfall=some, price=prices)
def test_the_decree_fines_five_to_ten_times_the_price(shortfall, price):
    found = engine.penalty_bounds(CHINA, shortfall, IN_2025, price)
    assert found.max_cents == 2 * found.min_cents == 10 * shortfall * price
    assert found.measures == ("production_stop",)


@pytest.mark.parametrize(
    ("months", "until", "first", "last"),
    [
        (1, "deadline_month", date(2024, 12, 1), date(2024, 12, 31)),
        (1, "month_before", date(2024, 11, 1), date(2024, 11, 30)),
        (6, "month_before", date(2024, 6, 1), date(2024, 11, 30)),
        (12, "deadline_month", date(2024, 1, 1), date(2024, 12, 31)),
        (13, "deadline_month", date(2023, 12, 1), date(2024, 12, 31)),
    ],
)
def test_a_window_is_made_of_calendar_months(months, until, first, last):
    assert engine.window(date(2024, 12, 31), months, until) == (first, last)


#: Blocks of December 2024 pull the price down; November and January do not count.
DECEMBER = [
    engine.Traded(date(2024, 11, 29), 10**12, 1),
    engine.Traded(date(2024, 12, 2), 700_000_000_000, 71_000_000),
    engine.Traded(date(2024, 12, 31), 38_556_133_379, 4_365_531),
    engine.Traded(date(2025, 1, 2), 10**12, 1),
]


def test_the_fine_of_shizuishan_follows_from_the_trades_of_its_month():
    price = engine.fine_price(CHINA, date(2024, 12, 31), DECEMBER)
    assert price == 9_800
    short = 5_128_612 - 4_263_312
    found = engine.penalty_bounds(CHINA, short, date(2024, 12, 31), price)
    assert found.min_cents == 42_399_700_000
    assert found.deduction_t == 865_300


def test_the_mean_of_six_months_counts_each_day_once():
    days = [
        engine.Traded(date(2015, 12, 31), 10**9, 1),
        engine.Traded(date(2016, 1, 4), 2_000 * 1_000, 1_000),
        engine.Traded(date(2016, 5, 31), 3_001, 1),
        engine.Traded(date(2016, 3, 1), 0, 0),
        engine.Traded(date(2016, 7, 1), 10**9, 1),
    ]
    deadline = date(2016, 7, 30)
    assert engine.fine_price(PILOTS["shenzhen"], deadline, days) == 2_501
    with pytest.raises(TonneError) as caught:
        engine.fine_price(PILOTS["shenzhen"], deadline, days[:1])
    assert caught.value.code == "ENGINE_NO_TRADE"


def test_a_window_that_is_not_disclosed_is_not_made_up():
    with pytest.raises(TonneError) as caught:
        engine.fine_price(PILOTS["beijing"], IN_2016, DECEMBER)
    assert (caught.value.code, caught.value.field) == ("PACK_NO_VALUE", "penalty.price_months")


def test_a_multiple_needs_its_price():
    with pytest.raises(TonneError) as caught:
        engine.penalty_bounds(CHINA, 1, IN_2025)
    assert caught.value.code == "PENALTY_NO_PRICE"


@given(shortfall=some)
def test_units_take_the_place_of_money(shortfall):
    for pack, times in ((CALIFORNIA, 4), (RGGI, 3)):
        found = engine.penalty_bounds(pack, shortfall, date(2021, 11, 1))
        assert (found.units_due, found.min_cents, found.max_cents) == (times * shortfall, 0, 0)


@given(shortfall=some)
def test_a_sum_for_each_tonne_follows_its_index_and_leaves_the_tonne_owed(shortfall):
    plain = engine.penalty_bounds(EUROPE, shortfall, date(2012, 4, 30))
    indexed = engine.penalty_bounds(EUROPE, shortfall, date(2023, 4, 30))
    assert plain.min_cents == plain.max_cents == 10_000 * shortfall
    assert indexed.max_cents == 11_100 * shortfall
    assert plain.still_owed and indexed.measures == ("publication",)


def test_an_index_that_is_not_known_is_not_made_up():
    with pytest.raises(TonneError) as caught:
        engine.penalty_bounds(EUROPE, 1, date(2024, 9, 30))
    assert (caught.value.code, caught.value.field) == ("PACK_NO_VALUE", "penalty.index")


@pytest.mark.parametrize(
    "pack", [CHINA, EUROPE, CALIFORNIA, *PILOTS.values()], ids=lambda p: p.scheme.name
)
def test_no_shortfall_has_no_penalty(pack):
    assert engine.penalty_bounds(pack, 0, IN_2016) == engine.PenaltyBounds(0, 0, 0)


def test_what_is_missing_is_taken_from_the_account_first_in_shenzhen():
    assert engine.penalty_bounds(PILOTS["shenzhen"], 5, IN_2016, 100).forced_debit
    assert not engine.penalty_bounds(PILOTS["hubei"], 5, IN_2016, 100).forced_debit


def test_measures_beside_money_last_three_years_in_chongqing():
    found = engine.penalty_bounds(PILOTS["chongqing"], 5, IN_2016)
    assert found.measures == ("publication", "loss_of_subsidies")
    assert (found.measures_years, found.max_cents) == (3, 0)


@given(low=st.integers(0, 1_000), width=st.integers(0, 1_000), fine=st.integers(0, 3_000))
def test_an_authority_decides_within_the_bounds_with_a_reason(low, width, fine):
    bounds = engine.PenaltyBounds(low, low + width, 0)
    if low <= fine <= low + width:
        assert engine.decided(bounds, fine, "first shortfall") == fine
        code = "PENALTY_NO_REASON"
    else:
        code = "PENALTY_OUT_OF_BOUNDS"
    with pytest.raises(TonneError) as caught:
        engine.decided(bounds, fine, " " if low <= fine <= low + width else "reason")
    assert caught.value.code == code


@given(gains=amounts)
def test_a_false_report_costs_five_to_ten_times_its_gains_and_never_too_little(gains):
    fine = engine.false_report(CHINA, gains, IN_2025)
    assert fine.min_cents == max(5 * gains, 50_000_000)
    assert fine.max_cents == max(10 * gains, 200_000_000)
    assert (fine.cut_min, fine.cut_max) == (Fraction(1, 2), 1)


@given(gains=amounts)
def test_a_false_verification_costs_up_to_a_million_or_a_multiple(gains):
    fine = engine.false_verification(CHINA, gains, IN_2025)
    small = gains < 20_000_000
    assert (fine.min_cents, fine.max_cents) == (
        (0, 100_000_000) if small else (5 * gains, 10 * gains)
    )
