"""Nodes that hide, err or answer for some jobs only: the others go on, and the room in flight stays free."""

from __future__ import annotations

from collections import Counter

import pytest

from oracles.runtime.finality import Finality
from oracles.runtime.journal import JobState
from oracles.runtime.transactions import TransactionSettings
from tests.oracles.runtime.test_transactions import Bench, three
from tonne.errors import TonneError

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
