"""Step 2: nodes of the grid and of the meters, a meter for each customer, plant and end of a line."""

from __future__ import annotations

from collections.abc import Sequence

from tonne.crypto.accounts import keccak
from tonne.meters.profiles import NAMEPLATE_W
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import DIGITS, SigningMeter, derived_key
from tonne.power.losses import PPM, LossCurve
from tonne.simulation.energy_day.model.grid import (
    CARRIER_OF,
    CARRIERS,
    ELECTRICITY,
    FEEDERS,
    LINKS,
    NODES,
    PLANTS,
    REGIONS,
    Link,
    carrier_of,
    feeder_curve,
    is_measured,
    link_curve,
    node_name,
    node_of,
    region_of,
)
from tonne.simulation.energy_day.model.plan import (
    CHALLENGE_S,
    CORRECTION_S,
    INTERVAL_S,
    NOTICE_S,
    REVEAL_S,
)
from tonne.simulation.energy_day.model.state import (
    PLACE,
    SCHEME,
    Customer,
    Feeder,
    LineBook,
    World,
    aggregator_of,
    customers_of,
)

#: Meters of one registration.
BATCH = 100

#: Loss of a line that is held: more than this many times what its curve says of large flows.
MOST_TIMES = 3
#: [ppm] Of what is injected, an area's loss at most.
AREA_BOUND = 300_000
#: Region of the nodes at which lines between regions are booked.
TRANSIT_REGION = 100


def open_nodes(world: World) -> None:
    """A node of the meters' oracle for each of the market, and one for the lines of each carrier."""
    rows = [(carrier_of(node), region_of(node) + 1) for node in range(NODES)]
    rows += [(carrier, TRANSIT_REGION) for carrier in CARRIERS]
    notary = world.number_of("notary")
    world.send_all(
        world.call(
            world.bureau,
            "MeterOracle",
            "openNode",
            (
                *(SCHEME, PLACE, carrier, notary, region),
                *(INTERVAL_S, CORRECTION_S, CHALLENGE_S, REVEAL_S),
            ),
        )
        for carrier, region in rows
    )
    world.areas = list(range(1, NODES + 1))
    world.transit = {carrier: NODES + place for place, carrier in enumerate(CARRIERS, 1)}
    since = world.line.start - NOTICE_S
    world.send_all(
        world.call(
            world.bureau,
            "PowerGrid",
            "addNode",
            (SCHEME, PLACE, carrier_of(node), region_of(node) + 1, world.areas[node], since),
        )
        for node in range(NODES)
    )


class Register:
    """Gathers meters, so that they are registered a hundred at a time in the order of their numbers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rows: list[tuple[int, ...]] = []
        self.keys: list[tuple[bytes, bytes, int, int]] = []

    def add(self, owner: str, node: int, nameplate_w: int) -> int:
        world, since = self.world, self.world.line.start
        number = len(self.rows) + 1
        curve = Curve.P256 if number % 2 else Curve.SECP256K1
        key = derived_key(world.account_of("notary").key, world.options.seed, number, curve)
        world.meters[number] = SigningMeter(number, carrier_of(node), since, INTERVAL_S, key)
        world.owners[number] = owner
        area = world.areas[node]
        row = (world.number_of(owner), area, nameplate_w, since, 0, 1000, DIGITS, 0, 0)
        self.rows.append(row)
        self.keys.append((*key.public.words, since, key.public.curve))
        return number

    def send(self) -> None:
        spans: Sequence[int] = range(0, len(self.rows), BATCH)
        self.world.send_all(
            self.world.call(
                self.world.bureau,
                "MeterOracle",
                "registerMeters",
                self.rows[first : first + BATCH],
                self.keys[first : first + BATCH],
            )
            for first in spans
        )


def register(world: World) -> None:
    """All meters. A customer's belongs to its aggregator: who lives behind it is on no chain."""
    book = Register(world)
    for place, (region, kind) in enumerate(customers_of(world.options.meters)):
        node = node_of(region, CARRIER_OF.get(kind, ELECTRICITY))
        meter = book.add(aggregator_of(region), node, NAMEPLATE_W[kind])
        world.customers.append(Customer(place, region, kind, node, meter))
    size = world.per_customer
    for plant in PLANTS:
        most = sum(energy for energy, _ in plant.steps) * size
        world.plants.append(book.add(plant.name, plant.node, _watts(most)))
    for link in LINKS:
        arriving = link.capacity * max(link.efficiency, PPM) // PPM
        world.ends.append(
            (
                book.add("grid operator", link.start, _watts(arriving * size)),
                book.add("grid operator", link.end, _watts(arriving * size)),
            )
        )
    for node in range(NODES):
        world.balancing.append(book.add("grid operator", node, _watts(1_000 * size)))
    for region in range(len(REGIONS)):
        for carrier in FEEDERS:
            node = node_of(region, carrier)
            both = [book.add("grid operator", node, _watts(2_000 * size)) for _ in range(2)]
            curve = feeder_curve(carrier, size)
            world.feeders[node] = Feeder(node, *both, curve)
    book.send()


def _watts(energy_wh: int) -> int:
    """Nameplate of what passes so much in an interval."""
    return max(energy_wh, 100) * 3_600 // INTERVAL_S


def add_arcs(world: World) -> None:
    """Lines and converters of the market, each way an arc, with the meters at its ends."""
    since, calls = world.line.start - NOTICE_S, []
    for number, link in enumerate(LINKS):
        for start, end in link.ends:
            near, far = _meters(world, number, link, start)
            table = keccak(f"{link.name}: {link.efficiency} ppm".encode())
            terms = (
                link.efficiency,
                link.capacity * world.per_customer,
                link.cost,
                1,
                near,
                far,
                table,
            )
            world.arcs.append((number, start, end))
            calls.append(world.call(world.bureau, "PowerGrid", "addArc", start, end, since, terms))
    world.send_all(calls)


def _meters(world: World, number: int, link: Link, start: int) -> tuple[int, int]:
    """Meters of a link where an arc begins and where it ends."""
    ends = world.ends[number]
    return ends if start == link.start else ends[::-1]


def register_lines(world: World) -> None:
    """What is measured at both ends: the feeders of the streets, which their members pay for, and
    the arcs of the grid, whose loss the prices pay for already."""
    plans: list[tuple[str, int, int, int, LossCurve, int | None]] = []
    for feeder in world.feeders.values():
        area, name = world.areas[feeder.node], f"street, {node_name(feeder.node)}"
        plans.append((name, feeder.substation, feeder.street, area, feeder.curve, None))
        plans.append((f"{name}, back", feeder.street, feeder.substation, area, feeder.curve, None))
    for arc, (number, start, _) in enumerate(world.arcs):
        link = LINKS[number]
        if is_measured(link):
            near, far = _meters(world, number, link, start)
            back = ", back" if start != link.start else ""
            area = world.transit[carrier_of(start)]
            plans.append((link.name + back, near, far, area, link_curve(link), arc))
    since = world.line.start
    receipts = world.send_all(
        world.call(
            world.bureau,
            "PowerLosses",
            "registerLine",
            (near, far, area, since, 0, 0),
            (curve.no_load_wh, curve.linear_ppm, curve.quadratic_wh, since, _most(curve)),
        )
        for _, near, far, area, curve, _ in plans
    )
    topic = world.chain["PowerLosses"].topic("LineRegistered")
    for receipt, (name, near, far, area, curve, arc) in zip(receipts, plans, strict=True):
        log = next(entry for entry in receipt.logs if entry["topics"][0] == topic)
        number = int(log["topics"][1], 16)
        world.lines.append(LineBook(number, name, near, far, area, curve, arc))
    world.send_all(
        world.call(world.bureau, "PowerLosses", "setAreaBound", area, AREA_BOUND)
        for area in world.areas
    )


def _most(curve: LossCurve) -> int:
    """[ppm] Beyond it a loss is not plausible; small flows of a street lose a large part."""
    if curve.no_load_wh or curve.quadratic_wh:
        return PPM
    return min(PPM, curve.linear_ppm * MOST_TIMES)
