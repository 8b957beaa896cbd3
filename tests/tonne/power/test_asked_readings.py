"""Accounts named to the owner of a meter: what is told of them is what the chain makes of them."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from tests.tonne.power import named_readings
from tests.tonne.power.named_readings import LAST, name
from tonne.crypto.eip712 import CURVE_ORDER
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError
from tonne.meters.leaves import OpenedLeaf
from tonne.power import asked_readings, line_requests
from tonne.power.account_consents import consented
from tonne.power.asked_lines import holds, read_opened
from tonne.power.asked_readings import AccountNamed
from tonne.power.shown_lines import point_of
from tonne.sandbox.seed_town import PLANT

PLACE = (31337, 0, 5, 3, 0)


def test_a_one_time_key_follows_from_what_it_is_for():
    keys = [
        asked_readings.secret_of(b"\x01" * 32, *PLACE),
        asked_readings.secret_of(b"\x02" * 32, *PLACE),
        line_requests.secret_of(b"\x01" * 32, *PLACE),
        *(
            asked_readings.secret_of(
                b"\x01" * 32, *(number + (i == at) for i, number in enumerate(PLACE))
            )
            for at in range(len(PLACE))
        ),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == asked_readings.secret_of(b"\x01" * 32, *PLACE)


def _asked(street, index=LAST):
    """The plant asks on whose line its reading is; its meter and the request."""
    town, key = street.town, street.town.who[PLANT].key
    of = asked_readings.entered_meter(town.chain, town.meters[PLANT])
    place = (of.node, street.day.interval(index), of.meter)
    attempt = len(asked_readings.requests_of(town.chain, *place))
    secret = asked_readings.secret_of(key, town.chain.chain_id, *place, attempt)
    town.send(PLANT, "PowerSettlement", "askReading", *place, *point_of(secret))
    return of, asked_readings.own_request(town.chain, key, of, place[1])


def _reply(street, asked):
    return asked_readings.reply_to(street.chain, street.town.who[PLANT].key, asked)


def _leaf(street, index=LAST, of=PLANT):
    leaves = street.day.leaves[index]
    return OpenedLeaf.parse(leaves.opened(leaves.index_of(street.town.meters[of])))


def _dispute(street, asked, reply, shown=None):
    key = street.town.who[PLANT].key
    return asked_readings.dispute_of(street.chain, key, asked, reply, _leaf(street), shown)


def _takes(street, asked, reply, shown=None):
    return holds(street.chain, _dispute(street, asked, reply, shown), street.town.who[PLANT])


def test_the_plant_of_the_town_entered_its_meter_ahead_of_the_day(street_day):
    town = street_day.town
    of = asked_readings.entered_meter(street_day.chain, town.meters[PLANT])
    assert (of.owner, of.node) == (town.numbers[PLANT], town.node)
    assert of.since < town.first_day


def test_what_was_asked_is_open_until_it_is_silent(street_day):
    _, asked = _asked(street_day)
    reply = _reply(street_day, asked)
    assert (reply.state, reply.account) == (AccountNamed.OPEN, None)
    assert not _takes(street_day, asked, reply)
    street_day.town.at(asked.deadline + 1)
    reply = _reply(street_day, asked)
    assert reply.state is AccountNamed.SILENT
    call = _dispute(street_day, asked, reply)
    assert call[1][-1] == 0  # no secret is shown
    assert _takes(street_day, asked, reply)


UNKNOWN = 2**31


@pytest.mark.parametrize("whose", [PLANT, "household", "retailer", UNKNOWN, 0, 2**32, 2**200])
def test_whose_account_was_named_is_what_the_chain_makes_of_it(street_day, whose):
    """But the owner's own it takes all without a line."""
    town = street_day.town
    numbers = town.accounts | {"retailer": town.numbers["retailer"]}
    number = numbers.get(whose, whose)
    _, asked = _asked(street_day)
    name(street_day, number)
    reply = _reply(street_day, asked)
    none = not 0 < number < 2**32
    expected = (
        AccountNamed.OWN if whose == PLANT else AccountNamed.NONE if none else AccountNamed.OTHER
    )
    assert (reply.state, reply.account) == (expected, None if none else number)
    assert _takes(street_day, asked, reply) is (whose != PLANT)


@pytest.mark.parametrize("x", [5, CURVE_ORDER + 2, 0])
@pytest.mark.parametrize("whose", [PLANT, "household"])
def test_an_answer_on_no_point_is_read_as_the_chain_reads_it(street_day, x, whose):
    """`ecrecover` knows no point at 5, nor any at the order of the group or above."""
    number = street_day.town.accounts[whose]
    _, asked = _asked(street_day)
    word = int.from_bytes(keccak(bytes(64)), "big") ^ number
    answer = named_readings.sealed(x.to_bytes(32, "big"), word.to_bytes(32, "big"))
    name(street_day, number, answer)
    reply = _reply(street_day, asked)
    assert reply.account == number
    assert reply.state is (AccountNamed.OWN if whose == PLANT else AccountNamed.OTHER)
    assert _takes(street_day, asked, reply) is (whose != PLANT)


def test_an_account_of_the_owners_that_is_at_no_node_has_no_line_to_ask_for(street_day):
    town = street_day.town
    key = town.account_key(PLANT)
    new = consented(town.chain, town.numbers[PLANT], [key])
    opened = town.send(PLANT, "PowerMarket", "openPseudonyms", new)
    number = town.event(opened, "PseudonymOpened")["account"]
    _, asked = _asked(street_day)
    name(street_day, number)
    reply = _reply(street_day, asked)
    assert (reply.state, reply.account) == (AccountNamed.IDLE, number)
    assert _takes(street_day, asked, reply)


def test_a_request_is_over_with_the_list_that_it_was_asked_of(street_day):
    town = street_day.town
    _, early = _asked(street_day, LAST - 1)
    of, asked = _asked(street_day)
    name(street_day, town.accounts["household"])
    town.at(early.deadline + 1)
    call = _dispute(street_day, asked, _reply(street_day, asked))
    town.send("household", "PowerSettlement", call[0], *call[1])
    for request in (early, asked):
        assert _reply(street_day, request).state is AccountNamed.OVER
    with pytest.raises(TonneError) as told:
        asked_readings.own_request(town.chain, b"\x01" * 32, of, asked.interval)
    assert told.value.code == "READING_NOT_ASKED"
    # Where the run stands, the chain takes no dispute of the earlier list.
    assert town.chain.call("PowerSettlement", "intervalOf", *early.place[:2]).postedAt


def test_an_earlier_request_is_over_where_a_later_one_is_open(street_day):
    town = street_day.town
    _, first = _asked(street_day)
    town.at(first.deadline + 1)
    call = _dispute(street_day, first, _reply(street_day, first))
    town.send(PLANT, "PowerSettlement", call[0], *call[1])
    _, second = _asked(named_readings.swapped(street_day))
    assert (first.attempt, second.attempt) == (0, 1)
    assert _reply(street_day, first).state is AccountNamed.OVER
    assert _reply(street_day, second).state is AccountNamed.OPEN


def test_a_leaf_is_of_the_run_that_was_made_from_it(street_day):
    _, asked = _asked(street_day)
    reply = _reply(street_day, asked)
    assert asked_readings.is_counted(reply, _leaf(street_day))
    assert not asked_readings.is_counted(reply, _leaf(street_day, LAST - 1))


def test_the_line_of_the_account_is_found_by_the_wallets_key(street_day):
    town, key = street_day.town, street_day.town.who[PLANT].key
    _, asked = _asked(street_day)
    number = town.accounts[PLANT]
    assert asked_readings.line_of(town.chain, key, asked, number) is None
    about = (town.node, asked.interval, number)
    secret = line_requests.secret_of(key, town.chain.chain_id, *about, 0)
    town.send(PLANT, "PowerSettlement", "ask", *about, *point_of(secret))
    assert asked_readings.line_of(town.chain, key, asked, number) is None
    named_readings.show_line(street_day, PLANT)
    found = asked_readings.line_of(town.chain, key, asked, number)
    assert found.line == street_day.day.last_line(number)
    assert asked_readings.line_of(town.chain, b"\x01" * 32, asked, number) is None
    _, other = _asked(street_day, LAST - 1)
    assert asked_readings.line_of(town.chain, key, other, number) is None


def test_a_key_has_its_own_latest_request_alone(street_day):
    town, chain = street_day.town, street_day.chain
    of, asked = _asked(street_day)
    key = town.who[PLANT].key
    assert asked_readings.own_request(chain, key, of, asked.interval) == asked
    with pytest.raises(TonneError) as told:
        asked_readings.own_request(chain, b"\x01" * 32, of, asked.interval)
    assert told.value.code == "READING_ASKED_BY_OTHER"
    with pytest.raises(TonneError) as told:
        asked_readings.own_request(chain, key, of, asked.interval - 1)
    assert told.value.code == "READING_NOT_ASKED"


def test_a_wallet_that_may_not_trade_does_not_ask():
    class Parties:
        """Participant 5 owns the meter; its wallet has some rights."""

        def __init__(self, owner, rights):
            self.told = {"meter": SimpleNamespace(owner=5), "walletOf": (owner, rights, 0)}

        def call(self, contract, function, *arguments):
            return self.told[function]

    asked_readings.require_owner(Parties(5, 1 | 2), 3, "0x")
    for owner, rights in ((5, 2 | 8), (6, 1)):
        with pytest.raises(TonneError) as told:
            asked_readings.require_owner(Parties(owner, rights), 3, "0x")
        assert told.value.code == "READING_NOT_OWNER"


def test_a_receipt_has_numbers_for_its_place(street_day, tmp_path):
    path = named_readings.receipt(street_day, tmp_path)
    assert read_opened(path) == _leaf(street_day)
    good = json.loads(path.read_text())
    for wrong in ("place", "leaves"):
        path.write_text(json.dumps(good | {wrong: str(good[wrong])}))
        with pytest.raises(TonneError) as told:
            read_opened(path)
        assert told.value.code == "LINE_READING_UNREADABLE"


def _leave_out(monkeypatch, chain, name):
    """The node tells no such events."""
    real = chain.logs
    monkeypatch.setattr(chain, "logs", lambda *a, **k: [e for e in real(*a, **k) if e.name != name])


@pytest.mark.parametrize("left_out", ["RunPosted", "ReadingAnswered"])
def test_a_reply_that_a_node_leaves_out_is_told_as_such(street_day, monkeypatch, left_out):
    _, asked = _asked(street_day)
    name(street_day, street_day.town.accounts[PLANT])
    _leave_out(monkeypatch, street_day.chain, left_out)
    with pytest.raises(TonneError, match="NODE_LEAVES_OUT"):
        _reply(street_day, asked)


def test_a_request_that_a_node_leaves_out_is_told_as_such(street_day, monkeypatch):
    of, asked = _asked(street_day)
    chain, key = street_day.chain, street_day.town.who[PLANT].key
    _leave_out(monkeypatch, chain, "ReadingAsked")
    for find in (
        lambda: asked_readings.present_request(chain, of, asked.interval),
        lambda: asked_readings.own_request(chain, key, of, asked.interval),
    ):
        with pytest.raises(TonneError, match="NODE_LEAVES_OUT"):
            find()
