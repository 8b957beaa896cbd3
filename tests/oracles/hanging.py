"""`python -m tests.oracles.hanging POINT HOW DAEMON …`: a daemon one of whose calls takes long or never ends.

HOW is `slow`, `hangs` (in Python) or `stuck` (in C, where no handler of a signal runs, as in a name server's
silence). The first call writes the file that the environment names. Another file may tell by how much the
machine's clock is wrong.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from oracles.emissions.checks import Checker
from oracles.meters.intake import Intake
from oracles.meters.journal import MeterJournal
from oracles.meters.mqtt import MqttSource
from oracles.runtime import loop
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.rpc_pool import RpcPool
from tests.oracles.campaign.victim import run
from tonne.crypto.accounts import Account

#: The environment's name for the file.
MARK: Final = "TONNE_HANGING_MARK"
#: [s] What a cycle is given after a signal, in place of `loop.STOP_S`.
PATIENCE: Final = "TONNE_HANGING_PATIENCE"

#: A file with the seconds by which the machine's clock is wrong.
CLOCK: Final = "TONNE_HANGING_CLOCK"

SLOW_S: Final = 0.5

EMISSIONS: Final = {
    "intake": (Inbox, "arrivals"),
    "checking": (Checker, "check"),
    "journalling": (Journal, "record_file"),
    "signing": (Account, "sign_transaction"),
    "sending": (RpcPool, "broadcast"),
    "looking": (RpcPool, "look"),
    "filing": (Inbox, "move"),
}
METERS: Final = {
    "intake": (MqttSource, "take"),
    "checking": (Intake, "take"),
    "journalling": (MeterJournal, "add_record"),
    "acknowledging": (MqttSource, "acknowledge"),
    "posting": (MeterJournal, "add_posting"),
    "signing": (Account, "sign_transaction"),
    "sending": (RpcPool, "broadcast"),
}


def stuck() -> None:
    """Never comes back, and no handler of Python's runs meanwhile."""
    libc, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(64)
    libc.pthread_mutex_lock(mutex)
    libc.pthread_mutex_lock(mutex)


WAYS: Final[dict[str, Callable[[], object]]] = {
    "slow": lambda: time.sleep(SLOW_S),
    "hangs": lambda: threading.Event().wait(),
    "stuck": stuck,
}


def cases(points: Iterable[str], soon: Sequence[tuple[str, str]]) -> list[Any]:
    """Parameters of a test: points and ways but those of `soon`; what Python can end waits for the night."""
    import pytest  # not in the daemon

    return [
        pytest.param(point, how, marks=[] if how == "stuck" else [pytest.mark.nightly])
        for point in points
        for how in WAYS
        if (point, how) not in soon
    ]


def spoil(cls: type, method: str, way: Callable[[], object]) -> None:
    plain = getattr(cls, method)

    @functools.wraps(plain)
    def spoilt(*args: Any, **kwargs: Any) -> Any:
        Path(os.environ[MARK]).touch()
        way()
        return plain(*args, **kwargs)

    setattr(cls, method, spoilt)


def set_clock(path: Path) -> None:
    """From now on the machine's clock is wrong by as much as the file says at the moment."""
    right = time.time

    def wrong() -> float:
        return right() + float(path.read_text())

    time.time = wrong


def main() -> None:
    point, how, daemon = (sys.argv.pop(1) for _ in range(3))
    if CLOCK in os.environ:
        set_clock(Path(os.environ[CLOCK]))
    loop.STOP_S = float(os.environ.get(PATIENCE, loop.STOP_S))
    points = EMISSIONS if daemon == "emissions" else METERS
    if point in points:
        spoil(*points[point], WAYS[how])
    run(daemon)


if __name__ == "__main__":
    main()
