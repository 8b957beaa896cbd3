"""Batteries: what a plan over forecast prices is worth, and bids that can always be delivered."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.power.batteries import Battery, after, orders, worths
from tonne.power.encoding import BID, OFFER

CAP = 10_000_000
#: Four portions; of what it takes nine tenths are stored.
HOME = Battery.of(3_600, 4_000, 900_000, 900)


def test_a_battery_is_reckoned_in_an_intervals_energy():
    assert (HOME.most_wh, HOME.portion, HOME.portions) == (1_000, 900, 4)
    assert (HOME.stored(1_000), HOME.taken(900)) == (900, 1_000)
    small = Battery.of(500, 4_000, 900_000, 900)
    assert (small.portion, small.portions) == (500, 1)


def test_a_plan_is_worth_what_its_best_order_of_acts_gains():
    prices = [100_000, 400_000, 300_000]
    best = {}
    for acts in product((-1, 0, 1), repeat=len(prices)):
        for begin in range(5):
            stored, gain = begin, 0
            for act, price in zip(acts, prices, strict=True):
                stored += act
                gain -= price * (1_000 if act > 0 else -900 if act < 0 else 0)
                if not 0 <= stored <= 4:
                    break
            else:
                best[begin] = max(best.get(begin, 0), gain)
    assert worths(HOME, prices) == [best[place] for place in range(5)]


def test_an_interval_without_a_forecast_changes_nothing():
    prices = [100_000, None, 400_000]
    assert worths(HOME, prices) == worths(HOME, [100_000, 400_000])
    assert worths(HOME, [None] * 3) == [0] * 5


def test_it_buys_below_and_sells_above_what_a_portion_is_worth():
    worth = worths(HOME, [400_000])  # one portion can be sold at it
    empty, full = list(orders(HOME, 0, 0, worth, CAP)), list(orders(HOME, 3_600, 3_600, worth, CAP))
    assert empty == [(BID, 1_000, 360_000)]  # a tenth is lost
    assert full == []  # more would gain nothing
    # With one portion it keeps what the forecast pays, and wants no second.
    assert list(orders(HOME, 900, 900, worth, CAP)) == [(OFFER, 900, 400_000)]


def test_without_a_forecast_it_bids_nothing_that_costs():
    assert list(orders(HOME, 0, 0, [0] * 5, CAP)) == []


def test_prices_stay_within_the_cap():
    worth = worths(HOME, [400_000])
    assert list(orders(HOME, 0, 0, worth, 200_000)) == [(BID, 1_000, 200_000)]
    assert list(orders(HOME, 900, 900, worth, 399_999)) == []


def test_it_never_trades_with_itself():
    lossless = Battery.of(4_000, 4_000, 1_000_000, 900)
    half = list(orders(lossless, 500, 500, worths(lossless, [400_000]), CAP))
    assert half == [(BID, 1_000, 400_000), (OFFER, 500, 400_001)]


def test_what_is_not_decided_counts_against_it_both_ways():
    worth = worths(HOME, [100_000, 400_000] * 4)
    sides = {side: wh for side, wh, _ in orders(HOME, 200, 3_500, worth, CAP)}
    assert sides[BID] == 100 * 10 // 9  # room for a hundred
    assert sides[OFFER] == 200


@pytest.mark.parametrize(
    ("bought", "sold", "then"), [(1_000, 0, 2_700), (0, 1_000, 800), (0, 0, 1_800)]
)
def test_what_is_accepted_is_counted(bought, sold, then):
    assert after(HOME, 1_800, bought, sold) == then
    assert after(HOME, 0, 0, 5) == 0 and after(HOME, 3_600, 1_000, 0) == 3_600


@given(
    st.integers(1, 20_000),
    st.integers(4, 20_000),
    st.integers(1, 1_000_000),
    st.lists(st.one_of(st.none(), st.integers(0, CAP)), max_size=12),
    st.data(),
)
def test_every_acceptance_can_be_delivered(capacity, watts, efficiency, prices, data):
    battery = Battery.of(capacity, watts, efficiency, 900)
    least = data.draw(st.integers(0, capacity))
    most = data.draw(st.integers(least, capacity))
    worth = worths(battery, prices)
    made = {side: (wh, price) for side, wh, price in orders(battery, least, most, worth, CAP)}
    if BID in made:
        assert most + battery.stored(made[BID][0]) <= capacity
    if OFFER in made:
        assert made[OFFER][0] <= least
    assert all(0 < wh <= battery.most_wh and 0 < price <= CAP for wh, price in made.values())
    if len(made) == 2:
        assert made[BID][1] < made[OFFER][1]
