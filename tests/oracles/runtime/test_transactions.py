"""Each job lands once: lost answers, kills, failing disks, dropped pools, foreign nonces."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager

import pytest

from oracles.runtime.journal import JobState, Journal, Rank
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import (
    RESEND_S,
    TransactionManager,
    TransactionSettings,
)
from tests.oracles.runtime.bench import SENDER, TARGET, Bench
from tonne.crypto.accounts import Fees
from tonne.errors import TonneError


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


def test_a_gap_below_what_is_in_flight_is_filled(tmp_path):
    bench = Bench(tmp_path, TransactionSettings(resend_after_blocks=2))
    bench.add("a")
    bench.manager._attempt(bench.journal.job("a"), 3, Fees(100, 10))
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert bench.node.nonces_mined == 4
    assert bench.journal.job("fill/0").state is JobState.FINAL
    bench.journal.close()


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
