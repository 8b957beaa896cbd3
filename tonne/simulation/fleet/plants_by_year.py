"""The same plants a year on, and what a benchmark of power is multiplied by."""

from __future__ import annotations

import random
from calendar import isleap
from dataclasses import replace
from datetime import date
from typing import Final

from tonne.rules.pack import RulePack
from tonne.simulation.fleet.plants import OWN_USE, Fleet, Industry, Plant
from tonne.simulation.fleet.traders import Floats

#: Output of a year as a share of the year before; drawn for each plant. Emissions for each unit of it stay.
OUTPUT: Final = (0.97, 1.05)


def next_year(fleet: Fleet, seed: int, year: int) -> Fleet:
    """The fleet in `year`: this year's output becomes last year's."""
    plants = []
    for plant in fleet.plants:
        rng = random.Random(f"year/{seed}/{year}/{plant.key}")
        growth = rng.uniform(*OUTPUT)
        most = plant.capacity_kw * (8784 if isleap(year) else 8760) // 1000
        power = min(int(plant.power_mwh * growth), max(most, plant.power_mwh))
        share = power / plant.power_mwh if plant.power_mwh else growth
        plants.append(
            replace(
                plant,
                power_mwh=power,
                heat_gj=int(plant.heat_gj * share),
                emissions_t=round(plant.emissions_t * share),
                prior_power_mwh=plant.power_mwh,
                prior_heat_gj=plant.heat_gj,
                industry=_next(plant.industry, share),
            )
        )
    note = (
        f"Output of {year} is drawn from the seed ({OUTPUT[0]:.0%} to {OUTPUT[1]:.0%} of the year before);"
        " emissions for each unit of it stay."
    )
    # A run of many years says it once for each; what the first year assumed of the year before is over.
    kept = tuple(said for said in fleet.assumed if "prior year" not in said)
    return replace(fleet, plants=tuple(plants), assumed=(*kept, note))


def _next(industry: Industry | None, share: float) -> Industry | None:
    """A year on, where the plant makes `share` of the year before."""
    if industry is None:
        return None
    made = int(industry.product_t * share)
    before = industry.made_t or (industry.prior_product_t,)
    return replace(
        industry,
        product_t=made,
        prior_product_t=industry.product_t,
        made_t=(*before, industry.product_t),
    )


def avoiding(fleet: Fleet, shares: Floats) -> tuple[Fleet, int]:
    """The fleet with each plant's share of its emissions avoided at the same output; and the sum [t]."""
    plants = tuple(
        replace(plant, emissions_t=plant.emissions_t - int(plant.emissions_t * share))
        for plant, share in zip(fleet.plants, shares.tolist(), strict=True)
    )
    less = replace(fleet, plants=plants)
    return less, fleet.emissions_t - less.emissions_t


def covered(fleet: Fleet, pack: RulePack, year: int) -> Fleet:
    """The fleet without emitters below the threshold of a year, which the scheme does not cover."""
    entry = pack.entry("coverage.threshold", date(year, 12, 31))
    if entry is None:
        return fleet
    least = entry.value
    plants = tuple(p for p in fleet.plants if not p.class_number or p.emissions_t >= least)
    if len(plants) == len(fleet):
        return fleet
    note = (
        f"{len(fleet) - len(plants):,} emitters below the threshold of {least:,} {pack.scheme.measure}"
        " a year are not covered, and left out."
    )
    return replace(fleet, plants=plants, assumed=(*fleet.assumed, note))


def generated(pack: RulePack, year: int) -> bool:
    """Whether benchmarks of power are multiplied by all that a plant generates."""
    entry = pack.entry("allocation.power_basis", date(year, 12, 31))
    return entry is not None and entry.value == "generated"


def on_basis(fleet: Fleet, pack: RulePack, year: int) -> Fleet:
    """The fleet with its power as the benchmarks of a year take it; a fleet says what it supplies."""
    if not generated(pack, year):
        return fleet
    note = "What a station uses itself (6 % coal, 2 % gas, assumed) is added to what it supplies."
    plants = tuple(
        replace(
            plant,
            power_mwh=gross(plant, plant.power_mwh),
            prior_power_mwh=gross(plant, plant.prior_power_mwh),
        )
        for plant in fleet.plants
    )
    return replace(fleet, plants=plants, assumed=(*fleet.assumed, note))


def gross(plant: Plant, supplied: int) -> int:
    """Generation [MWh] behind a supply; a plant of a sector supplies none."""
    return int(supplied / (1 - OWN_USE.get(plant.class_name, 0.0)))
