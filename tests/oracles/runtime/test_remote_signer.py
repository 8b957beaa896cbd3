"""A sender whose key is elsewhere: the same bytes as with a keystore, and no trust in the signer's answer."""

from __future__ import annotations

import pytest
import rlp

from oracles.runtime.journal import JobState
from oracles.runtime.remote_signer import RemoteAccount, open_account
from tests.oracles.runtime.bench import TARGET, Bench
from tonne.chain.rpc import RpcUnreachable
from tonne.crypto.accounts import Account, Fees
from tonne.errors import TonneError

SENDER = Account.from_seed("transactions", "test")
OTHER = Account.from_seed("another", "key")
CALL = (1337, 7, bytes.fromhex(TARGET[2:]), b"\x12\x34\x56\x78" * 9, 300_000)
KINDS = [Fees(9, 2), Fees(9)]


class FakeSigner:
    """Signs with a key; `change` alters what is asked before it signs, `spoil` the answer."""

    def __init__(
        self, key: Account = SENDER, change=lambda request: request, spoil=lambda raw: raw
    ):
        self.key, self.change, self.spoil = key, change, spoil
        self.up = True

    def call(self, method, *params):
        if not self.up:
            raise RpcUnreachable(
                "RPC_UNREACHABLE", "There is no signer.", field="rpc", value="x", remedy=""
            )
        if method == "eth_accounts":
            return [SENDER.address.lower()]
        asked = self.change(dict(params[0]))
        number = {name: int(asked[name], 16) for name in ("nonce", "gas", "value", "chainId")}
        tip = asked.get("maxPriorityFeePerGas")
        fees = (
            Fees(int(asked["maxFeePerGas"], 16), int(tip, 16))
            if tip
            else Fees(int(asked["gasPrice"], 16))
        )
        signed = self.key.sign_transaction(
            number["chainId"],
            number["nonce"],
            bytes.fromhex(asked["to"][2:]),
            bytes.fromhex(asked["data"][2:]),
            number["gas"],
            fees,
            number["value"],
        )
        return self.spoil(signed.raw)


@pytest.mark.parametrize("fees", KINDS)
def test_the_bytes_are_those_of_a_key_at_hand(fees):
    remote = RemoteAccount(FakeSigner(), SENDER.address)
    assert remote.sign_transaction(*CALL, fees) == SENDER.sign_transaction(*CALL, fees)


def _set(name, value):
    return lambda asked: {**asked, name: value}


@pytest.mark.parametrize("fees", KINDS)
@pytest.mark.parametrize(
    "signer",
    [
        FakeSigner(OTHER),
        FakeSigner(change=_set("to", "0x" + "22" * 20)),
        FakeSigner(change=_set("value", "0x1")),
        FakeSigner(change=_set("nonce", "0x8")),
        FakeSigner(change=_set("data", "0x")),
        FakeSigner(change=_set("chainId", "0x1")),
        FakeSigner(change=_set("gas", "0x1")),
        FakeSigner(spoil=lambda _: "0x"),
        FakeSigner(spoil=lambda _: None),
        FakeSigner(spoil=lambda raw: raw[:-2]),
        FakeSigner(spoil=lambda _: "0x" + rlp.encode([b"x"] * 9).hex()),
        FakeSigner(spoil=lambda raw: "0x" + "00" * 40 + raw[2:]),
    ],
)
def test_an_answer_that_is_not_the_transaction_is_not_sent(signer, fees):
    remote = RemoteAccount(signer, SENDER.address)
    with pytest.raises(TonneError) as refused:
        remote.sign_transaction(*CALL, fees)
    assert refused.value.code == "SIGNER_WRONG_ANSWER"


def test_a_key_elsewhere_signs_transactions_only():
    remote = RemoteAccount(FakeSigner(), SENDER.address)
    for act in (lambda: remote.key, lambda: remote.sign(b"\0" * 32)):
        with pytest.raises(TonneError) as refused:
            act()
        assert refused.value.code == "SIGNER_TRANSACTIONS_ONLY"


def test_the_account_is_the_only_one_or_the_named_one():
    assert open_account(FakeSigner()).address == SENDER.address
    assert open_account(FakeSigner(), SENDER.address).address == SENDER.address
    with pytest.raises(TonneError) as refused:
        open_account(FakeSigner(), OTHER.address)
    assert refused.value.code == "SIGNER_ACCOUNT"


def test_a_signer_that_is_away_loses_nothing(tmp_path, monkeypatch):
    """Queued jobs wait, and those in flight are followed all the same; then all go on."""
    signer = FakeSigner()
    monkeypatch.setattr("tests.oracles.runtime.bench.SENDER", RemoteAccount(signer, SENDER.address))
    bench = Bench(tmp_path)
    bench.journal.enqueue("first", TARGET, b"\x01", 100_000)
    bench.manager.step()
    signer.up = False
    bench.journal.enqueue("second", TARGET, b"\x02", 100_000)
    bench.node.mine(4)
    bench.manager.step()
    assert bench.journal.job("first").state is JobState.FINAL
    assert bench.journal.job("second").state is JobState.QUEUED
    signer.up = True
    bench.manager.step()
    bench.node.mine(2)
    bench.manager.step()
    assert bench.journal.job("second").state is JobState.FINAL


def test_a_signer_that_is_away_when_a_fee_is_to_be_raised_stops_no_other_job(tmp_path, monkeypatch):
    signer = FakeSigner()
    monkeypatch.setattr("tests.oracles.runtime.bench.SENDER", RemoteAccount(signer, SENDER.address))
    bench = Bench(tmp_path)
    for name in ("first", "second"):
        bench.journal.enqueue(name, TARGET, name.encode(), 100_000)
    bench.manager.step()
    signer.up = False
    bench.node.mine_empty(4)
    bench.manager.step()  # both are overdue: neither can be signed dearer now
    assert {bench.journal.job(name).state for name in ("first", "second")} == {JobState.PENDING}
    bench.node.mine(3)
    bench.manager.step()
    assert {bench.journal.job(name).state for name in ("first", "second")} == {JobState.FINAL}
