"""Chains that are no test chains: gas is estimated, fees are the chain's, somebody pays."""

from __future__ import annotations

import pytest

from tonne.chain.client import Account, Call, Chain, ChainError
from tonne.chain.sender import Sender
from tonne.crypto.accounts import Fees
from tonne.deployment import deployer as deploying
from tonne.deployment import granted_roles
from tonne.errors import TonneError
from tonne.sandbox import node
from tonne.sandbox.node import rpc

DEPLOYER = Account.from_seed("stranger's deployer")
GWEI = 10**9


@pytest.fixture
def strange(monkeypatch):
    """A chain as others run it: base fee, blocks of 30 million gas, a client we do not know."""
    monkeypatch.setattr(node, "BLOCK_GAS_LIMIT", 30_000_000)
    monkeypatch.setattr("tonne.chain.sender.kind_of", lambda client: "other")
    with node.start(extra=()) as running:
        rpc(running.url, "anvil_setNextBlockBaseFeePerGas", [hex(GWEI)])
        rpc(running.url, "evm_mine")
        rpc(running.url, "anvil_setBalance", [DEPLOYER.address, hex(10**20)])
        with Chain(running.url) as chain:
            assert chain.kind == "other"
            yield chain


@pytest.fixture
def settled(strange, settings, tmp_path):
    deployment = deploying.deploy(strange, DEPLOYER, settings, tmp_path)
    return strange, deployment


def test_the_market_is_deployed_and_paid_for(settled):
    chain, deployment = settled

    assert chain.balance(DEPLOYER) < 10**20
    assert granted_roles.walk(chain).of(deployment.deployer) == []


def test_without_key_or_administrator_nothing_is_sent(strange):
    for given in ((None, None), (DEPLOYER, None), (None, DEPLOYER.address)):
        with pytest.raises(TonneError) as refusal:
            deploying.settings_for(strange, *given)
        assert refusal.value.code == "DEPLOY_NEEDS_KEYS"


def test_what_would_be_refused_is_refused_before_it_costs_gas(settled):
    chain, _ = settled
    before = chain.balance(DEPLOYER)

    with pytest.raises(ChainError) as refusal:
        chain.send(DEPLOYER, "Participants", "confirmWallet", 7)

    assert refusal.value.code == "PARTICIPANTS_NOT_INVITED"
    assert chain.balance(DEPLOYER) == before


def test_a_sponsor_pays_for_those_without_coin(settled):
    chain, _ = settled
    poor = [Account.from_seed("poor", i) for i in range(5)]
    chain.sponsor(DEPLOYER)

    chain.fund(poor)
    receipts = chain.send_many(
        Call(who, chain["Participants"], "applyFor", (1, 11, bytes(32))) for who in poor
    )

    assert all(receipt.ok for receipt in receipts)
    assert chain.call("Participants", "participantCount") == 5


def test_fees_follow_the_base_fee(strange):
    fees = strange.sender.fees()

    assert fees.priority is not None
    assert fees.price > fees.priority


def test_gas_is_never_more_than_a_block_has(monkeypatch):
    monkeypatch.setattr(node, "BLOCK_GAS_LIMIT", 12_000_000)
    with node.start() as running, Chain(running.url) as chain:
        sender: Sender = chain.sender
        assert sender.local_gas == 12_000_000
        assert sender.fees() == Fees(0)
