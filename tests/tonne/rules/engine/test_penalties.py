"""What always holds of every form of penalty, for any shortfall and price."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.constants import EPOCH
from tonne.errors import TonneError
from tonne.paths import TREE
from tonne.rules import engine
from tonne.rules.pack import RulePack, load, scenario
from tonne.rules.pack.indexed_fines import indexed
from tonne.rules.pack.model import DatedValue

CHINA, EUROPE = load("china-national"), load("eu-ets")
CALIFORNIA, RGGI = load("us-california"), load("us-rggi")
PILOTS = {
    name: load(f"china-{name}")
    for name in (
        "beijing", "chongqing", "fujian", "guangdong", "hubei", "shanghai", "shenzhen", "tianjin",
    )
}  # fmt: skip
SCENARIOS = TREE / "scenarios"
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
    found = engine.penalty_bounds(EUROPE, 3, date(2024, 9, 30))
    assert found.min_cents == found.max_cents == 30_000


def _europe(folder: Path, *assumed: str) -> RulePack:
    """Europe with what its usual scenario supplies for a run of 2023, and more."""
    pack = scenario.assume(EUROPE, SCENARIOS / "eu-ets-assumed.toml")
    for number, text in enumerate(assumed):
        path = folder / f"{number}.toml"
        head = 'format = 1\n[scenario]\ntitle = "x"\nscheme = "eu-ets"\n'
        path.write_text(f'{head}[[assume]]\n{text}\nwhy = "x"\n', encoding="utf-8")
        pack = scenario.assume(pack, path)
    return pack


INDEX_OF_2024 = (
    'key = "penalty.index"\nvalue = 1.13456\nunit = "times"\nfrom = 2024-01-01\nto = 2024-12-31'
)


def test_an_index_that_a_scenario_supplies_is_applied_and_no_longer_among_what_is_not(tmp_path):
    rule = "Index of the penalty"
    without, with_it = _europe(tmp_path), _europe(tmp_path, INDEX_OF_2024)
    period = with_it.period("2023")  # its deadline is 30 September 2024
    assert engine.penalty_bounds(with_it, 1_000, date(2024, 9, 30)).max_cents == 11_345_000
    assert rule in {left.rule for left in without.unapplied(period)}
    assert rule not in {left.rule for left in with_it.unapplied(period)}
    assert rule in {left.rule for left in with_it.unapplied()}


def test_the_contracts_are_set_up_with_the_indexed_sum_and_after_it_with_the_plain_one(tmp_path):
    pack = _europe(tmp_path, INDEX_OF_2024)
    for end in ("min", "max"):
        found = [
            (EPOCH + timedelta(days=param.from_day), param.value)
            for param in pack.onchain_params()
            if param.key == f"penalty.{end}_cents_per_t"
        ]
        assert found == [
            (date(2008, 1, 1), 10_000),
            (date(2023, 1, 1), 11_100),
            (date(2024, 1, 1), 11_345),
            (date(2025, 1, 1), 10_000),
        ]


@given(
    days=st.lists(
        st.dates(date(2000, 1, 1), date(2040, 1, 1)), min_size=6, max_size=6, unique=True
    ),
    open_=st.booleans(),
    rises=st.booleans(),
    day=st.dates(date(1999, 1, 1), date(2041, 1, 1)),
)
def test_an_index_multiplies_on_its_own_days_only(days, open_, rises, day):
    a, b, c, d, e, f = sorted(days)
    values = {
        "penalty.max_per_unit": [_value(100, a, None if open_ else e)],
        "penalty.indexed": [_value(rises, a, f)],
        "penalty.index": [_value("1.5", b, c), _value("2", d, None)],
    }
    found = indexed(values, "penalty.max_per_unit")
    assert all(one.to is None or one.from_ <= one.to for one in found)
    held = [one.value for one in found if one.from_ <= day and (one.to is None or day <= one.to)]
    if day < a or (not open_ and day > e):
        assert held == []
    else:
        factor = Decimal("1.5") if b <= day <= c else 2 if d <= day <= f else 1
        assert held == [100 * (factor if rises else 1)]


def _value(value: object, first: date, last: date | None) -> DatedValue:
    number = Decimal(value) if isinstance(value, str) else value
    fields = {"value": number, "unit": "x", "from": first, "to": last}
    return DatedValue.model_validate({**fields, "source": "x", "confidence": "high"})


@given(shortfall=some)
def test_three_quarters_of_what_is_owed_untimely_are_allowances_in_california(shortfall):
    found = engine.penalty_bounds(CALIFORNIA, shortfall, date(2021, 11, 1))
    assert found.allowances_due == 3 * shortfall
    assert engine.penalty_bounds(RGGI, shortfall, date(2021, 11, 1)).allowances_due == 0


def test_what_the_contracts_have_no_place_for_is_among_the_rules_not_applied():
    rules = {left.rule for left in CALIFORNIA.unapplied()}
    assert "Three quarters of a late surrender in allowances" in rules


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
