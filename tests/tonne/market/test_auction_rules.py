"""The plain rules of auctions, on cases that can be worked out by hand."""

from __future__ import annotations

import pytest

from tonne.market import auction_rules as rules
from tonne.market.auction_rules import PRO_RATA, RANDOM, TIME, Price, Wanted

BIDS = [Wanted(0, 4_900, 4_000), Wanted(1, 4_800, 3_000), Wanted(2, 4_800, 3_000)]

#: Nothing is sold unless all of the volume is bid for.
ALL = 1_000_000


def test_the_first_price_where_the_sum_reaches_the_volume_clears():
    assert rules.clearing(BIDS, 8_000, 1, ALL) == Price(4_800, 8_000, 6_000, 4_000, 2)
    assert rules.clearing(BIDS, 4_000, 1, ALL) == Price(4_900, 4_000, 4_000, 4_000, 1)


def test_too_few_bids_cancel_or_sell_at_the_lowest():
    assert rules.clearing(BIDS, 10_500, 1, ALL) is None
    assert rules.clearing(BIDS, 10_500, 1, 0) == Price(4_800, 10_000, 6_000, 6_000, 2)


def test_a_minimum_subscription_is_met_exactly_or_missed():
    """10,000 of 12,500 are bid for: four fifths."""
    assert rules.clearing(BIDS, 12_500, 1, 800_000) == Price(4_800, 10_000, 6_000, 6_000, 2)
    assert rules.clearing(BIDS, 12_500, 1, 800_001) is None


def test_nothing_is_sold_below_the_reserve():
    assert rules.clearing(BIDS, 10_000, 4_850, 0) == Price(4_900, 4_000, 4_000, 4_000, 1)
    assert rules.clearing(BIDS, 10_000, 4_901, 0) is None


@pytest.mark.parametrize(
    "tie, seed, won",
    [
        (PRO_RATA, None, {0: 4_000, 1: 1_500, 2: 2_000}),
        (TIME, None, {0: 4_000, 1: 3_000, 2: 500}),
    ],
)
def test_ties_close_to_the_lot(tie, seed, won):
    price = rules.clearing(BIDS, 7_500, 1, ALL)
    assert rules.shares(BIDS, price, tie, 500, seed) == won


def test_a_seed_orders_ties():
    price = rules.clearing(BIDS, 7_500, 1, ALL)
    orders = set()
    for number in range(20):
        seed = number.to_bytes(32, "big")
        first, second = rules.ranking(BIDS[1:], seed)
        orders.add((first, second))
        won = rules.shares(BIDS, price, RANDOM, 500, seed)
        assert (won[first], won[second]) == (3_000, 500)
    assert len(orders) == 2


def test_the_last_one_served_gets_what_is_left():
    tied = [Wanted(n, 4_800, 3_000) for n in range(4)]
    for number in range(20):
        seed = number.to_bytes(32, "big")
        first, second, third, _ = rules.ranking(tied, seed)
        assert rules.last_served(tied, seed, 1) == (first, 1)
        assert rules.last_served(tied, seed, 6_000) == (second, 3_000)
        assert rules.last_served(tied, seed, 6_500) == (third, 500)
    with pytest.raises(ValueError, match="fewer lots"):
        rules.last_served(tied, seed, 12_001)


def test_a_floor_refers_to_the_median_day():
    """Rounded down a day; days of few lots, and those before nine weeks, do not count."""
    days = {10: (1_000, 4_700_999), 11: (1_000, 5_280_000), 12: (1_000, 4_800_000), 13: (999, 0)}
    assert rules.floor_price(days, 14, 3, 1_000) == 4_800
    assert rules.floor_price(days, 13, 1, 1_000) == 4_800
    assert rules.floor_price(days, 12, 1, 1_000) == 5_280
    assert rules.floor_price({10: days[10]}, 11, 1, 1_000) == 4_700
    assert rules.floor_price(days, 12, 3, 1_000) is None
    assert rules.floor_price(days, 73, 3, 1_000) == 4_800
    assert rules.floor_price(days, 74, 3, 1_000) is None
    assert rules.floor_price(days, 14, 0, 0) is None


def test_a_limit_is_the_smaller_of_lots_and_share():
    assert rules.limit(0, 0, 10_000) is None
    assert rules.limit(1_000, 0, 10_000) == 1_000
    assert rules.limit(0, 250_000, 10_001) == 2_500
    assert rules.limit(3_000, 250_000, 10_000) == 2_500


def test_the_contract_commits_as_we_do(town):
    chain, market = town.chain, town.market
    house, salt = chain["Auction"], b"\x05" * 32
    args = (7, market.participants["north"], 4_800, 500, salt)
    ours = rules.bid_hash(chain.chain_id, house.address_bytes, *args)
    assert chain.call(house, "bidHash", *args) == ours
    assert chain.call(house, "reserveHash", 4_800, salt) == rules.reserve_hash(4_800, salt)
    assert chain.call(house, "rankKey", salt, 3) == rules.rank_key(salt, 3)
