"""Views in bundles answer as they do alone, also where one is refused, and where a node knows no bundles."""

from __future__ import annotations

import pytest

from tonne.chain import bundles
from tonne.chain.client import Chain, ChainError
from tonne.chain.rpc import Rpc


class CountingRpc(Rpc):
    """Keeps how many calls of views it was asked for."""

    def batch(self, requests_, size=500):
        asked = list(requests_)
        self.asked = getattr(self, "asked", 0) + sum(m == "eth_call" for m, _ in asked)
        return super().batch(asked, size)


class OldNode(CountingRpc):
    """Knows no code that stands for one call alone, as Ganache does not."""

    def batch(self, requests_, size=500):
        return super().batch([(method, params[:2]) for method, params in requests_], size)


def bundling(town, rpc=CountingRpc) -> Chain:
    chain = Chain(town.chain.url, rpc=rpc(town.chain.url), bundled=True)
    for contract in town.chain.contracts.values():
        chain.add(contract)
    return chain


def views(town, count=450):
    """Of fixed and of any length, and for each three one that is refused."""
    trader = town.market.people["trader"]
    for number in range(count):
        yield ("Participants", "walletOf", (trader,))
        yield ("SettlementCurrency", "name", ())
        yield ("Allowances", "balanceOfBatch", ([trader] * (number % 3), [number] * 2))


def told(answers):
    return [str(a) if isinstance(a, ChainError) else a for a in answers]


@pytest.mark.parametrize("rpc", [CountingRpc, OldNode])
def test_it_answers_as_each_view_alone(town, rpc):
    asked = list(views(town))
    alone = town.chain.call_many(asked, check=False)
    assert any(isinstance(answer, ChainError) for answer in alone)
    assert told(bundling(town, rpc).call_many(asked, check=False)) == told(alone)


def test_only_what_was_refused_is_asked_alone(town):
    asked = list(views(town, 300))
    chain = bundling(town)
    refused = sum(isinstance(a, ChainError) for a in chain.call_many(asked, check=False))
    assert 0 < refused < 300
    assert chain.rpc.asked == -(-len(asked) // bundles.VIEWS) + refused


def test_a_sender_s_own_views_are_asked_alone(town):
    chain = bundling(town)
    trader = town.market.people["trader"]
    chain.call_many([("Participants", "walletOf", (trader,))] * 3, sender=trader)
    assert chain.rpc.asked == 3


def test_the_code_stands_where_nothing_is(town):
    assert town.chain.code(bundles.PLACE) == "0x"
    bundling(town).call_many(views(town, 1), check=False)
    assert town.chain.code(bundles.PLACE) == "0x"


@pytest.mark.parametrize(
    "answer",
    ["0x", "0x" + "zz" * 32, "0x" + "0" * 47 + "1" + "f" * 16, "0x" + "00" * 31, None, 7],
)
def test_an_answer_of_another_shape_is_none(answer):
    assert bundles._parts(answer, 1) == [None]


def test_an_answer_with_more_than_was_asked_is_none():
    whole = "0" * 47 + "1" + "0" * 14 + "01" + "ab"
    assert bundles._parts("0x" + whole, 1) == ["0xab"]
    assert bundles._parts("0x" + whole + "00", 1) == [None]
