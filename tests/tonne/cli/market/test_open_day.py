"""What anybody may do to keep a market going."""

import json

import pytest

from tonne.cli.market import open_day
from tonne.errors import TonneError


def test_a_suspension_is_pulled_into_the_exchange(town, capsys):
    chain, people, market = town.chain, town.market.people, town.market.market
    trader = people["trader"]
    number, _, _ = chain.call("Participants", "walletOf", trader)
    buy = 1 | 4_700 << 32 | market << 48
    chain.send(trader, "Exchange", "place", buy)

    chain.send(people["authority"], "Participants", "suspend", number, bytes(32))
    open_day.sync(participant=number, rpc=chain.url, folder=town.folder, as_json=True)

    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "suspended" and told["markets"] >= 2
    with pytest.raises(TonneError) as refusal:
        chain.send(trader, "Exchange", "place", buy)
    assert refusal.value.code == "EXCHANGE_PARTICIPANT_NOT_ACTIVE"
    bids = chain.call("ExchangeLens", "depth", market, 0, 20)
    assert all(level.tick != 4_700 for level in bids), "what rested is void"
