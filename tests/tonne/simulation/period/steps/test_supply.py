"""What a run auctions: its part of what cap and rules give, by no figure of the year that is settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tonne.rules.pack import load, scenario
from tonne.simulation.fleet.plants import assume_prior_year, generate, select
from tonne.simulation.period import several_schemes
from tonne.simulation.period.model.market_state import MarketDay, empty_market
from tonne.simulation.period.model.plan import PeriodOptions, timeline
from tonne.simulation.period.steps import allocation, auction, key_accounts, supply

ROOT = Path(__file__).resolve().parents[5]


class State:
    """As much of a period's state as the decision reads."""

    def __init__(self, plan, older=()):
        self.pack, self.period, self.fleet, self.line = (
            plan.pack,
            plan.period,
            plan.fleet,
            plan.line,
        )
        self.older, self.reference, self.auctioned = list(older), 6_500, 0
        self.results = type(
            "Results",
            (),
            {"not_applied": [], "supply": None, "issues": [], "months": None, "keys": []},
        )()

    def __len__(self):
        return len(self.fleet)


@pytest.fixture(scope="module")
def plan():
    (found,) = several_schemes.plans(PeriodOptions(schemes=("eu",), emitters=30, sessions=20))
    return found


def test_the_runs_part_of_the_auctions_is_what_it_lacked_the_year_before(plan):
    decision = supply.decide(State(plan))
    assert decision.lacked == int(supply.lacked_before(State(plan)).sum()) > 0
    assert (decision.scheme.auctioned, decision.before.auctioned) == (574_427_569, 523_478_907)
    assert decision.auctioned == decision.lacked * 574_427_569 // 523_478_907


def test_no_figure_of_the_year_itself_goes_in(plan):
    before = supply.decide(State(plan)).auctioned
    hotter = tuple(
        replace(p, power_mwh=2 * p.power_mwh, heat_gj=2 * p.heat_gj, emissions_t=2 * p.emissions_t)
        for p in plan.fleet.plants
    )
    other = replace(plan, fleet=replace(plan.fleet, plants=hotter))
    assert supply.decide(State(other)).auctioned == pytest.approx(before, rel=1e-6)


def test_a_year_can_be_short_of_allowances(plan):
    later = replace(plan, period=plan.pack.period("2024"))
    later = replace(later, line=timeline(plan.pack, later.period, 20))
    decision = supply.decide(State(later))
    assert decision.scheme.auctioned < decision.before.auctioned
    assert decision.auctioned < decision.lacked


def test_a_price_spike_of_earlier_seasons_adds_to_the_auctions(plan):
    market = empty_market(1, 1, "Allowances", 1)
    first = plan.pack.local_day(plan.line.start)
    for days, close in (
        (30, 40_000),
        (100, 40_000),
        (300, 1_000),
        (400, 1_000),
        (500, 1_000),
        (600, 1_000),
    ):
        day = first.fromordinal(first.toordinal() - days)
        market.days.append(MarketDay(day, close, close, close, 1, close, 1, 1))
    risen = supply.decide(State(plan, [market])).scheme
    assert risen.spike == 75_000_000 and supply.decide(State(plan)).scheme.spike == 0


def test_the_volume_is_rounded_down_to_what_bids_are_multiples_of(plan):
    state = State(plan)
    found = auction.volume(state)
    assert found % 500 == 0 and 0 <= state.results.supply.auctioned - found < 500
    assert state.auctioned == found and state.results.not_applied == []


def test_without_a_known_cap_nothing_is_auctioned_and_the_run_says_so(plan):
    pack = plan.pack.assuming({}, {})
    pack.values = {k: v for k, v in pack.values.items() if k != "cap.amount"}
    state = State(replace(plan, pack=pack))
    assert auction.volume(state) == 0
    ((rule, why),) = state.results.not_applied
    assert rule == "Share of the cap that is auctioned" and "cap" in why


def test_unsold_lots_are_spread_in_multiples():
    assert auction.spread_over(10_300, 4, 500) == [2_500, 2_500, 2_500, 2_800]
    assert sum(auction.spread_over(76_012_500, 4, 500)) == 76_012_500
    assert auction.spread_over(10_000, 0, 500) == []
    assert auction.spread_over(500, 4, 500) == [500]


def test_methods_that_a_run_has_no_use_for_are_told_one_by_one():
    pack = scenario.assume(
        load("china-guangdong"), ROOT / "scenarios" / "china-guangdong-assumed.toml"
    )
    state = type("State", (), {"pack": pack, "period": pack.period("2023")})()
    told = dict(allocation.other_methods(state, auctioned=False))
    assert set(told) == {"Allocation by grandfathering", "Allocation by auction"}
    assert set(dict(allocation.other_methods(state, auctioned=True))) == {
        "Allocation by grandfathering"
    }


@pytest.mark.parametrize(
    "key, value",
    [
        ("allocation.correction_all", Decimal("0.9")),
        ("allocation.preallocation_basis", "prior_emissions"),
        ("allocation.method", ("auction",)),
    ],
)
def test_rules_of_allocation_that_the_contracts_do_not_know_are_refused(key, value, refusal_of):
    refusal = refusal_of(key, value)
    assert (refusal.code, refusal.field) == ("PERIOD_ALLOCATION_RULE", key)
    assert refusal.value == str(value) and refusal.remedy


@pytest.fixture
def refusal_of(pack):
    from tonne.errors import TonneError
    from tonne.rules.pack.keys import spec_of
    from tonne.rules.pack.model import DatedValue

    def refusal(key, value):
        entry = DatedValue.model_validate(
            {"value": value, "unit": spec_of(key).unit, "from": date(2019, 1, 1), "source": "ours",
             "confidence": "ours"}
        )  # fmt: skip
        changed = pack.assuming({}, {})
        changed.values = {**pack.values, key: (entry,)}
        allocation.check(pack, 2020)
        with pytest.raises(TonneError) as caught:
            allocation.check(changed, 2020)
        return caught.value

    return refusal


def test_what_a_run_without_an_auction_has_no_use_for_is_told(plan):
    state = State(replace(plan, pack=plan.pack.recorded()))
    auction.volume(state)
    key_accounts.close(state)
    fates = {one.key: one for one in state.results.keys}
    assert fates["supply.msr_intake"].fate == "in the run"
    assert fates["auction.form"].fate == "in the run"
    state = State(replace(plan, pack=plan.pack.recorded()))
    key_accounts.close(state)
    told = {one.key: one.reason for one in state.results.keys}
    assert told["supply.msr_intake"] == "No auction is held whose volume a reserve could change."
    assert told["mrv.monthly_evidence"] == "No plant files monthly evidence in this run."
    assert told["offset.limit"] == "", "kept on the chain"


def test_prior_output_that_is_not_known_is_drawn_before_the_decision():
    fleet = assume_prior_year(select(generate(1), 30, 1), 1)
    assert np.all([plant.prior_power_mwh > 0 for plant in fleet.plants])
