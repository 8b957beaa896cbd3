"""Customers' bids made fit for the market, to no customer's cost."""

from __future__ import annotations

from tonne.power.bid_tree import CustomerBid
from tonne.power.encoding import BID, MOST_STEPS, OFFER
from tonne.power.portfolios import few_each, in_steps, of_enough, under_cap, within

SALT = b"\x01" * 32


def _bid(account: int, price: int, limit: int = 100, side: int = BID, node: int = 0) -> CustomerBid:
    return CustomerBid(account, node, side, price, limit, SALT)


def test_a_curve_of_too_few_customers_is_left_out():
    many = [_bid(i, 5) for i in range(10)]
    few = [_bid(i, 5, side=OFFER) for i in range(9)]
    assert of_enough([*many, *few]) == many
    # Two bids of one customer do not hide it.
    assert of_enough([*few, _bid(8, 6, side=OFFER)]) == []


def test_of_an_account_at_a_node_the_bids_of_most_energy_are_kept():
    bids = [
        _bid(1, 5, 10),
        _bid(1, 6, 30, OFFER),
        _bid(1, 7, 20),
        _bid(1, 5, 1, node=1),
        _bid(2, 5, 1),
    ]
    kept = {(bid.account, bid.node, bid.limit) for bid in few_each(bids, 2)}
    assert kept == {(1, 0, 30), (1, 0, 20), (1, 1, 1), (2, 0, 1)}


def test_no_price_is_beyond_the_cap():
    bids = [_bid(1, 9), _bid(2, 11), _bid(3, 10, side=OFFER), _bid(4, 11, side=OFFER)]
    found = [(bid.account, bid.price) for bid in under_cap(bids, 10)]
    assert found == [(1, 9), (2, 10), (3, 10)]


def test_bids_beyond_the_limit_are_cut_alike():
    bids = [_bid(1, 5, 100), _bid(2, 5, 300), _bid(3, 5, 1), _bid(4, 9, 50, OFFER)]
    cut = within(bids, lambda node, side: 200 if side == BID else 50)
    assert [(bid.account, bid.limit) for bid in cut] == [(1, 49), (2, 149), (4, 50)]
    assert within(bids, lambda node, side: 1_000) == bids


def test_prices_become_as_many_as_there_are_steps_and_better_for_nobody_else():
    bids = [_bid(i, 10 + i) for i in range(6)] + [_bid(i, 50 + i, side=OFFER) for i in range(3)]
    found = in_steps(bids, {0: 6})
    bought = {bid.account: bid.price for bid in found if bid.side == BID}
    sold = {bid.account: bid.price for bid in found if bid.side == OFFER}
    assert len(set(bought.values())) == 4 and len(set(sold.values())) == 2
    assert all(bought[i] <= 10 + i for i in bought)
    assert all(sold[i] >= 50 + i for i in sold)
    assert len(found) == len(bids)


def test_prices_that_fit_stay_as_they_are():
    bids = [_bid(i, 10 + i) for i in range(4)]
    assert in_steps(bids, {0: 4}) == bids
    assert in_steps(bids, {}) == []


def test_each_side_keeps_a_step_where_there_is_one():
    bids = [_bid(i, 10 + i) for i in range(40)] + [_bid(1, 50, side=OFFER)]
    found = in_steps(bids, {0: 2})
    assert {(bid.side, bid.price) for bid in found} == {(BID, 10), (OFFER, 50)}
    most = in_steps([_bid(i, i + 1) for i in range(100)], {0: 64})
    assert len({bid.price for bid in most}) == MOST_STEPS
