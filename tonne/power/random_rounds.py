"""Rounds drawn at random, to test and to measure with: several carriers in several regions."""

from __future__ import annotations

from random import Random

from tonne.power.encoding import BID, OFFER, Arc, CurveStep, Round
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
PRICES = (250_000, 90_000, 70_000, 160_000)  # [micro-credit/kWh] about which steps lie, by carrier


def draw(
    random: Random,
    regions: int = 3,
    carriers: int = 4,
    steps: int = 480,
    arcs: int | None = None,
    tick: int = 1_000,
    bidders: int = 16,
) -> Round:
    """Every region has every carrier; lines join regions both ways, converters join carriers.

    `arcs` keeps the first so many; prices are multiples of `tick`, so that bidders share a price.
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
    drawn: dict[tuple[int, int, int, int], CurveStep] = {}
    while len(drawn) < steps:
        step = _step(random, len(drawn) % bidders, nodes, carriers, tick)
        drawn.setdefault((step.account, *step.rank), step)
    ordered = sorted(drawn.values(), key=lambda s: (s.account, *s.rank))
    return Round(nodes=nodes, arcs=tuple(found[:arcs]), steps=tuple(ordered))


def _lines(random: Random, regions: int, carriers: int, carrier: int) -> list[tuple[int, int]]:
    ends = [region * carriers + carrier for region in range(regions)]
    return [(a, b) for a in ends for b in ends if a != b and random.random() < 0.95]


def _step(random: Random, bidder: int, nodes: int, carriers: int, tick: int) -> CurveStep:
    node = random.randrange(nodes)
    middle = PRICES[node % carriers]
    side = random.choice((BID, OFFER))
    price = random.randrange(middle // 3, 2 * middle) // tick * tick
    return CurveStep(
        account=PowerAccountId(1 + bidder), node=node, side=side, limit=_limit(random), price=price
    )


def _limit(random: Random) -> int:
    """[Wh] of a quarter of an hour: a household, a shop, or a plant."""
    return random.choice((random.randrange(1, 2_500), random.randrange(500, 40_000)))
