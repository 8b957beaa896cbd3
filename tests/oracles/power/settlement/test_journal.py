"""The settlement's journal: what it tells of its own calls."""

from __future__ import annotations

from oracles.power.settlement.journal import SettlementJournal
from oracles.runtime.journal import JobState


def test_counts_of_a_day_are_its_own_calls_that_are_done(tmp_path):
    journal = SettlementJournal(tmp_path / "journal.sqlite")
    states = {
        "count/959/7": JobState.FINAL,
        "count/960/0,1": JobState.FINAL,
        "count/1055/3": JobState.DONE_ELSEWHERE,
        "count/1056/3": JobState.FINAL,
        "count/1000/4": JobState.FAILED,
        "count/1001/5": JobState.MINED,
        "fix/960/11": JobState.FINAL,
    }
    for key, state in states.items():
        journal.enqueue(key, "0x" + "11" * 20, b"", 1)
        journal.set_state(key, state)
    assert journal.counted_by_calls(range(960, 1056)) == {(0, 960), (1, 960), (3, 1055)}
    journal.close()
