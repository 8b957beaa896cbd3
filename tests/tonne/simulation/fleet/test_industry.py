"""Emitters of sectors: drawn to the tonne, one of each at least, refused where they do not fit a product."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tonne.errors import TonneError
from tonne.evidence import manifest
from tonne.rules import engine
from tonne.rules import pack as rule_packs
from tonne.rules.pack import scenario
from tonne.simulation.fleet import industry
from tonne.simulation.fleet.plants import Fleet, generate, imbalance, select
from tonne.simulation.fleet.plants_by_year import next_year, on_basis
from tonne.simulation.period.steps import reporting

ROOT = Path(__file__).resolve().parents[4]
CHINA = ROOT / "scenarios" / "china-2024-sectors.toml"
EUROPE = ROOT / "scenarios" / "eu-2024-sectors.toml"
POWER = Fleet((), "nothing", "")


@pytest.fixture(scope="module")
def national():
    return rule_packs.load("china-national")


@pytest.fixture(scope="module")
def facts(national):
    return industry.assumed([CHINA], national)


@pytest.fixture(scope="module")
def drawn(national, facts):
    return industry.with_industry(POWER, facts, national, 2021, Fraction(1))


def test_the_nation_has_3700_emitters(facts, drawn):
    assert len(generate(2021)) + len(drawn) == 3_700
    for one in facts:
        own = [p for p in drawn.plants if p.class_name == one.sector]
        assert len(own) == one.emitters
        assert sum(p.industry.product_t for p in own) == one.product_t


def test_the_same_seed_draws_the_same(national, facts, drawn):
    again = industry.with_industry(POWER, facts, national, 2021, Fraction(1))
    other = industry.with_industry(POWER, facts, national, 2022, Fraction(1))
    assert again == drawn != other
    assert all("drawn by the seed" in said for said in drawn.assumed)


def test_few_emitters_keep_one_of_each_sector(facts):
    power, part = industry.shared_out(facts, 2_162, 30)
    assert part == Fraction(30, 3_700)
    assert power == 30 - 3 - 8 - 1
    assert industry.shared_out(facts, 2_162, None) == (2_162, 1)
    assert industry.shared_out([], 2_162, 30) == (30, 1)


@pytest.mark.parametrize("asked", [3, 4_000])
def test_emitters_that_do_not_go_round_are_refused(facts, asked):
    with pytest.raises(TonneError) as refused:
        industry.shared_out(facts, 2_162, asked)
    assert refused.value.code == "FLEET_TOO_FEW" and "3,700" in refused.value.remedy


def test_a_sector_that_the_pack_has_not_is_refused(tmp_path, national):
    path = tmp_path / "glass.toml"
    path.write_text(CHINA.read_text(encoding="utf-8").replace('"steel"', '"glass"'), "utf-8")
    with pytest.raises(TonneError) as refused:
        industry.assumed([path], national)
    assert refused.value.code == "SCENARIO_SECTOR"
    assert f"{path}:14: assume_industry[0].sector" in refused.value.message
    assert "steel, cement, aluminium" in refused.value.remedy


def test_drawn_plants_fit_the_bounds_of_their_sector(national, drawn):
    industry.check(drawn, national, 2024)
    europe = rule_packs.load("eu")
    fleet = industry.with_industry(
        POWER, industry.assumed([EUROPE], europe), europe, 1, Fraction(1)
    )
    industry.check(fleet, europe, 2024)


@pytest.mark.parametrize("emitted", [399_999, 1_400_001])
def test_clinker_beyond_what_its_carbonate_and_fuel_make_is_refused(national, drawn, emitted):
    works = next(p for p in drawn.plants if p.class_name == "cement")
    made = replace(works.industry, product_t=1_000_000)
    odd = replace(works, industry=made, emissions_t=emitted)
    industry.check(replace(POWER, plants=(replace(odd, emissions_t=860_000),)), national, 2024)
    with pytest.raises(TonneError) as refused:
        industry.check(replace(POWER, plants=(odd,)), national, 2024)
    assert refused.value.code == "FLEET_IMPLAUSIBLE"
    assert "400,000 to 1,400,000" in refused.value.message


def test_a_year_that_allocates_by_an_intensity_of_each_plant_is_refused(national, drawn):
    with pytest.raises(TonneError) as refused:
        industry.check(drawn, national, 2025)
    assert refused.value.code == "ENGINE_NO_INTENSITY"


def test_lines_hold_product_gases_and_all_that_is_emitted(drawn):
    for name in ("steel", "cement", "aluminium"):
        plant = next(p for p in drawn.plants if p.class_name == name)
        lines = reporting.lines_of(plant, 990_000)
        assert manifest.parse_lines(manifest.plain(lines)) == lines, "calculated CO2 is recomputed"
        sums = manifest.totals(lines)
        assert (sums.emissions_t, sums.power_mwh, sums.heat_gj) == (plant.emissions_t, 0, 0)
        assert lines[0].product == plant.industry.product
        assert lines[0].quantity == plant.industry.product_t
        assert ("CF4" in lines[1].gases) == (name == "aluminium")
        assert lines[-1].fuel.oxidationPpm == 990_000


def test_a_year_on_the_product_follows(drawn):
    later = next_year(drawn, 1, 2025)
    for now, before in zip(later.plants, drawn.plants, strict=True):
        assert now.industry.prior_product_t == before.industry.product_t
        growth = now.industry.product_t / before.industry.product_t
        assert now.emissions_t == pytest.approx(before.emissions_t * growth, rel=1e-4, abs=9)


def test_power_alone_is_weighed_against_benchmarks(national, facts):
    pack = scenario.assume(national, ROOT / "scenarios" / "china-2023-24-assumed.toml")
    fleet = industry.with_industry(select(generate(1), 5, 1), facts, pack, 1, Fraction(1, 100))
    assert imbalance(fleet, lambda number, power, heat: 0)[1] == sum(
        p.emissions_t for p in fleet.plants if p.industry is None
    )
    assert on_basis(fleet, pack, 2024).plants[-1].power_mwh == 0


@pytest.mark.parametrize(
    ("made", "level"),
    [
        ((), 1_000),
        ((1_400,), 1_000),  # two years are needed
        ((1_150, 1_150), 1_000),  # just 15 % is not more than that
        ((1_150, 1_153), 1_151),
        ((600, 1_400), 1_000),
        ((800, 899), 849),
        ((1_200, 1_200, 1_010), 1_200),  # 1,105 is near enough to the new level
    ],
)
def test_the_activity_of_the_base_period_holds_until_two_years_differ(made, level):
    pack = rule_packs.load("eu-ets")
    assert engine.activity_level(pack, "clinker", 1_000, made, 2024) == level
    assert (
        engine.activity_level(pack, "clinker", 1_000, (900, 700), 2019) == 700
    )  # no such rule then


def test_a_plant_keeps_its_base_period_from_year_to_year():
    """Allocated by the base period although the year before was another one."""
    pack = rule_packs.load("eu-ets")
    facts = industry.assumed([EUROPE], pack)
    first = industry.with_industry(POWER, facts, pack, 2021, Fraction(1, 20))
    second = next_year(first, 2021, 2024)
    for one, other in zip(first.plants, second.plants, strict=True):
        assert other.industry.made_t == (one.industry.prior_product_t, one.industry.product_t)
        assert other.industry.prior_product_t == one.industry.product_t
        assert industry.early(pack, other, 2024) == industry.early(pack, one, 2024)
