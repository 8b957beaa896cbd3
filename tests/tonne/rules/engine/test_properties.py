"""What always holds of allocation, periods, banking, holdings, prices and supply, for any figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tonne.rules.packs import assuming
from tonne.errors import TonneError
from tonne.rules import engine
from tonne.rules.engine import supply_control
from tonne.rules.pack import load

CHINA, EUROPE = load("china-national"), load("eu-ets")
CALIFORNIA, RGGI = load("us-california"), load("us-rggi")
PILOTS = {
    name: load(f"china-{name}")
    for name in (
        "beijing", "chongqing", "fujian", "guangdong", "hubei", "shanghai", "shenzhen", "tianjin",
    )
}  # fmt: skip
IN_2016, IN_2025 = date(2016, 6, 30), date(2025, 12, 31)


LENDING = assuming(CHINA, "borrowing.limit", Decimal("0.1"))

amounts = st.integers(min_value=0, max_value=2**40 - 1)
some = st.integers(min_value=1, max_value=2**40 - 1)
prices = st.integers(min_value=0, max_value=10**6)
shares = st.fractions(min_value=0, max_value=1, max_denominator=10**6)


# allocation


@given(years=st.lists(amounts, min_size=1, max_size=6), control=shares, share=shares)
def test_past_emissions_are_never_exceeded(years, control, share):
    free = engine.grandfathered(years, control, share)
    exact = Fraction(sum(years), len(years)) * control * share
    assert 0 <= exact - free < 1
    assert free <= max(years)


def test_without_past_emissions_nothing_is_grandfathered():
    assert engine.grandfathered([]) == 0


@given(amount=amounts, verified=amounts, limit=shares)
def test_surplus_and_deficit_stay_within_their_limit(amount, verified, limit):
    kept = engine.limited(amount, verified, limit)
    assert abs(kept - verified) <= limit * verified
    if abs(amount - verified) <= int(limit * verified):
        assert kept == amount


@pytest.mark.parametrize("sector", CHINA.sectors)
@given(verified=amounts)
def test_industry_of_2024_receives_what_it_emitted(sector, verified):
    assert engine.sector_allocation(CHINA, sector, verified, 2024) == verified


def test_industry_of_2025_needs_what_its_formula_gives():
    with pytest.raises(TonneError) as caught:
        engine.sector_allocation(CHINA, "steel", 1_000_000, 2025)
    assert caught.value.code == "ENGINE_NO_INTENSITY"


@given(cap=amounts, year=st.integers(min_value=2013, max_value=2030))
def test_the_parts_of_a_cap_add_up_to_it(cap, year):
    parts = engine.split(EUROPE, cap, year)
    assert parts.free + parts.auctioned + parts.new_entrants + parts.rest == cap
    assert min(parts.free, parts.auctioned, parts.new_entrants, parts.rest) >= 0


def test_shares_beyond_the_cap_are_refused(tmp_path):
    text = EUROPE.path.read_text(encoding="utf-8")
    path = tmp_path / "much.toml"
    path.write_text(text.replace("value = 0.57,", "value = 0.97,"), "utf-8")
    pack = assuming(load(path), "allocation.free_share", Decimal("0.04"))
    with pytest.raises(TonneError) as caught:
        engine.split(pack, 1_000, 2021)
    assert caught.value.code == "ENGINE_CAP_EXCEEDED"


@given(wanted=st.dictionaries(st.text(max_size=3), amounts, max_size=8), available=amounts)
def test_allocations_are_fitted_into_what_there_is(wanted, available):
    fitted = engine.fitted(wanted, available)
    assert sum(fitted.values()) <= max(available, 0) or sum(wanted.values()) == 0
    assert all(fitted[name] <= wanted[name] for name in wanted)
    if sum(wanted.values()) <= available:
        assert fitted == wanted
    else:
        assert available - sum(fitted.values()) < max(1, len(wanted))


@given(reserve=amounts, wanted=st.lists(amounts, max_size=6))
def test_a_reserve_for_new_plants_is_never_overdrawn(reserve, wanted):
    left = reserve
    for want in wanted:
        granted = engine.new_entrant(left, want)
        assert granted in (want, left)
        left -= granted
    assert 0 <= left <= reserve


@given(due=amounts, days=st.integers(min_value=0, max_value=365))
def test_a_plant_that_closes_keeps_what_its_scheme_says(due, days):
    assert engine.closing(CHINA, 2020, due, days) == due  # output says the rest
    assert engine.closed_before(CHINA, 2021, due) == 0
    assert engine.closed_before(CHINA, 2020, due) == due


def test_a_plant_that_closes_keeps_the_part_of_the_year_it_ran(tmp_path):
    text = CHINA.path.read_text(encoding="utf-8")
    path = tmp_path / "closing.toml"
    path.write_text(text.replace('"no_preallocation", unit', '"to_the_day", unit'), "utf-8")
    pack = load(path)
    assert engine.closing(pack, 2021, 1_000_000, 73) == 200_000
    assert engine.closing(pack, 2021, 1_000_000, 365) == 1_000_000
    assert engine.closing(pack, 2021, 1_000_001, 1) == 2_739


@given(power=amounts, factor=st.fractions(min_value=0, max_value=2, max_denominator=10**4))
def test_a_correction_multiplies_the_power_benchmark_alone(power, factor):
    corrected = engine.allocation(
        CHINA, "gas", engine.Output(power, 1_000), 2020, correction=factor
    )
    assert corrected == int(Fraction("0.392") * factor * power) + 59


def test_factors_that_no_pack_has_are_one():
    assert engine.correction(CHINA, 2020) == 1


@given(amount=amounts)
def test_one_factor_is_put_on_every_free_allocation(amount):
    assert engine.corrected(EUROPE, amount, 2021) == amount
    less = assuming(EUROPE, "allocation.correction_all", Decimal("0.95"))
    assert engine.corrected(less, amount, 2026) == amount * 95 // 100


# periods of several years


@given(years=st.lists(amounts, min_size=1, max_size=5))
@pytest.mark.parametrize("pack", [CALIFORNIA, RGGI], ids=["california", "rggi"])
def test_parts_and_the_rest_make_up_a_periods_emissions(pack, years):
    parts = [engine.part_due(pack, amount, 2021) for amount in years[:-1]]
    assert sum(parts) + engine.final_due(years, sum(parts)) == sum(years)
    share = pack.param("obligation.part_surrender", date(2021, 12, 31))
    for amount, part in zip(years, parts):
        assert 0 <= part - Fraction(share) * amount < 1


def test_without_a_part_nothing_is_due_before_the_end():
    assert engine.part_due(CHINA, 1_000_000, 2021) == 0


@given(emissions=amounts, year=st.integers(min_value=2024, max_value=2030))
def test_what_is_phased_in_never_exceeds_emissions(emissions, year):
    due = engine.phased_in(EUROPE, "maritime", emissions, year)
    assert due <= emissions
    assert (due == emissions) or year < 2026


@given(due=amounts)
def test_half_of_the_offsets_have_a_benefit_for_the_state(due):
    day = date(2022, 11, 1)
    limit = engine.offset_limit(CALIFORNIA, due, day)
    without = engine.offsets_without_benefit(CALIFORNIA, due, day)
    assert 0 <= limit - 2 * without <= 1


@pytest.mark.parametrize(
    ("pack", "day", "reduced", "registered", "admitted"),
    [
        (CHINA, date(2024, 12, 31), date(2016, 1, 1), date(2016, 1, 1), True),
        (CHINA, date(2025, 1, 1), date(2016, 1, 1), date(2017, 3, 13), False),
        (CHINA, date(2025, 1, 1), date(2016, 1, 1), date(2017, 3, 14), True),
        (PILOTS["tianjin"], IN_2016, date(2012, 12, 31), date(2013, 1, 1), False),
        (PILOTS["tianjin"], IN_2016, date(2013, 1, 1), date(2013, 1, 1), True),
    ],
)
def test_old_offsets_are_admitted_until_their_day(pack, day, reduced, registered, admitted):
    assert engine.offset_admitted(pack, day, reduced, registered) is admitted


# banking, borrowing, expiry


@given(held=amounts, net_sales=st.integers(min_value=-(2**40), max_value=2**40))
def test_what_is_left_is_carried_over_or_expires(held, net_sales):
    found = engine.carried(CHINA, held, net_sales, IN_2025)
    assert found.banked + found.expired == held
    assert found.banked <= 10_000 + max(0, net_sales) * 3 // 2
    if held <= 10_000:
        assert found.expired == 0
    assert found == engine.carried(CHINA, held, max(0, net_sales), IN_2025)


@given(held=amounts)
def test_all_is_carried_over_where_banking_has_no_limit_and_nothing_where_it_is_not_allowed(held):
    assert engine.bankable(EUROPE, held, 0, IN_2025) == held
    assert engine.bankable(CHINA, held, 0, date(2026, 1, 1)) == 0


@pytest.mark.parametrize(
    ("vintage", "can"), [(2018, False), (2019, True), (2024, True), (2025, False)]
)
def test_vintages_of_2019_to_2024_are_carried_over(vintage, can):
    assert engine.bankable_vintage(CHINA, vintage, IN_2025) is can
    assert engine.bankable_vintage(CHINA, vintage, date(2026, 1, 1)) is False


@given(due=amounts, units=amounts)
def test_units_of_another_scheme_count_up_to_a_share(due, units):
    day = date(2021, 12, 31)
    assert engine.link_limit(CHINA, due, day) == 0
    linked = assuming(assuming(CHINA, "link.scheme", 5), "link.limit", Decimal("0.05"))
    assert 0 <= Fraction(due, 20) - engine.link_limit(linked, due, day) < 1
    assert engine.recognised(linked, units, day) == units
    short = assuming(linked, "link.ratio", Decimal("0.907184"))
    assert engine.recognised(short, units, day) == units * 907_184 // 1_000_000


@pytest.mark.parametrize("vintage, day, void", [
    (2019, IN_2025, False),
    (2024, IN_2025, False),
    (2024, date(2026, 1, 1), True),
    (2025, date(2026, 1, 1), False),
])  # fmt: skip
def test_what_was_not_carried_over_ends_with_the_year(vintage, day, void):
    assert engine.expired(CHINA, vintage, day) is void
    assert engine.expired(EUROPE, vintage, day) is False


def test_borrowing_ended_with_2022_and_its_size_is_not_disclosed():
    with pytest.raises(TonneError) as caught:
        engine.borrowable(CHINA, 100, 100, date(2022, 12, 31))
    assert caught.value.code == "ENGINE_NO_LIMIT"
    assert engine.borrowable(CHINA, 100, 100, date(2023, 12, 31)) == 0
    assert engine.borrowable(PILOTS["chongqing"], 100, 100, IN_2016) == 0


@pytest.mark.parametrize(
    ("year", "own", "later"),
    [(2019, True, True), (2020, True, False), (2021, True, True), (2030, True, False)],
)
def test_the_next_years_allowances_are_taken_within_a_phase(year, own, later):
    day = date(year, 12, 31)
    assert engine.admitted(EUROPE, year, year, day) is own
    assert engine.admitted(EUROPE, year + 1, year, day) is later
    assert not engine.admitted(EUROPE, year + 2, year, day)
    assert engine.borrowable(EUROPE, 100, 70, day) == (70 if later else 0)
    assert engine.borrowable(EUROPE, 100, 170, day) == (100 if later else 0)


@given(due=amounts, later=amounts)
def test_borrowing_is_limited_where_a_limit_is_known(due, later):
    assert engine.borrowable(LENDING, due, later, date(2022, 12, 31)) == min(later, due // 10)


@pytest.mark.parametrize(
    ("pack", "vintages"),
    [
        (CHINA, {*range(2010, 2021)}),  # any older one, no later one
        (assuming(CHINA, "obligation.carry_vintages", 0), {2020}),
        (assuming(CHINA, "obligation.carry_vintages", 2), {2018, 2019, 2020}),
        (assuming(CHINA, "obligation.borrow_vintages", 1), {*range(2010, 2022)}),
    ],
)
def test_vintages_are_admitted_by_the_contracts_rule(pack, vintages):
    admitted = {v for v in range(2010, 2024) if engine.admitted(pack, v, 2020, IN_2016)}
    assert admitted == vintages


# holdings


@given(budget=amounts, allocation=amounts)
def test_the_packs_make_the_holding_limits_of_their_schemes(budget, allocation):
    beijing = engine.holding_rule(PILOTS["beijing"], date(2014, 12, 31))
    assert beijing.limit(allocation, budget) == allocation + 1_000_000
    california = engine.holding_rule(CALIFORNIA, date(2013, 12, 31))
    assert california.limit(allocation, budget) == 2_500_000 + max(0, budget - 25_000_000) // 40
    assert engine.holding_rule(EUROPE, IN_2025) is None


def test_large_holdings_are_disclosed_in_beijing():
    day = date(2014, 12, 31)
    assert not engine.disclosed(PILOTS["beijing"], day, 500_000)
    assert engine.disclosed(PILOTS["beijing"], day, 500_001)
    assert not engine.disclosed(PILOTS["beijing"], day, 500_001, allocation=1)
    assert not engine.disclosed(EUROPE, day, 10**9)


# prices and measures


@given(turnover=amounts, volume=some)
def test_a_weighted_price_is_the_nearest_cent(turnover, volume):
    price = engine.weighted_price(turnover, volume)
    assert abs(Fraction(turnover, volume) - price) <= Fraction(1, 2)


def test_without_a_trade_there_is_no_price():
    with pytest.raises(TonneError) as caught:
        engine.weighted_price(0, 0)
    assert caught.value.code == "ENGINE_NO_TRADE"


@given(close=prices)
def test_a_days_band_lies_around_the_close(close):
    low, high = engine.band(CHINA, close, date(2022, 1, 4))
    assert low <= close <= high
    assert abs(10 * low - 9 * close) <= 5 and abs(10 * high - 11 * close) <= 5
    assert engine.band(CHINA, close, date(2022, 1, 4), "market.block_band")[1] >= high


@given(amount=amounts)
def test_a_conversion_never_adds_mass(amount):
    tonnes = engine.converted(amount, "short ton", "t")
    assert engine.converted(tonnes, "t", "short ton") <= amount
    assert engine.converted(amount, "t", "t") == amount
    assert 0 <= amount * Fraction("0.90718474") - tonnes < 1


def test_power_is_no_mass():
    with pytest.raises(TonneError) as caught:
        engine.converted(1, "Wh", "t")
    assert caught.value.code == "ENGINE_MEASURE"


@pytest.mark.parametrize("function", [engine.grandfathered, lambda a: engine.final_due(a, 0)])
def test_a_negative_amount_is_refused(function):
    with pytest.raises(TonneError) as caught:
        function([-1])
    assert caught.value.code == "ENGINE_NEGATIVE"


# supply


@given(
    circulating=amounts | st.integers(min_value=399_999_990, max_value=1_096_000_010),
    reserve=amounts,
    year=st.sampled_from([2023, 2024]),
)
def test_the_stability_reserve_takes_in_or_gives_out_never_both(circulating, reserve, year):
    day = date(year, 5, 15)
    intake = supply_control.msr_intake(EUROPE, circulating, day)
    release = supply_control.msr_release(EUROPE, circulating, reserve, day)
    assert not (intake and release)
    assert release <= min(reserve, 100_000_000)
    if circulating <= 833_000_000:
        assert intake == 0
    elif circulating > 1_096_000_000 or year == 2023:
        assert intake == circulating * 24 // 100
    else:
        assert intake == circulating - 833_000_000


@given(reserve=amounts)
def test_the_reserve_above_its_limit_is_void(reserve):
    assert reserve - supply_control.msr_void(EUROPE, reserve, IN_2025) == min(reserve, 400_000_000)


def test_a_price_spike_releases_allowances_only_beyond_its_multiple():
    assert supply_control.spike_release(EUROPE, 2_400, 1_000, IN_2025) == 0
    assert supply_control.spike_release(EUROPE, 2_401, 1_000, IN_2025) == 75_000_000


@pytest.mark.parametrize(("year", "fall"), [(2020, 17), (2024, 11_600_043), (2025, 43), (2028, 44)])
def test_a_cap_falls_by_its_share_and_what_is_taken_off_once(year, fall):
    # 17.4 is the nearest 17
    assert supply_control.next_cap(EUROPE, 10**9, 1_000, year) == 10**9 - fall


@given(cap=amounts, wanted=amounts, price=prices, volume=amounts)
def test_containment_sells_above_its_price_and_withholds_below_the_other(
    cap, wanted, price, volume
):
    day = date(2021, 12, 31)
    size = supply_control.ccr_size(RGGI, cap, day)
    assert size == cap // 10
    assert supply_control.ccr_sold(RGGI, size, wanted, price, day) == (
        min(size, wanted) if price > 1_300 else 0
    )
    assert supply_control.ecr_withheld(RGGI, cap, volume, price, day) == (
        min(volume, cap // 10) if price < 600 else 0
    )


def test_an_indexed_price_needs_the_inflation_of_each_year():
    key = ("supply.ceiling_price", "supply.ceiling_growth", date(2023, 6, 30))
    with pytest.raises(TonneError) as caught:
        supply_control.price_on(CALIFORNIA, *key, inflation=[Fraction(1, 100)])
    assert caught.value.code == "ENGINE_NO_INFLATION"
    # 65.00 x 1.06 = 68.90, x 1.05 = 72.345
    assert (
        supply_control.price_on(CALIFORNIA, *key, inflation=[Fraction(1, 100), Fraction(0)])
        == 7_235
    )


@pytest.mark.parametrize(("last", "offered"), [(5_999, False), (6_000, True)])
def test_tiers_are_offered_from_three_fifths_of_the_lowest(last, offered):
    assert supply_control.tier_offered(CALIFORNIA, last, 10_000, IN_2025) is offered


@given(volume=amounts, need=amounts, held=amounts)
def test_limits_of_buyers(volume, need, held):
    assert supply_control.purchase_limit(CALIFORNIA, volume, IN_2025) == volume // 4
    assert supply_control.purchase_limit(CALIFORNIA, volume, IN_2025, obliged=False) == volume // 25
    assert supply_control.purchase_limit(EUROPE, volume, IN_2025) == volume
    assert supply_control.ceiling_sale(need, held) + min(need, held) == need
    assert supply_control.buy_back(PILOTS["shenzhen"], volume, IN_2016) == volume // 10
