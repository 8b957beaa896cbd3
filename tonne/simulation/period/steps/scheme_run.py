"""One scheme of several that run on one chain: what it will do, and its run."""

from __future__ import annotations

from dataclasses import dataclass, field

from tonne.rules.pack import Period, RulePack
from tonne.simulation.fleet.plants import Fleet
from tonne.simulation.period.model.plan import Cast, Options, Timeline
from tonne.simulation.period.model.state import World
from tonne.simulation.period.years import Year


@dataclass(frozen=True, slots=True)
class Plan:
    """What one scheme of several will do: found before anything is started."""

    options: Options
    pack: RulePack
    period: Period
    fleet: Fleet
    cast: Cast
    line: Timeline


@dataclass(slots=True)
class Run:
    """One scheme of several."""

    world: World
    years: list[Year] = field(default_factory=list)
    pairs: dict[int, int] = field(default_factory=dict)  # places here, and at the first scheme

    @property
    def year(self) -> Year:
        return self.years[0]
