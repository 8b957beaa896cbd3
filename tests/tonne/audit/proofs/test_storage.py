"""Storage of ledgers: what the slots hold is proven, and a contract that keeps otherwise is found."""

from __future__ import annotations

import pytest

from tests.tonne.audit.proofs.liars import AlteredRpc
from tonne.audit import reconcile
from tonne.audit.replay.currency import BALANCES
from tonne.audit.replay.slots import mapping_slot
from tonne.chain.rpc import RpcFailure

HOLDER = "0x" + "77" * 20


@pytest.fixture
def settled(town):
    """A market whose last block has the state that the node proves."""
    town.chain.mine()
    return town


def _differences(found, contract):
    return [d for d in found.differences if d.contract == contract and "stored" in d.about]


def test_the_ledgers_storage_is_what_the_events_say(settled):
    found = reconcile.audit(settled.chain)

    assert found.sound
    assert found.proof.slots > 100 and found.proof.no_slots == ""
    assert f"{found.proof.slots:,} stored values" in found.trust
    contracts = {value.contract for value in _slots(settled)}
    assert {
        "SettlementCurrency",
        "Allowances",
        "OffsetCredits",
        "EnergyCredits",
        "Exchange",
    } <= contracts
    assert any(value.expected for value in _slots(settled) if value.contract == "Exchange")


def _slots(town):
    from tonne.audit.market_replay import MarketReplay
    from tonne.audit.replay.events import pin, read

    replay = MarketReplay(town.chain)
    for _, events in read(town.chain, 0, pin(town.chain), []):
        replay.feed(events)
    return list(replay.slots())


@pytest.mark.parametrize(
    ("contract", "kind"),
    [("Exchange", ""), ("Allowances", "stored totals"), ("OffsetCredits", "stored holding")],
)
def test_a_ledger_that_keeps_something_else_than_its_views_say_is_found(settled, contract, kind):
    """The node's views agree with the events; the slot alone differs."""
    values = (v for v in _slots(settled) if v.contract == contract and v.expected)
    value = next(v for v in values if v.about.startswith(kind))
    address = settled.chain[contract].address
    slot = "0x" + value.slot.to_bytes(32, "big").hex()
    word = settled.chain.rpc.call("eth_getStorageAt", address, slot, "latest")
    head = hex(settled.chain.block_number() + 1)
    calls = {}

    def keeps(answer, params):
        return calls.setdefault(str(params[0]), answer)

    settled.chain.rpc = AlteredRpc(settled.chain.url, "eth_call", keeps)
    assert reconcile.audit(settled.chain).sound
    changed = "0x" + (int(word, 16) + 1).to_bytes(32, "big").hex()
    settled.chain.rpc.call("anvil_setStorageAt", address, slot, changed)
    settled.chain.mine()
    assert hex(settled.chain.block_number()) == head

    found = reconcile.audit(settled.chain)
    assert [(d.contract, d.about) for d in found.differences] == [(contract, value.about)]


def _proofs(town, alter):
    town.chain.rpc = AlteredRpc(town.chain.url, "eth_getProof", alter)
    return reconcile.audit(town.chain)


def test_a_proof_that_lacks_a_node_or_is_none_is_refuted(settled):
    def lacks_account(answer, _):
        answer["accountProof"] = answer["accountProof"][:-1]
        return answer

    def lacks_storage(answer, _):
        for entry in answer["storageProof"]:
            entry["proof"] = entry["proof"][:-1]
        return answer

    for alter in (lacks_account, lacks_storage, lambda *_: None, lambda *_: {}, lambda *_: "0x"):
        found = _proofs(settled, alter)
        assert [finding.code for finding in found.findings] == ["AUDIT_STATE_FALSE"]
        assert not found.sound


def test_values_beside_a_proof_are_not_believed(settled):
    """The node's own `value` is not read: the proof says what the slot holds."""

    def other(answer, _):
        for entry in answer["storageProof"]:
            entry["value"] = "0x123456"
        return answer

    assert _proofs(settled, other).sound


def test_a_node_without_proofs_and_a_state_set_under_the_head_are_named(settled):
    class Without(AlteredRpc):
        def call(self, method, *params):
            if method == "eth_getProof":
                raise RpcFailure(method, {"code": -32601, "message": "Method not found"})
            return super().call(method, *params)

    settled.chain.rpc = Without(settled.chain.url, "", lambda answer, _: answer)
    found = reconcile.audit(settled.chain)
    assert found.sound and "no storage: the node gives no proofs" in found.trust

    settled.chain.rpc.call("anvil_setBalance", HOLDER, "0x1")
    settled.chain.rpc = AlteredRpc(settled.chain.url, "", lambda answer, _: answer)
    found = reconcile.audit(settled.chain)
    assert found.sound and "set otherwise under its last block" in found.trust


def test_a_mappings_slot_is_soliditys(settled):
    holder = next(v for v in _slots(settled) if v.contract == "SettlementCurrency" and v.expected)
    currency = settled.chain["SettlementCurrency"]
    account = holder.about.rpartition(" ")[2]
    assert mapping_slot(int(account, 16), BALANCES) == holder.slot
    assert settled.chain.call(currency, "balanceOf", account) == holder.expected
