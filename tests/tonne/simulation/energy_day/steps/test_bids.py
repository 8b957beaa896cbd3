"""Who bids: no customer whose node has so few that a curve would show them."""

from __future__ import annotations

import pytest

from tonne.power.portfolios import LEAST_CUSTOMERS
from tonne.simulation.energy_day.model.plan import DayOptions
from tonne.simulation.energy_day.steps.bids import who_bids, without_bids


@pytest.mark.parametrize(("meters", "few"), [(20, 20), (60, 15), (200, 54), (2_000, 0)])
def test_customers_of_a_node_with_few_do_not_bid(meters, few):
    assert without_bids(DayOptions(meters=meters)) == few


def test_a_run_says_who_does_not_bid_and_from_how_many_on_all_do():
    told = who_bids(DayOptions(meters=20))
    assert told is not None
    assert told.startswith(
        f"20 of 20 customers place no bids: at their node there are fewer than {LEAST_CUSTOMERS}"
    )
    enough = int(told.partition("--meters ")[2].split()[0])
    assert without_bids(DayOptions(meters=enough)) == 0
    assert without_bids(DayOptions(meters=enough - 20)) > 0
    assert who_bids(DayOptions(meters=enough)) is None
