"""Periods that were run, and the schemes of a run with several."""

from __future__ import annotations

from dataclasses import dataclass, field

from tonne.rules.pack import Period, RulePack
from tonne.simulation.fleet.plants import Fleet
from tonne.simulation.period.model.plan import Cast, PeriodOptions, PeriodTimeline
from tonne.simulation.period.model.season import TradingSeason
from tonne.simulation.period.model.state import PeriodState


@dataclass(slots=True)
class PeriodRun:
    """A period whose obligations have been surrendered."""

    state: PeriodState
    season: TradingSeason


@dataclass(frozen=True, slots=True)
class SchemePlan:
    """One scheme of several, as planned before anything is started."""

    options: PeriodOptions
    pack: RulePack
    period: Period
    fleet: Fleet
    cast: Cast
    line: PeriodTimeline


@dataclass(slots=True)
class SchemeRun:
    """One scheme of several, as it runs."""

    state: PeriodState
    pairs: dict[int, int] = field(default_factory=dict)  # places here, and at the first scheme
    season: TradingSeason | None = None  # once it has begun
    periods: list[PeriodRun] = field(default_factory=list)

    @property
    def period(self) -> PeriodRun:
        """Its only period, once run."""
        return self.periods[0]
