"""A daemon is a loop around one function; the loop knows only when to stop."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

import structlog

from oracles.runtime import service
from oracles.runtime.faults import coded
from tonne import stop_signals
from tonne.chain.rpc import RpcUnreachable

T = TypeVar("T")

log = structlog.get_logger()


class CycleResult(StrEnum):
    """Outcome of one cycle; also the label of the cycles metric."""

    IDLE = "idle"
    WORKED = "worked"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """`interval_s` is the rest between two idle cycles; a cycle that worked is followed at once."""

    interval_s: float = 1.0
    max_backoff_s: float = 4.0  # a failing node rests separately; the others go on soon


#: [s] Time for the running cycle to end after a signal; the journal resumes an interrupted one.
STOP_S = 9.0

#: Signals that end a daemon.
STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


def run(
    cycle: Callable[[], CycleResult],
    settings: LoopSettings,
    stop: threading.Event,
    on_result: Callable[[CycleResult], None] = lambda _: None,
    over: Callable[[], bool] = lambda: False,
) -> int:
    """Calls `cycle` until `stop` is set or no work remains; returns the exit status.

    A cycle is safe to repeat: it reads finished work from the chain. This is the only place that
    handles exceptions of a cycle. Consecutive failures wait longer each time and never end the daemon,
    because its work is still pending.
    """
    failures = 0
    while not stop.is_set() and not over():
        try:
            result = cycle()
            failures = failures + 1 if result is CycleResult.ERROR else 0
        except Exception as error:
            failures += 1
            result = CycleResult.ERROR
            log.error("cycle_failed", failures=failures, **_told(error))
        on_result(result)
        service.tell("WATCHDOG=1")
        if result is CycleResult.IDLE:
            stop.wait(settings.interval_s)
        elif result is CycleResult.ERROR:
            stop.wait(min(settings.interval_s * 2 ** min(failures, 16), settings.max_backoff_s))
    return 0


def guarded(phases: Sequence[tuple[str, Callable[[], int]]]) -> CycleResult:
    """Runs each phase of a cycle; a fault in one does not stop the others."""
    done, failed = 0, False
    for name, phase in phases:
        try:
            done += phase()
        except Exception as error:
            failed = True
            log.error("phase_failed", phase=name, **_told(error))
    if failed:
        return CycleResult.ERROR
    return CycleResult.WORKED if done else CycleResult.IDLE


def _told(error: Exception) -> dict[str, str]:
    """The log's text for an error."""
    known = coded(error)
    return {"code": known.code, "error": known.message[:500], "remedy": known.remedy or ""}


def until_reached(
    connect: Callable[[], T], stop: threading.Event, settings: LoopSettings
) -> T | None:
    """The result of `connect` once a node answers; None if the daemon is stopped before."""
    failures = 0
    while not stop.is_set():
        try:
            return connect()
        except RpcUnreachable as silence:
            failures += 1
            service.tell("WATCHDOG=1")
            log.warning("waiting_for_node", failures=failures, reason=silence.message)
            stop.wait(min(settings.interval_s * 2 ** min(failures, 16), settings.max_backoff_s))
    return None


class Draining:
    """A draining daemon finishes pending work and takes no other: from the start, or from SIGUSR1 on."""

    def __init__(self, open_work: Callable[[], int], within_s: float | None = None) -> None:
        """`within_s` drains from the start, for so long at most."""
        self._asked = within_s is not None
        self._open_work = open_work
        self._until = math.inf if within_s is None else time.monotonic() + within_s
        signal.signal(signal.SIGUSR1, self._ask)

    def _ask(self, *_: object) -> None:
        self._asked = True

    def __bool__(self) -> bool:
        return self._asked

    def over(self) -> bool:
        """Nothing is on its way any more, or the time is up."""
        return bool(self) and (not self._open_work() or time.monotonic() > self._until)

    def status(self, ended: int) -> int:
        """1 where something is still on its way."""
        left = self._open_work() if self else 0
        if left:
            log.warning("not_drained", open=left)
        return max(ended, int(bool(left)))


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set: the running cycle ends, no new one begins.

    A cycle that hangs in a call is cut short after `STOP_S`, as by a kill, which the journal survives.
    """
    return stop_signals.listen(STOPPING, _cut_short)


def _cut_short() -> None:
    time.sleep(STOP_S)
    os._exit(0)
