"""The plain model: what is varied pushes what it should, in the direction it should."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tests.tonne.simulation.scenarios.files import CASE, RUN, SWEEP, mean, outcomes, read
from tonne.rules.engine import Traded
from tonne.rules.pack import load
from tonne.simulation.scenarios import season, years
from tonne.simulation.scenarios.years import CarriedState

FIXED = '"penalty.deduction" = 0, "penalty.min_per_unit" = 144, "penalty.max_per_unit" = 144'
LINKED = (
    '"penalty.deduction" = 0, "penalty.multiple_min" = 3, "penalty.multiple_max" = 3,'
    ' "penalty.price_months" = 1, "penalty.price_until" = "deadline_month",'
    ' "penalty.price_rule" = "volume_weighted"'
)
#: A shortage that no firm answers by emitting less.
STIFF = '"cap" = 0.95, "abatement.share" = 0'
TWO_YEARS = RUN.replace("from = 2020", "from = 2020\nyears = 2")


def test_a_fine_by_the_price_pushes_the_price_down(tmp_path):
    """Where a fine is held unlikely, a lower price makes it cheaper still; a fixed one holds the price up."""
    cases = [CASE.format("fixed", FIXED), CASE.format("linked", LINKED)]
    likely = SWEEP.format("fine.chance", "[0.22]")
    run = RUN.replace("sessions = 24", "sessions = 48").replace("[1, 2, 3]", "[1, 2, 3, 4, 5, 6]")
    fixed, linked = outcomes(read(tmp_path, *cases, likely, run=run))
    assert mean(linked, "price") < 0.98 * mean(fixed, "price")
    assert mean(linked, "close") < 0.95 * mean(fixed, "close")


def test_a_fine_that_nobody_weighs_leaves_the_price_alone(tmp_path):
    cases = [CASE.format("fixed", FIXED), CASE.format("linked", LINKED)]
    fixed, linked = outcomes(read(tmp_path, *cases))
    assert [y[0].price for y in fixed] == [y[0].price for y in linked]


def test_nobody_pays_more_than_lacking_a_tonne_would_cost(tmp_path):
    case = '"penalty.deduction" = 0, "penalty.min_per_unit" = 20, "penalty.max_per_unit" = 20'
    (cheap,) = outcomes(read(tmp_path, CASE.format("a", case), SWEEP.format("fine.chance", "[1]")))
    assert all(run[0].close <= 2_000 or run[0].volume == 0 for run in cheap)


def test_a_lower_cap_raises_price_and_default(tmp_path):
    case = CASE.format("a", '"abatement.share" = 0')
    found = read(tmp_path, case, SWEEP.format("cap", "[0.95, 1]"))
    low, high = outcomes(found)
    for seed, one, other in zip(found.run.seeds, low, high, strict=True):
        cap = years.plants_of(found, seed).emissions_t * 95 // 100
        assert cap - 100 <= one[0].free <= cap
        assert one[0].price > other[0].price
        assert one[0].default_ppm > other[0].default_ppm


def test_a_cut_of_a_tenth_lowers_emissions_and_leaves_few_short(tmp_path):
    stiff, usual = outcomes(
        read(
            tmp_path, CASE.format("a", '"cap" = 0.9'), SWEEP.format("abatement.share", "[0, 0.05]")
        )
    )
    assert mean(stiff, "avoided") == 0 and mean(stiff, "defaulters") > 70, "of a hundred"
    assert 0.09 < mean(usual, "avoided") / mean(stiff, "due") < 0.11
    assert mean(usual, "due") < 0.92 * mean(stiff, "due")
    assert mean(usual, "defaulters") < 25
    assert mean(usual, "price") > 2 * 4_800


def test_where_there_is_enough_nothing_is_avoided(tmp_path):
    (loose,) = outcomes(read(tmp_path, CASE.format("a", '"cap" = 1, "offset.supply" = 0.01')))
    assert mean(loose, "avoided") == 0


def test_a_tighter_benchmark_gives_less_and_raises_the_price(tmp_path):
    tight, loose = outcomes(
        read(tmp_path, SWEEP.format("benchmark.power.coal_gt300", "[0.85, 0.877]"))
    )
    assert mean(tight, "free") < mean(loose, "free")
    assert mean(tight, "price") > mean(loose, "price")


def test_offsets_stay_within_limit_and_supply_and_lower_the_price(tmp_path):
    case = CASE.format("a", '"cap" = 0.98, "offset.supply" = 0.01')
    none, some = outcomes(read(tmp_path, case, SWEEP.format("offset.limit", "[0, 0.05]")))
    assert all(run[0].offsets == 0 for run in none)
    assert all(0 < run[0].offsets <= run[0].due // 100 for run in some)
    assert mean(some, "price") < mean(none, "price")
    assert mean(some, "default_ppm") < mean(none, "default_ppm")


def test_a_warning_reaches_those_who_lack_too_much(tmp_path):
    cases = [
        CASE.format("none", '"cap" = 1'),
        CASE.format("all", '"warning.at" = 0.6'),
        CASE.format("far", '"warning.at" = 0.6, "warning.gap" = 0.1'),
    ]
    none, everyone, far = outcomes(read(tmp_path, *cases))
    assert mean(none, "warned") == 0
    assert 0 < mean(far, "warned") < mean(everyone, "warned")


def test_who_heeds_a_warning_comes_to_the_market(tmp_path):
    rules_of = read(tmp_path, CASE.format("a", '"warning.at" = 0.5, "warning.heeded" = 1'))
    rules = years.varied(rules_of.pack, rules_of.variants()[0].settings, 2020)
    agents = season.Agents(1, np.array([-100, -100, 100], np.int64), 4800)
    agents.absent[:] = [True, False, False]
    agents.waits[:] = [False, True, False]
    agents.start[:], agents.end[:] = 0.8, 0.95
    due = np.array([1_000, 1_000, 1_000], np.int64)
    assert season._warn(rules, 2020, 1, season.SeasonProgress(4, 10), agents, due) == 0
    assert season._warn(rules, 2020, 1, season.SeasonProgress(5, 10), agents, due) == 2
    assert season._warn(rules, 2020, 1, season.SeasonProgress(6, 10), agents, due) == 0
    assert agents.absent.tolist() == agents.waits.tolist() == [False, False, False]
    assert agents.start.tolist() == [0.5, 0.5, 0.8]
    assert agents.end.tolist() == [0.65, 0.65, 0.95], "and has bought soon, not near the deadline"


def test_a_warning_lowers_defaults_when_it_comes_early_only(tmp_path):
    warned = '"cap" = 1, "warning.at" = 0.1, "warning.gap" = 0.05, "warning.heeded" = 0.9'
    late = warned.replace("0.1,", "0.6,")
    cases = (("none", '"cap" = 1'), ("early", warned), ("late", late))
    run = RUN.replace("[1, 2, 3]", "[1, 2, 3, 4]").replace("sessions = 24", "sessions = 48")
    none, early, late = outcomes(
        read(tmp_path, *(CASE.format(*case) for case in cases), run=run.replace("100", "600"))
    )
    assert mean(early, "default_ppm") < mean(none, "default_ppm") < mean(late, "default_ppm")
    assert mean(early, "close") < mean(none, "close"), "those who would have sold late have sold"


def test_a_shortfall_bites_in_the_next_year(tmp_path):
    case = CASE.format("a", '"cap" = 0.95, "penalty.deduction_on_refusal" = false')
    with pytest.raises(Exception, match="PACK_UNKNOWN_KEY"):
        read(tmp_path, case, run=TWO_YEARS)
    sweep = SWEEP.format("penalty.deduction", "[0, 1, 2]")
    spared, once, twice = outcomes(
        read(tmp_path, CASE.format("a", '"cap" = 0.95'), sweep, run=TWO_YEARS)
    )
    for none, one, two in zip(spared, once, twice, strict=True):
        assert none[0] == one[0] == two[0]
        missing = none[0].free - one[1].free  # what the first year missed; the cap is the same
        assert none[1].free > one[1].free > two[1].free
        assert 0 <= missing - one[0].due * one[0].default_ppm // 1_000_000


def test_units_taken_later_are_owed_in_the_next_year(tmp_path):
    cases = [
        CASE.format("a", STIFF + ', "penalty.deduction" = 0'),
        CASE.format("b", STIFF + ', "penalty.deduction" = 0, "penalty.units_for_each" = 3'),
        CASE.format("c", STIFF + ', "penalty.deduction" = 0, "penalty.still_owed" = true'),
    ]
    plain, thrice, still = outcomes(read(tmp_path, *cases, run=TWO_YEARS))
    for one, three, owed in zip(plain, thrice, still, strict=True):
        missing = owed[1].due - one[1].due
        assert missing > 0
        assert three[1].due - one[1].due == 3 * missing
        assert three[0].fines == 0 < one[0].fines


def test_what_is_left_is_banked_within_the_rule_and_the_rest_expires(tmp_path):
    many = '"benchmark.power.coal_gt300" = 0.95'
    common = f'{many}, "obligation.carry_vintages" = 0'
    cases = [
        CASE.format("as it is", many),
        CASE.format("all", f'{common}, "banking.allowed" = true'),
        CASE.format("little", f'{common}, "banking.allowed" = true, "banking.base" = 10'),
        CASE.format("none", f'{common}, "banking.allowed" = false'),
    ]
    free, everything, little, none = outcomes(read(tmp_path, *cases, run=TWO_YEARS))
    for runs in zip(free, everything, little, none, strict=True):
        kept, banked, some, nothing = (run[0] for run in runs)
        assert kept.banked == banked.banked == nothing.expired > 0
        assert nothing.banked == kept.expired == banked.expired == 0
        assert 0 < some.banked < kept.banked
        assert some.banked + some.expired == kept.banked


def test_a_path_gives_each_year_its_own_cap(tmp_path):
    falling = read(tmp_path, SWEEP.format("cap", "[[1.0, 0.9], [1.0, 0.8]]"), run=TWO_YEARS)
    slow, fast = outcomes(falling)
    for one, other in zip(slow, fast, strict=True):
        assert one[0] == other[0]
        assert one[1].free > other[1].free


def test_a_fine_costs_what_the_plain_rules_say(tmp_path):
    found = read(tmp_path, CASE.format("a", LINKED))
    rules = years.varied(found.pack, found.variants()[0].settings, 2020)
    fine = season.FineRule(rules.pack, date(2021, 12, 31))
    assert fine.total(1_000, 5_000) == 1_000 * 3 * 5_000
    assert fine.total(0, 5_000) == 0
    owed = read(tmp_path, SWEEP.format("penalty.deduction", "[2]"))
    rules = years.varied(owed.pack, owed.variants()[0].settings, 2020)
    # Between 20,000 and 30,000 yuan, and twice the tonnes at the price.
    assert season.FineRule(rules.pack, date(2021, 12, 31)).total(10, 5_000) == 2_500_000 + 100_000


def test_allowances_are_neither_made_nor_lost():
    state = CarriedState(1, {2020: np.array([5, 5]), 2021: np.array([7, 0])})
    years._sold(state, np.array([8, 0]))
    assert {v: h.tolist() for v, h in state.held.items()} == {2020: [4, 5], 2021: [0, 0]}
    missing = years._surrender(state, np.array([3, 9]))
    assert missing.tolist() == [0, 4]
    assert {v: h.tolist() for v, h in state.held.items()} == {2020: [1, 0], 2021: [0, 0]}


def test_a_fine_by_the_price_takes_its_window_and_a_deduction_its_condition():
    """The decree of 2024: five to ten times December's price; a deduction only where an order is refused."""
    pack = load("china-national")
    missing = np.array([0, 1_000], np.int64)
    trades = [Traded(date(2024, 11, 29), 900 * 5_000, 900), Traded(date(2024, 12, 2), 9_800, 1)]
    state = CarriedState(1, cut=np.zeros(2, np.int64))
    out = season.SeasonOutcome(trades=trades, close=4_000)
    assert years._enforce(pack, state, missing, date(2024, 12, 31), out) == 7_500 * 9_800
    assert state.cut.tolist() == [0, 0]

    before = years._enforce(pack, state, missing, date(2021, 12, 31), out)
    assert before == 2_500_000
    assert state.cut.tolist() == [0, 1_000]


def test_a_vintage_that_expired_is_not_used(tmp_path):
    found = read(tmp_path, SWEEP.format("obligation.carry_vintages", "[10]"))
    pack = years.varied(found.pack, found.variants()[0].settings, 2020).pack
    assert years._usable(pack, 2021, 2022)
    assert not years._usable(pack, 2024, 2025)
