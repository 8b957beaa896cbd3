"""Fleets: generated from facts, drawn from, and calibrated against an engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tonne.constants import PPM
from tonne.errors import TonneError
from tonne.rules import engine
from tonne.rules.pack import RulePack
from tonne.simulation.fleet import plants, plants_by_year, plants_file
from tonne.simulation.fleet.plant_engine import engine_of
from tonne.simulation.fleet.plants import Fleet

SEED = 2021
ENTITIES = (
    Path(__file__).resolve().parents[4] / ".." / "shared" / "data" / "china_entities_2162.csv"
)


@pytest.fixture(scope="module")
def national() -> Fleet:
    made = plants.generate(SEED)
    return plants.assume_prior_year(plants.assume_heat(made, SEED), SEED)


def test_generate_gives_exactly_the_national_number(national: Fleet) -> None:
    assert len(national) == 2162
    assert len({p.key for p in national.plants}) == 2162
    assert 4.3e9 < national.emissions_t < 4.7e9


def test_generate_is_the_same_for_a_seed_and_another_for_another() -> None:
    assert plants.generate(SEED) == plants.generate(SEED)
    assert plants.generate(SEED).plants != plants.generate(SEED + 1).plants


def test_generate_keeps_what_the_facts_say_of_a_row() -> None:
    fact = next(f for f in plants.read_facts() if f.emitters > 20)
    made = [
        p
        for p in plants.generate(SEED).plants
        if (p.province, p.class_name) == (fact.province, fact.class_name)
        and fact.capacity_min <= p.capacity_kw / 1000 <= fact.capacity_max
    ]
    assert len(made) >= fact.emitters
    total = sum(f.capacity_mw for f in plants.read_facts())
    got = sum(p.capacity_kw for p in plants.generate(SEED).plants) / 1000
    assert got == pytest.approx(total, rel=0.002)


def test_calibrate_meets_emissions_within_one_percent(national: Fleet, pack: RulePack) -> None:
    allocate = engine_of(pack, 2020)
    scaled = plants.calibrate(national, allocate)
    assert abs(scaled.allocation(allocate) - scaled.emissions_t) * 100 <= scaled.emissions_t
    assert scaled.emissions_t == national.emissions_t
    assert scaled.calibration_ppm != PPM
    by_hand = sum(
        engine.allocation(pack, p.class_name, engine.Output(p.power_mwh, p.heat_gj), 2020)
        for p in scaled.plants
    )
    assert by_hand == scaled.allocation(allocate)


def test_calibrate_refuses_a_fleet_without_output(pack: RulePack, national: Fleet) -> None:
    idle = replace(national, plants=(replace(national.plants[0], power_mwh=0, heat_gj=0),))
    with pytest.raises(TonneError) as refused:
        plants.calibrate(idle, engine_of(pack, 2020))
    assert refused.value.code == "FLEET_NOT_CALIBRATED"


def test_uncalibrated_fleet_is_short(national: Fleet, pack: RulePack) -> None:
    above, below = plants.imbalance(national, engine_of(pack, 2020))
    assert below > 5 * above


def test_select_keeps_order_and_number(national: Fleet) -> None:
    part = plants.select(national, 50, SEED)
    places = [national.plants.index(p) for p in part.plants]
    assert len(part) == 50
    assert places == sorted(places)
    assert part.plants == plants.select(national, 50, SEED).plants


@pytest.mark.parametrize("count", [0, 2163])
def test_select_refuses_more_than_there_are(national: Fleet, count: int) -> None:
    with pytest.raises(TonneError) as refused:
        plants.select(national, count, SEED)
    assert refused.value.code == "FLEET_TOO_FEW"


def test_assumptions_are_the_plant_s_own(national: Fleet) -> None:
    """A plant has the same heat and prior year whatever else is in the fleet."""
    part = plants.select(plants.generate(SEED), 50, SEED)
    alone = plants.assume_prior_year(plants.assume_heat(part, SEED), SEED)
    whole = {p.key: p for p in national.plants}
    assert all(whole[p.key] == p for p in alone.plants)
    assert any(p.heat_gj for p in national.plants)
    assert len(national.assumed) == len(plants.generate(SEED).assumed) + 2


def test_prior_year_stays_where_a_fleet_gives_it(national: Fleet) -> None:
    known = replace(national, plants=(replace(national.plants[0], prior_power_mwh=7),))
    assert plants.assume_prior_year(known, SEED) == known


@pytest.mark.skipif(not ENTITIES.exists(), reason="the shared data is not here")
def test_shared_entities_close_under_the_pack(pack: RulePack) -> None:
    read = plants_file.read_fleet(ENTITIES)
    assert len(read) == 2162
    assert read.real_names
    assert read.emissions_t == 4_515_799_314
    allocate = engine_of(pack, 2020)
    scaled = plants.calibrate(plants.assume_heat(read, SEED), allocate)
    assert scaled.allocation(allocate) == pytest.approx(read.emissions_t, rel=0.01)


def test_emitters_below_the_threshold_are_left_out_and_told(
    national: Fleet, pack: RulePack
) -> None:
    small = replace(national.plants[0], emissions_t=25_999)
    exempt = replace(national.plants[1], class_name="none", emissions_t=1)
    fleet = replace(national, plants=(small, exempt, replace(small, emissions_t=26_000)))
    found = plants_by_year.covered(fleet, pack, 2020)
    assert [plant.emissions_t for plant in found.plants] == [1, 26_000]
    assert found.assumed[-1].startswith("1 emitters below the threshold of 26,000 t")
    assert plants_by_year.covered(found, pack, 2020) is found
    assert plants_by_year.covered(fleet, pack, 2018) is fleet, "no threshold holds"
