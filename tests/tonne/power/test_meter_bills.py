"""A meter's bill from the chain: by its key alone, by the list, once; what is refused, with what remedy."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.power import bill_page, meter_bills
from tonne.power.customer_accounts import account_key
from tonne.power.shown_lines import point_of
from tonne.sandbox import seed_town, town_day


@pytest.fixture
def shown(street_day):
    """Lines were asked for and shown; the list is not paid yet."""
    town_day.show(street_day.town, street_day.day)
    return street_day


def _bill(shown, name="household", day=None):
    town = shown.town
    return meter_bills.own_bill(town.chain, town.who[name], town.meters[name], day)


def test_a_bill_is_what_the_last_line_and_the_list_say(shown):
    town, day = shown.town, shown.day
    for name in seed_town.HOMES:
        bill, line = _bill(shown, name), day.last_line(town.accounts[name])
        assert bill.last.line == line
        assert (bill.listed, bill.returned, bill.due) == (line.day.net, 0, -line.day.net)
        assert bill.of.sponsor == town.numbers["retailer"]
        assert (bill.day, bill.payment, bill.is_paid_out) == (day.number, None, False)
        (other,) = bill.shown
        index = other.interval - day.interval(0)
        assert other.line == day.line(index, town.accounts[name])[1]


def test_a_lines_legs_are_reckoned_again(shown, monkeypatch):
    bill = _bill(shown)
    legs = meter_bills.legs(shown.chain, bill.last)
    assert legs.net == bill.last.line.net
    assert (legs.agreed, legs.imbalance < 0, legs.fee < 0) == (0, True, True)
    dearer = replace(bill.last, line=replace(bill.last.line, net=bill.last.line.net - 1))
    with pytest.raises(TonneError) as raised:
        meter_bills.legs(shown.chain, dearer)
    assert raised.value.code == "LINE_ADDS_UP_WRONG"


def test_the_payment_is_found_by_meter_and_day(shown):
    town, day = shown.town, shown.day
    town_day.pay(town, day)
    seed_town._pay_bills(town, day)
    paid = _bill(shown, "neighbour")
    assert paid.payment is not None
    assert paid.is_paid_out
    assert _bill(shown, "household").payment is None


def test_a_part_of_the_surplus_is_by_the_chains_rule_and_explained(shown):
    bill = _bill(shown)
    volume = bill.last.line.day.volume_wh
    state = SimpleNamespace(surplus=1_000, carried=24, volumeWh=2 * volume)
    part = meter_bills.returned(state, volume)
    assert part == 512
    assert meter_bills.returned(SimpleNamespace(surplus=5, carried=5, volumeWh=0), 0) == 0
    shared = replace(bill, listed=bill.listed + part, returned=part)
    assert not shared.is_list_false
    (said,) = [x for x in bill_page.sentences(shared) if "part of the day's surplus" in x]
    assert "0.000512 more are" in said
    assert bill_page.signed(bill.last.line.day.net) in said
    assert replace(shared, returned=0).is_list_false


def test_an_account_of_ones_own_owes_no_supplier(shown):
    bill = _bill(shown)
    assert replace(bill, of=replace(bill.of, sponsor=0)).due == 0
    assert replace(bill, listed=5).due == 0


def _code(raises, *args):
    with pytest.raises(TonneError) as raised:
        raises(*args)
    return raised.value.code


def test_what_is_not_ones_own_is_not_billed(shown):
    town, chain = shown.town, shown.chain
    meter = town.meters["household"]
    neighbour, stranger = town.who["neighbour"], Account.from_seed("stranger")
    assert _code(meter_bills.meter_of, chain, meter, neighbour) == "BILL_NOT_YOUR_METER"
    assert _code(meter_bills.meter_of, chain, meter, stranger) == "BILL_NOT_YOUR_METER"
    town.send("authority", "MeterOracle", "setReaders", [meter], [stranger])
    assert _code(meter_bills.meter_of, chain, meter, stranger) == "BILL_NO_ACCOUNT"


def test_a_meter_outside_the_market_has_no_bill(shown):
    town, chain = shown.town, shown.chain
    household = town.who["household"]
    times = (town_day.QUARTER_S, town_day.CORRECTION_S, town_day.CHALLENGE_S, town_day.REVEAL_S)
    terms = (town.scheme, town.place, 1, town.numbers["metering"], 2, *times)
    node = town.event(town.send("authority", "MeterOracle", "openNode", terms), "NodeSet")["id"]
    row = (town.numbers["household"], node, 1_000, chain.now() + 60, 0, 1000, 9, 0, 0)
    key = town_day.key_of("another").public
    words = (*key.words, chain.now() + 60, key.curve)
    made = town.send("authority", "MeterOracle", "registerMeter", row, words)
    meter = town.event(made, "MeterRegistered")["id"]
    assert _code(meter_bills.meter_of, chain, meter, household) == "BILL_NO_NODE"


def test_a_day_is_billed_once_it_was_asked_for_and_answered(street_day):
    town, day = street_day.town, street_day.day
    assert _code(_bill, street_day) == "BILL_NOT_ASKED"
    who = town.who["household"]
    of = meter_bills.meter_of(town.chain, town.meters["household"], who)
    assert of.asker.address == account_key(who.key, town.chain.chain_id).address
    point = point_of(b"\x07" * 32)
    interval = day.interval(town_day.PER_DAY - 1)
    ask = ("PowerSettlement", "ask", of.node, interval, of.account, *point)
    town.chain.send(of.asker, *ask)
    # Asked for by another one-time key: it is not this wallet's to open.
    assert _code(_bill, street_day) == "BILL_NOT_ASKED"


def test_a_request_without_an_answer_is_waited_for(street_day, monkeypatch):
    town, day = street_day.town, street_day.day
    real = town.send
    monkeypatch.setattr(
        type(town), "send", lambda t, who, c, f, *a: None if f == "answer" else real(who, c, f, *a)
    )
    town_day.show(town, day)
    assert _code(_bill, street_day) == "BILL_NOT_ANSWERED"
    assert _code(_bill, street_day, "household", day.number + 1) == "BILL_NOT_ASKED"
