"""Regions and four carriers: nodes, the lines and converters between them, plants and feeders.

A coast, a town and a valley are a land; with more regions, each further land is joined to the one before.
Sizes are given per customer of a land: a day of twenty meters has the same shape as one of ten thousand.
Energy in Wh per interval, prices and costs in micro-credits per kWh, efficiencies in parts per million.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from tonne.constants import PPM
from tonne.meters.profiles import Kind
from tonne.meters.readings import Carrier
from tonne.power.losses import LossCurve

LAND: Final = ("coast", "town", "valley")
CARRIERS: Final = tuple(Carrier)

#: Of a grid: the chain has at most 64 nodes and 128 arcs.
LEAST_REGIONS, MOST_REGIONS = len(LAND), 16
#: Names of all regions: those of further lands are numbered.
REGIONS: Final = tuple(
    LAND[r % len(LAND)] + (f" {r // len(LAND) + 1}" if r >= len(LAND) else "")
    for r in range(MOST_REGIONS)
)

COAST, TOWN, VALLEY = range(3)
ELECTRICITY, HEAT, GAS, HYDROGEN = CARRIERS


def node_of(region: int, carrier: Carrier) -> int:
    return region * len(CARRIERS) + carrier - 1


def region_of(node: int) -> int:
    return node // len(CARRIERS)


def carrier_of(node: int) -> Carrier:
    return CARRIERS[node % len(CARRIERS)]


def node_name(node: int) -> str:
    return f"{carrier_of(node).name.lower()}, {REGIONS[region_of(node)]}"


@dataclass(frozen=True, slots=True)
class GridLink:
    """A line or a converter, with a meter at each end."""

    name: str
    start: int
    end: int
    efficiency: int  # [ppm]
    capacity: int  #   [Wh] per customer
    cost: int
    both_ways: bool = False

    @property
    def line(self) -> bool:
        return carrier_of(self.start) is carrier_of(self.end)

    @property
    def ends(self) -> tuple[tuple[int, int], ...]:
        """(from, to) of each arc."""
        way = (self.start, self.end)
        return (way, way[::-1]) if self.both_ways else (way,)


def _line(carrier: Carrier, a: int, b: int, efficiency: int, capacity: int, cost: int) -> GridLink:
    name = f"{carrier.name.lower()} {REGIONS[a]}–{REGIONS[b]}"
    ends = node_of(a, carrier), node_of(b, carrier)
    return GridLink(name, *ends, efficiency, capacity, cost, both_ways=True)


#: Efficiency, capacity and cost of the converters that every region has.
_CONVERTERS: Final = (
    ("heat pump", ELECTRICITY, HEAT, 3_000_000, 4, 4_000),
    ("boiler", GAS, HEAT, 920_000, 12, 2_000),
    ("gas engine", GAS, ELECTRICITY, 420_000, 25, 5_000),
    ("electrolyser", ELECTRICITY, HYDROGEN, 680_000, 20, 6_000),
    ("fuel cell", HYDROGEN, ELECTRICITY, 550_000, 10, 5_000),
)

#: Carrier, ends, efficiency, capacity and cost of the lines of the first land, and of each further one.
_FIRST_LINES: Final = (
    (ELECTRICITY, COAST, TOWN, 975_000, 30, 4_000),
    (ELECTRICITY, TOWN, VALLEY, 980_000, 20, 3_000),
    (ELECTRICITY, COAST, VALLEY, 965_000, 12, 5_000),
    (GAS, TOWN, COAST, 995_000, 100, 1_500),
    (GAS, TOWN, VALLEY, 994_000, 80, 1_500),
    (HEAT, COAST, TOWN, 930_000, 6, 1_000),
    (HYDROGEN, COAST, TOWN, 990_000, 15, 2_000),
    (HYDROGEN, TOWN, VALLEY, 988_000, 10, 2_000),
)
_FURTHER_LINES: Final = (_FIRST_LINES[0], _FIRST_LINES[1], _FIRST_LINES[3])

#: Efficiency, capacity and cost of the line that joins a coast to the coast before; gas where it has no town.
_JOINING: Final = (965_000, 12, 6_000)
_GAS_JOINING: Final = (990_000, 80, 2_000)


@dataclass(frozen=True, slots=True)
class GridPlant:
    """Offers energy at a node: (Wh per customer, price) steps, times what weather allows."""

    name: str
    node: int
    steps: tuple[tuple[int, int], ...]
    weather: str = ""  #      "wind": follows it; else always there
    renewable: bool = False


_PLANTS: Final = (
    GridPlant("wind park", node_of(COAST, ELECTRICITY), ((70, 5_000),), "wind", renewable=True),
    GridPlant("hydro plant", node_of(VALLEY, ELECTRICITY), ((15, 40_000),), renewable=True),
    GridPlant(
        "power station",
        node_of(TOWN, ELECTRICITY),
        ((20, 165_000), (30, 240_000), (60, 360_000)),
    ),
    GridPlant("gas terminal", node_of(TOWN, GAS), ((200, 62_000), (200, 80_000))),
    GridPlant("biogas plant", node_of(VALLEY, GAS), ((10, 58_000),), renewable=True),
    GridPlant("geothermal plant", node_of(COAST, HEAT), ((3, 30_000),), renewable=True),
    GridPlant("waste heat", node_of(TOWN, HEAT), ((5, 15_000),)),
    GridPlant("wood-chip boiler", node_of(VALLEY, HEAT), ((6, 75_000),), renewable=True),
    GridPlant("hydrogen trailers", node_of(TOWN, HYDROGEN), ((30, 260_000),)),
)


@dataclass(frozen=True, slots=True)
class DayGrid:
    """Nodes, links and plants of so many regions."""

    regions: int

    @property
    def lands(self) -> int:
        """Coasts, with what belongs to them."""
        return -(-self.regions // len(LAND))

    @property
    def names(self) -> tuple[str, ...]:
        """Of its regions."""
        return REGIONS[: self.regions]

    @property
    def nodes(self) -> int:
        """How many there are."""
        return self.regions * len(CARRIERS)

    @property
    def links(self) -> tuple[GridLink, ...]:
        """Lines and converters, in the order of their meters."""
        return _links(self.regions)

    @property
    def plants(self) -> tuple[GridPlant, ...]:
        """Plants, in the order of their meters."""
        return _plants(self.regions)


@cache
def _links(regions: int) -> tuple[GridLink, ...]:
    found = []
    for first in range(0, regions, len(LAND)):
        for carrier, a, b, *terms in _FURTHER_LINES if first else _FIRST_LINES:
            if max(a, b) + first < regions:
                found.append(_line(carrier, a + first, b + first, *terms))
        if first:
            found.append(_line(ELECTRICITY, first - len(LAND), first, *_JOINING))
        if first and first + TOWN >= regions:
            found.append(_line(GAS, first - len(LAND), first, *_GAS_JOINING))
    for r in range(regions):
        for name, a, b, efficiency, capacity, cost in _CONVERTERS:
            # Else sixteen regions would have more arcs than the chain takes.
            if name != "fuel cell" or r < len(LAND) or r % len(LAND) != VALLEY:
                ends = node_of(r, a), node_of(r, b)
                found.append(GridLink(f"{name} {REGIONS[r]}", *ends, efficiency, capacity, cost))
    return tuple(found)


@cache
def _plants(regions: int) -> tuple[GridPlant, ...]:
    found = []
    for first in range(0, regions, len(LAND)):
        for plant in _PLANTS:
            if region_of(plant.node) + first < regions:
                name = plant.name + (f" {first // len(LAND) + 1}" if first else "")
                node = plant.node + first * len(CARRIERS)
                found.append(replace(plant, name=name, node=node))
    return tuple(found)


#: Of twenty customers of a region, in this order, so that a few have all kinds.
CUSTOMERS: Final = (
    Kind.HOUSEHOLD,
    Kind.PV,
    Kind.HEATED,
    Kind.GAS,
    Kind.HEAT_PUMP,
    Kind.FILLING,
    Kind.HOUSEHOLD,
    Kind.PV,
    Kind.BATTERY,
    *[Kind.HOUSEHOLD] * 2,
    Kind.HEATED,
    Kind.GAS,
    *[Kind.HOUSEHOLD] * 3,
    Kind.PV,
    Kind.HEAT_PUMP,
    *[Kind.HOUSEHOLD] * 2,
)
CARRIER_OF: Final = {Kind.HEATED: HEAT, Kind.GAS: GAS, Kind.FILLING: HYDROGEN}

#: What customers pay at most, and take at least: (bid, offer).
WILLING: Final = {
    Kind.HOUSEHOLD: (600_000, 1_000),
    Kind.PV: (600_000, 1_000),
    Kind.HEAT_PUMP: (320_000, 1_000),
    Kind.BATTERY: (300_000, 90_000),
    Kind.HEATED: (240_000, 1_000),
    Kind.GAS: (220_000, 1_000),
    Kind.FILLING: (480_000, 1_000),
}

#: [micro-credit/kWh] What energy is worth before the first day was traded.
REFERENCES: Final = {ELECTRICITY: 250_000, HEAT: 90_000, GAS: 70_000, HYDROGEN: 300_000}

#: [ppm] A forecast is off by up to so much.
FORECAST_ERROR: Final = {
    Kind.HOUSEHOLD: 300_000,
    Kind.PV: 120_000,
    Kind.HEAT_PUMP: 150_000,
    Kind.BATTERY: 0,
    Kind.HEATED: 120_000,
    Kind.GAS: 120_000,
    Kind.FILLING: 400_000,
}


def place_of(customer: int, regions: int = LEAST_REGIONS) -> tuple[int, Kind]:
    """Region and kind of a customer, by its place."""
    return customer % regions, CUSTOMERS[customer // regions % len(CUSTOMERS)]


def feeder_curve(carrier: Carrier, customers: int) -> LossCurve:
    """Losses of the network of a region's street: a transformer and cables, or pipes that cool down."""
    if carrier is ELECTRICITY:
        return LossCurve(
            no_load_wh=max(customers // 25, 1), linear_ppm=0, quadratic_wh=1_700 * customers
        )
    return LossCurve(no_load_wh=max(customers // 50, 1), linear_ppm=60_000, quadratic_wh=0)


def link_curve(link: GridLink) -> LossCurve:
    """Losses of a line or converter: the rest of its efficiency."""
    return LossCurve(no_load_wh=0, linear_ppm=PPM - link.efficiency, quadratic_wh=0)


def is_measured(link: GridLink) -> bool:
    """Whether its loss is booked: a heat pump delivers more than it takes from its node."""
    return link.efficiency <= PPM


#: Carriers whose streets have a feeder with a meter at each end.
FEEDERS: Final = (ELECTRICITY, HEAT)
