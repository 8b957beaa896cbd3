"""Where a daemon is killed: before and after everything that it writes, moves or sends.

A point is named `Class.method/before` or `/after`; a test compares the list with what the classes have.
"""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from typing import Any, Final

from oracles.meters.journal import MeterJournal
from oracles.meters.mqtt import MqttSource
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.rpc_pool import RpcPool
from tonne.crypto.accounts import Account

#: Of both daemons.
SHARED: Final = (
    (Journal, "enqueue"),
    (Journal, "save_attempt"),
    (Journal, "mark_sent"),
    (Journal, "set_state"),
    (Journal, "requeue"),
    (Journal, "remember"),
    (Account, "sign_transaction"),
    (RpcPool, "broadcast"),
)
EMISSIONS: Final = (
    *SHARED,
    (Journal, "record_file"),
    (Inbox, "move"),
    (Inbox, "reject"),
)
METERS: Final = (
    *SHARED[:4],
    (MeterJournal, "add_record"),
    (MeterJournal, "put_points"),
    (MeterJournal, "incident"),
    (MeterJournal, "add_posting"),
    (MeterJournal, "close_interval"),
    (MqttSource, "acknowledge"),
    (RpcPool, "broadcast"),
)

#: Points that are passed seldom: the first time kills.
RARE: Final = (
    "Inbox.reject",
    "Journal.requeue",
    "Journal.remember",
    "MeterJournal.incident",
    "MeterJournal.close_interval",
)

#: The environment's name for a point and the call of it that kills: `Journal.enqueue/after/3`.
VARIABLE: Final = "TONNE_CRASH_POINT"


def names(points: tuple[tuple[type, str], ...]) -> list[str]:
    return [
        f"{cls.__name__}.{method}/{side}" for cls, method in points for side in ("before", "after")
    ]


def arm() -> None:
    """Sets the point that the environment names, where it names one."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    where, side, count = wanted.split("/")
    for cls, method in (*EMISSIONS, *METERS):
        if f"{cls.__name__}.{method}" == where:
            setattr(cls, method, deadly(getattr(cls, method), side, int(count)))
            return
    raise ValueError(f"no crash point {where}")


def deadly(plain: Callable[..., Any], side: str, count: int) -> Callable[..., Any]:
    left = count

    @functools.wraps(plain)
    def armed(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and side == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = plain(*args, **kwargs)
        if left == 0 and side == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return armed
