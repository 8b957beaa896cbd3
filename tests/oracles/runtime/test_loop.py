"""The loop: failures are counted and waited out, a signal ends it."""

from __future__ import annotations

import threading

from oracles.runtime.loop import CycleResult, LoopSettings, run


def _run(outcomes, **settings):
    stop, seen = threading.Event(), []
    remaining = iter(outcomes)

    def cycle():
        outcome = next(remaining, None)
        if outcome is None:
            stop.set()
            return CycleResult.IDLE
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    status = run(cycle, LoopSettings(interval_s=0, max_backoff_s=0, **settings), stop, seen.append)
    return status, seen


def test_a_failed_cycle_is_tried_again():
    status, seen = _run([ConnectionError("node is down"), CycleResult.WORKED])
    assert status == 0
    assert seen[:2] == [CycleResult.ERROR, CycleResult.WORKED]


def test_too_many_failures_in_a_row_end_it():
    status, seen = _run([ConnectionError()] * 5, max_failures=3)
    assert status == 1
    assert seen == [CycleResult.ERROR] * 3


def test_a_success_forgets_earlier_failures():
    status, _ = _run([ConnectionError(), CycleResult.WORKED] * 5, max_failures=2)
    assert status == 0
