"""Reports and promises that became batches, and losses that are reversed or owed."""

from __future__ import annotations

from tests.tonne.audit.events import dated, feed, struct
from tests.tonne.audit.units.test_offset_credits import (
    PROMISE,
    UNIT,
    A,
    _attached,
    _batch,
    _changed,
    _faults,
    _issued,
    _left,
    _room,
)
from tonne.audit.replay.contract_replay import FAULTS
from tonne.audit.units.issuance import IssuanceReplay
from tonne.audit.units.offset_credits import ACTIVE, EX_ANTE
from tonne.audit.units.unit_balances import CANCELLED, REVERSED

ISSUANCE = "0x" + "2" * 40


def _split(cancelled=0):
    return struct(buffer=0, proceeds=0, cancelled=cancelled, developer=0)


def _credited(report=1, id_=UNIT, cancelled=0):
    return dated("CreditsIssued", id=id_, reportId=report, project=7, split=_split(cancelled))


def _office(credits, *events):
    return feed(IssuanceReplay(credits, ISSUANCE), *events)


def test_a_report_counts_once():
    credits = _room(*_issued(100), _batch(1, 100))
    assert _faults(_office(credits, _credited())) == []
    twice = _office(credits, _credited(), _credited())
    assert FAULTS in _faults(twice)
    assert "batches without a report or promise" in _faults(_office(credits))


def test_a_promise_is_verified_and_its_surplus_counted():
    credits = _room(
        *_issued(60, id_=PROMISE),
        _batch(1, 60, status=EX_ANTE, id_=PROMISE),
        _changed(EX_ANTE, ACTIVE, id_=PROMISE),
        dated("BatchVerified", id=PROMISE, buffer=0),
        *_issued(40),
        _batch(61, 100),
    )
    assert _faults(credits) == []
    office = _office(
        credits,
        dated("ExAnteIssued", id=PROMISE, project=7, to=A),
        _credited(id_=PROMISE),
        _credited(),
        dated("ExAnteVerified", id=PROMISE, reportId=1, surplus=UNIT),
    )
    assert _faults(office) == []
    assert office.promised[PROMISE]["reportId"] == 1


def test_what_is_lost_was_reversed_or_is_owed_until_it_is_paid():
    ref = bytes.fromhex(ISSUANCE[2:]) + (1).to_bytes(12, "big")
    credits = _room(
        *_issued(100),
        _batch(1, 100),
        *(*_left(10, REVERSED), _attached((1, 10))),
        *(*_left(4, CANCELLED, ref=ref), _attached((11, 14))),
    )
    lost = {"id": UNIT, "developer": 5, "takenT": 10}
    paid = {"debt": 1, "amountT": 4}
    debt = dated("ReversedAvoidably", debt=1, owedT=20, **lost)
    office = _office(credits, _credited(), debt, dated("DebtPaid", stillOwedT=16, **paid))
    assert _faults(office) == []
    assert office.cancelled == 4
    wrong = _office(credits, _credited(), debt, dated("DebtPaid", stillOwedT=17, **paid))
    assert FAULTS in _faults(wrong)
    unpaid = _office(credits, _credited(), debt)
    assert "paid for debt 1" in _faults(unpaid)
    unlost = _office(credits, _credited())
    assert "lost is reversed or owed" in _faults(unlost)
