"""Runs and lists that stand: by commitment, by chunk, by account."""

from __future__ import annotations

import pytest

from tonne.errors import TonneError
from tonne.power.encoding import Payment
from tonne.power.settlement_runs import CHUNK
from tonne.power.standing import (
    chunk_with,
    commitment_of,
    list_words,
    listed_amount,
    standing_run,
)


def test_a_run_that_the_node_tells_wrongly_is_not_taken(street_day, monkeypatch):
    chain, node = street_day.chain, street_day.town.node
    interval = street_day.day.interval(0)
    run = standing_run(chain, node, interval)
    state = chain.call("PowerSettlement", "intervalOf", node, interval)
    assert commitment_of(run["totals"]) == state.commitment
    real = chain.call
    monkeypatch.setattr(
        chain,
        "call",
        lambda c, f, *a: (
            real(c, f, *a)._replace(commitment=1) if f == "intervalOf" else real(c, f, *a)
        ),
    )
    with pytest.raises(TonneError, match="NODE_LEAVES_OUT"):
        standing_run(chain, node, interval)


def test_a_run_that_a_node_leaves_out_did_not_fall(street_day, monkeypatch):
    chain, node = street_day.chain, street_day.town.node
    interval = street_day.day.interval(0)
    assert standing_run(chain, node, interval - 10**6) is None
    monkeypatch.setattr(chain, "logs", lambda *_, **__: [])
    with pytest.raises(TonneError, match="NODE_LEAVES_OUT") as raised:
        standing_run(chain, node, interval)
    assert (raised.value.field, raised.value.value) == ("rpc", chain.url)


def test_the_chunk_of_an_account_is_that_in_whose_range_it_is():
    accounts = [10 * i for i in range(1, 2 * CHUNK + 2)]
    words = [Payment(account, 5, 0).pack() for account in accounts]
    first, second, third = words[:CHUNK], words[CHUNK : 2 * CHUNK], words[2 * CHUNK :]
    begins = accounts[CHUNK]
    assert chunk_with(words, 10) == (0, first)
    assert chunk_with(words, 1) == (0, first)  # ahead of all
    assert chunk_with(words, begins - 1) == (0, first)
    assert chunk_with(words, begins) == (1, second)
    assert chunk_with(words, accounts[-1]) == (2, third)
    assert chunk_with(words, 2**32 - 1) == (2, third)


def test_an_account_has_its_amount_in_a_list_that_stands(street_day, monkeypatch):
    town, day = street_day.town, street_day.day
    paid = {p.account: p.amount for p in map(Payment.unpack, day.words)}
    told = {a: listed_amount(town.chain, town.node, day.number, a) for a in [*paid, 2**32 - 1]}
    assert told == paid | {2**32 - 1: 0}
    chain = town.chain
    real = chain.call

    def call(contract, function, *args):
        told = real(contract, function, *args)
        return told._replace(complete=False) if function == "listOf" else told

    monkeypatch.setattr(chain, "call", call)
    with pytest.raises(TonneError, match="BILL_NO_LIST"):
        listed_amount(chain, town.node, day.number, 1)


def test_a_list_that_a_node_leaves_out_stands(street_day, monkeypatch):
    town, day = street_day.town, street_day.day
    monkeypatch.setattr(town.chain, "logs", lambda *_, **__: [])
    with pytest.raises(TonneError, match="NODE_LEAVES_OUT"):
        listed_amount(town.chain, town.node, day.number, town.accounts["household"])


def test_a_list_that_was_begun_anew_counts_from_its_new_beginning(street_day, monkeypatch):
    town, day, chain = street_day.town, street_day.day, street_day.chain
    before, real = {"first": 0, "words": [Payment(1, -1, 0).pack()] * CHUNK}, chain.logs
    monkeypatch.setattr(chain, "logs", lambda *a, **k: [before, *real(*a, **k)])
    assert list_words(chain, town.node, day.number) == list(day.words)
