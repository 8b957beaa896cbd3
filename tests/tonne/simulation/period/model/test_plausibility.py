"""Plants the oracle would refuse are found before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tonne.errors import TonneError
from tonne.rules.pack import Mrv, RulePack, load, scenario
from tonne.simulation.fleet import plants
from tonne.simulation.fleet.plant_engine import engine_of
from tonne.simulation.fleet.plants import Fleet, Plant
from tonne.simulation.period.model import plausibility

ROOT = Path(__file__).resolve().parents[5]
PLANT = Plant("A", "coal_gt300", 600_000, 3_000_000, 0, 2_700_000, 1, 0, line=7)


@pytest.fixture
def mrv(pack: RulePack) -> Mrv:
    return pack.mrv_on(pack.market.first_day)


@pytest.mark.parametrize("seed", [1, 2021])
def test_national_fleet_is_plausible(pack: RulePack, mrv: Mrv, seed: int) -> None:
    made = plants.assume_heat(plants.generate(seed), seed)
    plausibility.check(made, mrv, 2020)
    plausibility.check(plants.calibrate(made, engine_of(pack, 2020)), mrv, 2020)


@pytest.mark.parametrize(
    "change,words",
    [
        ({"emissions_t": 1_649_999}, "1,650,000 to 4,820,000"),
        ({"emissions_t": 4_820_001}, "emits 4,820,001 t"),
        ({"power_mwh": 5_533_921, "emissions_t": 5_000_000}, "at most 5,533,920"),
        ({"heat_gj": 158_112_001, "emissions_t": 20_000_000}, "GJ of heat"),
    ],
)
def test_check_names_line_plant_and_bound(mrv: Mrv, change: dict[str, int], words: str) -> None:
    plausibility.check(Fleet((PLANT,), "fleet.csv", ""), mrv, 2020)
    with pytest.raises(TonneError) as refused:
        plausibility.check(Fleet((replace(PLANT, **change),), "fleet.csv", ""), mrv, 2020)
    assert refused.value.code == "FLEET_IMPLAUSIBLE"
    assert "fleet.csv, line 7: A " in refused.value.message
    assert words in refused.value.message


def test_check_leaves_plants_without_obligation_alone(mrv: Mrv) -> None:
    wind = replace(PLANT, class_name="none", emissions_t=1)
    plausibility.check(Fleet((wind,), "fleet.csv", ""), mrv, 2020)


#: Stations of Australia, 2017-18, as reported (Clean Energy Regulator, CC BY): class here, MWh, t CO2e.
STATIONS = {
    "Tallawarra, gas": ("gas", 1_468_603, 545_668),
    "YPF utilities, gas": ("gas", 26_710, 28_078),
    "Kalgoorlie, gas turbine": ("gas", 1_411, 1_402),
    "Marble Bar, diesel": ("coal_le300", 2_243, 1_091),
    "Ramingining, diesel": ("coal_le300", 3_250, 1_871),
    "Port Lincoln, diesel": ("coal_le300", 1_673, 2_664),
    "Gladstone, black coal": ("coal_gt300", 8_974_847, 8_502_292),
    "Yallourn, brown coal": ("unconventional_coal", 10_238_920, 13_671_954),
}


def _station(name: str, power: int, emitted: int) -> Fleet:
    plant = Plant("S", name, power * 1000 // 4000, power, 0, emitted, power, 0)
    return Fleet((plant,), "stations", "")


@pytest.fixture(scope="module")
def european() -> Mrv:
    path = ROOT / "scenarios" / "eu-ets-assumed.toml"
    return scenario.assume(load("eu"), path).mrv_on(date(2024, 3, 1))


@pytest.mark.parametrize("name", STATIONS)
def test_real_stations_elsewhere_are_plausible_in_europe(european: Mrv, name: str) -> None:
    plausibility.check(_station(*STATIONS[name]), european, 2023)


def test_china_s_bounds_would_refuse_real_diesel(mrv: Mrv) -> None:
    with pytest.raises(TonneError, match="emits 1,091 t"):
        plausibility.check(_station(*STATIONS["Marble Bar, diesel"]), mrv, 2020)


@pytest.mark.parametrize(
    ("name", "emitted"),
    [("gas", 189_999), ("gas", 1_420_001), ("coal_le300", 259_999), ("coal_gt300", 2_420_001)],
)
def test_less_than_the_carbon_burnt_or_more_than_any_plant_wastes_is_refused(
    european: Mrv, name: str, emitted: int
) -> None:
    with pytest.raises(TonneError) as refused:
        plausibility.check(_station(name, 1_000_000, emitted), european, 2023)
    assert refused.value.code == "FLEET_IMPLAUSIBLE"


def test_a_plant_without_output_is_told_of_the_base_of_its_class(mrv: Mrv) -> None:
    silent = replace(PLANT, power_mwh=0, heat_gj=0, emissions_t=20_001, tabled_t=5)
    with pytest.raises(TonneError) as refused:
        plausibility.check(Fleet((silent,), "fleet.csv", ""), mrv, 2020)
    assert "emits 20,001 t; plausible for what it supplies are 0 to 20,000" in refused.value.message
    assert refused.value.remedy.startswith("Give its output, or assume a larger mrv.base")
