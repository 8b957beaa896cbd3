"""The tree of an aggregator's bids, and what of each is accepted."""

from __future__ import annotations

from random import Random

from tonne.power import clearing_check
from tonne.power.bid_tree import (
    CustomerBid,
    Portfolio,
    accepted_of_customers,
    commitment,
    tree_proof,
    tree_root,
)
from tonne.power.encoding import BID, OFFER, Clearing, CurveStep, Round

ENERGY = 2**64 - 1


def bids(random: Random, count: int) -> list[CustomerBid]:
    return [
        CustomerBid(
            1 + i,
            random.randrange(2),
            random.choice((BID, OFFER)),
            random.randrange(1, 5),
            1 + i,
            bytes(32),
        )
        for i in range(count)
    ]


def test_bids_fill_the_curve_from_its_first_step_on() -> None:
    own = Portfolio.of(7, bids(Random(1), 30))
    assert tree_root([bid.leaf() for bid in own.bids]) & ENERGY == own.energy
    past = 0
    ends = {}
    for step in own.steps:
        ends[step.node, step.side, step.price] = (past, past + step.limit)
        past += step.limit
    ahead = 0
    for bid in own.bids:
        start, end = ends[bid.node, bid.side, bid.price]
        assert start <= ahead and ahead + bid.limit <= end
        ahead += bid.limit


def test_a_proof_leads_to_the_root() -> None:
    from tonne.power.bid_tree import _parent

    leaves = [bid.leaf() for bid in bids(Random(2), 11)]
    for index, leaf in enumerate(leaves):
        word, at, count, proof = leaf, index, len(leaves), tree_proof(leaves, index)
        while count > 1:
            if at ^ 1 < count:
                sibling = proof.pop(0)
                word = _parent(sibling, word) if at % 2 else _parent(word, sibling)
            at, count = at // 2, (count + 1) // 2
        assert word == tree_root(leaves) and not proof


def test_the_tree_is_built_once_for_all_proofs(monkeypatch) -> None:
    from tonne.power import bid_tree

    own = Portfolio.of(7, bids(Random(2), 300))
    leaves = [bid.leaf() for bid in own.bids]
    wanted = [tree_proof(leaves, index) for index in range(0, 300, 37)]
    built = []
    above = bid_tree._above
    monkeypatch.setattr(bid_tree, "_above", lambda level: built.append(len(level)) or above(level))
    assert [own.proof(index) for index in range(0, 300, 37)] == wanted
    assert own.opening(bytes(32))[1] == tree_root(leaves)
    assert built == 2 * [300, 150, 75, 38, 19, 10, 5, 3, 2]  # one is that of `tree_root`


def test_customers_get_what_their_curves_got() -> None:
    random = Random(3)
    first, second = (Portfolio.of(bidder, bids(random, 40)) for bidder in (7, 8))
    plant = CurveStep(9, 0, BID, 50, 2)
    round_ = Round(2, (), (*first.steps, plant, *second.steps))
    prices = (2, 3)
    margins = []
    for node in range(2):
        for side in (BID, OFFER):
            limits = sum(
                s.limit
                for s in round_.steps
                if (s.node, s.side, s.price) == (node, side, prices[node])
            )
            margins += [limits * 3 // 7, limits]
    clearing = Clearing(prices, (), tuple(margins))
    taken = clearing_check.accepted(round_, clearing)
    for own in (first, second):
        mine = sum(x for s, x in zip(round_.steps, taken) if s.account == own.bidder)
        assert sum(accepted_of_customers(round_, clearing, own).values()) == mine


def test_a_commitment_is_of_interval_and_bidder() -> None:
    opening = Portfolio.of(7, bids(Random(4), 5)).opening(b"\x09" * 32)
    found = {commitment(interval, opening, bidder) for interval in (1, 2) for bidder in (7, 8)}
    assert len(found) == 4 and all(len(c) == 24 for c in found)
