"""Purchases against the rules of ForwardPurchases are found, and deliveries without units."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit.market.forward_purchases import ForwardPurchasesReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import FAULTS
from tonne.audit.replay.currency import SettlementCurrencyReplay

UNIT = 2 << 96 | 1 << 80 | 2021 << 64 | 1
TERMS = struct(seller=2, project=7, vintage=2021, amount=100, price=5, deadline=90, currency="0xm")
OFFERED = dated("ForwardOffered", forward=1, buyer=1, seller=2, payer="0xa", terms=TERMS)
ACCEPTED = dated("ForwardAccepted", forward=1, wallet="0xb")


def _delivered(amount=40, paid=200, time=50, unit=UNIT):
    return dated(
        "ForwardDelivered", time, forward=1, unit=unit, wallet="0xb", amount=amount, paid=paid
    )


def _units(amount=40, to="0xa"):
    return dated("TransferSingle", **{"from": "0xb", "to": to, "id": UNIT, "value": amount})


def _faults(room) -> list[str]:
    tally = Tally()
    room.invariants(tally)
    return [f"{d.about}: {d.found}" for d in tally.differences]


def _forwards(held, *events):
    currency = SettlementCurrencyReplay(address="0xm")
    currency.balances["0xf"] = held
    return feed(ForwardPurchasesReplay([currency], "0xf"), *events)


def test_a_purchase_by_the_rules_has_no_fault():
    delivered = [OFFERED, ACCEPTED, _delivered(), _units()]
    assert _faults(_forwards(300, *delivered)) == []
    ended = dated("ForwardEnded", forward=1, refunded=300)
    room = _forwards(0, *delivered, ended)
    assert _faults(room) == []
    (expected,) = [c.expected for c in room.checks(0) if c.function == "forwardOf"]
    assert expected["delivered"] == 40 and expected["status"] == 3


@pytest.mark.parametrize(
    "held, events, fault",
    [
        (299, [OFFERED, ACCEPTED, _delivered(), _units()], "money"),
        (300, [OFFERED, ACCEPTED, _delivered()], "without units"),
        (300, [OFFERED, ACCEPTED, _delivered(), _units(39)], "without units"),
        (300, [OFFERED, ACCEPTED, _delivered(), _units(to="0xe")], "without units"),
        (300, [OFFERED, _delivered(), _units()], FAULTS),
        (300, [OFFERED, ACCEPTED, _delivered(time=91), _units()], FAULTS),
        (300, [OFFERED, ACCEPTED, _delivered(paid=201), _units()], FAULTS),
        (300, [OFFERED, ACCEPTED, _delivered(unit=UNIT + (1 << 64)), _units()], FAULTS),
        (0, [OFFERED, dated("ForwardEnded", forward=1, refunded=499)], FAULTS),
    ],
)  # fmt: skip
def test_a_purchase_that_no_rule_allows_is_found(held, events, fault):
    assert any(fault in about for about in _faults(_forwards(held, *events)))
