"""Retries: a refused call is queued again a few times, and then told of."""

from __future__ import annotations

import pytest

from oracles.runtime.journal import OPEN_STATES, JobState, Journal, Rank
from oracles.runtime.retries import MOST_TRIES, CallState, Progress, Retries

KEY = "fix/1/20000"
CALL = KEY, "0x" + "11" * 20, b"\1", 50_000


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


def used_up(journal: Journal) -> Retries:
    """Retries of which a call was refused as often as it may be queued."""
    retries = Retries(journal)
    for _ in range(MOST_TRIES):
        assert retries.call(KEY).progress is Progress.DUE
        assert retries.enqueue(*CALL)
        refuse(journal)
    return retries


def refuse(journal: Journal) -> None:
    journal.set_state(KEY, JobState.FAILED, code="X", reason="the day is closed")


def test_a_call_is_due_open_and_done(journal):
    retries = Retries(journal)
    assert retries.call(KEY) == CallState(Progress.DUE, "")
    assert retries.enqueue(*CALL, Rank.LATE)
    assert journal.job(KEY).rank is Rank.LATE
    for state in OPEN_STATES:
        journal.set_state(KEY, state)
        assert retries.call(KEY) == CallState(Progress.OPEN, "")
        assert not retries.enqueue(*CALL)
    for state in (JobState.FINAL, JobState.DONE_ELSEWHERE):
        journal.set_state(KEY, state)
        assert retries.call(KEY) == CallState(Progress.DONE, "")


def test_a_refused_call_is_due_until_it_was_queued_as_often_as_is_allowed(journal):
    assert used_up(journal).call(KEY) == CallState(Progress.REFUSED, "the day is closed")


def test_what_is_on_its_way_counts_no_try(journal):
    retries = Retries(journal)
    for _ in range(MOST_TRIES):
        retries.enqueue(*CALL)
    refuse(journal)
    assert retries.call(KEY) == CallState(Progress.DUE, "the day is closed")


def test_a_start_of_the_process_counts_anew(journal):
    used_up(journal)
    assert Retries(journal).call(KEY).progress is Progress.DUE
