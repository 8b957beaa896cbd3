"""The auctioned supply of a run, decided when its period opens: by cap and rule, by no figure of its year."""

from __future__ import annotations

from datetime import date

import numpy as np

from tonne.rules import engine
from tonne.simulation.fleet import industry
from tonne.simulation.fleet.plant_engine import class_name
from tonne.simulation.fleet.plants import Plant
from tonne.simulation.fleet.traders import Ints
from tonne.simulation.period.model.results import SupplyDecision
from tonne.simulation.period.model.state import PeriodState

#: Days before a decision whose prices are the six months and the two years of a price spike.
HALF_YEAR, TWO_YEARS = 183, 730


def decide(state: PeriodState) -> SupplyDecision | None:
    """The amount to auction [t]; None where the pack knows no cap, so that nothing says how much.

    A run's emitters are a part of the scheme's. Their part of its auctions is their own lack in the year
    before, through the scheme's auctions of that year; the year's own auctions, by cap, share and reserve,
    are multiplied by it. Nothing of the year that is settled goes in.
    """
    year, day = state.period.last_year, state.pack.local_day(state.line.start)
    prices = _prices(state, day)
    this = engine.yearly_supply(state.pack, year, day, prices)
    before = engine.yearly_supply(
        state.pack, year - 1, day.replace(year=day.year - 1), engine.PriceHistory(0, 0)
    )
    if this is None or before is None or not before.auctioned:
        return None
    lacked = int(lacked_before(state).sum())
    return SupplyDecision(this, before, lacked, lacked * this.auctioned // before.auctioned)


def lacked_before(state: PeriodState) -> Ints:
    """What each emitter lacked the year before after its free allocation, by this year's benchmarks [t]."""
    found = np.zeros(len(state), np.int64)
    for place, plant in enumerate(state.fleet.plants):
        if plant.tabled_t is not None:  # the table says nothing of the year before: as in this one
            found[place] = max(0, plant.emissions_t - plant.tabled_t)
            continue
        if plant.industry is not None:
            last = _last_emissions(state, plant)
            free = industry.early(state.pack, plant, state.period.last_year)
            found[place] = max(0, last - free)
            continue
        if not plant.class_number or not plant.power_mwh:
            continue
        emitted = plant.emissions_t * plant.prior_power_mwh // plant.power_mwh
        output = engine.Output(plant.prior_power_mwh, plant.prior_heat_gj)
        free = engine.allocation(state.pack, class_name(plant), output, state.period.last_year)
        found[place] = max(0, emitted - free)
    return found


def _last_emissions(state: PeriodState, plant: Plant) -> int:
    """What a plant of a sector emitted the year before, by its product of then [t]."""
    year = state.period.last_year
    return industry.figures_of(state.pack, plant, plant.emissions_t, year).last_emissions


def _prices(state: PeriodState, day: date) -> engine.PriceHistory:
    """Mean closes of six months and of two years before the day; the reference price where none was made."""
    closes = [
        ((day - traded.day).days, traded.close) for market in state.older for traded in market.days
    ]

    def mean(days: int) -> int:
        inside = [close for ago, close in closes if 0 <= ago <= days]
        return sum(inside) // len(inside) if inside else state.reference

    return engine.PriceHistory(mean(HALF_YEAR), mean(TWO_YEARS))
