"""Bids of an interval: aggregators commit to curves of their customers before the gate, plants to their own,
and open them after it.

Customers of a node share as many names as they are, and take turns in them: each interval everybody has
another one (see `tonne.power.settlement_runs.Rotation`), with keys that are made anew each day. A bid is
under the name whose turn it is, and known to the aggregator alone: the chain sees the curve that all of a
node add up to. Where a curve would be of fewer than ten customers there is none: their energy is imbalance.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from tonne.chain.client import Call
from tonne.constants import HOUR_S, PPM
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.meters.profiles import NAMEPLATE_W
from tonne.power.account_consents import consented
from tonne.power.bid_tree import CustomerBid, Portfolio, commitment
from tonne.power.encoding import BID, OFFER, CurveStep
from tonne.power.portfolios import LEAST_CUSTOMERS, of_enough
from tonne.power.settlement_runs import Rotation
from tonne.sandbox.steps import parts
from tonne.simulation.energy_day.model.grid import (
    CARRIER_OF,
    ELECTRICITY,
    FORECAST_ERROR,
    REFERENCES,
    WILLING,
    carrier_of,
    node_of,
    place_of,
    region_of,
)
from tonne.simulation.energy_day.model.plan import (
    LEAST_METERS,
    MOST_METERS,
    NODES_A_CALL,
    PRICE_CAP,
    SETTLEMENT_OPERATOR,
    DayOptions,
)
from tonne.simulation.energy_day.model.state import (
    Customer,
    DayState,
    Name,
    aggregator_of,
    customers_of,
)
from tonne.simulation.energy_day.steps.daemon import MeterDaemon
from tonne.simulation.energy_day.steps.power_flow import customer_wh, wind_ppm
from tonne.types.ids import PowerAccountId

#: Names that are opened in one call.
NAMES = 200
#: Steps of a bidder at a node.
STEPS = 32
#: [micro-credit/kWh] What an offer holds, see the deployment's settings.
GUARANTEE = 50_000


def open_names(state: DayState) -> None:
    """Names for the customers of each node, and one for each meter of the grid, so that all energy has an
    account."""
    for node in range(state.grid.nodes):
        members = [c for c in state.customers if c.node == node]
        day = state.options.day.toordinal()
        names = [
            Name(region_of(node), node, state.keys.account("name", node, place, day))
            for place in range(len(members))
        ]
        opened = _open(state, aggregator_of(region_of(node)), [n.key for n in names])
        for name, account in zip(names, opened, strict=True):
            name.account = account
            state.holders[account] = name
        secret = state.keys.secret("turns", node, day)
        state.turns[node] = Rotation(secret, tuple(opened))
        state.members[node] = members
    for place, plant in enumerate(state.grid.plants):
        state.accounts[state.plants[place]] = state.number_of(plant.name)
    meters = [m for m, label in state.owners.items() if label == "grid operator"]
    keys = [state.keys.account("meter", m) for m in meters]
    state.accounts |= zip(meters, _open(state, "grid operator", keys), strict=True)


def _open(state: DayState, owner: str, keys: list[Account]) -> list[int]:
    receipts = state.driver.in_batches(
        state.account_of(owner),
        "PowerMarket",
        "openPseudonyms",
        keys,
        lambda part: (consented(state.chain, state.number_of(owner), part),),
        NAMES,
    )
    return [
        event["account"]
        for receipt in receipts
        for event in state.chain.events(receipt)
        if event.name == "PseudonymOpened"
    ]


def accounts_at(state: DayState, index: int) -> dict[int, int]:
    """Whose account each meter's energy is settled on in an interval."""
    found = dict(state.accounts)
    for node, rotation in state.turns.items():
        turns = rotation.of(state.line.number(index))
        found |= zip((c.meter for c in state.members[node]), turns, strict=True)
    return found


# Registration


def register(state: DayState) -> None:
    """Who bids for how many, what plants can do, who settles; expected energy before anything was metered,
    and prices before anything was traded."""
    operator = state.number_of(SETTLEMENT_OPERATOR)
    calls = []
    for node in range(state.grid.nodes):
        numbers, terms = _bidders(state, node)
        watts = sum(NAMEPLATE_W[c.kind] for c in state.members[node])
        expected = watts * state.line.interval_s // HOUR_S
        price = REFERENCES[carrier_of(node)]
        for contract, function, *args in (
            ("BidLimits", "nameOperator", node, operator),
            ("BidLimits", "register", node, numbers, terms),
            ("BidLimits", "setExpected", node, expected, expected),
            ("ReferencePrices", "start", node, price),
        ):
            calls.append(state.driver.call(state.bureau, contract, function, *args))
    for region in range(state.grid.regions):
        mine = [c for c in state.customers if c.region == region]
        leaves = [leaf_hash(_salt(state, c) + _key(state, c)) for c in mine]
        number = state.number_of(aggregator_of(region))
        node = mine[0].node
        calls.append(
            state.driver.call(
                state.bureau,
                "BidLimits",
                "setCustomers",
                node,
                number,
                merkle_root(leaves),
                len(mine),
            )
        )
    state.driver.send_all(calls)


def _salt(state: DayState, customer: Customer) -> bytes:
    return keccak(state.keys.secret("customer's salt", customer.place))


def _key(state: DayState, customer: Customer) -> bytes:
    address = state.keys.account("customer", customer.place).address_bytes
    return address.rjust(32, b"\x00")


def _bidders(state: DayState, node: int) -> tuple[list[int], list[tuple[int, int, int, int]]]:
    numbers, terms = [], []
    if state.members[node]:
        numbers.append(state.number_of(aggregator_of(region_of(node))))
        terms.append((len(state.members[node]), 0, 0, STEPS))
    for plant in state.grid.plants:
        if plant.node == node:
            rating = sum(size for size, _ in plant.steps) * state.per_customer
            numbers.append(state.number_of(plant.name))
            terms.append((0, 0, rating, len(plant.steps)))
    return numbers, terms


def count_metered(state: DayState, daemon: MeterDaemon) -> None:
    """What each node metered, from the oracle's final roots: it bounds the bids of the days to come."""
    outsider, calls = state.keys.account("outsider"), list[Call]()
    for index in range(state.line.count):
        start = state.line.at(index)
        rows = [(node, *daemon.roots[area, start]) for node, area in enumerate(state.areas)]
        calls += [
            state.driver.call(outsider, "BidLimits", "countMany", start, part)
            for part in parts(rows, NODES_A_CALL)
        ]
    state.driver.send_all(calls)


# Who bids


def without_bids(options: DayOptions) -> int:
    """Customers whose node has so few that a curve would show them: their energy is imbalance."""
    nodes = Counter(
        node_of(region, CARRIER_OF.get(kind, ELECTRICITY)) for region, kind in customers_of(options)
    )
    return sum(count for count in nodes.values() if count < LEAST_CUSTOMERS)


def _enough(regions: int) -> int | None:
    """The least number of customers, in steps of the smallest day, of whom all bid."""
    nodes: Counter[int] = Counter()
    few: set[int] = set()  # nodes with customers, and not enough of them
    for place in range(MOST_METERS):
        region, kind = place_of(place, regions)
        node = node_of(region, CARRIER_OF.get(kind, ELECTRICITY))
        nodes[node] += 1
        if nodes[node] < LEAST_CUSTOMERS:
            few.add(node)
        else:
            few.discard(node)
        if not few and (place + 1) % LEAST_METERS == 0:
            return place + 1
    return None


def who_bids(options: DayOptions) -> str | None:
    """Says how many do not bid, why, and of how many meters all do; None where all do."""
    few = without_bids(options)
    if not few:
        return None
    enough = _enough(options.regions)
    remedy = f" With --meters {enough} all bid." if enough else ""
    return (
        f"{few} of {options.meters} customers place no bids: at their node there are fewer than"
        f" {LEAST_CUSTOMERS}, whose curve would show them. Their energy is settled as imbalance.{remedy}"
    )


# An interval


def commit(state: DayState, index: int) -> None:
    """Each bidder's curves, salted: no other knows them before the gate."""
    number, calls = state.line.number(index), []
    state.portfolios = {label: own for label, own in _portfolios(state, index) if own.steps}
    for label, own in state.portfolios.items():
        bidder = state.account_of(label)
        needed = -(-own.energy * PRICE_CAP // 1_000) - state.deposits.get(label, 0)
        if needed > 0:
            calls.append(state.driver.call(bidder, "PowerMarket", "deposit", needed))
            state.deposits[label] = state.deposits.get(label, 0) + needed
    state.driver.send_all(calls)
    state.driver.send_all(
        state.driver.call(
            state.account_of(label),
            "PowerMarket",
            "commit",
            number,
            commitment(number, own.opening(_secret(state, label, index)), own.bidder),
            own.energy,
        )
        for label, own in state.portfolios.items()
    )


def open_curves(state: DayState, index: int) -> None:
    """All that was committed, after the gate."""
    state.driver.send_all(
        state.driver.call(
            state.account_of(label),
            "PowerMarket",
            "open",
            state.line.number(index),
            own.bidder,
            own.opening(_secret(state, label, index)),
        )
        for label, own in state.portfolios.items()
    )


def _secret(state: DayState, label: str, index: int) -> bytes:
    return keccak(state.keys.secret("curves", label, index))


def _portfolios(state: DayState, index: int) -> list[tuple[str, Portfolio]]:
    wishes = _wishes(state, index)
    found = []
    for region in range(state.grid.regions):
        label = aggregator_of(region)
        own = [bid for bid in wishes if region_of(bid.node) == region]
        found.append((label, Portfolio.of(PowerAccountId(state.number_of(label)), own)))
    return found + _plants(state, index)


def _wishes(state: DayState, index: int) -> list[CustomerBid]:
    """What customers expect to take and to give, each under the name whose turn it is; no curve of a few."""
    accounts = accounts_at(state, index)
    found: list[CustomerBid] = []
    for customer in state.customers:
        random = Random(f"forecast/{state.options.seed}/{customer.place}/{index}")
        account = PowerAccountId(accounts[customer.meter])
        for side, energy in zip((BID, OFFER), customer_wh(state, customer, index), strict=True):
            error = FORECAST_ERROR[customer.kind]
            expected = energy * (PPM + random.randint(-error, error)) // PPM
            # Energy of an agreed price is not wanted from the market.
            agreed = state.traded.get((index, account), 0)
            expected -= max(agreed if side == OFFER else -agreed, 0)
            if expected > 0:
                salt = keccak(state.keys.secret("bid", customer.place, index, side))
                price = WILLING[customer.kind][side]
                found.append(CustomerBid(account, customer.node, side, price, expected, salt))
    return of_enough(found)


def _plants(state: DayState, index: int) -> list[tuple[str, Portfolio]]:
    """Each plant's own offers, as far as the weather that is expected allows."""
    found = []
    for plant in state.grid.plants:
        part = wind_ppm(state.options.seed, state.line.at(index)) if plant.weather else PPM
        bidder = PowerAccountId(state.number_of(plant.name))
        steps = tuple(
            CurveStep(bidder, plant.node, OFFER, energy, price)
            for size, price in plant.steps
            if (energy := size * state.per_customer * part // PPM)
        )
        found.append((plant.name, Portfolio(bidder, steps)))
    return found


def release(state: DayState) -> None:
    """Frees what bids of the day held."""
    outsider, calls = state.keys.account("outsider"), list[Call]()
    for index, cleared in enumerate(state.rounds):
        if cleared is not None:
            number, bidders = state.line.number(index), list(cleared.bidders)
            calls.append(state.driver.call(outsider, "PowerMarket", "release", number, bidders))
    state.driver.send_all(calls)
