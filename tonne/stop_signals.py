"""An event that signals set, for what goes on until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Collection


def listen(
    numbers: Collection[signal.Signals], then: Callable[[], None] = lambda: None
) -> threading.Event:
    """An event that any of the signals sets; `then` is called after it.

    A thread does both. A handler runs on the main thread between two of its steps: where that waits for
    this same event it may hold the event's lock, and a handler that wants the lock never gets it. It also
    runs only once a call is back in Python, and a resolver's may be long.
    """
    stop = threading.Event()
    told, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    for number in numbers:
        # With no handler the signal would end the process, untold.
        signal.signal(number, lambda *_: None)
    threading.Thread(
        target=_set, args=(told, numbers, stop, then), name="stop", daemon=True
    ).start()
    return stop


def _set(
    told: int, numbers: Collection[int], stop: threading.Event, then: Callable[[], None]
) -> None:
    while os.read(told, 1)[0] not in numbers:
        pass
    stop.set()
    then()
