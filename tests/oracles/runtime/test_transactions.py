"""Each job lands once: lost answers, kills, dropped pools, foreign nonces, reorganisations."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager

import pytest

from oracles.runtime.fees import FeePolicy
from oracles.runtime.finality import Finality
from oracles.runtime.journal import JobState, Journal, Rank
from oracles.runtime.rpc_pool import NoQuorum, RpcPool
from oracles.runtime.transactions import (
    RESEND_S,
    STALL_S,
    TransactionManager,
    TransactionSettings,
)
from tests.oracles.runtime.fake_node import FakeNode, MirrorNode
from tonne.chain.rpc import StateGone
from tonne.crypto.accounts import Account, Fees
from tonne.errors import TonneError

TARGET = "0x" + "11" * 20
SENDER = Account.from_seed("transactions", "test")


class Bench:
    """A journal on disk, a fake node, and a manager that can be killed and started again."""

    def __init__(self, tmp_path, settings: TransactionSettings | None = None) -> None:
        self.path = tmp_path / "journal.sqlite"
        self.node = FakeNode()
        self.nodes = [self.node]
        self.settings = settings or TransactionSettings(resend_after_blocks=2)
        self.done: set[str] = set()
        self.clock = 0.0
        self.explained: tuple[str, str] | None = ("EMISSIONS_REFUSED", "The chain refuses it.")
        self.journal = Journal(self.path)
        self.manager = self._manager()

    def _manager(self) -> TransactionManager:
        return TransactionManager(
            RpcPool(self.nodes, clock=lambda: self.clock, sleep=lambda _: None),
            SENDER,
            self.journal,
            self.settings,
            lambda keys, _block: [key in self.done for key in keys],
            lambda _: self.explained,
            lambda: self.clock,
        )

    def kill_and_restart(self) -> None:
        self.journal.close()
        self.journal = Journal(self.path)
        self.manager = self._manager()

    def add(self, key: str, data: bytes = b"\x01") -> None:
        assert self.journal.enqueue(key, TARGET, data, 1_000_000)

    def state(self, key: str) -> JobState:
        return self.journal.job(key).state

    def settle(self, rounds: int = 12) -> None:
        for _ in range(rounds):
            self.manager.step()
            self.node.mine()
            self.clock += RESEND_S


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    yield bench
    bench.journal.close()


def test_jobs_land_once_and_in_order(bench):
    for number in range(40):
        bench.add(f"job{number}", bytes([number]))
    bench.settle()
    assert bench.journal.job_counts() == {JobState.FINAL: 40}
    assert len(bench.node.effects) == 40


def test_a_known_key_is_not_queued_again(bench):
    bench.add("a")
    assert not bench.journal.enqueue("a", TARGET, b"\x02", 1)


def test_backlog_leaves_room_in_flight_for_what_is_live(bench):
    """No block is mined: what has a nonce stays in flight."""
    for number in range(40):
        assert bench.journal.enqueue(f"late{number}", TARGET, bytes([number]), 1, Rank.LATE)
    bench.manager.step()
    assert bench.journal.job_counts()[JobState.PENDING] == 12
    bench.add("live", b"\xff")
    bench.manager.step()
    assert bench.state("live") is JobState.PENDING
    assert bench.journal.job_counts()[JobState.PENDING] == 13


def test_a_lost_answer_is_looked_for_not_sent_as_new(bench):
    bench.node.lose_answers = 1
    bench.add("a")
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert len(bench.node.effects) == 1
    assert len(bench.journal.attempts("a")) == 1


def test_a_kill_between_save_and_send_sends_the_same_bytes(bench, monkeypatch):
    bench.add("a")
    monkeypatch.setattr(RpcPool, "broadcast", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        bench.manager.step()
    monkeypatch.undo()
    (saved,) = bench.journal.attempts("a")
    bench.kill_and_restart()
    bench.settle()
    assert bench.node.sent == [saved.tx_hash]
    assert bench.state("a") is JobState.FINAL


def test_what_is_not_durable_is_not_sent(bench, monkeypatch):
    """The disk is full when the signed bytes are to be kept: they go out in a later step, once they are."""
    for key in "ab":
        bench.add(key)
    whole = Journal.transaction

    @contextmanager
    def full(journal):
        with whole(journal):
            yield
            if bench.journal.open_nonces():
                raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Journal, "transaction", full)
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError):
            bench.manager.step()
    monkeypatch.undo()
    assert bench.node.sent == [] and bench.journal.open_nonces() == []
    bench.settle()
    assert len(bench.node.effects) == 2


def test_a_kill_after_send_does_not_send_a_second_transaction(bench):
    bench.node.lose_answers = 1
    bench.add("a")
    bench.manager.step()
    bench.kill_and_restart()
    bench.settle()
    assert len(bench.node.effects) == 1
    assert bench.state("a") is JobState.FINAL


@pytest.mark.parametrize(
    "text", ["nonce too low", "already known", "transaction already imported", "nonsense"]
)
def test_no_refusal_of_a_broadcast_is_taken_for_failure(bench, text):
    bench.add("a")
    bench.node.refuse_sends = text
    bench.manager.step()
    assert bench.state("a") is JobState.PENDING
    bench.node.refuse_sends = None
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert len(bench.node.effects) == 1


def test_a_dropped_transaction_is_sent_again_byte_for_byte(bench):
    bench.add("a")
    bench.manager.step()
    bench.node.drop_pool()
    bench.settle()
    (attempt,) = bench.journal.attempts("a")
    assert bench.state("a") is JobState.FINAL
    assert set(bench.node.sent) == {attempt.tx_hash}
    assert len(bench.node.effects) == 1


def test_one_that_waits_too_long_is_replaced_with_a_dearer_cap_and_tip(bench):
    bench.node.suggested_tip = 1_000
    bench.add("a")
    for _ in range(4):
        bench.manager.step()
        bench.node.mine_empty()
        bench.clock += RESEND_S
    first, second, *_ = bench.journal.attempts("a")
    assert second.fee_wei * 10 >= first.fee_wei * 11
    assert second.tip_wei * 10 >= first.tip_wei * 11
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert len(bench.node.effects) == 1


def test_the_fee_never_passes_its_cap(tmp_path):
    bench = Bench(
        tmp_path, TransactionSettings(resend_after_blocks=1, fees=FeePolicy(max_fee=1_050_000_000))
    )
    bench.add("a")
    bench.node.base_fee = 500_000_000
    for _ in range(6):
        bench.manager.step()
        bench.node.mine_empty()
    assert max(a.fee_wei for a in bench.journal.attempts("a")) <= 1_050_000_000
    bench.node.base_fee = 1_050_000_001
    bench.add("b", b"\x02")
    bench.manager.step()
    assert bench.state("b") is JobState.QUEUED
    bench.journal.close()


def test_a_nonce_taken_by_something_else_gets_a_new_one(bench):
    bench.add("a")
    bench.manager.step()
    bench.node.consume_nonce()
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert bench.journal.job("a").nonce == 1
    assert len(bench.node.effects) == 1


def test_a_nonce_taken_while_somebody_else_did_the_job_ends_it(bench):
    bench.add("a")
    bench.manager.step()
    bench.node.consume_nonce()
    bench.done.add("a")
    bench.settle()
    assert bench.state("a") is JobState.DONE_ELSEWHERE
    assert bench.node.effects == []


def test_a_job_that_is_done_already_is_never_sent(bench):
    bench.add("a")
    bench.done.add("a")
    bench.settle()
    assert bench.state("a") is JobState.DONE_ELSEWHERE
    assert bench.node.sent == []


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_reorganisation_sends_the_same_bytes_again(tmp_path, depth):
    bench = Bench(tmp_path, TransactionSettings(finality=Finality(5), resend_after_blocks=2))
    bench.add("a")
    bench.manager.step()
    bench.node.mine(3)
    bench.manager.step()
    assert bench.state("a") is JobState.MINED
    bench.node.reorganise(depth)
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert len(bench.node.effects) == 1
    bench.journal.close()


def test_nothing_is_final_before_its_depth(tmp_path):
    bench = Bench(tmp_path, TransactionSettings(finality=Finality(4)))
    bench.add("a")
    bench.manager.step()
    bench.node.mine(3)
    bench.manager.step()
    assert bench.state("a") is JobState.MINED
    bench.node.mine()
    bench.manager.step()
    assert bench.state("a") is JobState.FINAL
    bench.journal.close()


def test_a_refusal_of_the_chain_is_kept_with_its_sentence(bench):
    bench.add("a", b"\xbd")
    bench.node.refuse_calls.add("0xbd")
    bench.settle()
    job = bench.journal.job("a")
    assert (job.state, job.code, job.reason) == (
        JobState.FAILED,
        "EMISSIONS_REFUSED",
        "The chain refuses it.",
    )
    assert bench.node.sent == []


def test_a_refusal_nobody_can_explain_is_tried_by_sending(bench):
    bench.add("a", b"\xbd")
    bench.node.refuse_calls.add("0xbd")
    bench.explained = None
    bench.settle()
    assert bench.state("a") is JobState.FINAL


def test_a_mined_revert_fails_unless_the_effect_is_there(bench):
    bench.add("a")
    bench.manager.step()
    bench.node.reverts.update(bench.node.sent)
    bench.settle()
    assert bench.state("a") is JobState.FAILED
    bench.add("b")
    bench.manager.step()
    bench.node.reverts.update(bench.node.sent)
    bench.done.add("b")
    bench.settle()
    assert bench.state("b") is JobState.DONE_ELSEWHERE


def three(bench: Bench) -> tuple[FakeNode, FakeNode, FakeNode]:
    """Three views of one chain: what is mined in one is mined in all, unless it lies."""
    honest, second = bench.node, MirrorNode(bench.node)
    liar = MirrorNode(bench.node)
    bench.nodes = [liar, honest, second]
    bench.manager = bench._manager()
    return honest, second, liar


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


def test_done_elsewhere_counts_only_when_final(tmp_path):
    """Another copy's effect is reorganised away: this daemon's own transaction brings it."""
    bench = Bench(tmp_path, TransactionSettings(finality=Finality(4), resend_after_blocks=2))
    at_final: set[str] = set()
    bench.manager = TransactionManager(
        RpcPool(bench.nodes, clock=lambda: bench.clock, sleep=lambda _: None),
        SENDER,
        bench.journal,
        bench.settings,
        lambda keys, block: [
            key in (bench.done if block == "latest" else at_final) for key in keys
        ],
        lambda _: None,
        lambda: bench.clock,
    )
    bench.add("a")
    bench.done.add("a")
    bench.manager.step()
    bench.node.mine(2)
    bench.manager.step()
    assert bench.state("a") is JobState.QUEUED

    bench.done.clear()  # the reorganisation
    bench.settle()

    assert bench.state("a") is JobState.FINAL
    assert len(bench.node.effects) == 1
    bench.journal.close()


def test_a_mined_revert_ends_a_job_only_when_final(tmp_path):
    bench = Bench(tmp_path, TransactionSettings(finality=Finality(4), resend_after_blocks=2))
    bench.add("a")
    bench.manager.step()
    bench.node.reverts.update(bench.node.sent)
    bench.node.mine(2)
    bench.manager.step()
    assert bench.state("a") is JobState.MINED
    bench.node.reverts.clear()
    bench.node.reorganise(2)
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert len(bench.node.effects) == 1
    bench.journal.close()


def test_a_refusal_ends_a_job_only_when_the_final_block_refuses_too(tmp_path):
    bench = Bench(tmp_path, TransactionSettings(finality=Finality(3)))
    bench.add("a", b"\xbd")
    bench.node.refuse_calls.add("0xbd")
    bench.node.passes_at.add("0x0")
    bench.node.mine(2)
    bench.manager.step()
    assert bench.state("a") is JobState.QUEUED
    bench.node.mine(1)
    bench.manager.step()
    assert bench.state("a") is JobState.FAILED
    bench.journal.close()


def test_a_job_done_by_another_copy_still_consumes_its_nonce(tmp_path):
    """Or the jobs behind it would wait for ever."""
    bench = Bench(tmp_path, TransactionSettings(resend_after_blocks=2))
    bench.add("a", b"\x01")
    bench.add("b", b"\x02")
    bench.manager.step()
    bench.node.drop_pool()
    bench.done.add("a")
    bench.settle()
    assert bench.journal.job_counts() == {JobState.FINAL: 2}
    assert bench.node.nonces_mined == 2
    bench.journal.close()


def test_a_gap_below_what_is_in_flight_is_filled(tmp_path):
    bench = Bench(tmp_path, TransactionSettings(resend_after_blocks=2))
    bench.add("a")
    bench.manager._attempt(bench.journal.job("a"), 3, Fees(100, 10))
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert bench.node.nonces_mined == 4
    assert bench.journal.job("fill/0").state is JobState.FINAL
    bench.journal.close()


def test_a_pool_that_asks_a_tip_gets_one(bench):
    bench.node.least_tip, bench.node.suggested_tip = 1, 0
    bench.add("a")
    bench.settle()
    assert bench.state("a") is JobState.FINAL


def test_where_gas_is_free_nothing_is_offered_until_a_pool_asks(bench):
    bench.node.gas_price = 0
    bench.add("a")
    bench.manager.step()
    assert bench.journal.attempts("a")[0].fee_wei == 0
    bench.node.mine()
    bench.node.least_tip = 1
    bench.add("b", b"\x02")
    bench.manager.step()
    bench.manager.step()
    assert [a.tip_wei for a in bench.journal.attempts("b")] == [0, 1]
    bench.settle()
    assert bench.journal.job_counts() == {JobState.FINAL: 2}


@pytest.mark.parametrize("price", [0, 1_000_000_000])
def test_what_a_pool_has_set_aside_is_woken_by_other_bytes(bench, price):
    """As Anvil does with what follows a transaction that it is just mining; no block comes then."""
    bench.node.gas_price = price
    for number in range(3):
        bench.add(f"job{number}", bytes([number]))
    bench.manager.step()
    bench.node.aside = {bench.node.pool[1], bench.node.pool[2]}
    bench.node.mine()
    bench.manager.step()
    bench.clock += STALL_S - 1
    bench.manager.step()
    assert len(bench.journal.attempts("job1")) == 1
    bench.clock += 1
    bench.manager.step()
    bench.node.mine()
    bench.manager.step()
    assert bench.journal.job_counts() == {JobState.FINAL: 3}
    assert len(bench.node.effects) == 3


@pytest.mark.parametrize("price", [0, 1_000_000_000])
def test_while_a_chain_stands_still_other_bytes_go_out_once(bench, price):
    """Where gas is free the pool refuses them; it forgets all, and takes them then."""
    bench.node.gas_price = price
    bench.add("a")
    for _ in range(9):
        bench.manager.step()
        bench.clock += STALL_S
    assert len(bench.journal.attempts("a")) == 2
    bench.node.drop_pool()
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert len(bench.node.effects) == 1


def test_the_tip_is_taken_from_the_history_where_the_node_suggests_none(bench):
    bench.node.suggested_tip, bench.node.least_tip = None, 7
    bench.add("a")
    bench.settle()
    assert bench.journal.attempts("a")[0].tip_wei == 7
    assert bench.state("a") is JobState.FINAL


def test_a_key_with_unknown_transactions_on_their_way_is_refused(bench):
    bench.add("a")
    bench.manager.step()
    other = Journal(bench.path.with_name("other.sqlite"))
    with pytest.raises(TonneError) as refused:
        TransactionManager(
            RpcPool([bench.node]),
            SENDER,
            other,
            bench.settings,
            lambda keys, _: [False] * len(keys),
            lambda _: None,
        )
    assert refused.value.code == "ORACLE_KEY_SHARED"
    other.close()


def hounded(bench: Bench) -> None:
    """Something else takes each nonce before the daemon's transaction is mined."""
    for _ in range(8):
        bench.manager.step()
        bench.node.drop_pool()
        bench.node.consume_nonce()
        bench.clock += RESEND_S


def test_a_key_whose_nonces_keep_going_elsewhere_sends_no_more(bench):
    bench.add("a")
    with pytest.raises(TonneError) as refused:
        hounded(bench)
    assert refused.value.code == "ORACLE_KEY_SHARED"


def test_a_final_block_that_changes_stops_the_sending(tmp_path):
    bench = Bench(tmp_path, TransactionSettings(finality=Finality(2)))
    bench.add("a")
    bench.settle(4)
    assert bench.state("a") is JobState.FINAL
    bench.add("b", b"\x02")
    bench.manager.step()
    bench.node.reorganise(4)
    with pytest.raises(TonneError) as broken:
        bench.manager.step()
    assert broken.value.code == "ORACLE_FINALITY_BROKEN"
    assert bench.journal.job("a") is not None
    bench.journal.close()


def test_no_more_than_the_limit_is_in_flight(tmp_path):
    bench = Bench(tmp_path, TransactionSettings(max_in_flight=3))
    for number in range(9):
        bench.add(f"job{number}", bytes([number]))
    bench.manager.step()
    assert bench.journal.job_counts()[JobState.PENDING] == 3
    bench.settle()
    assert bench.journal.job_counts() == {JobState.FINAL: 9}
    bench.journal.close()


def test_a_second_daemon_on_the_journal_is_refused(bench):
    with pytest.raises(TonneError) as refused:
        Journal(bench.path)
    assert refused.value.code == "ORACLE_JOURNAL_BUSY"


def test_a_journal_of_another_sender_is_refused(bench):
    with pytest.raises(TonneError) as refused:
        bench.journal.pin("sender", "0x" + "22" * 20)
    assert refused.value.code == "ORACLE_JOURNAL_FOREIGN"


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


@pytest.fixture
def deep(tmp_path):
    """A bench whose chain is final at six blocks."""
    bench = Bench(tmp_path, TransactionSettings(finality=Finality(6), resend_after_blocks=2))
    yield bench
    bench.journal.close()


def test_a_pool_that_refuses_gaps_at_once_takes_all_in_their_order(bench):
    """Also after it forgot them, and with a nonce below them that is missing."""
    bench.node.takes_gaps = False
    for number in range(12):
        bench.add(f"job{number}", bytes([number]))
    bench.manager.step()
    bench.node.drop_pool()
    bench.clock += RESEND_S
    bench.manager.step()
    assert sorted(bench.node.pool) == list(range(12))
    bench.node.pool.pop(3)
    bench.settle()
    assert bench.journal.job_counts() == {JobState.FINAL: 12}
    assert len(bench.node.effects) == 12
    assert all(len(bench.journal.attempts(f"job{number}")) == 1 for number in range(12))


@pytest.mark.parametrize("ahead", [1, 10, 100])
@pytest.mark.parametrize("takes_gaps", [True, False])
def test_a_counter_ahead_of_the_chain_heals(bench, ahead, takes_gaps):
    """Nonces that no job has lie below what is in flight."""
    bench.node.takes_gaps = takes_gaps
    bench.add("a")
    bench.manager._attempt(bench.journal.job("a"), ahead, Fees(1_100_000_000, 10))
    bench.add("b", b"\x02")
    bench.settle(6 + ahead // 8)
    assert {bench.state(key) for key in "ab"} == {JobState.FINAL}
    assert bench.node.nonces_mined == ahead + 2
    assert bench.manager.gap == 0 and bench.manager.counts["gap_fills"] == ahead


@pytest.mark.parametrize(
    "said",
    [
        "insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1",
        "Insufficient funds for gas * price + value",
        "InsufficientFunds, Account balance: 0, cumulative cost: 1",
        "Upfront cost exceeds account balance",
        "sender doesn't have enough funds to send tx. The upfront cost is: 1",
    ],
)
def test_an_account_that_runs_out_of_coin_goes_on_with_the_same_bytes(bench, said):
    """A dearer replacement would need more of what is missing, and would be paid once there is coin again."""
    for number in range(4):
        bench.add(f"job{number}", bytes([number]))
    bench.manager.step()
    bench.node.mine()
    bench.node.no_coin = said
    for number in range(4, 8):
        bench.add(f"job{number}", bytes([number]))
    bench.settle(20)
    assert bench.journal.job_counts() == {JobState.FINAL: 4, JobState.PENDING: 4}
    bench.node.no_coin = ""
    bench.settle()
    assert bench.journal.job_counts() == {JobState.FINAL: 8}
    assert len(bench.node.effects) == 8
    assert all(len(bench.journal.attempts(f"job{number}")) == 1 for number in range(8))


@pytest.mark.parametrize("lost", [0, 1])
def test_what_waits_after_there_is_coin_again_is_raised_as_ever(bench, lost):
    bench.node.no_coin = "insufficient funds"
    bench.add("a")
    bench.manager.step()
    bench.node.no_coin, bench.node.lose_answers = "", lost
    bench.clock += RESEND_S
    bench.manager.step()
    for _ in range(4):
        bench.node.mine_empty()
        bench.manager.step()
    assert len(bench.journal.attempts("a")) > 1


@pytest.mark.parametrize("depth", [1, 3, 5])
def test_a_reorganisation_while_the_daemon_is_down_loses_nothing(deep, depth):
    for number in range(5):
        deep.add(f"job{number}", bytes([number]))
        deep.manager.step()
        deep.node.mine()
    deep.manager.step()
    assert deep.journal.job_counts() == {JobState.MINED: 5}
    deep.journal.close()
    deep.node.reorganise(depth)
    deep.node.mine_empty()
    deep.journal = Journal(deep.path)
    deep.manager = deep._manager()
    deep.settle(20)
    assert deep.journal.job_counts() == {JobState.FINAL: 5}
    assert len(deep.node.effects) == 5


@pytest.mark.parametrize("looks", [True, False])
@pytest.mark.parametrize("mined_there", [True, False])
def test_a_reorganisation_back_to_the_first_branch_is_followed(deep, looks, mined_there):
    """Whether or not the daemon saw the other branch, and whatever it had mined there."""
    deep.node.mine(2)
    trunk = deep.node.branch()
    deep.add("a")
    deep.manager.step()
    deep.node.mine(2)
    deep.manager.step()
    first, mined = deep.node.branch(), deep.journal.job("a").block_hash
    assert deep.state("a") is JobState.MINED

    deep.node.switch_to(trunk)
    deep.node.mine_empty(3)
    if looks:
        deep.clock += RESEND_S
        deep.manager.step()
        assert deep.state("a") is JobState.PENDING
    if mined_there:
        deep.node.pool[0] = deep.journal.attempts("a")[0].tx_hash
        deep.node.mine()
        deep.manager.step()
        assert deep.state("a") is JobState.MINED
        assert deep.journal.job("a").block_hash != mined

    deep.node.switch_to(first)
    deep.node.mine_empty(3)
    deep.settle(20)
    assert deep.state("a") is JobState.FINAL
    assert deep.journal.job("a").block_hash == mined
    assert len(deep.node.effects) == 1


def test_gas_that_becomes_too_dear_is_waited_for_and_paid_below_the_cap(tmp_path):
    """The base fee rises tenfold in ten blocks, and falls again."""
    cap = 8_000_000_000
    bench = Bench(
        tmp_path,
        TransactionSettings(resend_after_blocks=2, fees=FeePolicy(max_fee=cap, max_tip=10**9)),
    )
    base = bench.node.base_fee = 1_000_000_000

    def block(fee):
        bench.node.base_fee = int(fee)
        bench.manager.step()
        bench.node.mine()
        bench.clock += RESEND_S

    for number in range(10):
        bench.add(f"job{number}", bytes([number]))
        block(base * 10 ** ((number + 1) / 10))
    assert bench.state("job9") is JobState.QUEUED and bench.manager.counts["fee_waits"]
    waiting = len(bench.node.effects)
    assert waiting < 10
    for _ in range(5):
        block(10 * base)
    assert len(bench.node.effects) == waiting
    for step in range(10):
        block(base * 10 ** ((9 - step) / 10))
    bench.settle()
    assert bench.journal.job_counts() == {JobState.FINAL: 10}
    assert len(bench.node.effects) == 10
    attempts = [a for n in range(10) for a in bench.journal.attempts(f"job{n}")]
    assert max(a.fee_wei for a in attempts) <= cap
    bench.journal.close()


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("write", ["mark_sent", "set_state"])
def test_a_disk_that_fails_after_the_send_sends_nothing_twice(deep, monkeypatch, write, killed):
    """The bytes are out, and that they are, or are mined, is not kept."""
    for number in range(3):
        deep.add(f"job{number}", bytes([number]))
    failures = iter(range(4))
    plain = getattr(Journal, write)

    def failing(journal, *args, **options):
        if next(failures, None) is not None:
            raise sqlite3.OperationalError("disk I/O error")
        plain(journal, *args, **options)

    monkeypatch.setattr(Journal, write, failing)
    failed = 0
    for step in range(1, 61):
        try:
            deep.manager.step()
        except sqlite3.OperationalError:
            failed += 1
            if killed:
                deep.kill_and_restart()
        if not step % 3:
            deep.node.mine()
        deep.clock += RESEND_S
    assert failed
    assert deep.journal.job_counts() == {JobState.FINAL: 3}
    assert len(deep.node.effects) == 3 == len(set(deep.node.sent))


def test_bytes_that_a_failing_disk_did_not_keep_go_nowhere(bench, monkeypatch):
    """The step is cut short at the third of them; the next one offers more."""
    plain, failures = Journal.save_attempt, iter([False, False, True])

    def failing(journal, *args):
        if next(failures, False):
            raise sqlite3.OperationalError("disk I/O error")
        plain(journal, *args)

    monkeypatch.setattr(Journal, "save_attempt", failing)
    for number in range(3):
        bench.add(f"job{number}", bytes([number]))
    with pytest.raises(sqlite3.OperationalError):
        bench.manager.step()
    bench.node.base_fee += 1
    bench.settle()
    assert bench.journal.job_counts() == {JobState.FINAL: 3}
    kept = {a.tx_hash for n in range(3) for a in bench.journal.attempts(f"job{n}")}
    assert set(bench.node.sent) == kept and len(kept) == 3
