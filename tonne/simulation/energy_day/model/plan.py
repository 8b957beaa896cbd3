"""Settings of a day, and the chain time of each of its events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from tonne.constants import DAY_S, HOUR_S
from tonne.errors import TonneError

#: The market: a quarter of an hour, its gate, and the window to clear it in.
INTERVAL_S: Final = 900
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

#: What meters' oracles work by: the window for corrections, for questions, and for answers.
CORRECTION_S: Final = 7_200
CHALLENGE_S: Final = HOUR_S
REVEAL_S: Final = 1_800
#: A run goes out without meters that are silent so long; corrections, so long before the window closes.
GRACE_S: Final = 2_700
FINAL_LEAD_S: Final = 1_800

#: [s] In which a settlement can be shown to be false, and what that costs its operator [micro-credit].
SETTLEMENT_WINDOW_S: Final = HOUR_S
SETTLEMENT_BOND: Final = 20_000_000
#: It settles, and owns no account and no meter of the grid.
SETTLEMENT_OPERATOR: Final = "settlement operator"

#: A Wednesday in spring: sun, wind, and homes that still want heat.
DAY: Final = date(2026, 4, 15)

#: The least that fills three regions with every kind of meter, and the most that a run is measured with.
LEAST_METERS, MOST_METERS = 20, 2_000


@dataclass(frozen=True, slots=True)
class DayOptions:
    """A day as it was asked for."""

    meters: int = 200
    seed: int = 1
    day: date = DAY
    first: int = 0  #               intervals before this one are left out
    intervals: int | None = None  # None: to the end of the day
    chain: str = "anvil"
    hold: bool = False  #           keep the chain until interrupted
    keep: bool = False  #           leave journal, leaves and logs behind
    out: Path | None = None  #      where the report goes


@dataclass(frozen=True, slots=True)
class DayTimeline:
    """Moments [s unix]. Intervals are counted from 0 within the run."""

    chain: int  #  the chain begins, on the day before: a node's settlement is agreed for whole days to come
    start: int  #  of the first interval
    count: int  #  of intervals

    @property
    def end(self) -> int:
        return self.start + self.count * INTERVAL_S

    @property
    def final(self) -> int:
        """All windows are closed and nothing can change any more."""
        return self.end + CORRECTION_S + CHALLENGE_S + 1

    def at(self, index: int) -> int:
        """Start of an interval."""
        return self.start + index * INTERVAL_S

    def number(self, index: int) -> int:
        """An interval's number on the chain."""
        return self.at(index) // INTERVAL_S


def timeline(options: DayOptions) -> DayTimeline:
    """The day is settled by, and so begins at, midnight of UTC."""
    begin = int(datetime.combine(options.day, time(), UTC).timestamp())
    quarters = DAY_S // INTERVAL_S
    left = quarters - options.first
    count = left if options.intervals is None else options.intervals
    if not 0 < count <= left:
        raise TonneError(
            "ENERGY_DAY_INTERVALS",
            f"The day has {quarters} quarter-hours; these are not among them.",
            field="intervals",
            value=count,
            remedy=f"From --first {options.first} there are {max(left, 0)}.",
        )
    if not LEAST_METERS <= options.meters <= MOST_METERS:
        raise TonneError(
            "ENERGY_DAY_METERS",
            "A day has meters of every kind in three regions, and a run a bounded size.",
            field="meters",
            value=options.meters,
            remedy=f"Ask for {LEAST_METERS} to {MOST_METERS}.",
        )
    start = begin + options.first * INTERVAL_S
    return DayTimeline(chain=begin - 4 * NOTICE_S, start=start, count=count)
