"""Nodes that hide, lag, err or answer for some jobs only: nothing ends, and the others go on."""

from __future__ import annotations

from collections import Counter

import pytest

from oracles.runtime.finality import Finality
from oracles.runtime.journal import JobState, Rank
from oracles.runtime.rpc_pool import NoQuorum
from oracles.runtime.transactions import RESEND_S, TransactionSettings
from tests.oracles.runtime.bench import TARGET, Bench, three
from tests.oracles.runtime.fake_node import MirrorNode
from tonne.chain.rpc import RpcFailure, StateGone
from tonne.errors import TonneError


def test_one_node_without_receipts_ends_nothing(tmp_path):
    bench = Bench(tmp_path, TransactionSettings(finality=Finality(3), resend_after_blocks=2))
    _, _, liar = three(bench)
    liar.no_receipts = True
    bench.done.add("nothing")
    bench.add("a")
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert len(bench.node.effects) == 1
    bench.journal.close()


def test_a_lone_node_that_hides_a_receipt_does_not_make_the_nonce_another_s(bench):
    bench.add("a")
    bench.manager.step()
    bench.node.mine(3)
    bench.node.no_receipts = True
    bench.settle(5)
    assert bench.state("a") is JobState.PENDING
    bench.node.no_receipts = False
    bench.settle(2)
    assert bench.state("a") is JobState.FINAL
    assert len(bench.journal.attempts("a")) == 1
    assert len(bench.node.effects) == 1


def test_a_majority_without_receipts_has_a_job_wait(tmp_path):
    bench = Bench(tmp_path, TransactionSettings(finality=Finality(3), resend_after_blocks=2))
    _, second, liar = three(bench)
    bench.add("a")
    bench.manager.step()
    liar.no_receipts = second.silent = True
    bench.settle()
    assert bench.state("a") in (JobState.PENDING, JobState.MINED)
    second.silent = False
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    bench.journal.close()


def test_a_lone_node_does_not_say_which_nonce_is_next(tmp_path):
    bench = Bench(tmp_path)
    liar, other = MirrorNode(bench.node), MirrorNode(bench.node)
    bench.nodes = [liar, other, bench.node]
    bench.kill_and_restart()
    for node in (other, bench.node):
        node.silent = True
    liar.__dict__["eth_getTransactionCount"] = lambda *_: "0x7"
    bench.add("a")
    with pytest.raises(NoQuorum):
        bench.manager.step()
    assert bench.state("a") is JobState.QUEUED
    bench.journal.close()


def test_a_node_that_is_behind_does_not_talk_a_nonce_down(bench):
    bench.add("a")
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    bench.node.eth_getTransactionCount = lambda *_: "0x0"
    bench.add("b", b"\x02")
    bench.manager.step()
    assert bench.journal.job("b").nonce == 1


def test_what_took_a_nonce_is_found_by_nodes_that_keep_the_newest_states_only(tmp_path):
    bench = Bench(tmp_path)
    bench.add("a")
    bench.manager.step()
    bench.node.drop_pool()
    bench.node.mine_empty(200)
    bench.node.consume_nonce()
    bench.node.mine_empty(20)
    plain, kept = bench.node.eth_getTransactionCount, 100

    def pruned(address, block):
        if block.startswith("0x") and int(block, 16) < len(bench.node.blocks) - kept:
            said = {"code": -32000, "message": "missing trie node"}
            raise StateGone("eth_getTransactionCount", said)
        return plain(address, block)

    bench.node.eth_getTransactionCount = pruned
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    bench.journal.close()


def test_a_receipt_of_another_transaction_ends_nothing(bench):
    """Neither landed nor reverted: the node answered about something else."""
    bench.add("a")
    bench.settle()
    bench.add("b", b"\x02")
    bench.add("c", b"\x03")
    bench.manager.step()
    bench.node.drop_pool()
    (landed,) = bench.journal.attempts("a")
    plain = bench.node.eth_getTransactionReceipt
    for status in ("0x1", "0x0"):
        wrong = plain(landed.tx_hash) | {"status": status}
        bench.node.eth_getTransactionReceipt = lambda _, wrong=wrong: wrong
        bench.manager.step()
        assert {bench.state(key) for key in "bc"} == {JobState.PENDING}
    bench.node.eth_getTransactionReceipt = plain
    bench.settle()
    assert bench.journal.job_counts() == {JobState.FINAL: 3}
    assert len(bench.node.effects) == 3


@pytest.mark.parametrize("block_hash", ["0x" + "ab" * 32, None])
def test_a_receipt_of_a_block_that_is_not_the_chains_ends_nothing(bench, block_hash):
    """Neither landed nor reverted: the node kept it from a block that was replaced, or made it up."""
    bench.add("a")
    bench.manager.step()
    (sent,) = bench.journal.attempts("a")
    bench.node.mine_empty(3)
    bench.node.eth_getTransactionReceipt = lambda _: {
        "blockNumber": "0x2",
        "blockHash": block_hash,
        "status": "0x1",
        "transactionHash": sent.tx_hash,
    }
    bench.manager.step()
    assert bench.state("a") is JobState.PENDING
    del bench.node.eth_getTransactionReceipt
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert len(bench.node.effects) == 1


DEEP = TransactionSettings(finality=Finality(9), resend_after_blocks=2, max_in_flight=2)


@pytest.fixture
def deep(tmp_path):
    bench = Bench(tmp_path, DEEP)
    yield bench
    bench.journal.close()


def test_what_one_node_hides_is_seen_at_another_and_takes_no_room(deep):
    """The node that is asked first shows no receipt, while most say that the nonces are consumed."""
    _, _, liar = three(deep)
    for key in "abcd":
        deep.add(key)
    deep.manager.step()
    deep.node.mine()
    liar.no_receipts = True
    deep.manager.step()
    assert [deep.state(key) for key in "abcd"] == [JobState.MINED] * 2 + [JobState.PENDING] * 2


def test_a_mined_job_whose_receipt_is_hidden_stays_mined(deep):
    deep.add("a")
    deep.manager.step()
    deep.node.mine()
    deep.manager.step()
    deep.node.no_receipts = True
    deep.manager.step()
    assert deep.state("a") is JobState.MINED


def test_a_step_asks_about_all_that_it_starts_in_two_bodies(tmp_path, monkeypatch):
    bench = Bench(tmp_path)
    bodies: Counter[str] = Counter()
    batch = bench.node.batch

    def counted(requests, size=500):
        bodies[requests[0][0]] += 1
        return batch(requests, size)

    monkeypatch.setattr(bench.node, "batch", counted)
    looked = []
    monkeypatch.setattr(
        bench.manager, "_effects_at", lambda keys, _: looked.append(keys) or [False] * len(keys)
    )
    for number in range(12):
        bench.add(f"{number}")
    bench.manager.step()
    assert bodies["eth_call"] == 1 and bodies["eth_sendRawTransaction"] == 1
    assert looked == [[f"{number}" for number in range(12)]]
    bench.journal.close()


def test_an_answer_that_cannot_be_read_puts_off_its_own_job_until_the_next_step(deep, monkeypatch):
    said: dict[str, bool | TonneError] = {
        "a": TonneError("X", "", field="rpc", value="", remedy="")
    }
    monkeypatch.setattr(
        deep.manager,
        "_effects_at",
        lambda keys, block: [block == "latest" and said.get(key, False) for key in keys],
    )
    for key in "ab":
        deep.add(key)
    deep.manager.step()
    assert (deep.state("a"), deep.state("b")) == (JobState.QUEUED, JobState.PENDING)
    said.clear()
    deep.manager.step()
    assert deep.state("a") is JobState.PENDING


def test_a_refusal_of_one_job_says_nothing_of_the_others(deep):
    deep.node.refuse_calls.add("0x02")
    deep.add("a", b"\x02")
    deep.add("b")
    deep.manager.step()
    assert (deep.state("a"), deep.state("b")) == (JobState.FAILED, JobState.PENDING)


def test_a_node_that_answers_slowly_does_not_starve_the_backlog(tmp_path, monkeypatch):
    bench = Bench(tmp_path)

    def slowly(keys, _block):
        bench.clock += 5
        return [False] * len(keys)

    monkeypatch.setattr(bench.manager, "_effects_at", slowly)
    assert bench.journal.enqueue("late", TARGET, b"\x01", 1_000_000, Rank.LATE)
    bench.manager.step()
    assert bench.state("late") is JobState.PENDING
    bench.journal.close()


def test_a_job_at_which_every_node_stumbles_is_held_and_starves_no_other(tmp_path, monkeypatch):
    bench = Bench(tmp_path)
    call = bench.node.eth_call

    def stumbles(asked, block):
        if asked["data"] == "0x666f":
            raise RpcFailure("eth_call", {"code": -32603, "message": "Internal error"})
        return call(asked, block)

    monkeypatch.setattr(bench.node, "eth_call", stumbles)
    bench.add("poison", b"\x66\x6f")
    others = [f"{number}" for number in range(12)]
    for number in others:
        bench.add(number)
    for _ in range(8):
        bench.manager.step()
        bench.clock += RESEND_S
    assert bench.state("poison") is JobState.QUEUED
    assert {bench.state(number) for number in others} == {JobState.PENDING}
    bench.journal.close()
