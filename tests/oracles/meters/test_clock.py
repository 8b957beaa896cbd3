"""The machine's clock set back and forward by an hour while readings come: the chain's time decides alone."""

from __future__ import annotations

import time

from tests.oracles.meters.ground import OWNER, QUARTER
from tonne.constants import HOUR_S
from tonne.meters.simulated_fleet import meters


def test_each_interval_is_posted_once_whatever_the_clock_says(desk, monkeypatch):
    right = time.time
    for index, wrong in enumerate((0, -HOUR_S, HOUR_S, -25 * HOUR_S, 25 * HOUR_S, 0)):
        monkeypatch.setattr(time, "time", lambda wrong=wrong: right() + wrong)
        desk.at(index * QUARTER + 10)
        desk.send(index)
        desk.run(4)
    posted = desk.posted()
    assert sorted(posted) == [(1, quarter) for quarter in range(5)]
    assert {event["run"] for event in posted.values()} == {1}
    energy = sum(event["sums"] & (1 << 47) - 1 for event in posted.values())
    assert energy == sum(meter.registers(5)[0] for meter in meters(desk.fleet, OWNER))
    assert not [code for code, _ in desk.incidents() if code.startswith("METER_")]
