"""Outcomes against the rules of Article6 are found."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tests.tonne.audit.export.test_exports import (
    CHINA,
    JAPAN,
    RETIRED,
    STORY,
    UNIT,
    _act,
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
    return feed(
        Article6Replay(feed(RetirementRegistryReplay([]), RETIRED)), _left(301, 350, 3), *events
    )


def test_a_story_by_the_rules_has_no_fault():
    room = _outcomes(*STORY)
    assert _faults(room) == []
    told = {c.about: c.expected for c in room.checks(0) if c.function == "blockOf"}
    assert told[f"block 1 of {UNIT:#x}"]["state"] == 4
    assert told[f"block 301 of {UNIT:#x}"]["state"] == 5
    assert told[f"block 351 of {UNIT:#x}"]["state"] == 2
    assert told[f"block 401 of {UNIT:#x}"]["state"] == 1
    assert [c.expected for c in room.checks(0) if c.function == "adjustmentOf"] == [
        [None, 3],
        [None, 1],
        [None, 1],
        [None, 0],
    ]


def _adjusted(first, status):
    args = {"unit": UNIT, "first": first, "party": CHINA, "year": 1, "amount": 300}
    return dated("AdjustmentRecorded", status=status, **args)


OBLIGATION = (1 << 48 | 7 << 32 | 42).to_bytes(32, "big")
SURRENDERS = [
    _left(601, 640, 1, ref=1 << 48 | 7 << 32 | 42),
    _left(641, 700, 1, ref=1 << 48 | 7 << 32 | 42),
]


def _used(first, last, party=JAPAN, obligation=OBLIGATION):
    return _act("OutcomeSurrendered", first, last, party, obligation=obligation)


def _to_japan():
    transferred = _act("OutcomeTransferred", 601, 700, acquirer=JAPAN)
    return [
        *SURRENDERS,
        _authorised(601, 700),
        transferred,
        _act("OutcomeAcquired", 601, 700, JAPAN),
    ]


def test_a_use_in_a_surrender_is_told_with_its_obligation():
    room = _outcomes(*_to_japan(), _used(641, 700))
    assert _faults(room) == []
    told = {c.about: c.expected for c in room.checks(0) if c.function == "blockOf"}
    assert told[f"block 641 of {UNIT:#x}"]["state"] == 4
    assert told[f"block 641 of {UNIT:#x}"]["evidence"] == int.from_bytes(OBLIGATION, "big")
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


TRANSFERRED = _act("OutcomeTransferred", 1, 400, acquirer=JAPAN)
ACQUIRED = _act("OutcomeAcquired", 1, 400, party=JAPAN)


@pytest.mark.parametrize(
    "events",
    [
        [_authorised(), _authorised(500, 600)],
        [_authorised(), _act("OutcomeTransferred", 400, 501, acquirer=JAPAN)],
        [_authorised(), _act("OutcomeTransferred", 1, 400, party=JAPAN, acquirer=JAPAN)],
        [_authorised(), _act("OutcomeAcquired", 1, 400, party=JAPAN)],
        [_authorised(), TRANSFERRED, TRANSFERRED],
        [_authorised(), TRANSFERRED, _act("OutcomeAcquired", 1, 400, party=CHINA)],
        [_authorised(purpose=2, first_transfer=3), TRANSFERRED],
        [_authorised(), TRANSFERRED, ACQUIRED, _act("OutcomeUsed", 1, 301, JAPAN, certificate=1)],
        [_authorised(), TRANSFERRED, ACQUIRED, _act("OutcomeUsed", 1, 300, JAPAN, certificate=2)],
        [_authorised(), TRANSFERRED, ACQUIRED, _act("OutcomeUsed", 1, 300, CHINA, certificate=1)],
        [*STORY[:4], _act("OutcomeCancelled", 301, 351, JAPAN, cancellation=1)],
        [*STORY[:5], _adjusted(2, 2)],
        [*STORY[:5], _adjusted(1, 3)],
        [*_to_japan(), _used(640, 700)],
        [*_to_japan(), _used(641, 700, CHINA)],
        [*_to_japan(), _used(641, 700, obligation=bytes(32))],
        [*STORY[:5], CONTRIBUTION, _adjusted(1, 2)],
        [dated("ContributionPeriodSet", party=CHINA, firstYear=2031, lastYear=2030)],
    ],
    ids=[
        *("twice", "beyond", "not the host", "not transferred", "transferred twice", "not the acquirer"),
        *("not for contributions", "more than retired", "no certificate", "not the user"),
        *("more than cancelled", "no block", "too soon complete", "of two surrenders"),
        *("surrendered by another", "another obligation", "not of the contribution", "backwards"),
    ],
)  # fmt: skip
def test_an_act_that_no_rule_allows_is_found(events):
    assert any(FAULTS in fault for fault in _faults(_outcomes(*events)))
