"""A job ends in a final block only: reorganisations, other copies, refusals."""

from __future__ import annotations

import pytest

from oracles.runtime.finality import Finality
from oracles.runtime.journal import JobState, Journal
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import (
    RESEND_S,
    TransactionManager,
    TransactionSettings,
)
from tests.oracles.runtime.bench import SENDER, Bench
from tonne.errors import TonneError


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
