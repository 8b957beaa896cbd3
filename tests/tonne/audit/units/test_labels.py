"""Replay of Labels: who granted, which days, and what no keeper may do."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit.export.credit_search import labels_of
from tonne.audit.units.labels import LabelsReplay

ICAO, COUNCIL, UNIT = "0xa", "0xb", 2 << 96 | 1
LETTER = b"\1" * 32
PROGRAMME = dated("LabelProgrammeSet", programme=1, keeper=ICAO, kind=2, name="CORSIA")


def _granted(first=10, last=20, keeper=ICAO, evidence=LETTER, programme=1):
    label = struct(fromDay=first, untilDay=last, evidence=evidence)
    return dated(
        "LabelGranted", programme=programme, unit=UNIT, label=label, keeper=keeper, detail="x"
    )


def _ended(last, keeper=ICAO):
    return dated(
        "LabelEnded", programme=1, unit=UNIT, lastDay=last, keeper=keeper, reason=b"\2" * 32
    )


def test_labels_follow_each_other():
    replay = feed(LabelsReplay(), PROGRAMME, _granted(), _ended(15), _granted(16, 30))
    assert replay.faults == []
    held = {day: len(labels_of(replay, UNIT, day)) for day in (9, 10, 15, 16, 30, 31)}
    assert held == {9: 0, 10: 1, 15: 1, 16: 1, 30: 1, 31: 0}
    assert [view.label.until_day for view in labels_of(replay, UNIT)] == [15, 30]


def test_a_label_that_never_held_is_not_told():
    replay = feed(LabelsReplay(), PROGRAMME, _granted(), _ended(9), _granted(5, 8))
    assert replay.faults == []
    assert [view.label.from_day for view in labels_of(replay, UNIT)] == [5]


@pytest.mark.parametrize(
    "events",
    [
        [_granted(keeper=COUNCIL)],
        [_granted(programme=2)],
        [_granted(20, 19)],
        [_granted(evidence=bytes(32))],
        [_granted(), _granted(20, 30)],
        [_granted(), _ended(20)],
        [_granted(), _ended(12, COUNCIL)],
        [_ended(12)],
    ],
)
def test_what_no_rule_allows_is_found(events):
    assert feed(LabelsReplay(), PROGRAMME, *events).faults != []
