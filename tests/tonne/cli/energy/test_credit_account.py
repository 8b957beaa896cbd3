"""`tonne credit account`: balances, bills, and the way of each credit, as its holder and as another."""

from __future__ import annotations

import pytest

from tests.tonne.cli.energy.residents import tonne as tonne
from tonne.sandbox import seed_town, town_day
from tonne.units.energy_credits import MICRO


@pytest.fixture
def played(street_day):
    town, day = street_day.town, street_day.day
    town_day.show(town, day)
    town_day.pay(town, day)
    seed_town._pay_bills(town, day)
    return street_day


def test_a_resident_sees_balance_bill_line_and_where_credits_came_from(played, tonne):
    told = tonne("credit", "account", who="neighbour")
    town = played.town
    (wallet,) = told["balances"]
    (lot,) = wallet["lots"]
    assert wallet["held"] == lot["amount"] < 80 * MICRO
    assert (lot["record"], lot["issuedBy"]) == (1, town.who["town_hall"].address)
    assert lot["way"] == [town.who["neighbour"].address]
    (bill,) = told["bills"]
    assert bill["payment"]
    assert bill["due"] == 80 * MICRO - wallet["held"]
    assert {a["account"] for a in told["market"]} == {town.accounts["neighbour"]}
    said = tonne("credit", "account", who="household", as_json=False)
    assert "to pay: tonne credit bill pay" in said
    assert "First in, first out" in said


def test_another_sees_the_ways_but_no_bill(played, tonne):
    told = tonne("credit", "account", played.town.numbers["retailer"])
    ways = [lot["way"] for b in told["balances"] for lot in b["lots"]]
    bills = played.chain["CreditBills"].address
    assert [bills in way for way in ways] == [False, True]
    assert told["bills"] == []
    said = tonne("credit", "account", "retailer", as_json=False)
    assert "CreditBills" in said


def test_a_reader_without_an_account_is_told_why_there_is_no_bill(played, tonne):
    town = played.town
    south = town.who["south"]
    town.send("authority", "MeterOracle", "setReaders", [town.meters["household"]], [south])
    told = tonne("credit", "account", who="south")
    assert told["unproved"] == []
    retailer = town.who["retailer"]
    town.send("authority", "MeterOracle", "setReaders", [town.meters["household"]], [retailer])
    ((meter, why),) = tonne("credit", "account", who="retailer")["unproved"]
    assert (meter, "BILL_NO_ACCOUNT" in why) == (1, True)


def test_a_holder_is_named_or_has_a_key(tonne):
    assert tonne("credit", "account", status=1)["code"] == "ACCOUNT_WHOSE"


def test_a_deposit_and_what_bids_hold_are_told(played, tonne, monkeypatch):
    monkeypatch.setattr("tonne.power.credit_accounts.held_by_bids", lambda *_: 1_500_000)
    town = played.town
    deposit = town.chain.call("PowerMarket", "depositOf", town.numbers["retailer"]).amount
    told = tonne("credit", "account", "retailer")
    assert (told["inBids"], told["deposit"]) == (1_500_000, deposit)
    said = tonne("credit", "account", "retailer", as_json=False)
    assert "Bids hold 1.5 credits" in said and "tonne energy bid release" in said
    assert ("Set aside" in said) == (deposit > 0)
