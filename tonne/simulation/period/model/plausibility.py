"""Whether the oracle would take each plant's report: asked before anything is sent."""

from __future__ import annotations

from calendar import isleap

from tonne.constants import PPM
from tonne.errors import TonneError
from tonne.rules.pack import Mrv, MrvBounds
from tonne.simulation.fleet.plants import Fleet, Plant

TENTHOUSANDTHS = 10_000


def check(fleet: Fleet, mrv: Mrv, year: int) -> None:
    """Refuses a fleet with a plant whose figures the pack's bounds call implausible."""
    bounds = {b.number: b for b in mrv.bounds}
    hours = 8784 if isleap(year) else 8760
    for plant in fleet.plants:
        if plant.class_number:
            problem = _problem(plant, bounds[plant.class_number], hours)
            if problem:
                where = f"{fleet.source}, line {plant.line}: " if plant.line else ""
                raise TonneError(
                    "FLEET_IMPLAUSIBLE",
                    f"{where}{plant.key} {problem}.",
                    field="fleet",
                    value=plant.key,
                    remedy=_remedy(plant),
                )


def _remedy(plant: Plant) -> str:
    """Bounds come from the pack, or from a scenario file where it has none."""
    if plant.power_mwh or plant.heat_gj:
        return "Correct the row, or widen the bounds of [mrv] in a pack of your own."
    return "Give its output, or assume a larger mrv.base in the first --scenario file."


def _problem(plant: Plant, bounds: MrvBounds, hours: int) -> str | None:
    possible = plant.capacity_kw * hours  # [kWh]
    most_power = possible * bounds.max_load_ppm // PPM // 1000
    most_heat = possible * bounds.max_heat_load // TENTHOUSANDTHS // 1000
    least = plant.power_mwh * bounds.min_power + plant.heat_gj * bounds.min_heat
    most = plant.power_mwh * bounds.max_power + plant.heat_gj * bounds.max_heat
    most += bounds.base_t * TENTHOUSANDTHS
    if plant.power_mwh > most_power:
        return f"supplies {plant.power_mwh:,} MWh, with its capacity at most {most_power:,}"
    if plant.heat_gj > most_heat:
        return f"supplies {plant.heat_gj:,} GJ of heat, with its capacity at most {most_heat:,}"
    if not least <= plant.emissions_t * TENTHOUSANDTHS <= most:
        return (
            f"emits {plant.emissions_t:,} t; plausible for what it supplies are"
            f" {-(-least // TENTHOUSANDTHS):,} to {most // TENTHOUSANDTHS:,}"
        )
    return None
