"""Customers of a live market: at each time of the day there is something to be bought and sold."""

from __future__ import annotations

import pytest

from tests.oracles.power.live import habits
from tonne.constants import DAY_S
from tonne.power.encoding import BID, OFFER
from tonne.power.instructions import read_instruction

DAY = 20_002 * DAY_S


@pytest.mark.parametrize("seconds", [60, 900])
@pytest.mark.parametrize("place", [0, 1])
def test_each_interval_of_the_day_has_orders_of_both_sides(tmp_path, place, seconds):
    path = tmp_path / "7.toml"
    path.write_text(habits.instruction(place, 7, seconds))
    meter, told = read_instruction(path)
    assert (meter, told.node) == (7, place)
    for start in range(DAY, DAY + DAY_S, seconds):
        sides = [side for side, wh, _ in told.at(start) if wh]
        assert sides.count(BID) == 1 and sides.count(OFFER) >= 1


def test_what_is_drawn_and_given_follows_the_day():
    def day(place):
        flows = [habits.flow_wh(place, 7, start, 900) for start in range(DAY, DAY + DAY_S, 900)]
        return zip(*flows, strict=True)

    drawn, given = day(0)
    assert sum(drawn[72:84]) > 2 * sum(drawn[:12])  # evening and night
    assert not any(given)
    _, given = day(1)
    assert min(given) == habits.PLANT_W // 4 < max(given) == max(given[36:56])
