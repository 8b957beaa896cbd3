"""Simulated meters: the same each time, signed by their own keys, plausible over a year."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.meters.profiles import NAMEPLATE_W, ZONE, Kind, energy_wh
from tonne.meters.readings import parse_own
from tonne.meters.registers import MARGIN_PERMILLE
from tonne.meters.signatures import Claim, Curve, is_signed
from tonne.meters.simulated_fleet import MeterFleet, SimulatedMeter, meters

OWNER = Account.from_seed("fleet")
FLEET = MeterFleet(node=1, first=11, count=10, seed=7, since=1_780_264_800, interval_s=900)


def test_records_follow_from_keystore_and_seed_alone():
    first = [meter.record(5) for meter in meters(FLEET, OWNER)]
    again = [SimulatedMeter(FLEET, m.place, m.key).record(5) for m in meters(FLEET, OWNER)]
    assert first == again
    assert first != [meter.record(5) for meter in meters(FLEET, Account.from_seed("other"))]


def test_each_meter_signs_with_a_key_of_its_own_and_half_on_each_curve():
    keys = [meter.key.public for meter in meters(FLEET, OWNER)]
    assert len({(key.x, key.y) for key in keys}) == 10
    assert sum(key.curve is Curve.P256 for key in keys) == 5
    for meter in meters(FLEET, OWNER):
        said, record = parse_own(meter.record(3))
        assert said.meter == 11 + meter.place
        assert is_signed(Claim(meter.key.public, record.digest, record.signature))


def test_registers_only_rise_and_sequences_count():
    for meter in meters(FLEET, OWNER):
        found = [parse_own(meter.record(index))[0] for index in range(0, 97, 8)]
        assert [r.sequence for r in found] == [index + 1 for index in range(0, 97, 8)]
        for before, after in pairwise(found):
            assert before.importWh <= after.importWh and before.exportWh <= after.exportWh
        assert sum(meter.registers(96)) > 0


@pytest.mark.parametrize("kind", list(Kind))
def test_no_interval_is_beyond_the_nameplate(kind):
    year = range(1_767_225_600, 1_767_225_600 + 365 * 86_400, 900 * 53)
    most = NAMEPLATE_W[kind] * 900 * MARGIN_PERMILLE // 3_600_000
    for meter in range(20):
        assert max(max(energy_wh(kind, 3, meter, start, 900)) for start in year) <= most


def test_kinds_behave_as_they_are():
    noon, night = 1_782_036_000, 1_782_079_200  # 2026-06-21, 12:00 and 00:00 in Berlin
    winter = noon - 182 * 86_400
    assert energy_wh(Kind.PV, 1, 1, noon, 900)[1] > 3 * energy_wh(Kind.PV, 1, 1, winter, 900)[1]
    assert energy_wh(Kind.PV, 1, 1, night, 900) == (0, 0)
    assert energy_wh(Kind.HEAT_PUMP, 1, 1, winter, 900) > energy_wh(Kind.HEAT_PUMP, 1, 1, noon, 900)
    drawn, given = energy_wh(Kind.BATTERY, 1, 1, noon, 900)
    assert drawn > 0 and given == 0


@pytest.mark.parametrize(
    "day, quarters", [("2026-03-29", 92), ("2026-10-25", 100), ("2026-06-01", 96)]
)
def test_a_local_day_has_92_96_or_100_quarter_hours_that_add_up(day, quarters):
    begin = datetime.combine(date.fromisoformat(day), datetime.min.time(), ZONE)
    end = datetime.combine(date.fromisoformat(day) + timedelta(1), datetime.min.time(), ZONE)
    start, until = (int(moment.astimezone(UTC).timestamp()) for moment in (begin, end))
    assert (until - start) // 900 == quarters
    fleet = MeterFleet(node=1, first=1, count=1, seed=7, since=start, interval_s=900)
    meter = next(meters(fleet, OWNER))
    parts = [energy_wh(Kind.HOUSEHOLD, 7, 1, start + i * 900, 900)[0] for i in range(quarters)]
    assert meter.registers(quarters)[0] == sum(parts)
    # Noon is noon on each of them: the shape goes by the local clock.
    noon = datetime.combine(date.fromisoformat(day), datetime.min.time(), ZONE).replace(hour=12)
    assert datetime.fromtimestamp(int(noon.timestamp()), UTC).astimezone(ZONE).hour == 12


def test_a_fleet_is_described_without_its_keys(tmp_path):
    FLEET.write(tmp_path / "fleet.json")
    assert MeterFleet.read(tmp_path / "fleet.json") == FLEET
    assert OWNER.key.hex() not in (tmp_path / "fleet.json").read_text()
    assert OWNER.key.hex() not in repr(next(meters(FLEET, OWNER)))


@pytest.mark.parametrize("change", [{"count": 0}, {"carrier": "light"}, {"node": "1"}, {"more": 1}])
def test_a_broken_description_is_refused(tmp_path, change):
    FLEET.write(tmp_path / "fleet.json")
    data = json.loads((tmp_path / "fleet.json").read_text()) | change
    (tmp_path / "fleet.json").write_text(json.dumps(data))
    with pytest.raises(TonneError) as refused:
        MeterFleet.read(tmp_path / "fleet.json")
    assert refused.value.code == "METER_FLEET_FORM"
