"""Chains that are no test chains, and how a test chain mines: no batch changes that for good."""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import pairwise

import pytest

from tests.patience import HANGING_S
from tonne.chain.client import Account, Call, Chain, ChainError
from tonne.chain.sender import Mining, Pending, Receipt, Sender
from tonne.crypto.accounts import Fees
from tonne.deployment import deployer as deploying
from tonne.deployment import granted_roles
from tonne.errors import TonneError
from tonne.sandbox import node
from tonne.sandbox.node import rpc

DEPLOYER = Account.from_seed("stranger's deployer")
GWEI = 10**9


@contextmanager
def started():
    """A chain as others run it: base fee, blocks of 30 million gas at intervals."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(node, "BLOCK_GAS_LIMIT", 30_000_000)
        running = node.start(extra=("--block-time", "0.05"))
    with running:
        rpc(running.url, "anvil_setNextBlockBaseFeePerGas", [hex(GWEI)])
        rpc(running.url, "evm_mine")
        rpc(running.url, "anvil_setBalance", [DEPLOYER.address, hex(10**20)])
        yield running.url


@contextmanager
def connected(url):
    """To a client that we do not know."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tonne.chain.sender.kind_of", lambda client: "other")
        with Chain(url) as chain:
            assert chain.kind == "other"
            yield chain


@pytest.fixture
def strange():
    with started() as url, connected(url) as chain:
        yield chain


@pytest.fixture(scope="module")
def _settled(settings, tmp_path_factory):
    """Deployed once for all: some hundred transactions, each waiting for its block."""
    with started() as url:
        with connected(url) as chain:
            folder = tmp_path_factory.mktemp("records")
            deployment = deploying.deploy(chain, DEPLOYER, settings, folder)
        yield url, chain.contracts.values(), deployment


@pytest.fixture
def settled(_settled):
    """As it was deployed."""
    url, contracts, deployment = _settled
    mark = rpc(url, "evm_snapshot")
    with connected(url) as chain:
        for contract in contracts:
            chain.add(contract)
        yield chain, deployment
    rpc(url, "evm_revert", [mark])


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


def test_a_batch_may_rest_on_the_one_before_that_is_not_mined_yet(settled, people, monkeypatch):
    """geth estimates on the latest block; Anvil on what waits, unless it is told."""
    chain, _ = settled
    batch = chain.rpc.batch

    def on_the_latest(asked, *size):
        estimated = {"eth_estimateGas": ["latest"]}
        return batch(
            [(method, [*args, *estimated.get(method, ())]) for method, args in asked], *size
        )

    monkeypatch.setattr(chain.rpc, "batch", on_the_latest)
    chain.sponsor(DEPLOYER)
    issuer, holder = people["currency_issuer"], Account.from_seed("holder")
    chain.rpc.call("evm_setIntervalMining", 2)
    money = chain["SettlementCurrency"]
    calls = [Call(issuer, money, "mint", (holder, 5)), Call(holder, money, "transfer", (issuer, 5))]
    chain.fund([issuer, holder])

    receipts = chain.send_many(calls, batch=1)

    assert [receipt.ok for receipt in receipts] == [True, True]


def test_a_sponsor_pays_for_those_without_coin(settled):
    chain, _ = settled
    poor = [Account.from_seed("poor", i) for i in range(5)]
    chain.sponsor(DEPLOYER)

    chain.fund(poor)
    receipts = chain.send_many(
        Call(who, chain["Participants"], "applyFor", (1, 11, bytes(32))) for who in poor
    )

    assert all(receipt.ok for receipt in receipts)
    assert len(chain.logs("Participants", "ApplicationFiled")) == 5


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


# ---------------------------------------------------------------------- when a test chain mines


def transfers(chain: Chain, count: int) -> list[Receipt]:
    """Transfers of no coin from accounts of their own, in one batch."""
    payers = [Account.from_seed("mining", i) for i in range(count)]
    return chain.sender.settle(
        (Pending("transfer", payer, DEPLOYER.address_bytes, b"", 21_000) for payer in payers), True
    )


@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_chain_that_mines_at_intervals_goes_on_after_a_batch(count):
    with node.start(extra=("--block-time", "1")) as running, Chain(running.url) as chain:
        assert chain.sender.mining() is Mining.AT_INTERVALS
        receipts = transfers(chain, count)
        assert len(receipts) == count and all(receipt.ok for receipt in receipts)
        assert chain.rpc.call("anvil_getIntervalMining") == 1
        height, until = chain.block_number(), time.monotonic() + HANGING_S
        while chain.block_number() == height and time.monotonic() < until:
            time.sleep(0.1)
        assert chain.block_number() > height


def test_a_batch_makes_no_block_of_its_own_between_the_intervals():
    with node.start(extra=("--block-time", "4")) as running, Chain(running.url) as chain:
        receipts = transfers(chain, 10)
        blocks = {receipt.block for receipt in receipts}
        times = [
            int(chain.rpc.call("eth_getBlockByNumber", hex(n), False)["timestamp"], 16)
            for n in range(max(blocks) + 1)
        ]
        assert all(later - earlier >= 4 for earlier, later in pairwise(times))
        assert len(blocks) == 1


@pytest.mark.parametrize("count", [1, 10])
def test_a_chain_that_mines_by_hand_mines_a_batch_and_stays_by_hand(count):
    with node.start(extra=("--no-mining",)) as running, Chain(running.url) as chain:
        assert all(receipt.ok for receipt in transfers(chain, count))
        assert chain.sender.mining() is Mining.BY_HAND


def test_a_chain_that_mines_at_every_transaction_does_so_after_a_batch():
    with node.start() as running, Chain(running.url) as chain:
        receipts = transfers(chain, 10)
        assert {receipt.block for receipt in receipts} == {1}
        assert chain.sender.mining() is Mining.AUTOMATIC
