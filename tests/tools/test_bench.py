"""What `make bench` reads of a period, and what it makes of times."""

from __future__ import annotations

import pytest

from tools import bench

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


def test_transfers_are_counted_with_the_processor_time_of_their_node():
    run = bench.measured("transfers", lambda: bench.transfers(120))
    assert run.count == 120
    assert run.clock > 0 < run.processor
    assert "transfers" in str(run)
