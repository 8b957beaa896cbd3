"""Lines asked for by a key: opened by that key alone, proved under the run that stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tonne.crypto.hashing import keccak
from tonne.errors import TonneError
from tonne.power import line_requests
from tonne.power.settlement_runs import line_tree
from tonne.power.shown_lines import address_of, encrypt
from tonne.sandbox import town_day


@pytest.fixture
def asked(street_day):
    """The household asked for two lines, and they were not answered yet; its requests."""
    town, day = street_day.town, street_day.day
    account, key = town.accounts["household"], town.who["household"].key
    for index in town_day.ASKED:
        about = (town.node, day.interval(index), account)
        secret = line_requests.secret_of(key, town.chain.chain_id, *about, 0)
        point = line_requests.point_of(secret)
        town.chain.send(town.account_key("household"), "PowerSettlement", "ask", *about, *point)
    return street_day, line_requests.requests_of(town.chain, account)


def _answer(street_day, request, line=None, index=None):
    town, day = street_day.town, street_day.day
    number = request.interval - day.interval(0)
    place, own = day.line(number, request.account)
    proof = line_tree(day.lines[number]).proof(place if index is None else index)
    shown = encrypt(
        place if index is None else index, line or own, proof, request.point, keccak(b"once")
    )
    town.send(
        "grid_operator",
        "PowerSettlement",
        "answer",
        *request.place,
        address_of(request.point),
        shown,
    )


def test_only_the_key_that_asked_opens_an_answer(asked):
    street_day, (first, last) = asked
    chain, key = street_day.chain, street_day.town.who["household"].key
    assert line_requests.proved_line(chain, key, last) is None
    _answer(street_day, last)
    found = line_requests.proved_line(chain, key, last)
    assert found.line == street_day.day.last_line(last.account)
    assert first.is_of(key, chain.chain_id)
    other = street_day.town.who["neighbour"].key
    assert not first.is_of(other, chain.chain_id)
    with pytest.raises(TonneError, match="LINE_NOT_PROVED"):
        line_requests.proved_line(chain, other, last)


def test_each_request_has_a_key_of_its_own(asked):
    street_day, (first, last) = asked
    chain, key = street_day.chain, street_day.town.who["household"].key
    secrets = {r.secret(key, chain.chain_id) for r in (first, last, replace(last, attempt=1))}
    secrets |= {first.secret(key, chain.chain_id + 1)}
    assert len(secrets) == 4


@pytest.mark.parametrize("fault", ["a smaller amount", "another's line", "another place"])
def test_an_answer_that_is_not_the_line_is_told_of(asked, fault):
    street_day, (_, last) = asked
    day, key = street_day.day, street_day.town.who["household"].key
    place, line = day.line(town_day.PER_DAY - 1, last.account)
    other = (place + 1) % 3
    wrong = {
        "a smaller amount": (replace(line, net=line.net - 1), None),
        "another's line": (day.lines[-1][other], other),
        "another place": (line, other),
    }[fault]
    _answer(street_day, last, *wrong)
    with pytest.raises(TonneError, match="LINE_NOT_PROVED"):
        line_requests.proved_line(street_day.chain, key, last)


def test_an_answer_that_a_node_alters_is_told_as_such(asked, monkeypatch):
    """The chain has its hash: the operator is not called false for what a node says."""
    street_day, (_, last) = asked
    chain, key = street_day.chain, street_day.town.who["household"].key
    _answer(street_day, last)
    real = type(chain).logs

    def altered(self, contract, event=None, *more, **named):
        found = real(self, contract, event, *more, **named)
        if event != "LineAnswered":
            return found
        return [
            replace(e, args={**e.args, "answer": e["answer"]._replace(odd=not e["answer"].odd)})
            for e in found
        ]

    monkeypatch.setattr(type(chain), "logs", altered)
    with pytest.raises(TonneError, match="NODE_LEAVES_OUT"):
        line_requests.proved_line(chain, key, last)
