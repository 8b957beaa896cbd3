"""A daemon is a loop around one function; the loop knows only when to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog

log = structlog.get_logger()


class CycleResult(StrEnum):
    """What one cycle came to; also the label of the cycles metric."""

    IDLE = "idle"
    WORKED = "worked"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """`interval_s` is the rest between two idle cycles; a cycle that worked is followed at once."""

    interval_s: float = 1.0
    max_failures: int = 20
    max_backoff_s: float = 30.0


def run(
    cycle: Callable[[], CycleResult],
    settings: LoopSettings,
    stop: threading.Event,
    on_result: Callable[[CycleResult], None] = lambda _: None,
) -> int:
    """Calls `cycle` until `stop` is set; returns the exit status.

    A cycle is safe to repeat: what was done is read back from the chain. This is the only place
    where a cycle's exceptions end; failures in a row wait longer each time, and too many of them
    end the daemon with status 1.
    """
    failures = 0
    while not stop.is_set():
        try:
            result = cycle()
            failures = 0
        except Exception as error:
            failures += 1
            result = CycleResult.ERROR
            log.error(
                "cycle_failed",
                failures=failures,
                error_class=type(error).__name__,
                error=str(error)[:500],
            )
        on_result(result)
        if failures >= settings.max_failures:
            log.error("giving_up", failures=failures)
            return 1
        if result is CycleResult.IDLE:
            stop.wait(settings.interval_s)
        elif result is CycleResult.ERROR:
            stop.wait(min(settings.interval_s * 2**failures, settings.max_backoff_s))
    return 0


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set: the running cycle ends, no new one begins."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
