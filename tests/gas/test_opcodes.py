"""Steps of a trace are put into their parts, which come to what the receipt says."""

from __future__ import annotations

import pytest

from tests.gas import opcodes
from tests.gas.opcodes import (
    AGAIN,
    CHANGED,
    COMPUTING,
    CONTRACT,
    EVENT,
    NEW,
    PARTS,
    PRECOMPILED,
    READ,
    REFUND,
    TRANSACTION,
)
from tonne.crypto.accounts import Account
from tonne.sandbox import trial_market


def steps(*given):
    """A trace of (operation, cost, depth) that begins with much gas; a call hands over all but a thousand.

    A call to a contract that the chain has built in, "CALL 1", hands over nothing.
    """
    trace, left, kept = [], 1_000_000, []
    for operation, cost, depth in given:
        while len(kept) >= depth:
            left += kept.pop()
        operation, _, target = operation.partition(" ")
        stack = ["0x0", target or "0x1234", "0x0"]
        step = {"op": operation, "gas": left, "gasCost": cost, "depth": depth, "stack": stack}
        trace.append(step)
        if operation == "STATICCALL":
            kept.append(1_000)
            trace[-1]["gasCost"] = left - 1_000
            left -= 1_000
        left -= cost
    return trace


def test_each_step_is_in_its_part():
    trace = steps(
        ("SLOAD", 2_100, 1),
        ("SLOAD", 100, 1),
        ("SSTORE", 22_100, 1),
        ("SSTORE", 2_900, 1),
        ("STATICCALL", 2_605, 1),
        ("ADD", 3, 2),
        ("CALL 0x1", 3_100, 1),
        ("LOG2", 1_500, 1),
        ("STOP", 0, 1),
    )
    spent = 2_100 + 100 + 22_100 + 2_900 + 2_605 + 3 + 3_100 + 1_500
    gas, count = opcodes.divided(trace, b"\x00\x01", 21_020 + spent - 4_800)
    assert gas == {
        TRANSACTION: 21_020,
        READ: 4_200,
        AGAIN: 100,
        NEW: 20_000,
        CHANGED: 2_900,
        CONTRACT: 2_600,
        COMPUTING: 8,
        PRECOMPILED: 3_100,
        EVENT: 1_500,
        REFUND: -4_800,
    }
    assert (count[READ], count[NEW], count[EVENT]) == (2, 1, 1)
    assert set(gas) <= set(PARTS)


def test_data_that_costs_more_than_what_is_done_is_paid_by_its_own_price():
    gas, _ = opcodes.divided(steps(("STOP", 0, 1)), b"\x01" * 100, 21_000 + 4_000)
    assert gas[TRANSACTION] == 25_000


@pytest.mark.parametrize("used", [21_000, 90_000])
def test_gas_that_no_rule_explains_is_refused(used):
    trace = steps(("SSTORE", 22_100, 1), ("STOP", 0, 1))
    with pytest.raises(ValueError):
        opcodes.divided(trace, b"", used)


def test_a_price_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="SLOAD for 800 gas"):
        opcodes.divided(steps(("SLOAD", 800, 1), ("STOP", 0, 1)), b"", 21_800)


def test_a_table_has_all_parts_and_their_sum():
    found = opcodes.divided(steps(("SSTORE", 22_100, 1), ("STOP", 0, 1)), b"", 43_100)
    lines = opcodes.table({"key": found}).splitlines()
    assert [line.split(" | ")[0].strip("| ") for line in lines[2:-1]] == list(PARTS)
    assert lines[-1] == "| **in all** | 43.1k |"
    assert f"| {NEW} | 20.0k (1) |" in lines


def test_parts_of_real_transactions_come_to_their_receipts():
    """Calls with slots that are new or changed or read alone, with events and other contracts."""
    with trial_market.standing("opcodes", traced=True) as stage:
        chain, who = stage.chain, Account.from_seed("tonne", "opcodes", "somebody")
        stage.register([who])
        sent = [
            chain.send(stage.issuer, "SettlementCurrency", "mint", who, 100),
            chain.send(who, "SettlementCurrency", "transfer", who, 0),
            chain.send(who, "Exchange", "sync", who),
        ]
        for receipt in sent:
            gas, _ = opcodes.of_transaction(chain, receipt.hash)
            assert gas.total() == receipt.gas_used
            assert gas[COMPUTING] > 0
            replayed, _ = opcodes.of_replay(chain, receipt.hash)
            assert replayed == gas
