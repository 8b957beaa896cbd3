"""Time that passes while late readings are booked: no window closes before what was due in it."""

from __future__ import annotations

from tonne.simulation.energy_day.model.state import DayState
from tonne.simulation.energy_day.steps.daemon import MeterDaemon


def wait(state: DayState, daemon: MeterDaemon, until: int) -> None:
    """Time passes in small steps: what is due shortly before a window closes must find it open.

    Intervals that begin after the day have no readings, and the run does not wait for theirs.
    """
    line = state.line
    moment, last = line.end, line.final_at(line.end) - 1
    while moment < until:
        moment = min(moment + line.final_lead_s // 2, until)
        if moment > state.chain.now():
            state.driver.at(moment)
            daemon.corrected(min(moment, last))
