"""A settlement currency is conserved, and its allowances lie within their bounds."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.currency import UNLIMITED, SettlementCurrencyReplay
from tonne.constants import ZERO_ADDRESS

A, B = "0xa", "0xb"


def _faults(room) -> list[str]:
    tally = Tally()
    room.invariants(tally)
    return [difference.about for difference in tally.differences]


def test_the_currency_is_conserved():
    room = feed(
        SettlementCurrencyReplay(),
        dated("Transfer", **{"from": ZERO_ADDRESS, "to": A, "value": 50}),
        dated("Transfer", **{"from": A, "to": B, "value": 20}),
        dated("Transfer", **{"from": B, "to": ZERO_ADDRESS, "value": 5}),
    )
    assert (room.balances[A], room.balances[B], room.supply) == (30, 15, 45)
    assert _faults(room) == []


def _approved(value):
    return dated("Approval", owner=A, spender=B, value=value)


def _moved(value):
    return dated("Transfer", **{"from": A, "to": "0xc", "value": value})


@pytest.mark.parametrize(
    "events, right, wrong",
    [
        ([_approved(50)], [50], [49, 51]),
        ([_moved(20), _approved(50)], [50], [49, 51]),
        ([_approved(50), _moved(20)], [30, 50], [29, 51]),  # B may have sent the transfer
        ([_approved(50), _moved(20), _approved(10)], [10], [9, 11]),
        ([_approved(UNLIMITED), _moved(20)], [UNLIMITED], [UNLIMITED - 20]),
    ],
)
def test_an_allowance_is_lowered_by_transfers_alone(events, right, wrong):
    room = feed(SettlementCurrencyReplay(), *events)
    (left,) = (check.expected for check in room.checks(0) if check.function == "allowance")
    assert all(left == value for value in right)
    assert not any(left == value for value in wrong)
