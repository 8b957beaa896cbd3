"""Three regions and four carriers: nodes, the lines and converters between them, plants and feeders.

Sizes are given per customer, so that a day of twenty meters has the same shape as one of two thousand.
Energy in Wh per interval, prices and costs in micro-credits per kWh, efficiencies in parts per million.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tonne.constants import PPM
from tonne.meters.profiles import Kind
from tonne.meters.readings import Carrier
from tonne.power.losses import LossCurve

REGIONS: Final = ("coast", "town", "valley")
CARRIERS: Final = tuple(Carrier)
NODES: Final = len(REGIONS) * len(CARRIERS)

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

LINKS: Final = (
    _line(ELECTRICITY, COAST, TOWN, 975_000, 30, 4_000),
    _line(ELECTRICITY, TOWN, VALLEY, 980_000, 20, 3_000),
    _line(ELECTRICITY, COAST, VALLEY, 965_000, 12, 5_000),
    _line(GAS, TOWN, COAST, 995_000, 100, 1_500),
    _line(GAS, TOWN, VALLEY, 994_000, 80, 1_500),
    _line(HEAT, COAST, TOWN, 930_000, 6, 1_000),
    _line(HYDROGEN, COAST, TOWN, 990_000, 15, 2_000),
    _line(HYDROGEN, TOWN, VALLEY, 988_000, 10, 2_000),
    *(
        GridLink(f"{name} {REGIONS[r]}", node_of(r, a), node_of(r, b), efficiency, capacity, cost)
        for r in range(len(REGIONS))
        for name, a, b, efficiency, capacity, cost in _CONVERTERS
    ),
)


@dataclass(frozen=True, slots=True)
class GridPlant:
    """Offers energy at a node: (Wh per customer, price) steps, times what weather allows."""

    name: str
    node: int
    steps: tuple[tuple[int, int], ...]
    weather: str = ""  #      "wind": follows it; else always there
    renewable: bool = False


PLANTS: Final = (
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


def place_of(customer: int) -> tuple[int, Kind]:
    """Region and kind of a customer, by its place."""
    regions = len(REGIONS)
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
