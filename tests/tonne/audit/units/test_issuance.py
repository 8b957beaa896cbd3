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
from tonne.types import unit_id

ISSUANCE = "0x" + "2" * 40
APART = UNIT - 1 | (1 << 61) + 1


def _split(cancelled=0, developer=0):
    return struct(buffer=0, proceeds=0, cancelled=cancelled, developer=developer)


def _credited(report=1, id_=UNIT, cancelled=0):
    return dated("CreditsIssued", id=id_, reportId=report, project=7, split=_split(cancelled))


class Register:
    """Project 7, credited from 2020 to 2030, at most 365 t in 365 days; report 1 of it by body 3."""

    def __init__(self, status=2, active=True, plants=(), placed=True):
        self.plants = dict(plants)
        self.is_placed = lambda project: placed
        times = {"creditingFrom": 1_577_808_000, "creditingUntil": 1_893_456_000}
        self.projects = {7: {"status": status, "yearlyCapT": 365, **times}}
        self.methodologies = {5: struct(active=active)}
        report = struct(project=7, methodology=5, scheme=1, body=3, developer=4, quantityT=300)
        self.reports = {1: report, 2: report}


def _office(credits, *events, register=None, interested=False):
    scheme = unit_id.scheme_of(UNIT)
    schemes = struct(schemes={scheme: struct(utc_offset=8 * 3600)})
    oracle = struct(interests={(1, 3, 4): interested}, schemes=schemes)
    return feed(IssuanceReplay(credits, ISSUANCE, register or Register(), oracle), *events)


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
        dated("ExAnteIssued", id=PROMISE, project=7, to=A, quantityT=60),
        _credited(id_=PROMISE),
        _credited(),
        dated("ExAnteVerified", id=PROMISE, reportId=1, surplus=UNIT, shortfallT=0),
    )
    assert _faults(office) == []
    assert office.promised[PROMISE]["reportId"] == 1


def _promised(t, id_=PROMISE):
    return dated("ExAnteIssued", id=id_, project=7, to=A, quantityT=t)


def _of_promises(*events, **more):
    return _office(_room(), *events, **more).faults


def test_a_promise_beyond_the_cap_is_found():
    # 2020 has 366 days.
    ended = dated("BatchStatusChanged", id=PROMISE, previous=EX_ANTE, status=3)
    beyond = [f"promise {PROMISE + 1:#x} is beyond the cap of project 7"]
    assert _of_promises(_promised(300), _promised(66, PROMISE + 1)) == []
    assert _of_promises(_promised(300), _promised(67, PROMISE + 1)) == beyond
    assert _of_promises(_promised(300), ended, _promised(366, PROMISE + 1)) == []
    issued = dated("CreditsIssued", id=UNIT, reportId=1, project=7, split=_split(6, 300))
    assert _of_promises(issued, _promised(61, PROMISE + 1)) == beyond
    office = _office(_room(), issued, _promised(60))
    assert office.expected == {(7, 2020): 366}


def test_credits_of_a_report_that_may_issue_nothing_are_found():
    found = ["credits of report 1, which may issue nothing"]
    assert _of_promises(_credited()) == []
    assert _of_promises(_credited(), register=Register(status=3)) == found
    assert _of_promises(_credited(), register=Register(active=False)) == found
    assert _of_promises(_credited(), interested=True) == found


def test_credits_of_a_project_at_a_plant_under_a_cap_are_found():
    at_plant = Register(plants={7: 42})
    issued = dated("CreditsIssued", id=UNIT, reportId=1, project=7, split=_split(0, 100))
    found = ["credits of report 1, of a project at plant 42"]
    for share, faults in ((None, found), (333_333, found), (333_334, [])):
        credits = _room()
        credits.schemes = struct(local_day=lambda *_: 0, value=lambda *_, share=share: share)
        assert _office(credits, issued, register=at_plant).faults == faults


def test_credits_beside_a_plant_that_no_officer_answered_for_are_found():
    beside = Register(placed=False)
    assert _of_promises(_credited(), register=beside) == [
        "credits of report 1, near a plant without a statement"
    ]
    assert _of_promises(_promised(60), register=beside) == [
        f"promise {PROMISE:#x} of a project near a plant without a statement"
    ]


def test_a_batch_that_is_set_apart_keeps_its_project_and_is_not_set_apart_again():
    apart = dated("BatchSetApart", id=APART, source=UNIT)
    use = dated("OutcomeUseSet", id=APART, party=756, use=2)
    office = _office(_room(), _credited(), apart, use)
    assert office.faults == []
    told = {c.function: c.expected for c in office.checks(0) if c.args == (APART,)}
    assert told == {"projectOf": 7, "outcomeOf": {"source": UNIT, "party": 756, "use": 2}}
    again = dated("BatchSetApart", id=APART + 1, source=APART)
    assert len(_office(_room(), _credited(), apart, again).faults) == 1
    assert (
        len(_office(_room(), _credited(), dated("BatchSetApart", id=PROMISE, source=UNIT)).faults)
        == 1
    )


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
