"""Profiles of other houses, where they are installed: a year of theirs is a plausible year of a meter."""

from __future__ import annotations

import warnings
from datetime import datetime
from importlib.util import find_spec

import pytest

from tonne.errors import TonneError
from tonne.meters import external_profiles
from tonne.meters.external_profiles import BUILT_IN, DEMANDLIB, PVLIB, SIMBENCH, energy_of
from tonne.meters.profiles import NAMEPLATE_W, ZONE, Kind, energy_wh
from tonne.meters.simulated_fleet import MeterFleet

HOUR = 3_600


def _at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=ZONE).timestamp())


def _year(energy, kind: Kind, meter: int = 1) -> list[tuple[int, int]]:
    """Every seventh hour of a year."""
    start = _at(2026, 1, 1)
    return [energy(kind, 7, meter, start + hour * HOUR, HOUR) for hour in range(0, 8_760, 7)]


def test_built_in_profiles_need_nothing():
    assert energy_of(BUILT_IN) is energy_wh


def test_a_name_that_is_none_is_refused():
    with pytest.raises(TonneError) as refused:
        energy_of("weather")
    assert refused.value.code == "METER_UNKNOWN_PROFILES"


def test_a_package_that_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(external_profiles, "find_spec", lambda name: None)
    for source in (SIMBENCH, DEMANDLIB, PVLIB):
        with pytest.raises(TonneError) as refused:
            energy_of(source)
        assert refused.value.code == "METER_NO_PROFILES" and source in refused.value.remedy


def test_a_day_finds_the_measured_day_of_its_weekday():
    """1 January 2016 was a Friday, as 2 January 2026 is."""
    assert external_profiles._place(_at(2026, 1, 2)) == 0
    assert external_profiles._place(_at(2026, 1, 9, 13, 45)) == 7 * 96 + 55
    days = {external_profiles._place(_at(2026, month, 15)) // 96 for month in range(1, 13)}
    assert len(days) == 12 and max(days) < 366


def test_a_fleet_remembers_its_profiles(tmp_path):
    MeterFleet(1, 1, 2, 7, 0, 900, profiles=PVLIB).write(tmp_path / "fleet.json")
    assert MeterFleet.read(tmp_path / "fleet.json").profiles == PVLIB


@pytest.mark.skipif(find_spec(SIMBENCH) is None, reason="simbench is not installed")
def test_measured_households_and_roofs():
    energy = energy_of(SIMBENCH)
    for meter in (1, 2, 3):
        drawn = sum(wh for wh, _ in _year(energy, Kind.HOUSEHOLD, meter)) * 7
        assert 1_500_000 < drawn < 6_000_000
        given = [wh for _, wh in _year(energy, Kind.PV, meter)]
        assert 2_000_000 < sum(given) * 7 < 14_000_000
        assert max(given) <= NAMEPLATE_W[Kind.PV]
    assert energy(Kind.PV, 7, 1, _at(2026, 6, 1, 1), HOUR) == (0, 0)
    quarters = [energy(Kind.PV, 7, 1, _at(2026, 6, 1, 12) + i * 900, 900)[1] for i in range(4)]
    assert 0 <= energy(Kind.PV, 7, 1, _at(2026, 6, 1, 12), HOUR)[1] - sum(quarters) < 4
    noon = (Kind.HEAT_PUMP, 7, 1, _at(2026, 6, 1, 12), 900)
    assert energy(*noon) == energy_wh(*noon)


@pytest.mark.skipif(find_spec(DEMANDLIB) is None, reason="demandlib is not installed")
def test_the_standard_household():
    energy, seen = energy_of(DEMANDLIB), list(warnings.filters)
    for meter in (1, 2, 3):
        assert 1_500_000 < sum(wh for wh, _ in _year(energy, Kind.HOUSEHOLD, meter)) * 7 < 6_000_000
    evening, night = (energy(Kind.HOUSEHOLD, 7, 1, _at(2026, 1, 15, h), HOUR)[0] for h in (19, 3))
    assert evening > 2 * night > 0
    winter, summer = (energy(Kind.HOUSEHOLD, 7, 1, _at(2026, m, 15, 19), HOUR)[0] for m in (1, 7))
    assert winter > summer
    # The hour that is told twice, and the last quarter of a leap year.
    assert energy(Kind.HOUSEHOLD, 7, 1, _at(2026, 10, 25, 2) + HOUR, HOUR)[0] > 0
    assert energy(Kind.HOUSEHOLD, 7, 1, _at(2028, 12, 31, 23, 45), 900)[0] > 0
    assert warnings.filters == seen
    noon = (Kind.PV, 7, 1, _at(2026, 6, 1, 12), 900)
    assert energy(*noon) == energy_wh(*noon)


@pytest.mark.skipif(find_spec(PVLIB) is None, reason="pvlib is not installed")
def test_a_roof_under_a_reckoned_sun():
    energy = energy_of(PVLIB)
    assert energy(Kind.PV, 7, 1, _at(2026, 6, 1, 1), HOUR) == (0, 0)
    summer, winter = (energy(Kind.PV, 7, 1, _at(2026, month, 21, 12), 900)[1] for month in (6, 12))
    assert summer > 0 and winter > 0
    given = [wh for _, wh in _year(energy, Kind.PV)]
    assert 2_000_000 < sum(given) * 7 < 14_000_000
    assert max(given) <= NAMEPLATE_W[Kind.PV]
    noon = (Kind.HOUSEHOLD, 7, 1, _at(2026, 6, 1, 12), 900)
    assert energy(*noon) == energy_wh(*noon)
