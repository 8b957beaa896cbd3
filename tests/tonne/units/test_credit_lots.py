"""Lots of energy credits: first in, first out, and sums that are the chain's balances."""

from __future__ import annotations

import pytest

from tests.tonne.units import town_credits
from tonne.constants import ZERO_ADDRESS
from tonne.errors import TonneError
from tonne.units.credit_lots import CreditLots
from tonne.units.energy_credits import MICRO, series_ids


def test_lots_of_every_holder_come_to_its_balance(town):
    town_credits.scenario(town)
    lots = CreditLots.read(town.chain)
    for id_ in series_ids(town.chain):
        holders = {e["to"] for e in town.chain.logs("EnergyCredits", "TransferSingle")}
        for holder in holders - {ZERO_ADDRESS}:
            balance = town.chain.call("EnergyCredits", "balanceOf", holder, id_)
            assert lots.amount(id_, holder) == balance
    assert lots.amount(12, "0x" + "11" * 20) == 0


@pytest.fixture
def two_issues(town):
    """North has 100 against record 1, then 50 against record 2; returns the series' id."""
    town_credits.found(town)
    chain, north = town.chain, town.market.people["north"]
    hall, ref = town_credits.HALL, town_credits.REF
    chain.send(hall, "EnergyCredits", "openSeries", (1, chain.now() + 10**7, 7, 0, ref))
    (id_,) = series_ids(chain)
    authority = town.market.people["authority"]
    chain.send(authority, "EnergyCredits", "setIssueLimit", id_, 500 * MICRO, ref)
    for record, amount in ((1, 100), (2, 50)):
        chain.send(hall, "EnergyCredits", "recordCollateral", id_, 1, 200 * MICRO, ref)
        to = [(north, amount * MICRO)]
        chain.send(hall, "EnergyCredits", "issue", id_, to, record, ref)
    return id_


def test_what_came_first_leaves_first(town, two_issues):
    chain, id_ = town.chain, two_issues
    north, east, south = (town.market.people[n] for n in ("north", "east", "south"))
    move = ("EnergyCredits", "safeTransferFrom")
    chain.send(north, *move, north, east, id_, 120 * MICRO, b"")
    chain.send(east, *move, east, south, id_, 70 * MICRO, b"")
    lots = CreditLots.read(chain)
    told = {
        who: [(lot.amount // MICRO, lot.issue.record) for lot in lots.of(id_, account.address)]
        for who, account in (("north", north), ("east", east), ("south", south))
    }
    assert told == {"north": [(30, 2)], "east": [(30, 1), (20, 2)], "south": [(70, 1)]}
    (lot,) = lots.of(id_, south.address)
    assert lot.way == (north.address, east.address, south.address)
    assert lot.issue.by == town_credits.HALL.address


def test_a_round_trip_is_cut_off_and_lots_of_one_way_are_one(town, two_issues):
    chain, id_ = town.chain, two_issues
    north, east = (town.market.people[n] for n in ("north", "east"))
    for _ in range(3):
        move = (id_, 100 * MICRO, b"")
        chain.send(north, "EnergyCredits", "safeTransferFrom", north, east, *move)
        chain.send(east, "EnergyCredits", "safeTransferFrom", east, north, *move)
    lots = CreditLots.read(chain).of(id_, north.address)
    assert {lot.way for lot in lots} == {(north.address,)}
    assert sum(lot.amount for lot in lots) == 150 * MICRO
    assert len(lots) <= 4


def test_a_node_that_leaves_events_out_is_found(town, two_issues, monkeypatch):
    chain, id_ = town.chain, two_issues
    north, east = (town.market.people[n] for n in ("north", "east"))
    chain.send(north, "EnergyCredits", "safeTransferFrom", north, east, id_, MICRO, b"")
    real = chain.logs
    monkeypatch.setattr(
        chain,
        "logs",
        lambda *a, **k: (
            [e for e in real(*a, **k) if e["from"] != ZERO_ADDRESS]
            if a[1] is None
            else real(*a, **k)
        ),
    )
    monkeypatch.setattr("tonne.units.credit_lots.EVENTS", ("TransferSingle",))
    with pytest.raises(TonneError, match="CREDIT_LOTS_INCOMPLETE"):
        CreditLots.read(chain)
