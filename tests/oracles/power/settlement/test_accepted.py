"""Bids of one account in a book: as many as a call can show bind who settles, and no more."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from oracles.power.settlement.__main__ import KIND
from oracles.power.settlement.accepted import crowded_at, is_fit
from tests.oracles.power.ground import Desk
from tests.oracles.power.settlement.day import CROWDED, listed, played
from tonne.power.bid_books import BidBook
from tonne.power.bid_tree import CustomerBid, Portfolio
from tonne.power.encoding import BID
from tonne.power.settlement_runs import line_tree
from tonne.types.ids import PowerAccountId

#: Bids of one account that a call can show in a book of two hundred.
MOST = 164
OWN, CUSTOMER = PowerAccountId(7), PowerAccountId(2**24)


def _book(account, count):
    bids = [CustomerBid(account, 0, BID, 9, 1, n.to_bytes(32, "big")) for n in range(count)]
    bids.append(CustomerBid(account, 1, BID, 9, 1, bytes(32)))
    return BidBook(1, Portfolio.of(OWN, bids), (bytes(32), 0, 0, ()), {}, "")


@pytest.mark.parametrize("account", [OWN, CUSTOMER])
def test_a_book_of_more_bids_of_an_account_than_can_be_shown_is_not_fit_at_that_node(account):
    book = _book(account, 200)
    assert crowded_at(book, 0) == [account]
    assert not is_fit(book, 0, {account})
    assert is_fit(book, 1, {account})
    assert is_fit(_book(account, 100), 0, {account})


def _line_of(run, account):
    index = next(i for i, line in enumerate(run.lines) if line.account == account)
    return index, run.lines[index]


def test_the_most_bids_of_an_account_that_bind_are_shown_in_one_call(street, tmp_path):
    """Its doubt would fell an honest run where they were more than a call has room for."""
    day = listed(street, tmp_path / "desk", crowd=MOST)
    town, chain, interval = street.town, street.chain, street.interval()
    desk = Desk(chain, KIND, tmp_path / "desk", town.people["operator"])
    run = desk.journal.run(0, interval)
    account = day.accounts(0)[CROWDED]
    index, line = _line_of(run, account)
    assert line.bought_wh == MOST
    shown = (interval, index, run.totals, line.shown(), line_tree(run.lines).proof(index))
    town.send("aggregator 0", "PowerSettlement", "doubt", 0, shown)
    desk.run()
    told = SimpleNamespace(states=desk.states(), incidents=dict(desk.work.incidents))
    desk.journal.close()
    (event,) = chain.logs("PowerSettlement", "LineProved")
    assert (event["node"], event["account"]) == (0, account), told


def test_a_book_of_more_bids_of_an_account_than_can_be_shown_does_not_bind(street, sit):
    """Its aggregator is bought and sold itself, by curves that one call shows."""
    day = played(street, crowd=MOST + 1)
    desk = sit(KIND, street.town.people["operator"], "settlement")
    day.hand_over(desk.folder)
    desk.run(8)
    assert desk.work.incidents == {"SETTLEMENT_BOOK_CROWDED": 1}
    run = desk.journal.run(0, street.interval())
    _, line = _line_of(run, day.accounts(0)[CROWDED])
    _, its = _line_of(run, street.town.numbers["aggregator 0"])
    assert (line.bought_wh, its.bought_wh) == (0, day.arriving)
    assert street.chain.call("PowerSettlement", "intervalOf", 0, street.interval()).postedAt
    bids, _ = desk.work._answers._bids(its, run)
    assert [shown.bid[6] for shown in bids] == [0]
