"""What `make bench` reads of a period, and what it makes of times."""

from __future__ import annotations

import pytest

from tools import bench, bench_audit

PRINTED = """ 1 Deploy; rules from the pack                    1.36 s       3 tx
 2 Parties apply, are approved, register          5.80 s   2,243 tx
   no difference
14 Reconcile                                     23.35 s       0 tx
70.5 s, set-up and compiling aside; at most 1,660
MB with the chain
"""


def test_transactions_and_memory_are_read_from_what_a_period_prints():
    assert bench.transactions(PRINTED) == 2_246
    assert bench.memory(PRINTED) == (70.5, 1_660)


def test_a_period_that_says_nothing_of_its_time_is_told():
    with pytest.raises(SystemExit) as ended:
        bench.memory("no such line")
    assert "no such line" in str(ended.value)


def test_ratios_are_of_one_beside_one():
    bare, market = bench.Run("bare", 100, 1.0, 2.0), bench.Run("market", 50, 2.0, 3.0)
    assert market.beside(bare) == pytest.approx((4.0, 3.0))


def test_a_period_that_grows_in_proportion_has_the_same_time_for_each_emitter():
    few, many = bench.Run("few", 500, 7.0, 10.0), bench.Run("many", 2_000, 28.0, 60.0)
    assert bench.grown(few, many).split()[-2:] == ["1.00x", "1.50x"]


def test_an_audit_is_as_many_times_as_fast_as_another_way_to_read():
    raw = bench_audit.Speed("raw", 100, 1.0, 0.5)
    proven = bench_audit.Speed("proven", 100, 4.0, 1.0)
    assert proven.beside(raw) == pytest.approx((0.25, 0.5))


def test_transfers_are_counted_with_the_processor_time_of_their_node():
    run = bench.measured("transfers", lambda: bench.transfers(120))
    assert run.count == 120
    assert run.clock > 0 < run.processor
    assert "transfers" in str(run)
