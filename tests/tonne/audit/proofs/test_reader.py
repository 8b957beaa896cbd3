"""The proven reader on a real market: checkpoints, other nodes, and what each result rests on."""

from __future__ import annotations

import pytest

from tests.tonne.audit.proofs.liars import AlteredRpc
from tonne.audit import reconcile
from tonne.audit.proofs.reader import Checkpoint
from tonne.audit.reconcile import TRUSTED
from tonne.audit.trust import Trust
from tonne.chain.rpc import Rpc, RpcFailure, StateGone
from tonne.errors import TonneError


def _altered(town, method, alter):
    town.chain.rpc = AlteredRpc(town.chain.url, method, alter)


def _codes(found):
    return [finding.code for finding in found.findings]


def _block(chain, number):
    return chain.rpc.call("eth_getBlockByNumber", hex(number), False)


def test_the_proven_history_is_the_nodes_where_it_tells_the_truth(town):
    proven = reconcile.audit(town.chain)
    told = reconcile.audit(town.chain, trust=Trust(node=True))

    assert proven.sound and told.sound
    assert (proven.events, proven.values - proven.proof.slots) == (told.events, told.values)
    head = town.chain.block_number()
    assert proven.trust.endswith(f"by this node alone. Not proven after block {head:,}.")
    assert proven.proof.blocks == head + 1 and proven.proof.receipts > 100
    assert told.trust == TRUSTED and told.proof is None


def test_nothing_after_the_checkpoint_is_replayed(town):
    town.chain.mine(4)  # the node keeps the states of its newest blocks
    head = town.chain.block_number()
    block = _block(town.chain, head - 2)
    found = reconcile.audit(town.chain, trust=Trust(checkpoint=Checkpoint(head - 2, block["hash"])))

    assert found.sound
    assert found.head.number == found.proof.last == head - 2
    assert f"vouched for by the checkpoint at block {head - 2:,}" in found.trust
    assert f"Not proven after block {head - 2:,}" in found.trust


def test_a_block_before_the_checkpoint_is_linked_to_it(town):
    town.chain.mine(4)
    head = town.chain.block_number()
    pinned = Checkpoint(head, _block(town.chain, head)["hash"])
    found = reconcile.audit(town.chain, block=head - 3, trust=Trust(checkpoint=pinned))

    assert found.sound and found.head.number == head - 3


@pytest.mark.parametrize("back", [0, 3])
def test_a_chain_that_is_not_the_checkpoints_is_refused(town, back):
    head = town.chain.block_number()
    pinned = Checkpoint(head - back, "0x" + "11" * 32)
    found = reconcile.audit(town.chain, trust=Trust(checkpoint=pinned))

    assert not found.sound and found.events == 0 and found.head is None
    assert _codes(found) == ["AUDIT_CHECKPOINT_OTHER"]


@pytest.mark.parametrize("field", ["hash", "timestamp"])
def test_a_latest_block_that_is_not_the_one_of_its_header_is_refused(town, field):
    def other(answer, params):
        if params[0] == "latest":
            answer[field] = "0x" + "44" * 32 if field == "hash" else hex(int(answer[field], 16) + 9)
        return answer

    _altered(town, "eth_getBlockByNumber", other)
    assert _codes(reconcile.audit(town.chain)) == ["AUDIT_CHAIN_BROKEN"]


def test_a_node_that_is_behind_the_checkpoint_is_refused(town):
    head = town.chain.block_number()
    found = reconcile.audit(
        town.chain, trust=Trust(checkpoint=Checkpoint(head + 5, "0x" + "11" * 32))
    )

    assert _codes(found) == ["AUDIT_PAST_HEAD"]


def test_another_node_vouches_for_the_hash_or_refutes_it(town):
    same = Rpc(town.chain.url)
    found = reconcile.audit(town.chain, trust=Trust(others=[same]))
    assert found.sound and "vouched for by 1 other node" in found.trust

    def other(answer, _params):
        return {**answer, "hash": "0x" + "22" * 32}

    for alter in (other, lambda *_: None):
        liar = AlteredRpc(town.chain.url, "eth_getBlockByNumber", alter)
        found = reconcile.audit(town.chain, trust=Trust(others=[same, liar]))
        assert _codes(found) == ["AUDIT_NODES_DISAGREE"]
        assert "Node 3" in found.findings[0].message


def test_a_log_left_out_ends_the_audit_with_its_block(town):
    def without(answer, _params):
        for receipt in answer:
            del receipt["logs"][:1]
        return answer

    _altered(town, "eth_getBlockReceipts", without)
    found = reconcile.audit(town.chain)

    assert _codes(found) == ["AUDIT_RECEIPTS_FALSE"]
    assert found.findings[0].block is not None and found.events == 0


def test_a_transaction_in_two_blocks_is_refused(town):
    first = {}

    def twice(answer, _params):
        if answer["transactions"]:
            if "tx" in first:
                answer["transactions"][0] = first["tx"]
            first.setdefault("tx", answer["transactions"][0])
        return answer

    def receipts(answer, _params):
        for receipt in answer[:1]:
            for entry in (receipt, *receipt["logs"]):
                entry["transactionHash"] = first["tx"]
        return answer

    class Both(AlteredRpc):
        def _told(self, method, params, answer):
            told = super()._told(method, params, answer)
            return receipts(told, params) if method == "eth_getBlockReceipts" else told

    town.chain.rpc = Both(town.chain.url, "eth_getBlockByNumber", twice)
    found = reconcile.audit(town.chain)

    assert _codes(found) == ["AUDIT_TRANSACTION_TWICE"]


def test_a_node_without_receipts_by_block_is_asked_by_transaction(town):
    whole = reconcile.audit(town.chain)
    asked = []

    class Older(Rpc):
        def batch(self, requests_, size=500):
            requests_ = list(requests_)
            asked.append(requests_[0][0] if requests_ else "")
            if asked[-1] == "eth_getBlockReceipts":
                return [RpcFailure(asked[-1], {"code": -32601, "message": "not found"})]
            return super().batch(requests_, size)

    town.chain.rpc = Older(town.chain.url)
    found = reconcile.audit(town.chain)

    assert (found.events, found.compared) == (whole.events, whole.compared)
    assert asked.count("eth_getBlockReceipts") == 1


def test_a_views_answer_that_cannot_be_read_is_a_difference(town):
    for answer in ("0x", "0x12", "0x1 2", None, 5, "zz"):
        _altered(town, "eth_call", lambda _answer, params, told=answer: told)
        found = reconcile.audit(town.chain)
        assert not found.sound


def test_a_checkpoint_whose_state_is_gone_is_no_broken_chain(town, monkeypatch):
    def gone(*_):
        raise StateGone("eth_call", {"message": "missing trie node"})

    monkeypatch.setattr(reconcile, "_compared", gone)
    head = town.chain.block_number()
    pinned = Checkpoint(head, _block(town.chain, head)["hash"])
    with pytest.raises(TonneError) as refused:
        reconcile.audit(town.chain, trust=Trust(checkpoint=pinned))
    assert refused.value.code == "AUDIT_STATE_GONE"
