"""Events made by hand, as a replay takes them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tonne.audit.replay.events import Dated
from tonne.chain.contract import Event


def dated(
    event: str, time: int = 0, tx: str = "0x1", contract: str = "", log: int = 0, **args: Any
) -> Dated:
    return Dated(Event(contract, event, args, "0x", 1, tx, log), time)


def feed(room: Any, *events: Dated) -> Any:
    for event in events:
        room.apply(event)
    return room


def struct(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**fields)
