"""Halting a market and resuming it, from the command line."""

import json

import pytest

from tonne.audit import reconcile
from tonne.cli import halts
from tonne.errors import TonneError
from tonne.signing import keccak


@pytest.fixture
def act(town, monkeypatch):
    """Acts as one of the people, through the command."""
    people = town.market.people
    monkeypatch.setattr(halts, "key", lambda name, *_: people[name])

    def run(verb, reason, who="authority"):
        place = {"rpc": town.chain.url, "folder": town.folder, "market": town.market.market}
        verb(reason, name=who, as_json=True, **place)

    return run


def test_an_officer_halts_and_resumes_a_market_and_says_why(town, act, capsys):
    chain, trader, market = town.chain, town.market.people["trader"], town.market.market
    buy = 1 | 4_700 << 32 | market << 48

    act(halts.halt, "a fat finger")
    assert json.loads(capsys.readouterr().out)["halted"] is True
    with pytest.raises(TonneError) as refusal:
        chain.send(trader, "Exchange", "place", buy)
    assert refusal.value.code == "EXCHANGE_MARKET_HALTED"

    act(halts.resume, "the order is gone")
    assert json.loads(capsys.readouterr().out)["halted"] is False
    chain.send(trader, "Exchange", "place", buy)
    for event, reason in (("MarketHalted", "a fat finger"), ("MarketResumed", "the order is gone")):
        told = list(chain.logs("Exchange", event, town.deployment.first_block))[-1]
        assert told["market"] == market and told["reason"] == keccak(reason.encode())
    assert reconcile.audit(chain).differences == []


def test_a_market_is_halted_by_its_officer_only_and_once(town, act):
    with pytest.raises(TonneError) as refusal:
        act(halts.halt, "I would like to", who="trader")
    assert refusal.value.code == "SCHEMES_NO_POWER"
    with pytest.raises(TonneError) as refusal:
        act(halts.resume, "it was never halted")
    assert refusal.value.code == "EXCHANGE_MARKET_STATUS"
