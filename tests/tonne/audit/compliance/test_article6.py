"""Outcomes against the rules of Article6 are found."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tests.tonne.audit.export.test_exports import (
    CHINA,
    ENDED,
    JAPAN,
    OUTCOME,
    RETIRED,
    STORY,
    _act,
    _adjusted,
    _apart,
    _authorised,
    _left,
)
from tonne.audit.compliance.article6 import Article6Replay
from tonne.audit.compliance.retirement_registry import RetirementRegistryReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import FAULTS


def _faults(room) -> list[str]:
    tally = Tally()
    room.invariants(tally)
    return [f"{d.about}: {d.found}" for d in tally.differences]


def _outcomes(*events):
    return feed(Article6Replay(feed(RetirementRegistryReplay([]), RETIRED)), *events)


def test_a_story_by_the_rules_has_no_fault():
    room = _outcomes(*STORY)
    assert _faults(room) == []
    told = {c.about: c.expected for c in room.checks(0) if c.function == "blockOf"}
    assert told[f"block 1 of {OUTCOME:#x}"]["state"] == 4
    assert told[f"block 301 of {OUTCOME:#x}"]["state"] == 5
    assert told[f"block 351 of {OUTCOME:#x}"]["state"] == 3
    adjustments = [c.expected for c in room.checks(0) if c.function == "adjustmentOf"]
    assert adjustments == [[None, 3], [None, 1], [None, 1]]
    (authorisation,) = [c.expected for c in room.checks(0) if c.function == "authorisationOf"]
    assert (authorisation["amountT"], authorisation["leftT"]) == (500, 0)


OBLIGATION = (1 << 48 | 7 << 32 | 42).to_bytes(32, "big")
SURRENDERS = [
    _left(1, 40, 1, ref=1 << 48 | 7 << 32 | 42, unit=OUTCOME),
    _left(41, 100, 1, ref=1 << 48 | 7 << 32 | 42, unit=OUTCOME),
]


def _used(first, last, party=JAPAN, obligation=OBLIGATION):
    return _act("OutcomeSurrendered", first, last, party, obligation=obligation)


TO_JAPAN = [*STORY[:4], *SURRENDERS]


def test_a_use_in_a_surrender_is_told_with_its_obligation():
    room = _outcomes(*TO_JAPAN, _used(41, 100))
    assert _faults(room) == []
    told = {c.about: c.expected for c in room.checks(0) if c.function == "blockOf"}
    assert told[f"block 41 of {OUTCOME:#x}"]["state"] == 4
    assert told[f"block 41 of {OUTCOME:#x}"]["evidence"] == int.from_bytes(OBLIGATION, "big")
    assert [act.name for act in room.actions][-1] == "Use"


CONTRIBUTION = dated("ContributionPeriodSet", party=CHINA, firstYear=2021, lastYear=2030)


def test_a_contribution_is_compared_with_the_record():
    room = _outcomes(CONTRIBUTION)
    assert _faults(room) == []
    (years,) = [c.expected for c in room.checks(0) if c.function == "contributionOf"]
    assert years == (2021, 2030)


def _focal_point(old, party):
    return dated("FocalPointSet", officer="0xF", oldParty=old, party=party)


def test_a_focal_point_follows_the_one_before():
    room = _outcomes(_focal_point(0, CHINA), _focal_point(CHINA, JAPAN))
    assert _faults(room) == []
    (party,) = [c.expected for c in room.checks(0) if c.function == "partyOf"]
    assert party == JAPAN
    assert len(_faults(_outcomes(_focal_point(CHINA, JAPAN)))) == 1


TRANSFERRED, ACQUIRED = STORY[2:4]
#: As it is set apart, transferred, acquired, retired.
READY = STORY[:6]
YEAR_S = 365 * 86_400
OTHER = [_authorised(purpose=2, first_transfer=3, acquirer=0), _apart()]


def test_what_no_party_acquired_in_time_lapses():
    lapsed = _act("OutcomeLapsed", 1, 500, time=61 + YEAR_S)
    retired = _left(1, 300, 2, unit=OUTCOME)
    assert _faults(_outcomes(*STORY[:2], lapsed, retired)) == []
    assert _faults(_outcomes(*STORY[:3], lapsed, retired)) == []


def test_what_is_for_other_purposes_is_retired_at_once():
    retired = _left(1, 300, 2, unit=OUTCOME)
    assert _faults(_outcomes(*OTHER, retired)) == []


@pytest.mark.parametrize(
    "events, fault",
    [
        ([*STORY[:2], SURRENDERS[0]], "outcomes 1-40 surrendered, which no Party has acquired"),
        ([*STORY[:3], SURRENDERS[0]], "outcomes 1-40 surrendered, which no Party has acquired"),
        ([*STORY[:3], ENDED[0]], "outcomes 1-300 retired, which no Party has acquired"),
        ([*OTHER, SURRENDERS[0]], "outcomes 1-40 surrendered, which no Party has acquired"),
        ([SURRENDERS[0]], "outcomes 1-40 left, of no authorisation"),
    ],
)
def test_outcomes_that_left_otherwise_than_authorised_are_found(events, fault):
    assert any(fault in told for told in _faults(_outcomes(*events)))


@pytest.mark.parametrize(
    "events",
    [
        [_authorised(), _authorised()],
        [_authorised(acquirer=0)],
        [_authorised(acquirer=CHINA)],
        [_authorised(), _apart(1, 501)],
        [_authorised(), _apart(source=OUTCOME)],
        [*STORY[:2], _act("OutcomeTransferred", 400, 501, acquirer=JAPAN)],
        [*STORY[:2], _act("OutcomeTransferred", 1, 500, party=JAPAN, acquirer=JAPAN)],
        [*STORY[:2], _act("OutcomeTransferred", 1, 500, acquirer=756)],
        [*STORY[:2], ACQUIRED],
        [*STORY[:3], TRANSFERRED],
        [*STORY[:3], _act("OutcomeAcquired", 1, 500, party=CHINA)],
        [*OTHER, TRANSFERRED],
        [*READY, _act("OutcomeUsed", 1, 301, JAPAN, certificate=1)],
        [*READY, _act("OutcomeUsed", 1, 300, JAPAN, certificate=2)],
        [*READY, _act("OutcomeUsed", 1, 300, CHINA, certificate=1)],
        [*STORY[:7], _act("OutcomeCancelled", 301, 351, JAPAN, cancellation=1)],
        [*STORY[:8], _adjusted(CHINA, 2021, 2, first=2)],
        [*STORY[:8], _adjusted(CHINA, 2021, 3)],
        [*STORY[:8], _adjusted(JAPAN, 2021, 2, 50, first=301)],
        [*TO_JAPAN, _used(40, 100)],
        [*TO_JAPAN, _used(41, 100, CHINA)],
        [*TO_JAPAN, _used(41, 100, obligation=bytes(32))],
        [*STORY[:8], CONTRIBUTION, _adjusted(CHINA, 1, 2)],
        [dated("ContributionPeriodSet", party=CHINA, firstYear=2031, lastYear=2030)],
        [*STORY[:2], _act("OutcomeLapsed", 1, 500, time=60 + YEAR_S)],
        [*STORY[:4], _act("OutcomeLapsed", 1, 500, time=61 + YEAR_S)],
        [*OTHER, _act("OutcomeLapsed", 1, 500, time=61 + YEAR_S)],
    ],
    ids=[
        *("twice", "for no Party", "for the host", "more than authorised", "of another batch"),
        *("beyond", "not the host", "to another", "not transferred", "transferred twice"),
        *("not the acquirer", "not for contributions", "more than retired", "no certificate"),
        *("not the user", "more than cancelled", "no block", "too soon complete", "cancelled, not used"),
        *("of two surrenders", "surrendered by another", "another obligation"),
        *("not of the contribution", "backwards", "lapsed too soon", "lapsed after all"),
        "lapsed though usable",
    ],
)  # fmt: skip
def test_an_act_that_no_rule_allows_is_found(events):
    assert any(FAULTS in fault for fault in _faults(_outcomes(*events)))
