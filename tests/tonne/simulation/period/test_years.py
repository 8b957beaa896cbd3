"""Several periods in a row: which they are, when each trades, and how a fleet goes on."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from tonne.errors import TonneError
from tonne.rules import pack as rule_packs
from tonne.rules.pack import scenario
from tonne.simulation.fleet.plant_engine import engine_of
from tonne.simulation.fleet.plants import OWN_USE, assume_prior_year, generate, select
from tonne.simulation.fleet.plants_by_year import OUTPUT, next_year, on_basis
from tonne.simulation.period.model.costs import GOAL, Costs
from tonne.simulation.period.model.plan import PeriodOptions, timeline
from tonne.simulation.period.run import periods_of, run

ROOT = Path(__file__).resolve().parents[4]
FILES = ("china-2023-24-assumed", "china-dates-assumed")


@pytest.fixture(scope="module")
def pack():
    found = rule_packs.load("china-national")
    for name in FILES:
        found = scenario.assume(found, ROOT / "scenarios" / f"{name}.toml")
    return found


@pytest.fixture(scope="module")
def fleet():
    return assume_prior_year(select(generate(7), 60, 7), 7)


def test_periods_follow_each_other(pack):
    found = periods_of(pack, PeriodOptions(first=2021, years=3))
    assert [period.name for period in found] == ["2021", "2022", "2023"]


def test_without_a_year_it_is_the_first_cycle(pack):
    assert [period.name for period in periods_of(pack, PeriodOptions())] == ["2019-20"]


def test_without_a_year_it_is_the_first_of_which_all_dates_are_known():
    europe = scenario.assume(rule_packs.load("eu"), ROOT / "scenarios" / "eu-ets-assumed.toml")
    assert next(iter(europe.periods)) == "2021"
    assert [period.name for period in periods_of(europe, PeriodOptions())] == ["2023"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("us-california", "PACK_PERIOD_OPEN"), ("china-hubei", "PACK_DESCRIBES_ONLY")],
)
def test_a_pack_without_a_whole_period_is_refused_with_what_it_lacks(name, code):
    with pytest.raises(TonneError) as caught:
        periods_of(rule_packs.load(name), PeriodOptions())
    assert caught.value.code == code and "scenario" in caught.value.remedy


def test_emitters_that_bid_more_than_a_market_holds_are_refused_before_anything_starts():
    assumed = (ROOT / "scenarios" / "eu-ets-assumed.toml",)
    with pytest.raises(TonneError) as caught:
        run(PeriodOptions(scheme="eu", assumed=assumed), Console(quiet=True))
    assert caught.value.code == "PERIOD_TOO_DEAR" and "at most" in caught.value.remedy


def test_a_year_without_a_period_is_refused(pack):
    with pytest.raises(TonneError) as caught:
        periods_of(pack, PeriodOptions(first=2024, years=2))
    assert caught.value.code == "PERIOD_NO_YEAR"
    assert "2025" in str(caught.value)


def test_a_period_without_all_its_dates_is_refused():
    with pytest.raises(TonneError) as caught:
        periods_of(rule_packs.load("china-national"), PeriodOptions(first=2021, years=1))
    assert caught.value.code == "PACK_PERIOD_OPEN"


def test_each_year_trades_before_the_next_begins(pack):
    periods = periods_of(pack, PeriodOptions(first=2021, years=4))
    lines = [timeline(pack, period, 24) for period in periods]
    for line, period in zip(lines, periods, strict=True):
        assert all(day.year == period.vintage + 1 for day in line.sessions)
        assert line.determined < pack.start_of(line.sessions[0])
        assert line.surrendered <= line.deadline
    for line, later in itertools.pairwise(lines):
        assert line.surrendered < later.early
    # 2021 and 2022 have one deadline; only then follows what both lack.
    assert lines[0].deadline == lines[1].deadline
    assert lines[1].early < lines[0].after < lines[2].early


def test_dates_of_a_scenario_fill_gaps_and_correct_nothing(pack, tmp_path):
    found = dict(pack.assumed_in(*(pack.local_day(t) for t in (1_672_531_200, 1_703_980_800))))
    assert (
        "period 2023: vintage, operator_deadline, report_deadline, determination_from, true_up_by"
        in found
    )
    path = tmp_path / "wrong.toml"
    head = 'format = 1\n[scenario]\ntitle = "x"\nscheme = "china-national"\n[[assume_period]]\n'
    for body, code in (
        ('name = "2023"\nsurrender_deadline = 2025-01-31\nwhy = "x"\n', "SCENARIO_KNOWN"),
        ('name = "2031"\nvintage = 2031\nwhy = "x"\n', "SCENARIO_PERIOD"),
        ('name = "2023"\ntrue_up_by = 2025-09-30\nwhy = "x"\n', "PACK_PERIOD"),
    ):
        path.write_text(head + body, encoding="utf-8")
        with pytest.raises(TonneError) as caught:
            scenario.assume(rule_packs.load("china-national"), path)
        assert caught.value.code == code
        assert "wrong.toml" in str(caught.value)


def test_a_fleet_goes_on_from_what_it_was(fleet):
    later = next_year(fleet, 7, 2022)
    assert later == next_year(fleet, 7, 2022) != next_year(fleet, 8, 2022)
    for old, new in zip(fleet.plants, later.plants, strict=True):
        assert (new.key, new.prior_power_mwh, new.prior_heat_gj) == (
            old.key,
            old.power_mwh,
            old.heat_gj,
        )
        if old.power_mwh:
            assert new.power_mwh <= OUTPUT[1] * old.power_mwh
            assert new.intensity == pytest.approx(old.intensity, rel=1e-3)
    assert any("2022" in said for said in later.assumed)
    assert not any("prior year" in said for said in later.assumed)


def test_benchmarks_of_2023_are_of_generated_power(pack, fleet):
    assert on_basis(fleet, pack, 2022) is fleet
    gross = on_basis(fleet, pack, 2023)
    plant, more = fleet.plants[0], gross.plants[0]
    assert more.power_mwh == int(plant.power_mwh / (1 - OWN_USE[plant.class_name]))
    assert any("uses itself" in said for said in gross.assumed)
    # The engine a fleet is calibrated by counts the same.
    engine = engine_of(pack, 2023)
    name = plant.class_name
    expected = int(pack.benchmark(name, "power", pack.local_day(1_703_980_800)) * more.power_mwh)
    assert abs(engine(plant.class_number, plant.power_mwh, 0) - expected) <= 1


def test_what_is_done_once_is_no_cost_of_a_period():
    costs = Costs(frozenset({"0xAA"}))
    for part, gas in (("register, once", 500), ("assess", 20), ("assess", 30), ("other", 7)):
        costs.add(part, gas)
    assert costs.total == 57
    assert [(p.name, p.calls, p.gas) for p in costs.parts()] == [
        ("assess", 2, 50),
        ("other", 1, 7),
        ("register, once", 1, 500),
    ]
    assert GOAL == 240_000_000


def test_costs_of_shortfalls_are_told_apart_from_the_goal():
    costs = Costs(frozenset())
    costs.add("true up, assess", 236_000_000)
    costs.add("enforce", 44_000_000)
    goal = "240 M gas for 2,162 installations, 111,008 each"
    assert costs.against_goal(2_162, 160) == (
        f"{goal}: 16.7% above the goal; without the 44,000,000 gas of 160 shortfalls, 275,000 each,"
        " 1.7% below the goal"
    )
    assert costs.against_goal(2_162, 0) == f"{goal}: 16.7% above the goal"


def test_deadlines_move_no_season_of_the_first_cycle(pack):
    line = timeline(pack, pack.period("2019-20"), 24)
    assert line.sessions[0] == pack.market.first_day
    assert pack.local_day(line.deadline) - line.sessions[-1] >= timedelta(days=4)
