"""Step 8, the end: carbon is lost again, a batch turns out invalid, and somebody bears each.

A fire in the forest was nobody's fault: the buffer pays. A clearing there was the developer's: its
own credits go, the rest it owes. The efficiency project's report is found to be wrong: its batch
ends wherever it lies, on wallets, in the ledger and in open orders; what was surrendered or retired
before keeps its record.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tonne.chain.client import Receipt
from tonne.simulation.period.model.results import Fate, Loss
from tonne.simulation.period.model.state import World, reason
from tonne.simulation.period.steps import surrender
from tonne.simulation.period.steps.offsets import Project, offer
from tonne.units import serial_lookup

SURRENDERED, RETIRED, CANCELLED, INVALIDATED, REVERSED = 1, 2, 3, 7, 8
#: Of the buffer that burnt, of its stock that the developer had at hand when it cleared forest, of
#: its stock that the clearing came to, and of its debt that it paid [%].
BURNT, AT_HAND, CLEARED, PAID = 60, 40, 60, 60
#: What the clearing comes to when the developer has sold all it had [t].
LEAST_T = 1_000
#: Owners in one call to clear the ledger.
OWNERS = 50


def happen(world: World, projects: list[Project]) -> None:
    """All three, and what the chain says afterwards about who bore them."""
    forest = next(p for p in projects if p.developer.label == "forest")
    efficient = next(p for p in projects if p.developer.label == "efficiency")
    world.found.losses = [_fire(world, forest), _clearing(world, forest)]
    days = world.pack.trading_days(world.pack.local_day(world.line.surrendered).year)
    today = world.pack.local_day(world.line.surrendered)
    _offer_again(world, efficient, next(day for day in days if day > today))
    world.found.losses.append(_invalidation(world, efficient))


def _fire(world: World, forest: Project) -> Loss:
    """Nobody's fault: the buffer pays, and nobody who holds credits loses any."""
    earlier = fates(world, forest.unit)
    lost = forest.buffer * BURNT // 100
    why = reason("fire in the forest, found by satellite and on the ground")
    args = (forest.unit, forest.unit, lost, why)
    world.send(world.officers.bureau, "Issuance", "reverseUnavoidable", *args)
    return Loss(
        "a fire (unavoidable reversal)",
        forest.developer.label,
        forest.unit,
        lost,
        f"the buffer, which keeps {forest.buffer - lost:,} t",
        buffer=lost,
        earlier=earlier,
        left=_new(earlier, fates(world, forest.unit)),
    )


def _clearing(world: World, forest: Project) -> Loss:
    """The developer's fault: its wallet pays first, the rest is a debt, of which it pays a part."""
    earlier = fates(world, forest.unit)
    developer, at_hand = forest.developer, forest.left * AT_HAND // 100
    _take_delivery(world, forest, at_hand)
    lost = max(forest.left * CLEARED // 100, LEAST_T)
    why = reason("forest cleared for a road")
    receipt = world.send(
        world.officers.bureau, "Issuance", "reverseAvoidable", forest.unit, lost, why
    )
    event = _event(world, receipt, "ReversedAvoidably")
    taken, debt = event["takenT"], event["debt"]
    paid = min((lost - taken) * PAID // 100, forest.left - at_hand)
    _take_delivery(world, forest, paid)
    if paid:
        world.send(developer.account, "Issuance", "payDebt", debt, forest.unit, paid)
    forest.left -= at_hand + paid
    return Loss(
        "a clearing (avoidable reversal)",
        developer.label,
        forest.unit,
        lost,
        f"the developer: {taken:,} t from its wallet; of the debt of {lost - taken:,} t for the"
        f" rest it paid {paid:,} t, and until it pays {lost - taken - paid:,} t more nothing is"
        " issued to it",
        developer=taken,
        paid=paid,
        owed=lost - taken - paid,
        earlier=earlier,
        left=_new(earlier, fates(world, forest.unit)),
    )


def _take_delivery(world: World, project: Project, amount: int) -> None:
    assert project.market is not None
    account = project.developer.account
    if amount:
        world.send(account, "Exchange", "withdrawUnits", project.market.number, amount, account)


def _offer_again(world: World, project: Project, day: date) -> None:
    """A trading day on which the developer and a company that bought from it both offer."""
    market = project.market
    assert market is not None
    market.open_day(day)
    tick = market.quote().last
    offer(world, project, tick)
    company = project.buyer
    assert company is not None
    lots = world.chain.call("Exchange", "account", company.number, market.number).lotsFree // 2
    if lots:
        request = market.request(False, tick, lots)
        world.send(company.account, "Exchange", "place", request)


def _invalidation(world: World, project: Project) -> Loss:
    """The batch is locked, declared invalid, and taken from whoever holds it."""
    market, unit, bureau = project.market, project.unit, world.officers.bureau
    company = project.buyer
    assert market is not None and company is not None
    earlier = fates(world, unit)
    why = reason("the project's baseline was never surveyed")
    world.send(bureau, "Issuance", "setLocked", unit, True, why)
    number = market.number
    refusal = world.chain.send_many(
        [world.call(company.account, "Exchange", "withdrawUnits", number, 1, company.account)],
        check=False,
    )
    world.found.locked = surrender.refused(world, refusal)
    world.send(bureau, "Issuance", "invalidateBatch", unit, why)
    ledger, orders = _clear_ledger(world, project)
    wallets = _clear_wallets(world, project)
    market.lots[:] = 0
    project.left = 0
    names = dict.fromkeys((*ledger, *wallets))
    developer = project.developer.label
    holders = {
        name: ledger.get(name, 0) + wallets.get(name, 0) for name in names if name != developer
    }
    own = ledger.get(developer, 0) + wallets.get(developer, 0)
    lost = own + sum(holders.values())
    return Loss(
        "an invalidation",
        developer,
        unit,
        lost,
        f"whoever held it: {sum(ledger.values()):,} t in the ledger, of which {orders:,} t in open"
        f" orders, and {sum(wallets.values()):,} t on wallets",
        developer=own,
        holders=tuple(holders.items()),
        earlier=earlier,
        left=_new(earlier, fates(world, unit)),
    )


def _clear_ledger(world: World, project: Project) -> tuple[dict[str, int], int]:
    """What each had in the ledger [t], and how much of it all together had offered."""
    market = project.market
    assert market is not None
    names = {
        int(world.participants[place]): world.fleet.plants[place].key
        for place in (market.lots > 0).nonzero()[0].tolist()
    }
    names |= {p.number: p.label for p in (*world.developers, *world.companies)}
    owners = list(names)
    accounts = world.chain.call_many(
        ("Exchange", "account", (owner, market.number)) for owner in owners
    )
    offered = sum(account.lotsInAsks for account in accounts)
    holding = [owner for owner, account in zip(owners, accounts, strict=True) if account.lots]
    receipts = world.in_batches(
        world.officers.bureau,
        "RetirementRegistry",
        "clearInvalidated",
        holding,
        lambda part: (project.unit, list(part)),
        OWNERS,
    )
    found: dict[str, int] = {}
    for receipt in receipts:
        for event in world.chain.events(receipt):
            if event.name == "UnitsDebited":
                found[names[event["account"] & 0xFFFFFF]] = event["lots"]
    return found, offered


def _clear_wallets(world: World, project: Project) -> dict[str, int]:
    """What each had on its wallet [t]."""
    people = [*world.developers, *world.companies]
    wallets = [person.account for person in people]
    held = world.chain.call(
        "OffsetCredits", "balanceOfBatch", wallets, [project.unit] * len(wallets)
    )
    found = {p.label: amount for p, amount in zip(people, held, strict=True) if amount}
    holders = [p.account for p in people if p.label in found]
    world.send(world.officers.bureau, "OffsetCredits", "clearInvalidated", project.unit, holders)
    return found


def fates(world: World, unit: int) -> tuple[Fate, ...]:
    """What has left a batch so far, with adjoining blocks of one kind of exit in one."""
    found: list[Fate] = []
    left = serial_lookup.left_units(world.chain, 0)
    for one in sorted((o for o in left if o.unit == unit), key=lambda o: o.block.first):
        kind, first, last = serial_lookup.EXITS[one.kind], one.block.first, one.block.last
        if found and found[-1].kind == kind and found[-1].last + 1 == first:
            first = found.pop().first
        found.append(Fate(kind, first, last))
    return tuple(found)


def _new(earlier: Iterable[Fate], now: Iterable[Fate]) -> tuple[Fate, ...]:
    """What left since: serial numbers attach in order, so it begins after all that left before."""
    last = max((fate.last for fate in earlier), default=0)
    return tuple(
        Fate(fate.kind, max(fate.first, last + 1), fate.last) for fate in now if fate.last > last
    )


def _event(world: World, receipt: Receipt, name: str) -> dict[str, int]:
    return next(e for e in world.chain.events(receipt) if e.name == name).args
