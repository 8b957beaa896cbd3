"""Calls of who settles: one that is given up, or that fell, is told by its code."""

from __future__ import annotations

import pytest

from oracles.power.settlement.told_calls import ToldCalls
from oracles.runtime.journal import JobState, Journal
from oracles.runtime.retries import MOST_TRIES

KEY = "run/1920000/0.0"
ABOUT, REMEDY = "The run", "See it."


@pytest.fixture
def told():
    return []


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


@pytest.fixture
def calls(journal, told):
    return ToldCalls(journal, lambda *said: told.append(said))


def send(calls: ToldCalls, journal: Journal, state: JobState) -> None:
    calls.enqueue(KEY, "0x" + "11" * 20, b"", 1)
    journal.set_state(KEY, state, code="X", reason="too late")


def test_what_is_due_or_on_its_way_is_not_told(calls, journal, told):
    assert calls.is_due(KEY, ABOUT, REMEDY, fell="FELL")
    for state in (JobState.PENDING, JobState.MINED):
        send(calls, journal, state)
        assert not calls.is_due(KEY, ABOUT, REMEDY, fell="FELL")
    send(calls, journal, JobState.FAILED)
    assert calls.is_due(KEY, ABOUT, REMEDY)
    assert told == []


def test_what_was_refused_too_often_is_told_by_its_code(calls, journal, told):
    for _ in range(MOST_TRIES):
        send(calls, journal, JobState.FAILED)
    assert not calls.is_due(KEY, ABOUT, REMEDY)
    assert not calls.is_due(KEY, ABOUT, refused="OPEN")
    assert told == [
        ("SETTLEMENT_REFUSED", "The run is refused: too late.", REMEDY),
        ("OPEN", "The run is refused: too late.", None),
    ]


def test_what_is_done_is_told_only_where_it_can_fall(calls, journal, told):
    send(calls, journal, JobState.FINAL)
    assert not calls.is_due(KEY, ABOUT, REMEDY)
    assert told == []
    assert not calls.is_due(KEY, ABOUT, REMEDY, fell="FELL")
    assert told == [("FELL", "The run is no longer valid.", REMEDY)]
