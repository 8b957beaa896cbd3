"""Fines for false reports, told by their events; what the rules do not allow is found."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import compliance, dated, feed, struct
from tonne.audit.compliance.allocation import FINAL, InstallationAllocation
from tonne.audit.compliance.false_reports import OPERATOR, FalseReportsReplay
from tonne.audit.evidence.emissions_oracle import EmissionsRecord
from tonne.audit.parties.participants import Installation, ParticipantsReplay
from tonne.audit.rules.schemes import SchemesReplay

PLANT, YEAR, REVISION, EMITTER, HOUSE, SECOND = 7, 2024, 1, 3, 5, 8
NEXT, AFTER, GIVEN = 41, 42, 1_000_001  # periods; allocation of the next [t]
NOW, DAYS = 10**9, 86_400
YUAN = 100
PARAMS = {
    "penalty.false_multiple_min_ppm": 5_000_000,
    "penalty.false_multiple_max_ppm": 10_000_000,
    "penalty.false_min_cents": 500_000 * YUAN,
    "penalty.false_max_cents": 2_000_000 * YUAN,
    "penalty.verifier_multiple_min_ppm": 5_000_000,
    "penalty.verifier_multiple_max_ppm": 10_000_000,
    "penalty.verifier_max_cents": 1_000_000 * YUAN,
    "penalty.verifier_small_gains_cents": 200_000 * YUAN,
    "penalty.hearing_days": 10,
    "penalty.appeal_days": 30,
    "penalty.false_cut_min_ppm": 500_000,
    "penalty.false_cut_max_ppm": 1_000_000,
}
DECIDED, WINDOW = NOW + 10 * DAYS, 30 * DAYS
FINE = 2_000_000 * YUAN


@pytest.fixture
def room():
    rules = feed(
        SchemesReplay(),
        dated("SchemeCreated", scheme=1, utcOffset=0, noticeDays=30),
        *(
            dated("ParamSet", scheme=1, keyText=key, fromDay=0, value=value)
            for key, value in PARAMS.items()
        ),
        *(
            dated("PeriodSet", scheme=1, periodId=number, period=struct(firstYear=y, lastYear=y))
            for number, y in ((NEXT, YEAR + 1), (AFTER, YEAR + 2))
        ),
    )
    parties = ParticipantsReplay()
    parties.installations[PLANT] = Installation(EMITTER, 1, 11, 1, 660_000)
    allocation = compliance(parties, rules).allocation
    evidence = allocation.oracle
    words = [0, 4, *(body << 160 for body in (SECOND, HOUSE, HOUSE, SECOND))]
    feed(evidence, _configured(1, [0, 0]), _configured(2, words))
    leads = (1, 3)  # of each body
    evidence.records[PLANT, YEAR] = EmissionsRecord(
        emissions_t=9, revision=REVISION, config=2, body=HOUSE, bodies=2, leads=leads
    )
    feed(evidence, dated("DisputeResolved", installation=PLANT, year=YEAR, upheld=True))
    evidence.records[PLANT, YEAR] = EmissionsRecord(emissions_t=10, revision=REVISION + 1)
    for number in (NEXT, AFTER):
        allocation.allocated[1, number, PLANT] = InstallationAllocation(FINAL, GIVEN)
    return FalseReportsReplay(allocation)


def _configured(version, words):
    digests = {"digest": bytes([version] * 32), "oldDigest": bytes([version - 1] * 32)}
    told = {"scheme": 1, "version": version, "pointer": "0xC", "words": words}
    return dated("OracleConfigured", **told, **digests)


def _id(body=OPERATOR, revision=REVISION):
    return body << 56 | revision << 48 | YEAR << 32 | PLANT


def _charged(body=OPERATOR, party=EMITTER, revision=REVISION):
    told = {"id": _id(body, revision), "scheme": 1, "party": party}
    return dated("FalseReportCharged", NOW, gainsCents=300_000 * YUAN, **told)


def _fined(fine=FINE, time=DECIDED):
    return dated("FalseReportFined", time, id=_id(), officer="0xA", fineCents=fine)


def _appealed(time=DECIDED + 1):
    return dated("FalseReportAppealed", time, id=_id())


def _outcome(outcome, fine, officer="0xB"):
    told = {"outcome": outcome, "oldFineCents": FINE, "fineCents": fine, "officer": officer}
    return dated("FalseReportAppealDecided", DECIDED + 2, id=_id(), **told)


def _paid(cents, total):
    return dated("FalseReportFinePaid", DECIDED + 3, id=_id(), cents=cents, paidCents=total)


def _debited(cents, total, time=DECIDED + WINDOW + 1):
    return dated("FalseReportFineDebited", time, id=_id(), cents=cents, paidCents=total)


def _cut(
    share=500_000, cut_t=500_001, period=NEXT, given=GIVEN, time=DECIDED + WINDOW + 1, body=OPERATOR
):
    told = {"periodId": period, "allocationT": given, "sharePpm": share, "cutT": cut_t}
    return dated("AllocationCut", time, id=_id(body), officer="0xA", **told)


def _published(fine, state, time=DECIDED + WINDOW + 1):
    return dated("FalseReportPublished", time, id=_id(), fineCents=fine, state=state)


def test_a_charge_is_told_by_its_events(room):
    feed(room, _charged(), _fined(), _appealed(), _outcome(2, FINE - 1))
    feed(room, _paid(5, 5), _paid(FINE - 6, FINE - 1), _published(FINE - 1, 3, DECIDED + 4))
    feed(room, _charged(HOUSE, HOUSE), _charged(SECOND, SECOND))
    assert room.faults == []
    expected = {check.args[0]: check.expected for check in room.checks(0)}
    assert expected[_id()]["paidCents"] == FINE - 1 and expected[_id()]["published"]
    assert expected[_id(HOUSE)]["party"] == HOUSE
    assert expected[_id(SECOND)]["party"] == SECOND


def test_a_refused_fine_is_debited_and_the_next_allocation_cut(room):
    feed(room, _charged(), _fined(), _debited(7, 7), _cut(), _debited(FINE - 7, FINE))
    assert room.faults == []
    told = next(check.expected for check in room.checks(0))
    assert (told["cutPpm"], told["paidCents"], told["state"]) == (500_000, FINE, 3)


@pytest.mark.parametrize(
    "acts",
    [
        [_charged(revision=2)],
        [_charged(party=4)],
        [_charged(HOUSE, EMITTER)],
        [_charged(HOUSE + 1, HOUSE + 1)],  # signed nothing
        [_charged(), _charged()],
        [_charged(), _fined(1_500_000 * YUAN - 1)],
        [_charged(), _fined(3_000_000 * YUAN + 1)],
        [_charged(), _fined(time=DECIDED - 1)],
        [_charged(), _fined(), _appealed(DECIDED + WINDOW + 1)],
        [_charged(), _fined(), _paid(1, 1), _appealed()],
        [_charged(), _fined(), _appealed(), _outcome(1, FINE, "0xA")],
        [_charged(), _fined(), _appealed(), _outcome(2, 1_499_999 * YUAN)],
        [_charged(), _fined(), _appealed(), _outcome(3, 1)],
        [_charged(), _fined(), _paid(2, 1)],
        [_charged(), _fined(), _debited(1, 1, DECIDED + WINDOW)],
        [_charged(), _fined(), _cut(time=DECIDED + WINDOW)],
        [_charged(), _fined(), _cut(), _cut()],
        [_charged(), _fined(), _cut(499_999, 500_000)],
        [_charged(), _fined(), _cut(1_000_001, 1_000_003)],
        [_charged(), _fined(), _cut(cut_t=500_000)],
        [_charged(), _fined(), _cut(given=GIVEN - 1, cut_t=500_000)],
        [_charged(), _fined(), _cut(period=AFTER)],
        [_charged(), _fined(), _published(FINE, 2, DECIDED + WINDOW)],
        [_charged(), _fined(), _published(FINE - 1, 2)],
    ],
)
def test_an_act_that_the_rules_do_not_allow_is_found(room, acts):
    feed(room, *acts)
    assert len(room.faults) == 1
