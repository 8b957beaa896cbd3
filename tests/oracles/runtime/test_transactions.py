"""Each job lands once: lost answers, kills, dropped pools, foreign nonces, reorganisations."""

from __future__ import annotations

import pytest

from oracles.runtime.journal import JobState, Journal
from oracles.runtime.transactions import TransactionManager, TransactionSettings
from tests.oracles.runtime.fake_node import FakeNode
from tonne.crypto.accounts import Account
from tonne.errors import TonneError

TARGET = "0x" + "11" * 20
SENDER = Account.from_seed("transactions", "test")


class Bench:
    """A journal on disk, a fake node, and a manager that can be killed and started again."""

    def __init__(self, tmp_path, settings: TransactionSettings | None = None) -> None:
        self.path = tmp_path / "journal.sqlite"
        self.node = FakeNode()
        self.settings = settings or TransactionSettings(resend_after_blocks=2)
        self.done: set[str] = set()
        self.explained: tuple[str, str] | None = ("EMISSIONS_REFUSED", "The chain refuses it.")
        self.journal = Journal(self.path)
        self.manager = self._manager()

    def _manager(self) -> TransactionManager:
        return TransactionManager(
            self.node,
            SENDER,
            self.journal,
            self.settings,
            self.done.__contains__,
            lambda _: self.explained,
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


def test_a_lost_answer_is_looked_for_not_sent_as_new(bench):
    bench.node.lose_answers = 1
    bench.add("a")
    bench.settle()
    assert bench.state("a") is JobState.FINAL
    assert len(bench.node.effects) == 1
    assert len(bench.journal.attempts("a")) == 1


def test_a_kill_between_save_and_send_sends_the_same_bytes(bench, monkeypatch):
    bench.add("a")
    monkeypatch.setattr(
        TransactionManager, "_broadcast", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        bench.manager.step()
    monkeypatch.undo()
    (saved,) = bench.journal.attempts("a")
    bench.kill_and_restart()
    bench.settle()
    assert bench.node.sent == [saved.tx_hash]
    assert bench.state("a") is JobState.FINAL


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


def test_a_dropped_transaction_is_replaced_at_the_same_nonce_with_a_higher_fee(bench):
    bench.add("a")
    bench.manager.step()
    bench.node.drop_pool()
    bench.settle()
    attempts = bench.journal.attempts("a")
    assert bench.state("a") is JobState.FINAL
    assert len(bench.node.effects) == 1
    assert len(attempts) == 2
    assert attempts[1].fee_wei * 10 >= attempts[0].fee_wei * 11


def test_the_fee_never_passes_its_cap(tmp_path):
    bench = Bench(tmp_path, TransactionSettings(resend_after_blocks=1, max_fee_wei=1_050_000_000))
    bench.add("a")
    for _ in range(6):
        bench.manager.step()
        bench.node.drop_pool()
        bench.node.mine()
    assert max(a.fee_wei for a in bench.journal.attempts("a")) <= 1_050_000_000
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
    bench = Bench(tmp_path, TransactionSettings(finality_blocks=5, resend_after_blocks=2))
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
    bench = Bench(tmp_path, TransactionSettings(finality_blocks=4))
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
