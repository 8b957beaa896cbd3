"""Processes that check signatures for the daemon."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import Executor, ProcessPoolExecutor


def pool_of(workers: int) -> Executor | None:
    """The given number of processes, at most one for each core; None for 0."""
    if workers <= 0:
        return None
    context = multiprocessing.get_context("spawn")
    count = min(workers, os.cpu_count() or 1)
    return ProcessPoolExecutor(count, mp_context=context, initializer=_watch_parent)


def _watch_parent() -> None:
    """A daemon that was killed cannot end its workers: each ends by itself."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
