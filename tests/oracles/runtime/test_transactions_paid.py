"""What is offered for gas: replacements, caps, tips, free gas, an account without coin."""

from __future__ import annotations

import pytest

from oracles.runtime.fees import FeePolicy
from oracles.runtime.journal import JobState
from oracles.runtime.transactions import (
    RESEND_S,
    STALL_S,
    TransactionSettings,
)
from tests.oracles.runtime.bench import Bench


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


def test_how_long_no_block_may_come_before_other_bytes_go_out_is_a_setting(tmp_path):
    bench = Bench(tmp_path, TransactionSettings(stall_s=5))
    bench.add("a")
    for seconds, attempts in ((0, 1), (4, 1), (1, 2)):
        bench.clock += seconds
        bench.manager.step()
        assert len(bench.journal.attempts("a")) == attempts


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
