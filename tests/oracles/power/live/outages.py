"""Outages of a live run, of an hour of chain time each: the node's, and the broker's."""

from __future__ import annotations

import os
import signal
import time
from typing import Any, Final

from oracles.meters.broker import EmbeddedBroker
from tests.oracles.power.ground import Street
from tonne.simulation.energy_day.steps.city_broker import free_port

#: Quarter-hours of an outage.
INTERVALS: Final = 4
#: Intervals of a run that has time for both outages.
LEAST: Final = 12
#: [s] Of the wall that the node answers to no one.
AWAY_S: Final = 8.0
#: [s] Before the gate of the next interval that can be bid for, the node is back.
BACK_S: Final = 60


def leave_without_node(street: Street, number: int) -> None:
    """The node is away from before the gate of an interval until that of the fourth after it is near."""
    process = street.town.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(AWAY_S)
    os.kill(process.pid, signal.SIGCONT)
    street.town.at(street.gate(number + INTERVALS) - BACK_S)


class Broker:
    """The broker inside the oracle's package, run beside it: it forgets all when it stops."""

    def __init__(self) -> None:
        self.port = free_port()
        self._running: Any = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Opens it, where it was, too."""
        self._running = EmbeddedBroker(port=self.port)
        self._running.start()

    def stop(self) -> None:
        """Safe to repeat."""
        if self._running is not None:
            self._running.stop()
            self._running = None
