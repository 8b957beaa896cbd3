"""Energy at an agreed price: neighbours sell to neighbours, and a plant supplies a customer all day."""

from __future__ import annotations

from eth_utils import to_checksum_address

from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import digest
from tonne.meters.profiles import Kind
from tonne.power.trade_settlement import PowerContract, trades_domain
from tonne.simulation.energy_day.model.grid import ELECTRICITY, PLANTS, REGIONS, VALLEY, node_of
from tonne.simulation.energy_day.model.results import Agreed
from tonne.simulation.energy_day.model.state import Name, World, aggregator_of
from tonne.simulation.energy_day.steps.daemon import MeterDaemon
from tonne.simulation.energy_day.steps.losses import Leaves
from tonne.simulation.energy_day.steps.orders import accounts_at
from tonne.simulation.energy_day.steps.power_flow import customer_wh

#: [micro-credit/kWh] What neighbours agree on, what a plant supplies at, what it owes when it falls short.
NEIGHBOURS, SUPPLY, PENALTY = 120_000, 70_000, 30_000
#: [micro-credit/kWh] What the grid charges for what is traded to a node.
GRID_FEE = 8_000

#: Intervals in which neighbours trade, from the middle of the run on; [Wh] that the plant supplies in each.
TRADING, SUPPLIED_WH = 4, 20

NOBODY = to_checksum_address("0x" + "00" * 20)
SUPPLIER = "hydro plant"
DAY_S = 86_400


def agree(world: World) -> None:
    """Everything is agreed, with both signatures, before the first gate; an outsider brings it."""
    operator = world.number_of("grid operator")
    for region in range(len(REGIONS)):
        node = node_of(region, ELECTRICITY)
        world.send(world.bureau, "PowerTrades", "setGridFee", node, GRID_FEE, operator)
    middle = world.line.count // 2
    for index in range(middle, min(middle + TRADING, world.line.count)):
        for region in range(len(REGIONS)):
            _neighbours(world, index, region)
    _supply(world)


def _neighbours(world: World, index: int, region: int) -> None:
    """A roof sells half of what it expects, or what the neighbour needs, to a household of its street."""
    mine = [c for c in world.customers if c.region == region]
    roof = next(c for c in mine if c.kind is Kind.PV)
    home = next(c for c in mine if c.kind is Kind.HOUSEHOLD)
    energy = min(customer_wh(world, roof, index)[1], customer_wh(world, home, index)[0]) // 2
    if not energy:
        return
    accounts = accounts_at(world, index)
    seller, buyer = (world.holders[accounts[c.meter]] for c in (roof, home))
    number = world.line.number(index)
    _sign(
        world,
        f"neighbours, {REGIONS[region]}",
        (seller.key, buyer.key),
        buyer,
        (roof.node, number, number, NEIGHBOURS, 0, energy, 0),
    )
    _note(world, index, seller.account, buyer.account, energy, NEIGHBOURS)


def _supply(world: World) -> None:
    """The plant's own meter says whether it delivered; the buyer's is named to nobody."""
    node, seller = node_of(VALLEY, ELECTRICITY), world.account_of(SUPPLIER)
    buyer = next(name for name in world.holders.values() if name.node == node)
    first, last = world.line.number(0), world.line.number(world.line.count - 1)
    meter = world.plants[[p.name for p in PLANTS].index(SUPPLIER)]
    number = _sign(
        world,
        f"supply by the {SUPPLIER}",
        (seller, buyer.key),
        buyer,
        (node, first, last, SUPPLY, PENALTY, SUPPLIED_WH, meter),
    )
    for start, count in _parts(world, first, last):
        world.send(world.keys.account("outsider"), "PowerTrades", "book", number, start, count, [])
    for index in range(world.line.count):
        _note(world, index, world.number_of(SUPPLIER), buyer.account, SUPPLIED_WH, SUPPLY)


def _note(
    world: World, index: int, seller: int, buyer: int, energy: int, price: int, penalty: int = 0
) -> None:
    """Energy that changes hands; the buyer pays rounded up, the seller is paid rounded down."""
    paid = -(-energy * (price + GRID_FEE) // 1_000)
    for account, wh, amount in (
        (seller, energy, energy * price // 1_000 - penalty),
        (buyer, -energy, penalty - paid),
    ):
        place = index, account
        world.traded[place] = world.traded.get(place, 0) + wh
        world.earned[place] = world.earned.get(place, 0) + amount


def _penalties(world: World, agreed: Agreed) -> None:
    """The plant's meter tells what it did not deliver of what it owed; the buyer gets the penalty."""
    seller = world.number_of(SUPPLIER)
    buyer = next(a for (i, a), wh in world.traded.items() if i == 0 and wh < 0)
    for index in range(world.line.count):
        missing = agreed.each_wh - max(world.flows[index].net(agreed.meter), 0)
        penalty = max(missing, 0) * PENALTY // 1_000
        _note(world, index, seller, buyer, 0, 0, penalty)
        agreed.owed += penalty


def _sign(
    world: World,
    what: str,
    keys: tuple[Account, Account],
    buyer: Name,
    said: tuple[int, int, int, int, int, int, int],
) -> int:
    """Both sign, the aggregator lends the buyer what the contract binds; returns the contract's number."""
    node, first, last, price, penalty, energy, meter = said
    terms = PowerContract(
        *(keys[0].address, keys[1].address, NOBODY, node, node, first, last),
        *(price, 0, GRID_FEE, penalty, energy, bytes(32), meter, 0),
        deadline=world.chain.now() + DAY_S,
        salt=len(world.found.agreed) + 1,
    )
    contract = world.chain["PowerTrades"]
    said_ = digest(terms, trades_domain(world.chain.chain_id, contract.address))
    each = -(-energy * (price + GRID_FEE) // 1_000)
    sponsor = world.account_of(aggregator_of(buyer.region))
    amount = each * (last - first + 1)
    world.send(sponsor, "PowerMarket", "fund", [buyer.account], [amount])
    fields = tuple(getattr(terms, name) for name in PowerContract.__slots__)
    signatures = (keys[0].sign(said_), keys[1].sign(said_), b"")
    outsider = world.keys.account("outsider")
    world.send(outsider, "PowerTrades", "agree", fields, signatures, [])
    number = world.chain.call("PowerTrades", "contractCount")
    world.found.agreed.append(Agreed(number, what, first, last, energy, price, meter))
    return number


def _parts(world: World, first: int, last: int) -> list[tuple[int, int]]:
    """(first, count) of calls that each take no more intervals than one may."""
    most = min(world.chain.call("PowerTrades", "MAX_BOOKED"), 40)
    return [(at, min(most, last + 1 - at)) for at in range(first, last + 1, most)]


def execute(world: World, daemon: MeterDaemon) -> None:
    """What was agreed is carried out by final readings; anybody may bring them."""
    outsider = world.keys.account("outsider")
    zero = world.line.number(0)
    for agreed in world.found.agreed:
        for start, count in _parts(world, agreed.first, agreed.last):
            leaves = []
            for number in range(start, start + count) if agreed.meter else ():
                shown, salt = Leaves(world, daemon, world.line.at(number - zero)).shown(
                    agreed.meter
                )
                leaves.append((salt, shown))
            receipt = world.send(
                outsider, "PowerTrades", "execute", agreed.number, start, count, [], leaves
            )
            for event in world.chain.events(receipt):
                if event.name == "IntervalsExecuted":
                    done = event["executed"]
                    agreed.energy_wh += done.energyWh
                    agreed.paid += done.paid
                    agreed.penalty += done.sellerPenalty
        if agreed.meter:
            _penalties(world, agreed)
