"""Settings of a day, and the chain time of each of its events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from tonne.constants import DAY_S, HOUR_S
from tonne.errors import refused
from tonne.simulation.energy_day.model.grid import LEAST_REGIONS, MOST_REGIONS, DayGrid

#: The market: its interval where none is named, others that divide an hour, the gate, the window to clear in.
INTERVAL_S: Final = 900
INTERVALS_S: Final = (INTERVAL_S, 2 * INTERVAL_S, HOUR_S)
GATE_LEAD_S: Final = 600
WINDOW_S: Final = 300
#: [micro-credit/kWh] of a step.
PRICE_CAP: Final = 10_000_000
#: [s] From an interval's start until what its bids hold is free.
HOLD_S: Final = 8 * HOUR_S
#: Of a change of the grid.
NOTICE_S: Final = HOUR_S

#: [s] Ahead of the gate that curves are committed.
COMMITTED_S: Final = 100

#: What meters' oracles work by: time for questions, and for answers.
CHALLENGE_S: Final = HOUR_S
REVEAL_S: Final = 1_800
#: [intervals] The window for corrections; how long a run waits for silent meters; how long before the window
#: closes corrections go out; how far the clock may be ahead of the oracle's roots: less than the oracle waits
#: for meters, so that none is missed because the clock ran away.
CORRECTION, GRACE, FINAL_LEAD, AHEAD = 8, 3, 2, 2

#: [s] In which a settlement can be shown to be false, and what that costs its operator [micro-credit].
SETTLEMENT_WINDOW_S: Final = HOUR_S
SETTLEMENT_BOND: Final = 20_000_000
#: It settles, and owns no account and no meter of the grid.
SETTLEMENT_OPERATOR: Final = "settlement operator"

#: Meters that each region has at least.
METERS_OF_REGION: Final = 6

#: A Wednesday in spring: sun, wind, and homes that still want heat.
DAY: Final = date(2026, 4, 15)

#: Of what all nodes, and all lines, have in an interval: so many go in one call.
NODES_A_CALL, LINES_A_CALL = 12, 40

#: The least that fills three regions with every kind of meter, and the most that a run is measured with.
LEAST_METERS, MOST_METERS = 20, 10_000


@dataclass(frozen=True, slots=True)
class DayOptions:
    """A day as it was asked for."""

    meters: int = 200
    seed: int = 1
    day: date = DAY
    first: int = 0  #               intervals before this one are left out
    intervals: int | None = None  # None: to the end of the day
    interval_s: int = INTERVAL_S
    regions: int = LEAST_REGIONS
    chain: str = "anvil"
    hold: bool = False  #           keep the chain until interrupted
    keep: bool = False  #           leave journal, leaves and logs behind
    out: Path | None = None  #      where the report goes

    @property
    def grid(self) -> DayGrid:
        """Nodes, lines and plants of its regions."""
        return DayGrid(self.regions)


@dataclass(frozen=True, slots=True)
class DayTimeline:
    """Moments [s unix]. Intervals are counted from 0 within the run."""

    chain: int  #  the chain begins, on the day before: a node's settlement is agreed for whole days to come
    start: int  #  of the first interval
    count: int  #  of intervals
    interval_s: int = INTERVAL_S

    @property
    def end(self) -> int:
        return self.start + self.count * self.interval_s

    @property
    def correction_s(self) -> int:
        """[s] In which the oracle may correct an interval."""
        return CORRECTION * self.interval_s

    @property
    def grace_s(self) -> int:
        """[s] How long the oracle waits for silent meters."""
        return GRACE * self.interval_s

    @property
    def final_lead_s(self) -> int:
        """[s] How long before its window closes an interval is corrected."""
        return FINAL_LEAD * self.interval_s

    @property
    def committed_s(self) -> int:
        """[s] Ahead of the gate that curves are committed: chain time goes on with the wall clock."""
        return COMMITTED_S * self.interval_s // INTERVAL_S

    def final_at(self, start: int) -> int:
        """[s] When the oracle posts what changed since the first run of the interval at `start`."""
        return start + self.interval_s + self.correction_s - self.final_lead_s

    @property
    def final(self) -> int:
        """All windows are closed and nothing can change any more."""
        return self.end + self.correction_s + CHALLENGE_S + 1

    def at(self, index: int) -> int:
        """Start of an interval."""
        return self.start + index * self.interval_s

    def number(self, index: int) -> int:
        """An interval's number on the chain."""
        return self.at(index) // self.interval_s

    @property
    def is_whole_day(self) -> bool:
        """Whether the run has every interval of its day."""
        return self.count * self.interval_s == DAY_S


def timeline(options: DayOptions) -> DayTimeline:
    """The day is settled by, and so begins at, midnight of UTC."""
    begin = int(datetime.combine(options.day, time(), UTC).timestamp())
    step = options.interval_s
    if step not in INTERVALS_S:
        raise refused("ENERGY_DAY_INTERVAL", step=step)
    those = DAY_S // step
    left = those - options.first
    count = left if options.intervals is None else options.intervals
    if not 0 < count <= left:
        raise refused(
            "ENERGY_DAY_INTERVALS",
            count=count,
            whole_day=those,
            first=options.first,
            possible=max(left, 0),
        )
    if not LEAST_REGIONS <= options.regions <= MOST_REGIONS:
        raise refused(
            "ENERGY_DAY_REGIONS",
            regions=options.regions,
            least_regions=LEAST_REGIONS,
            most_regions=MOST_REGIONS,
        )
    least = max(LEAST_METERS, METERS_OF_REGION * options.regions)
    if not least <= options.meters <= MOST_METERS:
        raise refused(
            "ENERGY_DAY_METERS", meters=options.meters, minimum=least, most_meters=MOST_METERS
        )
    start = begin + options.first * step
    return DayTimeline(begin - 4 * NOTICE_S, start, count, step)
