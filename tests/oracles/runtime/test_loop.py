"""The loop: failures are counted and waited out, a signal ends it."""

from __future__ import annotations

import threading

from oracles.runtime.loop import CycleResult, LoopSettings, guarded, run, until_reached
from tonne.chain.rpc import RpcUnreachable


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


def test_no_number_of_failures_ends_it():
    status, seen = _run([ConnectionError()] * 200)
    assert status == 0
    assert seen[:200] == [CycleResult.ERROR] * 200


def test_a_fault_of_one_phase_starves_no_other():
    done = []

    def broken() -> int:
        raise ConnectionError

    result = guarded((("a", broken), ("b", lambda: done.append("b") or 1)))

    assert result is CycleResult.ERROR
    assert done == ["b"]


def test_a_node_that_comes_up_late_is_waited_for():
    answers = iter([_silence(), _silence(), "chain"])

    def connect():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    settings = LoopSettings(interval_s=0, max_backoff_s=0)
    assert until_reached(connect, threading.Event(), settings) == "chain"


def test_waiting_for_a_node_ends_with_a_signal():
    stop = threading.Event()

    def connect():
        stop.set()
        raise _silence()

    assert until_reached(connect, stop, LoopSettings(interval_s=0, max_backoff_s=0)) is None


def _silence():
    return RpcUnreachable("RPC_UNREACHABLE", "No answer.", field="rpc", value="", remedy="")
