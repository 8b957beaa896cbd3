"""Purchases against the rules of ForwardPurchases are found, and deliveries without units."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit.market.forward_purchases import ForwardPurchasesReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import FAULTS
from tonne.audit.replay.currency import SettlementCurrencyReplay

UNIT = 2 << 96 | 1 << 80 | 2021 << 64 | 1
TERMS = struct(
    seller=2, project=7, vintage=2021, amount=100, price=5, bond=1, deadline=90, currency="0x0c"
)
OFFERED = dated("ForwardOffered", forward=1, buyer=1, seller=2, wallet="0xa", terms=TERMS)
ACCEPTED = dated("ForwardAccepted", forward=1, wallet="0xb", bonded=100)


def _delivered(amount=40, paid=200, released=40, time=50, unit=UNIT, receiver="0xa"):
    return dated(
        "ForwardDelivered", time, forward=1, unit=unit, wallet="0xb", receiver=receiver,
        amount=amount, paid=paid, released=released,
    )  # fmt: skip


def _units(source="0xb", to="0xf", amount=40):
    return dated("TransferSingle", **{"from": source, "to": to, "id": UNIT, "value": amount})


#: Units move before the event that names both wallets.
MOVED = (_units("0xb", "0xa"),)


def _ended(refunded=300, forfeited=60):
    return dated("ForwardEnded", forward=1, refunded=refunded, forfeited=forfeited)


def _owed(payee=1, amount=360):
    return dated("PayoutCredited", payee=payee, asset=12, amount=amount)


def _cash(amount=360, payee=1):
    return dated("PayoutWithdrawn", payee=payee, asset=12, to="0xa", amount=amount)


def _kept(amount=40):
    return dated("ForwardUnitsCollected", participant=1, unit=UNIT, wallet="0xa", amount=amount)


def _faults(room) -> list[str]:
    tally = Tally()
    room.invariants(tally)
    return [f"{d.about}: {d.found}" for d in tally.differences]


def _forwards(held, *events):
    currency = SettlementCurrencyReplay(address="0x0c")
    currency.balances["0xf"] = held
    return feed(ForwardPurchasesReplay([currency], "0xf"), *events)


def test_a_purchase_by_the_rules_has_no_fault():
    delivered = [OFFERED, ACCEPTED, *MOVED, _delivered(), _owed(2, 240)]
    assert _faults(_forwards(600, *delivered)) == []
    room = _forwards(600, *delivered, _ended(), _owed())
    assert _faults(room) == []
    (expected,) = [c.expected for c in room.checks(0) if c.function == "forwardOf"]
    assert expected["delivered"] == 40 and expected["status"] == 3
    assert [c.expected for c in room.checks(0) if c.function == "payoutOf"] == [360, 240]
    ended = [*delivered, _ended(), _owed()]
    assert _faults(_forwards(0, *ended, _cash(), _cash(240, 2))) == []


def test_units_kept_for_a_buyer_are_its_own_until_collected():
    delivered = [
        OFFERED,
        ACCEPTED,
        _units(),
        _delivered(receiver="0xf"),
        _owed(2, 240),
        _cash(240, 2),
    ]
    room = _forwards(360, *delivered)
    assert _faults(room) == []
    assert [c.expected for c in room.checks(0) if c.function == "unitsFor"] == [40]
    assert _faults(_forwards(360, *delivered, _kept(), _units("0xf", "0xa"))) == []
    assert any("collected" in about for about in _faults(_forwards(360, *delivered, _kept())))
    moved = (_kept(39), _units("0xf", "0xa", 39))
    assert any(FAULTS in about for about in _faults(_forwards(360, *delivered, *moved)))


AGREED = [OFFERED, ACCEPTED]
PAID = (_owed(2, 240), _cash(240, 2))


def _offered(number, buyer):
    told = {"forward": number, "buyer": buyer, "seller": 2, "wallet": "0xa", "terms": TERMS}
    return dated("ForwardOffered", **told)


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ([_offered(2, 1)], "offer 2"),
        ([_offered(1, 2)], "offer 1"),
        ([OFFERED, dated("ForwardAccepted", 91, forward=1, wallet="0xb", bonded=100)], "accept"),
        ([*AGREED, ACCEPTED], "acceptance of 1"),
        ([*AGREED, _ended(500, 99)], "end of 1"),
        ([OFFERED, _ended(500, 0), _ended(500, 0)], "end of 1"),
    ],
    ids=["number", "buyer of its own", "late", "accepted twice", "sums", "ended twice"],
)
def test_each_fault_of_a_purchase_is_told(events, fault):
    room = _forwards(0, *events)
    assert sum(fault in told for told in room.faults) == 1


@pytest.mark.parametrize(
    "events",
    [
        [OFFERED, dated("ForwardAccepted", 90, forward=1, wallet="0xb", bonded=100)],
        [*AGREED, _units("0xb", "0xa", 100), _delivered(100, 500, 100, time=90), _owed(2, 600)],
    ],
    ids=["accepted", "delivered whole"],
)
def test_the_deadline_itself_is_in_time(events):
    assert _forwards(600, *events).faults == []


@pytest.mark.parametrize(
    "held, events, fault",
    [
        (359, [*AGREED, *MOVED, _delivered(), *PAID], "money"),
        (360, [*AGREED, _delivered(), *PAID], FAULTS),
        (360, [*AGREED, _units("0xb", "0xa", 39), _delivered(), *PAID], FAULTS),
        (360, [*AGREED, *MOVED, _units(), _delivered(), *PAID], "moved for no delivery"),
        (360, [*AGREED, _units(), _units("0xf", "0xe"), _delivered(), *PAID], FAULTS),
        (360, [OFFERED, *MOVED, _delivered(), *PAID], FAULTS),
        (360, [*AGREED, *MOVED, _delivered(time=91), *PAID], FAULTS),
        (360, [*AGREED, *MOVED, _delivered(paid=201), *PAID], FAULTS),
        (360, [*AGREED, *MOVED, _delivered(released=41), *PAID], FAULTS),
        (0, [OFFERED, _ended(499, 0)], FAULTS),
        (500, [OFFERED, _ended(500, 100)], FAULTS),
        (0, [OFFERED, _ended(500, 0), _owed(1, 500), _cash(499)], FAULTS),
        (600, [*AGREED, *MOVED, _delivered()], FAULTS),
        (600, [*AGREED, *MOVED, _delivered(), _owed(1, 240)], FAULTS),
        (500, [OFFERED, dated("ForwardAccepted", forward=1, wallet="0xb", bonded=99)], FAULTS),
    ],
)  # fmt: skip
def test_a_purchase_that_no_rule_allows_is_found(held, events, fault):
    assert any(fault in about for about in _faults(_forwards(held, *events)))
