"""An event that signals set, whatever the main thread is at."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.patience import HANGING_S

ROOT = Path(__file__).resolve().parents[2]

#: [s] A process that has been told to end is gone by then, or will never be.
WAIT_SECONDS = HANGING_S

#: What waits for the event holds its lock before and after it sleeps; a signal may come at that moment.
HOLDER = """
import signal
import time
from tonne import stop_signals

stop = stop_signals.listen((signal.SIGTERM,), lambda: print("then", flush=True))
with stop._cond:
    print("held", flush=True)
    time.sleep(0.5)
stop.wait()
time.sleep(0.5)
"""

#: A signal that is not listened for.
OTHER = """
import os
import signal
import time
from tonne import stop_signals

stop = stop_signals.listen((signal.SIGTERM, signal.SIGINT))
signal.signal(signal.SIGUSR1, lambda *_: None)
os.kill(os.getpid(), signal.SIGUSR1)
assert not stop.wait(0.2)
os.kill(os.getpid(), signal.SIGINT)
assert stop.wait(300)
"""


def started(program: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_a_signal_that_comes_while_the_event_is_held_sets_it():
    with started(HOLDER) as process:
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(WAIT_SECONDS) == 0
        finally:
            process.kill()
        assert process.stdout.read() == "then\n"


def test_it_is_set_by_no_other_signal():
    with started(OTHER) as process:
        assert process.wait(WAIT_SECONDS) == 0
