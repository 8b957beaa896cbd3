"""From readings to roots on a real chain: runs, windows, corrections, and what they add up to."""

from __future__ import annotations

from tests.oracles.meters.ground import QUARTER
from tonne.merkle_sum import Sums


def test_a_whole_interval_is_posted_at_once(desk):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    event = desk.posted()[1, 0]
    sums = Sums.of(event["sums"])
    assert (sums.settled, sums.count, event["run"]) == (4, 4, 1)
    assert sums.import_wh == sum(meter.registers(1)[0] for meter in desk.meters)
    assert desk.state(0).status == 1
