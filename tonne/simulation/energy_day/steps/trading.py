"""Energy at an agreed price: neighbours sell to neighbours, and a plant supplies a customer all day."""

from __future__ import annotations

from tonne.constants import DAY_S, ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import digest
from tonne.meters.profiles import Kind
from tonne.power.trade_settlement import PowerContract, trades_domain
from tonne.simulation.energy_day.model.grid import ELECTRICITY, REGIONS, VALLEY, node_of
from tonne.simulation.energy_day.model.results import AgreedTrade
from tonne.simulation.energy_day.model.state import DayState, Name, aggregator_of
from tonne.simulation.energy_day.steps.bids import accounts_at
from tonne.simulation.energy_day.steps.daemon import MeterDaemon
from tonne.simulation.energy_day.steps.losses import Leaves
from tonne.simulation.energy_day.steps.power_flow import customer_wh

#: [micro-credit/kWh] What neighbours agree on, what a plant supplies at, what it owes when it falls short.
NEIGHBOURS, SUPPLY, PENALTY = 120_000, 70_000, 30_000
#: [micro-credit/kWh] What the grid charges for what is traded to a node.
GRID_FEE = 8_000

#: Intervals in which neighbours trade, from the middle of the run on; [Wh] that the plant supplies in each.
TRADING, SUPPLIED_WH = 4, 20

SUPPLIER = "hydro plant"


def agree(state: DayState) -> None:
    """Everything is agreed, with both signatures, before the first gate; an outsider brings it."""
    operator = state.number_of("grid operator")
    for region in range(state.grid.regions):
        node = node_of(region, ELECTRICITY)
        state.driver.send(state.bureau, "PowerTrades", "setGridFee", node, GRID_FEE, operator)
    middle = state.line.count // 2
    for index in range(middle, min(middle + TRADING, state.line.count)):
        for region in range(state.grid.regions):
            _neighbours(state, index, region)
    _supply(state)


def _neighbours(state: DayState, index: int, region: int) -> None:
    """A roof sells half of what it expects, or what the neighbour needs, to a household of its street."""
    mine = [c for c in state.customers if c.region == region]
    roof = next(c for c in mine if c.kind is Kind.PV)
    home = next(c for c in mine if c.kind is Kind.HOUSEHOLD)
    energy = min(customer_wh(state, roof, index)[1], customer_wh(state, home, index)[0]) // 2
    if not energy:
        return
    accounts = accounts_at(state, index)
    seller, buyer = (state.holders[accounts[c.meter]] for c in (roof, home))
    number = state.line.number(index)
    _sign(
        state,
        f"neighbours, {REGIONS[region]}",
        (seller.key, buyer.key),
        buyer,
        (roof.node, number, number, NEIGHBOURS, 0, energy, 0),
    )
    _note(state, index, seller.account, buyer.account, energy, NEIGHBOURS)


def _supply(state: DayState) -> None:
    """The plant's own meter says whether it delivered; the buyer's is not named."""
    node, seller = node_of(VALLEY, ELECTRICITY), state.account_of(SUPPLIER)
    buyer = next(name for name in state.holders.values() if name.node == node)
    first, last = state.line.number(0), state.line.number(state.line.count - 1)
    meter = state.plants[[p.name for p in state.grid.plants].index(SUPPLIER)]
    number = _sign(
        state,
        f"supply by the {SUPPLIER}",
        (seller, buyer.key),
        buyer,
        (node, first, last, SUPPLY, PENALTY, SUPPLIED_WH, meter),
    )
    for start, count in _parts(state, first, last):
        state.driver.send(
            state.keys.account("outsider"), "PowerTrades", "book", number, start, count, []
        )
    for index in range(state.line.count):
        _note(state, index, state.number_of(SUPPLIER), buyer.account, SUPPLIED_WH, SUPPLY)


def _note(
    state: DayState, index: int, seller: int, buyer: int, energy: int, price: int, penalty: int = 0
) -> None:
    """Energy that changes hands; the buyer pays rounded up, the seller is paid rounded down."""
    paid = -(-energy * (price + GRID_FEE) // 1_000)
    for account, wh, amount in (
        (seller, energy, energy * price // 1_000 - penalty),
        (buyer, -energy, penalty - paid),
    ):
        place = index, account
        state.traded[place] = state.traded.get(place, 0) + wh
        state.earned[place] = state.earned.get(place, 0) + amount


def _penalties(state: DayState, agreed: AgreedTrade) -> None:
    """The plant's meter tells what it did not deliver of what it owed; the buyer gets the penalty."""
    seller = state.number_of(SUPPLIER)
    buyer = next(a for (i, a), wh in state.traded.items() if i == 0 and wh < 0)
    for index in range(state.line.count):
        missing = agreed.each_wh - max(state.flows[index].net(agreed.meter), 0)
        penalty = max(missing, 0) * PENALTY // 1_000
        _note(state, index, seller, buyer, 0, 0, penalty)
        agreed.owed += penalty


def _sign(
    state: DayState,
    what: str,
    keys: tuple[Account, Account],
    buyer: Name,
    said: tuple[int, int, int, int, int, int, int],
) -> int:
    """Both sign, the aggregator lends the buyer what the contract binds; returns the contract's number."""
    node, first, last, price, penalty, energy, meter = said
    terms = PowerContract(
        seller=keys[0].address,
        buyer=keys[1].address,
        carrier=ZERO_ADDRESS,
        sellerNode=node,
        buyerNode=node,
        fromInterval=first,
        untilInterval=last,
        price=price,
        wheelingFee=0,
        maximumGridFee=GRID_FEE,
        penalty=penalty,
        energyWh=energy,
        profile=ZERO_WORD,
        sellerMeter=meter,
        buyerMeter=0,
        deadline=state.chain.now() + DAY_S,
        salt=len(state.results.agreed) + 1,
    )
    contract = state.chain["PowerTrades"]
    signed = digest(terms, trades_domain(state.chain.chain_id, contract.address))
    each = -(-energy * (price + GRID_FEE) // 1_000)
    sponsor = state.account_of(aggregator_of(buyer.region))
    amount = each * (last - first + 1)
    state.driver.send(sponsor, "PowerMarket", "fund", [buyer.account], [amount])
    fields = tuple(getattr(terms, name) for name in PowerContract.__slots__)
    signatures = (keys[0].sign(signed), keys[1].sign(signed), b"")
    outsider = state.keys.account("outsider")
    state.driver.send(outsider, "PowerTrades", "agree", fields, signatures, [])
    number: int = state.chain.call("PowerTrades", "contractCount")
    state.results.agreed.append(AgreedTrade(number, what, first, last, energy, price, meter))
    return number


def _parts(state: DayState, first: int, last: int) -> list[tuple[int, int]]:
    """(first, count) of calls that each take no more intervals than one may."""
    most = min(state.chain.call("PowerTrades", "MAX_BOOKED"), 40)
    return [(at, min(most, last + 1 - at)) for at in range(first, last + 1, most)]


def execute(state: DayState, daemon: MeterDaemon) -> None:
    """What was agreed is carried out by final readings; every account may bring them."""
    outsider = state.keys.account("outsider")
    zero = state.line.number(0)
    area = state.areas[node_of(VALLEY, ELECTRICITY)]  # of the meters that contracts name
    for agreed in state.results.agreed:
        for start, count in _parts(state, agreed.first, agreed.last):
            leaves = []
            for number in range(start, start + count) if agreed.meter else ():
                tree = Leaves(daemon, state.line.at(number - zero), [area])
                shown, salt = tree.shown(agreed.meter)
                leaves.append((salt, shown))
            receipt = state.driver.send(
                outsider, "PowerTrades", "execute", agreed.number, start, count, [], leaves
            )
            for event in state.chain.events(receipt):
                if event.name == "IntervalsExecuted":
                    done = event["executed"]
                    agreed.energy_wh += done.energyWh
                    agreed.paid += done.paid
                    agreed.penalty += done.sellerPenalty
        if agreed.meter:
            _penalties(state, agreed)
