"""Free allocation of a plant by the rules of a pack."""

from __future__ import annotations

from tonne.rules import engine
from tonne.rules.pack import RulePack
from tonne.simulation.fleet.plants import OWN_USE, Engine, Plant
from tonne.simulation.fleet.plants_by_year import generated


def class_name(plant: Plant) -> str | None:
    """The class that a plant is allocated by; None without an obligation, and for a plant of a sector."""
    return plant.class_name if plant.class_number and plant.industry is None else None


def engine_of(pack: RulePack, year: int) -> Engine:
    """The plain engine as a fleet asks it, which says what its plants supply."""
    names: dict[int, str | None] = {info.number: name for name, info in pack.classes.items()}
    own_use = generated(pack, year)

    def allocate(number: int, power_mwh: int, heat_gj: int) -> int:
        name = names.get(number)
        if own_use and name is not None:
            power_mwh = int(power_mwh / (1 - OWN_USE[name]))
        return engine.allocation(pack, name, engine.Output(power_mwh, heat_gj), year)

    return allocate
