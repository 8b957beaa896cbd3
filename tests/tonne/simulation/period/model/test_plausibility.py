"""Plants the oracle would refuse are found before anything is sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tonne.errors import TonneError
from tonne.rules.pack import Mrv, RulePack
from tonne.simulation.fleet import plants
from tonne.simulation.fleet.plant_engine import engine_of
from tonne.simulation.fleet.plants import Fleet, Plant
from tonne.simulation.period.model import plausibility

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
