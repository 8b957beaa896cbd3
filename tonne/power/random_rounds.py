"""Rounds drawn at random, to test and to measure with: several carriers in several regions."""

from __future__ import annotations

from random import Random

from tonne.power.encoding import BID, OFFER, Arc, PowerOrder, Round
from tonne.types.ids import PowerAccountId

#: Efficiency [ppm] and cost [micro-credit/kWh] of converters between carriers 0 electricity, 1 heat,
#: 2 gas and 3 hydrogen.
CONVERTERS = {
    (0, 1): (3_000_000, 4_000),  # heat pump
    (0, 3): (680_000, 6_000),  # electrolyser
    (2, 1): (920_000, 2_000),  # boiler
    (2, 0): (520_000, 5_000),  # gas engine
    (3, 0): (550_000, 5_000),  # fuel cell
}
PRICES = (250_000, 90_000, 70_000, 160_000)  # [micro-credit/kWh] about which orders lie, by carrier


def draw(
    random: Random,
    regions: int = 3,
    carriers: int = 4,
    orders: int = 480,
    arcs: int | None = None,
    step: int = 1_000,
) -> Round:
    """Every region has every carrier; lines join regions both ways, converters join carriers.

    `arcs` keeps the first so many; prices are multiples of `step`, so that orders share a price.
    """
    nodes = regions * carriers
    found = [
        Arc(start, end, random.randrange(930_000, 1_000_001), random.randrange(5_000, 200_000))
        for carrier in range(carriers)
        for start, end in _lines(random, regions, carriers, carrier)
    ]
    for region in range(regions):
        for (source, target), (efficiency, cost) in CONVERTERS.items():
            if max(source, target) < carriers:
                start, end = region * carriers + source, region * carriers + target
                capacity = random.randrange(2_000, 60_000)
                found.append(Arc(start, end, efficiency, capacity, cost, line=False))
    random.shuffle(found)
    return Round(
        nodes=nodes,
        arcs=tuple(found[:arcs]),
        orders=tuple(_order(random, i, nodes, carriers, step) for i in range(orders)),
    )


def _lines(random: Random, regions: int, carriers: int, carrier: int) -> list[tuple[int, int]]:
    ends = [region * carriers + carrier for region in range(regions)]
    return [(a, b) for a in ends for b in ends if a != b and random.random() < 0.95]


def _order(random: Random, i: int, nodes: int, carriers: int, step: int) -> PowerOrder:
    node = random.randrange(nodes)
    middle = PRICES[node % carriers]
    side = random.choice((BID, OFFER))
    price = random.randrange(middle // 3, 2 * middle) // step * step
    return PowerOrder(
        account=PowerAccountId(1 + i % 200), node=node, side=side, limit=_limit(random), price=price
    )


def _limit(random: Random) -> int:
    """[Wh] of a quarter of an hour: a household, a shop, or a plant."""
    return random.choice((random.randrange(1, 2_500), random.randrange(500, 40_000)))
