"""Fines for false reports, told by their events; what the rules do not allow is found."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.evidence import EvidenceReplay, Record
from tonne.audit.false_reports import BODY, OPERATOR, FalseReportsReplay
from tonne.audit.register import Installation, PartiesReplay, RulesReplay

PLANT, YEAR, REVISION, EMITTER, HOUSE = 7, 2024, 1, 3, 5
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
}
DECIDED, WINDOW = NOW + 10 * DAYS, 30 * DAYS
FINE = 2_000_000 * YUAN


@pytest.fixture
def room():
    rules = feed(
        RulesReplay(),
        dated("SchemeCreated", scheme=1, utcOffset=0, noticeDays=30),
        *(
            dated("ParamSet", scheme=1, keyText=key, fromDay=0, value=value)
            for key, value in PARAMS.items()
        ),
    )
    parties, evidence = PartiesReplay(), EvidenceReplay()
    parties.installations[PLANT] = Installation(EMITTER, 1, 11, 1, 660_000)
    evidence.records[PLANT, YEAR] = Record(emissions_t=9, revision=REVISION, body=HOUSE)
    feed(evidence, dated("DisputeResolved", installation=PLANT, year=YEAR, upheld=True))
    evidence.records[PLANT, YEAR] = Record(emissions_t=10, revision=REVISION + 1)
    return FalseReportsReplay(parties, rules, evidence)


def _id(accused=OPERATOR, revision=REVISION):
    return accused << 56 | revision << 48 | YEAR << 32 | PLANT


def _charged(accused=OPERATOR, party=EMITTER, revision=REVISION):
    told = {"id": _id(accused, revision), "scheme": 1, "party": party}
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


def _published(fine, state, time=DECIDED + WINDOW + 1):
    return dated("FalseReportPublished", time, id=_id(), fineCents=fine, state=state)


def test_a_charge_is_told_by_its_events(room):
    feed(room, _charged(), _fined(), _appealed(), _outcome(2, FINE - 1))
    feed(room, _paid(5, 5), _paid(FINE - 6, FINE - 1), _published(FINE - 1, 3, DECIDED + 4))
    feed(room, _charged(BODY, HOUSE))
    assert room.faults == []
    expected = {check.args[0]: check.expected for check in room.checks()}
    assert expected[_id()]["paidCents"] == FINE - 1 and expected[_id()]["published"]
    assert expected[_id(BODY)]["party"] == HOUSE


@pytest.mark.parametrize(
    "acts",
    [
        [_charged(revision=2)],
        [_charged(party=4)],
        [_charged(BODY, EMITTER)],
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
        [_charged(), _fined(), _published(FINE, 2, DECIDED + WINDOW)],
        [_charged(), _fined(), _published(FINE - 1, 2)],
    ],
)
def test_an_act_that_the_rules_do_not_allow_is_found(room, acts):
    feed(room, *acts)
    assert len(room.faults) == 1
