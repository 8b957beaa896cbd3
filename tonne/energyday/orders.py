"""Orders of an hour: aggregators place those of households by standing instructions, plants their own.

A household trades each hour under another name, with a key that its device makes anew, so that nothing
on the chain says which names were one household. It signs an instruction for each hour; its aggregator
opens the names, lends them the credits their orders bind, and places the orders.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from random import Random

from tonne.chain import Call
from tonne.energyday.grid import FORECAST_ERROR, PLANTS, REGIONS, WILLING
from tonne.energyday.physics import customer_wh, wind_ppm
from tonne.energyday.plan import NAMED_FOR
from tonne.energyday.world import Customer, World, aggregator_of
from tonne.power.instructions import StandingInstruction, market_domain
from tonne.power.losses import PPM
from tonne.power.words import BID, OFFER, Order
from tonne.signing import Account
from tonne.typed_data import digest

#: Names that are opened, and orders that are placed, in one call.
NAMES, ORDERS = 200, 100

#: [micro-credit/kWh] What an offer is backed with, see the deployment's settings.
GUARANTEE = 50_000
#: [micro-credit] A name has beside what its orders bind, for deviations, and a part of that again.
MARGIN, MARGIN_PART = 20_000, 4


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer wants to trade in one interval."""

    index: int
    side: int
    energy: int  # [Wh]


@dataclass(slots=True)
class Name:
    """A customer's name for some intervals."""

    customer: Customer
    key: Account
    wishes: list[Wish]
    account: int = 0

    def binds(self) -> int:
        """[micro-credit] what its orders bind."""
        price, _ = WILLING[self.customer.kind]
        return sum(
            -(-wish.energy * (price if wish.side == BID else GUARANTEE) // 1_000)
            for wish in self.wishes
        )


def place(world: World, indices: range) -> None:
    """Opens the names of some intervals and places all their orders."""
    names = [_name(world, customer, indices) for customer in world.customers]
    for region in range(len(REGIONS)):
        _open(world, region, [n for n in names if n.customer.region == region])
    called = {name.customer.meter: name.account for name in names}
    world.hours += [called] * len(indices)
    calls: list[Call] = []
    for region in range(len(REGIONS)):
        mine = [n for n in names if n.customer.region == region]
        calls += _instructed(world, region, mine, indices)
    calls += [call for index in indices for call in _plants(world, index)]
    world.send_all(calls)


def _name(world: World, customer: Customer, indices: range) -> Name:
    key = world.keys.account("customer", customer.place, indices.start)
    wishes = []
    for index in indices:
        random = Random(f"forecast/{world.options.seed}/{customer.place}/{index}")
        for side, energy in zip((BID, OFFER), customer_wh(world, customer, index), strict=True):
            error = FORECAST_ERROR[customer.kind]
            expected = energy * (PPM + random.randint(-error, error)) // PPM
            if expected:
                wishes.append(Wish(index, side, expected))
    return Name(customer, key, wishes)


def _open(world: World, region: int, names: list[Name]) -> None:
    sponsor = world.account_of(aggregator_of(region))
    receipts = world.in_batches(
        sponsor,
        "PowerMarket",
        "openPseudonyms",
        names,
        lambda part: (
            [n.key.address for n in part],
            [n.binds() + n.binds() // MARGIN_PART + MARGIN for n in part],
        ),
        NAMES,
    )
    accounts = [
        event["account"]
        for receipt in receipts
        for event in world.chain.events(receipt)
        if event.name == "PseudonymOpened"
    ]
    for name, account in zip(names, accounts, strict=True):
        name.account = account
        world.names[account] = name.customer.place


def _instructed(world: World, region: int, names: list[Name], indices: range) -> list[Call]:
    sponsor = world.account_of(aggregator_of(region))
    market = world.chain["PowerMarket"]
    domain = market_domain(world.chain.chain_id, market.address)
    by_index: dict[int, list[tuple]] = defaultdict(list)
    for name in names:
        for side in (BID, OFFER):
            wishes = [w for w in name.wishes if w.side == side]
            if not wishes:
                continue
            price = WILLING[name.customer.kind][side]
            instruction = StandingInstruction(
                name.key.address,
                name.customer.node,
                side,
                price,
                max(w.energy for w in wishes),
                world.line.number(indices.start),
                world.line.number(indices.start) + NAMED_FOR - 1,
                sponsor.address,
                int.from_bytes(name.key.address_bytes[:8], "big"),
            )
            signature = name.key.sign(digest(instruction, domain))
            for w in wishes:
                order = (instruction.fields(), w.energy, price, signature)
                by_index[w.index].append(order)
    return [
        world.call(
            sponsor,
            "PowerMarket",
            "placeInstructed",
            world.line.number(index),
            by_index[index][first : first + ORDERS],
        )
        for index in indices
        for first in range(0, len(by_index[index]), ORDERS)
    ]


def _plants(world: World, index: int) -> list[Call]:
    """Each plant's own offers, as far as the weather that is expected allows."""
    calls = []
    for plant in PLANTS:
        part = PPM
        if plant.weather:
            part = wind_ppm(world.options.seed, world.line.at(index))
        account = world.number_of(plant.name)
        words = [
            Order(account, plant.node, OFFER, energy, price).word()
            for size, price in plant.steps
            if (energy := size * world.per_customer * part // PPM)
        ]
        if words:
            sender = world.account_of(plant.name)
            number = world.line.number(index)
            calls.append(world.call(sender, "PowerMarket", "place", number, words))
    return calls
