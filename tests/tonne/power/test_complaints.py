"""Complaints that the chain takes: silence, a false answer, a payment that is not what lines come to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tonne.power import complaints, line_requests, meter_bills
from tonne.power.encoding import Payment
from tonne.power.settlement_runs import line_tree
from tonne.power.shown_lines import encrypt
from tonne.sandbox import town_day

ONCE = b"\x05" * 32


def _asked(street_day, index=town_day.PER_DAY - 1):
    """The household asks for a line; its request."""
    town, day = street_day.town, street_day.day
    account, key = town.accounts["household"], town.who["household"].key
    about = (town.node, day.interval(index), account)
    secret = line_requests.secret_of(key, town.chain.chain_id, *about, 0)
    point = line_requests.point_of(secret)
    town.chain.send(town.account_key("household"), "PowerSettlement", "ask", *about, *point)
    return line_requests.requests_of(town.chain, account)[-1]


def _answer(street_day, asked, net=0):
    town, day = street_day.town, street_day.day
    number = asked.interval - day.interval(0)
    place, line = day.line(number, asked.account)
    shown = encrypt(
        place,
        replace(line, net=line.net + net),
        line_tree(day.lines[number]).proof(place),
        asked.point,
        ONCE,
    )
    about = (asked.node, asked.interval, asked.account)
    town.send("grid_operator", "PowerSettlement", "answer", *about, shown)


def _complain(street_day, asked):
    """What is found, after its call was sent."""
    town, who = street_day.town, street_day.town.who["household"]
    of = meter_bills.meter_of(town.chain, town.meters["household"], who)
    found = complaints.about(town.chain, of, asked, who.key)
    if found.function:
        town.send("household", "PowerSettlement", found.function, *found.arguments)
    return found


def _stands(street_day, asked):
    return bool(
        street_day.chain.call("PowerSettlement", "intervalOf", asked.node, asked.interval).postedAt
    )


def test_silence_fails_the_run_after_its_time(street_day):
    asked = _asked(street_day)
    assert _complain(street_day, asked).ground == "waiting"
    street_day.town.at(asked.deadline + 1)
    assert _complain(street_day, asked).ground == "silence"
    assert not _stands(street_day, asked)
    assert _complain(street_day, asked).ground == "failed"


def test_an_answer_that_is_not_the_line_fails_the_run(street_day):
    asked = _asked(street_day)
    _answer(street_day, asked, net=1)
    assert _complain(street_day, asked).ground == "false answer"
    assert not _stands(street_day, asked)


def test_a_sound_line_gives_no_ground(street_day):
    for index in (30, town_day.PER_DAY - 1):
        asked = _asked(street_day, index)
        _answer(street_day, asked)
        found = _complain(street_day, asked)
        assert (found.ground, found.function) == ("none", None)


@pytest.mark.parametrize("way", ["less", "left out"])
def test_a_list_that_pays_something_else_fails(unlisted_day, way):
    street_day, town, day = unlisted_day, unlisted_day.town, unlisted_day.day
    paid = [Payment.unpack(word) for word in day.words]
    home, plant = town.accounts["household"], town.accounts["south"]
    amount = next(p.amount for p in paid if p.account == home)
    # The plant gets what the household pays too much, so that the sum is right.
    shift = {"less": {home: -5, plant: 5}, "left out": {plant: amount}}[way]
    words = [
        Payment(p.account, p.amount + shift.get(p.account, 0)).pack()
        for p in paid
        if way == "less" or p.account != home
    ]
    post = (town.node, day.number, 0, words, True)
    town.send("grid_operator", "PowerSettlement", "postPayments", *post)
    asked = _asked(street_day)
    _answer(street_day, asked)
    assert _complain(street_day, asked).ground == "payment"
    assert not town.chain.call("PowerSettlement", "listOf", town.node, day.number).complete


def test_a_line_that_adds_up_wrong_needs_the_reading(street_day, monkeypatch):
    asked = _asked(street_day)
    _answer(street_day, asked)
    real = street_day.chain.call

    def call(contract, function, *args):
        told = real(contract, function, *args)
        return told._replace(feeImport=told.feeImport + 1_000) if function == "termsAt" else told

    monkeypatch.setattr(street_day.chain, "call", call)
    found = _complain(street_day, asked)
    assert (found.ground, found.function) == ("arithmetic", None)
