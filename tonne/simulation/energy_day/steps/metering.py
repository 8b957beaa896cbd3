"""Step 2: nodes of the grid and of the meters, a meter for each customer, plant and end of a line."""

from __future__ import annotations

from collections.abc import Sequence

from tonne.constants import HOUR_S, PPM
from tonne.crypto.hashing import text_hash
from tonne.meters.profiles import NAMEPLATE_W
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import DIGITS, SigningMeter, derived_key
from tonne.power.losses import LossCurve
from tonne.simulation.energy_day.model.grid import (
    CARRIER_OF,
    CARRIERS,
    ELECTRICITY,
    FEEDERS,
    GridLink,
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
    REVEAL_S,
)
from tonne.simulation.energy_day.model.state import (
    PLACE,
    SCHEME,
    Customer,
    DayState,
    Feeder,
    LineBook,
    aggregator_of,
    customers_of,
)

#: Meters of one registration.
BATCH = 100

#: Loss of a line that is held: more than this many times what its curve says of large flows.
MOST_TIMES = 3
#: [ppm] Of the energy injected, an area's loss at most.
AREA_BOUND = 300_000
#: Region of the nodes at which lines between regions are booked.
TRANSIT_REGION = 100


def open_nodes(state: DayState) -> None:
    """A node of the meters' oracle for each of the market, and one for the lines of each carrier."""
    rows = [(carrier_of(node), region_of(node) + 1) for node in range(state.grid.nodes)]
    rows += [(carrier, TRANSIT_REGION) for carrier in CARRIERS]
    notary = state.number_of("notary")
    state.driver.send_all(
        state.driver.call(
            state.bureau,
            "MeterOracle",
            "openNode",
            (
                *(SCHEME, PLACE, carrier, notary, region),
                *(state.line.interval_s, state.line.correction_s, CHALLENGE_S, REVEAL_S),
            ),
        )
        for carrier, region in rows
    )
    state.areas = list(range(1, state.grid.nodes + 1))
    state.transit = {carrier: state.grid.nodes + place for place, carrier in enumerate(CARRIERS, 1)}
    state.driver.send_all(
        state.driver.call(
            state.bureau,
            "PowerGrid",
            "addNode",
            *(SCHEME, PLACE, carrier_of(node), region_of(node) + 1, state.areas[node]),
        )
        for node in range(state.grid.nodes)
    )


class Register:
    """Gathers meters, so that they are registered a hundred at a time in the order of their numbers."""

    def __init__(self, state: DayState) -> None:
        self.state = state
        self.rows: list[tuple[int, ...]] = []
        self.keys: list[tuple[bytes, bytes, int, int]] = []

    def add(self, owner: str, node: int, nameplate_w: int) -> int:
        state, since = self.state, self.state.line.start
        number = len(self.rows) + 1
        curve = Curve.P256 if number % 2 else Curve.SECP256K1
        key = derived_key(state.account_of("notary").key, state.options.seed, number, curve)
        state.meters[number] = SigningMeter(
            number, carrier_of(node), since, state.line.interval_s, key
        )
        state.owners[number] = owner
        area = state.areas[node]
        row = (state.number_of(owner), area, nameplate_w, since, 0, 1000, DIGITS, 0, 0)
        self.rows.append(row)
        self.keys.append((*key.public.words, since, key.public.curve))
        return number

    def send(self) -> None:
        spans: Sequence[int] = range(0, len(self.rows), BATCH)
        self.state.driver.send_all(
            self.state.driver.call(
                self.state.bureau,
                "MeterOracle",
                "registerMeters",
                self.rows[first : first + BATCH],
                self.keys[first : first + BATCH],
            )
            for first in spans
        )


def register(state: DayState) -> None:
    """All meters. A customer's belongs to its aggregator: who lives behind it is on no chain."""
    book = Register(state)
    for place, (region, kind) in enumerate(customers_of(state.options)):
        node = node_of(region, CARRIER_OF.get(kind, ELECTRICITY))
        meter = book.add(aggregator_of(region), node, NAMEPLATE_W[kind])
        state.customers.append(Customer(place, region, kind, node, meter))
    size = state.per_customer
    for plant in state.grid.plants:
        most = sum(energy for energy, _ in plant.steps) * size
        state.plants.append(book.add(plant.name, plant.node, _watts(state, most)))
    for link in state.grid.links:
        arriving = link.capacity * max(link.efficiency, PPM) // PPM
        state.ends.append(
            (
                book.add("grid operator", link.start, _watts(state, arriving * size)),
                book.add("grid operator", link.end, _watts(state, arriving * size)),
            )
        )
    for node in range(state.grid.nodes):
        state.balancing.append(book.add("grid operator", node, _watts(state, 1_000 * size)))
    for region in range(state.grid.regions):
        for carrier in FEEDERS:
            node = node_of(region, carrier)
            substation, street = (
                book.add("grid operator", node, _watts(state, 2_000 * size)) for _ in range(2)
            )
            curve = feeder_curve(carrier, size)
            state.feeders[node] = Feeder(node, substation, street, curve)
    book.send()


def _watts(state: DayState, energy_wh: int) -> int:
    """Nameplate of a meter that passes so much in an interval."""
    return max(energy_wh, 100) * HOUR_S // state.line.interval_s


def add_arcs(state: DayState) -> None:
    """Lines and converters of the market, each way an arc, with the meters at its ends."""
    calls = []
    for number, link in enumerate(state.grid.links):
        for start, end in link.ends:
            near, far = _meters(state, number, link, start)
            table = text_hash(f"{link.name}: {link.efficiency} ppm")
            terms = (
                link.efficiency,
                link.capacity * state.per_customer,
                link.cost,
                1,
                near,
                far,
                table,
            )
            state.arcs.append((number, start, end))
            calls.append(state.driver.call(state.bureau, "PowerGrid", "addArc", start, end, terms))
    state.driver.send_all(calls)


def _meters(state: DayState, number: int, link: GridLink, start: int) -> tuple[int, int]:
    """Meters of a link where an arc begins and where it ends."""
    ends = state.ends[number]
    return ends if start == link.start else ends[::-1]


def register_lines(state: DayState) -> None:
    """What is measured at both ends: the feeders of the streets, which their members pay for, and
    the arcs of the grid, whose loss the prices pay for already."""
    plans: list[tuple[str, int, int, int, LossCurve, int | None]] = []
    for feeder in state.feeders.values():
        area, name = state.areas[feeder.node], f"street, {node_name(feeder.node)}"
        plans.append((name, feeder.substation, feeder.street, area, feeder.curve, None))
        plans.append((f"{name}, back", feeder.street, feeder.substation, area, feeder.curve, None))
    for arc, (number, start, _) in enumerate(state.arcs):
        link = state.grid.links[number]
        if is_measured(link):
            near, far = _meters(state, number, link, start)
            back = ", back" if start != link.start else ""
            area = state.transit[carrier_of(start)]
            plans.append((link.name + back, near, far, area, link_curve(link), arc))
    since = state.line.start
    receipts = state.driver.send_all(
        state.driver.call(
            state.bureau,
            "PowerLosses",
            "registerLine",
            (near, far, area, since, 0, 0),
            (curve.no_load_wh, curve.linear_ppm, curve.quadratic_wh, since, _most(curve)),
        )
        for _, near, far, area, curve, _ in plans
    )
    topic = state.chain["PowerLosses"].topic("LineRegistered")
    for receipt, (name, near, far, area, curve, arc_of_line) in zip(receipts, plans, strict=True):
        log = next(entry for entry in receipt.logs if entry["topics"][0] == topic)
        number = int(log["topics"][1], 16)
        state.lines.append(LineBook(number, name, near, far, area, curve, arc_of_line))
    state.driver.send_all(
        state.driver.call(state.bureau, "PowerLosses", "setAreaBound", area, AREA_BOUND)
        for area in state.areas
    )


def _most(curve: LossCurve) -> int:
    """[ppm] Beyond it a loss is not plausible; small flows of a street lose a large part."""
    if curve.no_load_wh or curve.quadratic_wh:
        return PPM
    return min(PPM, curve.linear_ppm * MOST_TIMES)
