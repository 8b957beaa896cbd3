"""Orders of an hour: aggregators place those of households by standing instructions, plants their own.

Customers of a node share as many names as they are, and take turns in them: each interval everybody has
another one (see `tonne.power.settlement_runs.Rotation`), with keys that are made anew each day. So nothing
on the chain says which orders were one household's. A standing instruction is signed for each name; the
aggregator, who alone knows the turns, opens the names, lends them the credits that their orders bind, and
places the orders.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from random import Random

from tonne.chain.client import Call
from tonne.constants import HOUR_S, PPM
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import Domain
from tonne.meters.profiles import NAMEPLATE_W
from tonne.power.encoding import BID, OFFER, PowerOrder
from tonne.power.settlement_runs import Rotation
from tonne.power.standing_instructions import StandingInstruction, market_domain
from tonne.simulation.energy_day.model.grid import (
    FORECAST_ERROR,
    NODES,
    PLANTS,
    REGIONS,
    WILLING,
    region_of,
)
from tonne.simulation.energy_day.model.plan import INTERVAL_S
from tonne.simulation.energy_day.model.state import Customer, DayState, Name, aggregator_of
from tonne.simulation.energy_day.steps.power_flow import customer_wh, wind_ppm
from tonne.types.ids import PowerAccountId

#: Names that are opened, and orders that are placed, in one call.
NAMES, ORDERS = 200, 100

#: [micro-credit/kWh] What an offer is backed with, see the deployment's settings.
GUARANTEE = 50_000
#: [micro-credit] A name has beside what its orders bind, for deviations.
MARGIN = 20_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be traded in one interval, under whose turn it is."""

    name: Name
    index: int
    side: int
    energy: int  # [Wh]
    price: int

    @property
    def binds(self) -> int:
        """[micro-credit]"""
        return binds(self.side, self.price, self.energy)


def binds(side: int, price: int, energy: int) -> int:
    """[micro-credit] what so much of an order binds."""
    return -(-energy * (price if side == BID else GUARANTEE) // 1_000)


def open_names(state: DayState) -> None:
    """Names for the customers of each node, and one for each meter of the grid, so that all energy has an
    account."""
    market = state.chain["PowerMarket"]
    domain = market_domain(state.chain.chain_id, market.address)
    for node in range(NODES):
        members = [c for c in state.customers if c.node == node]
        names = [_name(state, node, members, place) for place in range(len(members))]
        opened = _open(state, aggregator_of(region_of(node)), [n.key for n in names])
        for name, account in zip(names, opened, strict=True):
            name.account = account
            _sign(name, state, domain)
            state.holders[account] = name
        secret = state.keys.account("turns", node, state.options.day.toordinal()).key
        state.turns[node] = Rotation(secret, tuple(opened))
        state.members[node] = members
    for place, plant in enumerate(PLANTS):
        state.accounts[state.plants[place]] = state.number_of(plant.name)
    meters = [m for m, label in state.owners.items() if label == "grid operator"]
    keys = [state.keys.account("meter", m) for m in meters]
    state.accounts |= zip(meters, _open(state, "grid operator", keys), strict=True)


def _sign(name: Name, state: DayState, domain: Domain) -> None:
    """Standing instructions for both sides."""
    for side in (BID, OFFER):
        instruction = StandingInstruction(
            name.key.address,
            name.node,
            side,
            name.bids if side == BID else name.offers,
            name.nameplate_w * INTERVAL_S // HOUR_S,
            state.line.number(0),
            state.line.number(state.line.count - 1),
            state.account_of(aggregator_of(name.region)).address,
            int.from_bytes(name.key.address_bytes[:8], "big"),
        )
        signature = name.key.sign_typed(instruction, domain)
        name.signed[side] = (instruction.fields(), signature)


def _name(state: DayState, node: int, members: list[Customer], place: int) -> Name:
    day = state.options.day.toordinal()
    return Name(
        region_of(node),
        node,
        state.keys.account("name", node, place, day),
        max(WILLING[c.kind][BID] for c in members),
        min(WILLING[c.kind][OFFER] for c in members),
        max(NAMEPLATE_W[c.kind] for c in members),
    )


def accounts_at(state: DayState, index: int) -> dict[int, int]:
    """Whose account each meter's energy is settled on in an interval."""
    found = dict(state.accounts)
    for node, rotation in state.turns.items():
        turns = rotation.of(state.line.number(index))
        found |= zip((c.meter for c in state.members[node]), turns, strict=True)
    return found


def _open(state: DayState, owner: str, keys: list[Account]) -> list[int]:
    receipts = state.driver.in_batches(
        state.account_of(owner),
        "PowerMarket",
        "openPseudonyms",
        keys,
        lambda part: ([key.address for key in part], [0] * len(part)),
        NAMES,
    )
    return [
        event["account"]
        for receipt in receipts
        for event in state.chain.events(receipt)
        if event.name == "PseudonymOpened"
    ]


def place(state: DayState, indices: range) -> None:
    """Places all orders of some intervals; aggregators lend the names what is missing."""
    wishes = [wish for index in indices for wish in _wishes(state, index)]
    need: dict[int, int] = defaultdict(int)
    for wish in wishes:
        need[wish.name.account] += wish.binds
    calls: list[Call] = []
    for region in range(len(REGIONS)):
        mine = [w for w in wishes if w.name.region == region]
        calls += _lend(state, region, need)
        calls += _instructed(state, region, mine)
    calls += [call for index in indices for call in _plants(state, index)]
    state.driver.send_all(calls)
    for account, amount in need.items():
        state.holders[account].free -= amount


def _lend(state: DayState, region: int, need: dict[int, int]) -> list[Call]:
    sponsor, rows = state.account_of(aggregator_of(region)), []
    for account, amount in need.items():
        name = state.holders[account]
        missing = amount + MARGIN - name.free
        if name.region == region and missing > 0:
            rows.append((account, missing))
            name.free += missing
    return [
        state.driver.call(sponsor, "PowerMarket", "fund", *map(list, zip(*part, strict=True)))
        for first in range(0, len(rows), NAMES)
        if (part := rows[first : first + NAMES])
    ]


def _wishes(state: DayState, index: int) -> list[Wish]:
    """What customers expect to take and to give, each under the name whose turn it is."""
    accounts, found = accounts_at(state, index), []
    for customer in state.customers:
        random = Random(f"forecast/{state.options.seed}/{customer.place}/{index}")
        name = state.holders[accounts[customer.meter]]
        for side, energy in zip((BID, OFFER), customer_wh(state, customer, index), strict=True):
            error = FORECAST_ERROR[customer.kind]
            expected = energy * (PPM + random.randint(-error, error)) // PPM
            # What is sold or bought at an agreed price is not wanted from the market.
            agreed = state.traded.get((index, name.account), 0)
            expected -= max(agreed if side == OFFER else -agreed, 0)
            if expected > 0:
                found.append(Wish(name, index, side, expected, WILLING[customer.kind][side]))
    return found


def _instructed(state: DayState, region: int, wishes: list[Wish]) -> list[Call]:
    sponsor = state.account_of(aggregator_of(region))
    by_index: dict[int, list[tuple[object, ...]]] = defaultdict(list)
    for w in wishes:
        fields, signature = w.name.signed[w.side]
        by_index[w.index].append((fields, w.energy, w.price, signature))
    return [
        state.driver.call(
            sponsor,
            "PowerMarket",
            "placeInstructed",
            state.line.number(index),
            orders[first : first + ORDERS],
        )
        for index, orders in by_index.items()
        for first in range(0, len(orders), ORDERS)
    ]


def freed(state: DayState, index: int) -> None:
    """An interval's escrow was reduced to what was accepted."""
    cleared = state.rounds[index]
    if cleared is None:
        return
    for order, energy in zip(cleared.round.orders, cleared.clearing.accepted, strict=True):
        name = state.holders.get(order.account)
        if name is not None:
            name.free += order.escrow(order.limit, GUARANTEE) - order.escrow(energy, GUARANTEE)


def _plants(state: DayState, index: int) -> list[Call]:
    """Each plant's own offers, as far as the weather that is expected allows."""
    calls = []
    for plant in PLANTS:
        part = PPM
        if plant.weather:
            part = wind_ppm(state.options.seed, state.line.at(index))
        account = PowerAccountId(state.number_of(plant.name))
        words = [
            PowerOrder(PowerAccountId(account), plant.node, OFFER, energy, price).word()
            for size, price in plant.steps
            if (energy := size * state.per_customer * part // PPM)
        ]
        if words:
            sender = state.account_of(plant.name)
            number = state.line.number(index)
            calls.append(state.driver.call(sender, "PowerMarket", "place", number, words))
    return calls
