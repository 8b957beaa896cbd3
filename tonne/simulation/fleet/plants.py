"""The plants a compliance period runs on: generated from aggregated facts, or read from a file.

A plant here is one emitter with one installation. Output and emissions of Chinese plants are
estimates, so a fleet knows what of it is assumed, and every report repeats it.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Final

from tonne.constants import PPM
from tonne.errors import TonneError

#: Benchmark classes by name; the numbers are those of the contracts. `none` has no obligation.
CLASS_NUMBERS: Final[Mapping[str, int]] = {
    "none": 0,
    "coal_gt300": 1,
    "coal_le300": 2,
    "unconventional_coal": 3,
    "gas": 4,
}

#: National utilisation in 2020 [h]; estimates, see the README's notes on calibration.
HOURS: Final[Mapping[str, int]] = {
    "coal_gt300": 4340,
    "coal_le300": 4340,
    "unconventional_coal": 4340,
    "gas": 2618,
}

#: A station's own use, as a share of its generation. Assumed, by class.
OWN_USE: Final[Mapping[str, float]] = {
    "coal_gt300": 0.06,
    "coal_le300": 0.06,
    "unconventional_coal": 0.06,
    "gas": 0.02,
    "none": 0.0,
}

CREDIT: Final = (
    "Global Energy Monitor, Global Coal Plant Tracker, July 2023 release (CC BY 4.0); "
    "World Resources Institute, Global Power Plant Database 1.3.0 (CC BY 4.0)"
)

ESTIMATES: Final = "Output and emissions are estimates; no plant has published them."


#: What an allocation engine answers: (class number, power [MWh], heat [GJ]) to allowances [t].
Engine = Callable[[int, int, int], int]


@dataclass(frozen=True, slots=True)
class Industry:
    """Product of a plant of a sector in a year, and where its emissions come from."""

    number: int  #         class in the contracts
    product: str
    product_t: int
    prior_product_t: int  # activity of the years before
    process: str  #        source of the process emissions
    process_ppm: int  #    share of the emissions
    fuel: str
    cf4_g_per_t: int  #    [g a t of product]
    made_t: tuple[int, ...] = ()  # the base period, and each year of the run before this one


@dataclass(frozen=True, slots=True)
class Plant:
    """One emitter and its installation, one year."""

    key: str  #              unique in the fleet; reports show it
    class_name: str
    capacity_kw: int
    power_mwh: int  #        supplied
    heat_gj: int
    emissions_t: int
    prior_power_mwh: int  #  the year before; assumed unless the file says it
    prior_heat_gj: int
    province: str = ""
    name: str = ""
    owner: str = ""
    units: int = 1
    line: int = 0  #         of the file it was read from
    industry: Industry | None = None  # of a sector; `class_name` then names it
    tabled_t: int | None = None  # free allowances that the authority decides, whatever the output

    @property
    def class_number(self) -> int:
        return self.industry.number if self.industry else CLASS_NUMBERS[self.class_name]

    @property
    def by_table(self) -> bool:
        """Whether a table of tonnes allocates it, instead of a benchmark in the contracts."""
        return self.industry is not None or self.tabled_t is not None

    @property
    def intensity(self) -> float:
        """[t/MWh], heat left out."""
        return self.emissions_t / self.power_mwh if self.power_mwh else 0.0


@dataclass(frozen=True, slots=True)
class Fleet:
    plants: tuple[Plant, ...]
    source: str
    credit: str
    assumed: tuple[str, ...] = ()  # sentences a report must repeat
    real_names: bool = False  #      names of real companies: shown only on request
    calibration_ppm: int = PPM  #    output was multiplied by this
    heat_unknown: bool = True  #     no plant says anything of heat, and some may supply it

    def __len__(self) -> int:
        return len(self.plants)

    @property
    def emissions_t(self) -> int:
        return sum(p.emissions_t for p in self.plants if p.class_number)

    def allocation(self, engine: Engine) -> int:
        """Free allowances on this year's output [t]; those of tables depend on none."""
        return sum(
            engine(p.class_number, p.power_mwh, p.heat_gj) for p in self.plants if not p.by_table
        )


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the aggregated table: emitters of one province, class and capacity bin."""

    province: str
    class_name: str
    emitters: int
    units: int
    capacity_mw: float
    capacity_min: float
    capacity_max: float
    rate: float  #     [t/MWh generated]
    rate_min: float
    rate_max: float


def read_facts() -> list[Fact]:
    text = resources.files("tonne").joinpath("data/fleet_facts.csv").read_text(encoding="utf-8")
    return [
        Fact(
            row["province"],
            row["benchmark_class"],
            int(row["emitters"]),
            int(row["units"]),
            float(row["capacity_mw"]),
            float(row["capacity_min_mw"]),
            float(row["capacity_max_mw"]),
            float(row["rate_t_per_mwh"]),
            float(row["rate_min"]),
            float(row["rate_max"]),
        )
        for row in csv.DictReader(text.splitlines())
    ]


def generate(seed: int) -> Fleet:
    """The national fleet of 2,162 emitters, the same one for the same seed.

    Heat and the prior year are left to {assume_heat} and {assume_prior_year}.
    """
    rng = random.Random(f"fleet/{seed}")
    plants: list[Plant] = []
    for fact in read_facts():
        for capacity, rate, units in _members(rng, fact):
            number = len(plants) + 1
            hours = HOURS[fact.class_name] * rng.uniform(0.85, 1.15)
            generated = capacity * hours
            plants.append(
                Plant(
                    key=f"E{number:04d}",
                    class_name=fact.class_name,
                    capacity_kw=round(capacity * 1000),
                    power_mwh=int(generated * (1 - OWN_USE[fact.class_name])),
                    heat_gj=0,
                    emissions_t=round(generated * rate),
                    prior_power_mwh=0,
                    prior_heat_gj=0,
                    province=fact.province,
                    units=units,
                )
            )
    assumed = (
        "The emitters are generated from facts summed by province, class and size; none is real.",
        ESTIMATES,
        "Utilisation hours are estimates (4,340 h coal, 2,618 h gas, each plant within 15 %).",
        "Own use of a station is taken as 6 % (coal) and 2 % (gas).",
    )
    return Fleet(tuple(plants), f"generated from seed {seed}", CREDIT, assumed)


def _members(rng: random.Random, fact: Fact) -> Iterable[tuple[float, float, int]]:
    """(capacity [MW], rate [t/MWh], units) of each emitter of one row; totals as in the row."""
    count = fact.emitters
    capacities = [rng.uniform(fact.capacity_min, fact.capacity_max) for _ in range(count)]
    for _ in range(20):  # each pass moves the total closer to the row's, inside the row's bounds
        missing = fact.capacity_mw - sum(capacities)
        if abs(missing) < 0.01:
            break
        capacities = [
            min(max(c + missing / count, fact.capacity_min), fact.capacity_max) for c in capacities
        ]
    rates = [rng.uniform(fact.rate_min, fact.rate_max) for _ in range(count)]
    mean = sum(c * r for c, r in zip(capacities, rates, strict=True)) / sum(capacities)
    rates = [min(max(r + fact.rate - mean, fact.rate_min), fact.rate_max) for r in rates]
    units = [1] * count
    for _ in range(fact.units - count):
        units[rng.randrange(count)] += 1
    return zip(capacities, rates, units, strict=True)


#: Share of plants of a class that also supply heat, where a fleet says nothing of heat.
HEAT_SHARE: Final[Mapping[str, float]] = {
    "coal_gt300": 0.12,
    "coal_le300": 0.35,
    "unconventional_coal": 0.20,
}


def assume_heat(fleet: Fleet, seed: int) -> Fleet:
    """Gives a part of the coal plants heat to supply, where the fleet says nothing of heat.

    Smaller units are combined heat and power more often; their fuel, and so their emissions, are
    the same with or without: only what they deliver grows.
    """
    if not fleet.heat_unknown:
        return fleet
    plants = []
    given = 0
    for plant in fleet.plants:
        rng = random.Random(f"heat/{seed}/{plant.key}")
        if rng.random() < HEAT_SHARE.get(plant.class_name, 0.0):
            plant = replace(plant, heat_gj=int(plant.power_mwh * rng.uniform(0.2, 0.9)))
            given += 1
        plants.append(plant)
    if not given:
        return fleet
    note = f"Heat supply of {given} plants is assumed from the seed; no plant publishes it."
    return replace(fleet, plants=tuple(plants), assumed=(*fleet.assumed, note))


def assume_prior_year(fleet: Fleet, seed: int) -> Fleet:
    """Draws last year's output, on which allowances are given out early, where it is not known."""
    plants = []
    for plant in fleet.plants:
        if not plant.prior_power_mwh:
            factor = random.Random(f"prior/{seed}/{plant.key}").uniform(0.88, 1.08)
            plant = replace(
                plant,
                prior_power_mwh=int(plant.power_mwh * factor),
                prior_heat_gj=int(plant.heat_gj * factor),
            )
        plants.append(plant)
    if plants == list(fleet.plants):
        return fleet
    note = "The prior year's output is drawn from the seed (88 to 108 % of this year's)."
    return replace(fleet, plants=tuple(plants), assumed=(*fleet.assumed, note))


def select(fleet: Fleet, count: int | None, seed: int) -> Fleet:
    """`count` emitters of the fleet, drawn by the seed but in the fleet's own order."""
    if count is None or count == len(fleet):
        return fleet
    if not 0 < count <= len(fleet):
        raise TonneError(
            "FLEET_TOO_FEW",
            f"The fleet has {len(fleet)} emitters; {count} were asked for.",
            field="emitters",
            value=count,
            remedy=f"Ask for 1 to {len(fleet)}.",
        )
    chosen = sorted(random.Random(f"select/{seed}").sample(range(len(fleet)), count))
    note = f"{count:,} of {len(fleet):,} emitters, drawn by the seed."
    return replace(
        fleet,
        plants=tuple(fleet.plants[i] for i in chosen),
        assumed=(*fleet.assumed, note),
    )


def scale_output(fleet: Fleet, ppm: int) -> Fleet:
    """Multiplies what the plants delivered, this year and the year before; emissions stay."""
    plants = tuple(
        replace(
            p,
            power_mwh=p.power_mwh * ppm // PPM,
            heat_gj=p.heat_gj * ppm // PPM,
            prior_power_mwh=p.prior_power_mwh * ppm // PPM,
            prior_heat_gj=p.prior_heat_gj * ppm // PPM,
        )
        for p in fleet.plants
    )
    return replace(fleet, plants=plants, calibration_ppm=fleet.calibration_ppm * ppm // PPM)


def calibrate(fleet: Fleet, engine: Engine) -> Fleet:
    """Scales output by one factor so that `engine` allocates what the fleet emits, within 1 %."""
    target = sum(p.emissions_t for p in fleet.plants if p.class_number and not p.by_table)
    base = fleet.allocation(engine)
    if not target or not base:
        raise TonneError(
            "FLEET_NOT_CALIBRATED",
            "A fleet without emissions or without output cannot be calibrated.",
            field="emissions_t" if not target else "power_mwh",
            value=0,
            remedy="Run it with --no-calibration.",
        )
    scaled = scale_output(fleet, target * PPM // base)
    reached = scaled.allocation(engine)
    if abs(reached - target) * 100 > target:
        raise TonneError(
            "FLEET_NOT_CALIBRATED",
            f"Allocation of {reached:,} t stays away from emissions of {target:,} t.",
            field="calibration",
            value=scaled.calibration_ppm,
            remedy="Run the fleet with --no-calibration.",
        )
    return scaled


def imbalance(fleet: Fleet, engine: Engine) -> tuple[int, int]:
    """(long, short) [t]: what plants allocated by output hold beyond, or lack of, their own emissions."""
    above = below = 0
    for plant in fleet.plants:
        if not plant.class_number or plant.by_table:
            continue
        balance = engine(plant.class_number, plant.power_mwh, plant.heat_gj) - plant.emissions_t
        above, below = above + max(balance, 0), below + max(-balance, 0)
    return above, below


def provinces(plants: Sequence[Plant]) -> list[str]:
    return sorted({p.province or "unknown" for p in plants})
