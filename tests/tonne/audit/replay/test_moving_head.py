"""A node that keeps few states, on a chain that does not wait for its reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tonne.audit.reconcile import CATCH_UPS, audit
from tonne.chain.client import READ_ATTEMPTS, Chain
from tonne.chain.rpc import StateGone
from tonne.crypto.accounts import Account
from tonne.deployment import deployer, record
from tonne.errors import TonneError
from tonne.sandbox import node

KEPT = 4


@pytest.fixture(scope="module")
def _node(settings: deployer.Settings, tmp_path_factory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("deployments")
    with node.start(keep_states=KEPT) as running, Chain(running.url) as chain:
        deployer.deploy(chain, Account.from_seed("deployer"), settings, folder)
        yield running.url, folder


@pytest.fixture
def chain(_node) -> Iterator[Chain]:
    url, folder = _node
    with Chain(url) as client:
        record.attach(client, folder)
        yield client


def between(chain: Chain, monkeypatch, times: int, what: Callable[[], object]) -> list[int]:
    """Before each of the next requests of many views, something happens on the chain."""
    batch, left = chain.rpc.batch, [times]

    def slow(requests, size=500):
        asked = list(requests)
        if left[0] and any(method == "eth_call" for method, _ in asked):
            left[0] -= 1
            what()
        return batch(asked, size)

    monkeypatch.setattr(chain.rpc, "batch", slow)
    return left


def test_an_audit_reads_on_when_the_node_has_dropped_the_state_it_compares_with(chain, monkeypatch):
    before = audit(chain)
    sender = Account.from_seed("newcomer")

    def acts():
        chain.send(sender, "Participants", "applyFor", 1, 11, bytes(32))
        chain.mine(KEPT + 1)

    left = between(chain, monkeypatch, 1, acts)
    found = audit(chain)

    assert left == [0]
    assert found.sound and not before.differences
    assert found.head.number > before.head.number + KEPT
    # What happened meanwhile is read and compared as well.
    assert found.events == before.events + 1
    assert found.compared["Participants"] > before.compared["Participants"]


def test_an_audit_of_a_named_block_says_that_its_state_is_gone(chain):
    block = chain.block_number()
    chain.mine(KEPT + 1)

    with pytest.raises(TonneError) as refusal:
        audit(chain, block=block)

    assert refusal.value.code == "AUDIT_STATE_GONE"
    assert f"{block:,}" in refusal.value.message
    assert "archive" in refusal.value.remedy


def test_an_audit_gives_up_on_a_chain_that_it_never_catches_up_with(chain, monkeypatch):
    left = between(chain, monkeypatch, 1_000, lambda: chain.mine(KEPT + 1))

    with pytest.raises(TonneError) as refusal:
        audit(chain)

    assert refusal.value.code == "AUDIT_STATE_GONE"
    assert left == [1_000 - CATCH_UPS]


def test_an_audit_does_not_read_on_from_a_block_that_was_replaced(chain, monkeypatch):
    mark = chain.snapshot()
    chain.mine()

    def replaces():
        chain.revert(mark)
        chain.set_time(chain.now() + 100)
        chain.mine(KEPT + 1)

    between(chain, monkeypatch, 1, replaces)
    with pytest.raises(TonneError) as refusal:
        audit(chain)

    assert refusal.value.code == "AUDIT_REORGANISED"


def test_a_view_of_a_block_that_is_gone_is_no_refusal_by_a_contract(chain):
    block = chain.block_number()
    chain.mine(KEPT + 1)
    view = ("Participants", "participantCount", ())

    for ask in (
        lambda: chain.call("Participants", "participantCount", block=block),
        lambda: chain.call_many([view], block=block, check=False),
    ):
        with pytest.raises(StateGone) as refusal:
            ask()
        assert refusal.value.code == "RPC_STATE_GONE"


@pytest.mark.parametrize("times", [1, READ_ATTEMPTS - 1])
def test_a_question_about_the_latest_block_is_put_again_when_that_is_gone(
    chain, monkeypatch, times
):
    """Anvil takes the block's number down at once and looks at its state when it gets round to it."""
    old = hex(chain.block_number())
    chain.mine(KEPT + 1)
    batch, call, left = chain.rpc.batch, chain.rpc.call, [times + 1]

    def aged(method, params):
        return method, [params[0], old if left[0] > 0 else params[1]]

    def slow(requests, size):
        left[0] -= 1
        return batch([aged(*request) for request in requests], size)

    def slow_call(method, *params):
        return call(*aged(method, params)[:1], *aged(method, params)[1])

    monkeypatch.setattr(chain.rpc, "batch", slow)
    monkeypatch.setattr(chain.rpc, "call", slow_call)
    views = [("Participants", "participantCount", ())] * 2

    assert chain.call_many(views) == [chain.call("Participants", "participantCount")] * 2
    left[0] = times + 1
    assert chain.call("Participants", "participantCount") >= 0
    left[0] = READ_ATTEMPTS + 2
    with pytest.raises(StateGone):
        chain.call_many(views)
