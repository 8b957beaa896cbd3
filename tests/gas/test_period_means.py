"""Calls of a period are sorted by kind, and their means have the parts of all."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

from tests.gas import period_means
from tests.gas.opcodes import COMPUTING, NEW, REFUND, TRANSACTION
from tests.gas.period_means import BATCH, CASH, SURRENDER, UNITS


@pytest.mark.parametrize(
    "function, args, kind",
    [
        ("transferAndCall", ("exchange", 5, b"orders"), CASH),
        ("safeTransferFrom", ("from", "exchange", 1, 5, b"orders"), UNITS),
        ("safeTransferFrom", ("from", "exchange", 1, 5, b""), None),
        ("surrenderFromLedger", (1, 1, [1], [1]), SURRENDER),
        ("place", (1,), None),
    ],
)
def test_a_call_is_of_its_kind(function, args, kind):
    assert period_means.kind_of(SimpleNamespace(function=function, args=args)) == kind


def test_a_table_has_means_of_all_calls_and_what_is_fixed():
    first = (
        Counter({TRANSACTION: 22_000, NEW: 40_000, COMPUTING: 9_000, REFUND: -1_000}),
        Counter({NEW: 2}),
    )
    second = (Counter({TRANSACTION: 24_000, COMPUTING: 11_000}), Counter())
    lines = period_means.table({CASH: [first, second], BATCH: []}).splitlines()

    assert lines[0] == f"| | `{CASH}` |"
    assert f"| {NEW} | 20.0k (1.0) |" in lines
    assert f"| {REFUND} | -0.5k |" in lines
    assert lines[-3:] == [
        "| **in all** | 52.5k |",
        "| **without computing** | 42.5k |",
        "| calls | 2 |",
    ]
