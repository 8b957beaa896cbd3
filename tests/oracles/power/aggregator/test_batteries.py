"""Batteries of customers: bid for by what days before paid, and counted by what was accepted."""

from __future__ import annotations

import pytest

from oracles.power.aggregator.__main__ import KIND
from oracles.power.aggregator.bidding import LEAD
from oracles.power.aggregator.customers import ACCOUNTS, INSTRUCTIONS
from tests.gas.power_town import PER_DAY, QUARTER_S
from tests.oracles.power.aggregator.customers import bid
from tests.oracles.power.live.pace import OPENING_S
from tonne.power.batteries import Battery
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID, OFFER
from tonne.power.intervals import BidStage
from tonne.power.rounds import proposal, read_round

#: Customers with a battery each, and the first of their meters.
COUNT, FIRST = 12, 100
BATTERY = 'node = 0\n\n[battery]\nwh = 1800\nwatts = 400\nefficiency = "0.9"\n'
HOME = Battery.of(1_800, 400, 900_000, QUARTER_S)
LOW, HIGH = 150_000, 390_000
#: [s] Before a gate, with time for a slow machine.
AHEAD_S = QUARTER_S // LEAD - 10


@pytest.fixture
def desk(street, sit):
    made = sit(KIND, street.town.people["aggregator 0"])
    for meter in range(FIRST, FIRST + COUNT):
        (made.folder / INSTRUCTIONS / f"{meter}.toml").write_text(BATTERY)
    own = street.town.customers[0, 0]
    (made.folder / ACCOUNTS).write_text(f"[nodes.0]\nfirst = {own[0]}\ncount = {len(own)}\n")
    return made


def _clear(street, number: int) -> None:
    interval = street.interval(number)
    round_ = read_round(street.chain, interval, QUARTER_S)
    street.town.send("stranger", "PowerMarket", "clear", interval, proposal(round_, solve(round_)))


def _priced(street) -> None:
    """The first day has a low price in its second interval, and a high one in its third."""
    for number, price in ((1, LOW), (2, HIGH)):
        street.commit(number, curves={0: [(0, BID, 1_000, price)], 1: [(1, OFFER, 500, 100_000)]})
        street.open(number)
        _clear(street, number)
        assert street.chain.call("PowerMarket", "priceOf", street.interval(number), 0) == (
            price,
            True,
        )


def _bids(street, desk, number: int):
    made = desk.journal.of(street.interval(number))
    return {(b.side, b.limit, b.price) for b in made.own.bids} if made else set()


def test_a_battery_is_charged_for_a_dearer_hour_and_sold_then(street, desk):
    _priced(street)
    street.town.at(street.gate(PER_DAY) - AHEAD_S)
    desk.run()
    # A portion more spares it buying at the low price of the next interval.
    assert _bids(street, desk, PER_DAY) == {(BID, HOME.most_wh, LOW)}

    street.commit(PER_DAY, curves={1: [(1, OFFER, 600, 100_000)]})
    street.town.at(street.gate(PER_DAY))
    desk.run()
    street.open(PER_DAY, ["aggregator 1"])
    _clear(street, PER_DAY)
    assert bid(street, PER_DAY).state == BidStage.OPENED

    street.town.at(street.gate(PER_DAY + 1) - AHEAD_S)
    desk.run()
    stored = {meter: desk.journal.stored(meter) for meter in range(FIRST, FIRST + COUNT)}
    taken = sum(wh for _, wh in stored.values())
    assert {upto for upto, _ in stored.values()} == {street.interval(PER_DAY + 1)}
    assert 520 < taken <= HOME.stored(600)  # less what the line lost
    assert all(wh in (44, 45) for _, wh in stored.values())
    # The high price comes next: what is stored is kept for it, or sold at no less.
    sides = {
        side: {price for s, _, price in _bids(street, desk, PER_DAY + 1) if s == side}
        for side in (BID, OFFER)
    }
    assert sides == {BID: {HIGH * 9 // 10}, OFFER: {HIGH}}


def test_a_battery_without_a_forecast_is_not_bid_for(street, desk):
    street.town.at(street.gate() - 100)
    desk.run()
    assert _bids(street, desk, 0) == set()
    assert bid(street).state == BidStage.NONE and desk.work.incidents == {}


def test_what_was_not_opened_is_not_stored(street, desk):
    _priced(street)
    street.town.at(street.gate(PER_DAY) - AHEAD_S)
    desk.run()
    # It was away meanwhile; others cleared at less than its bids.
    street.commit(PER_DAY, curves={1: [(1, BID, 50, 110_000), (1, OFFER, 50, 100_000)]})
    street.open(PER_DAY, ["aggregator 1"])
    street.town.at(street.gate(PER_DAY) + OPENING_S + 1)
    _clear(street, PER_DAY)
    assert street.chain.call("PowerMarket", "priceOf", street.interval(PER_DAY), 0)[0] < LOW
    street.town.at(street.gate(PER_DAY + 1) - AHEAD_S)
    desk.run()
    assert desk.journal.stored(FIRST) == (street.interval(PER_DAY + 1), 0)


def test_a_bid_that_is_not_decided_counts_both_ways(street, desk):
    _priced(street)
    street.town.at(street.gate(PER_DAY) - AHEAD_S)
    desk.run()
    files = desk.work._files.instructions()[0]
    desk.work._batteries.orders(files, street.interval(PER_DAY + 1))
    assert desk.journal.stored(FIRST) == (street.interval(PER_DAY), 0)
    # Another was counted further already.
    desk.journal.keep_stored(FIRST + 1, street.interval(PER_DAY + 1), 500)
    own = dict.fromkeys((FIRST, FIRST + 1), (0, HOME))
    found = desk.work._batteries._stored(own, street.interval(PER_DAY + 1))
    assert found == {FIRST: (0, HOME.stored(HOME.most_wh)), FIRST + 1: (500, 500)}
