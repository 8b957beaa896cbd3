"""Step 8, the end: carbon is lost again, a batch turns out invalid, and each has its bearer.

A fire in the forest was no party's fault: the buffer pays. A clearing there was the developer's: its
own credits go, the rest it owes. The efficiency project's report is found to be wrong: its batch
ends wherever it lies, on wallets, in the ledger and in open orders; what was surrendered or retired
before keeps its record.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tonne.chain.client import Receipt
from tonne.crypto.hashing import text_hash
from tonne.simulation.period.model.results import Fate, Loss
from tonne.simulation.period.model.season import OffsetProject
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.steps import market as markets
from tonne.simulation.period.steps.offsets import offer
from tonne.types.account_id import participant_of
from tonne.units import serial_lookup

SURRENDERED, RETIRED, CANCELLED, INVALIDATED, REVERSED = 1, 2, 3, 7, 8
#: Of the buffer that burnt, of its stock that the developer had at hand when it cleared forest, of
#: its stock that the clearing came to, and of its debt that it paid [%].
BURNT, AT_HAND, CLEARED, PAID = 60, 40, 60, 60
#: What the clearing comes to when the developer has sold all it had [t].
LEAST_T = 1_000
#: Owners in one call to clear the ledger.
OWNERS = 50


def happen(state: PeriodState, projects: list[OffsetProject]) -> None:
    """All three, and what the chain says afterwards about who bore them."""
    forest = next(p for p in projects if p.developer.label == "forest")
    efficient = next(p for p in projects if p.developer.label == "efficiency")
    state.results.losses = [_fire(state, forest), _clearing(state, forest)]
    days = state.pack.trading_days(state.pack.local_day(state.line.surrendered).year)
    today = state.pack.local_day(state.line.surrendered)
    _offer_again(state, efficient, next(day for day in days if day > today))
    state.results.losses.append(_invalidation(state, efficient))


def _fire(state: PeriodState, forest: OffsetProject) -> Loss:
    """No party's fault: the buffer pays, and no holder of credits loses any."""
    earlier = fates(state, forest.unit)
    lost = forest.buffer * BURNT // 100
    why = text_hash("fire in the forest, found by satellite and on the ground")
    args = (forest.unit, forest.unit, lost, why)
    state.driver.send(state.officers.bureau, "Issuance", "reverseUnavoidable", *args)
    return Loss(
        "a fire (unavoidable reversal)",
        forest.developer.label,
        forest.unit,
        lost,
        f"the buffer, which keeps {forest.buffer - lost:,} t",
        buffer=lost,
        earlier=earlier,
        left=_new(earlier, fates(state, forest.unit)),
    )


def _clearing(state: PeriodState, forest: OffsetProject) -> Loss:
    """The developer's fault: its wallet pays first, the rest is a debt, of which it pays a part."""
    earlier = fates(state, forest.unit)
    developer, at_hand = forest.developer, forest.left * AT_HAND // 100
    _take_delivery(state, forest, at_hand)
    lost = max(forest.left * CLEARED // 100, LEAST_T)
    why = text_hash("forest cleared for a road")
    receipt = state.driver.send(
        state.officers.bureau, "Issuance", "reverseAvoidable", forest.unit, lost, why
    )
    event = _event(state, receipt, "ReversedAvoidably")
    taken, debt = event["takenT"], event["debt"]
    paid = min((lost - taken) * PAID // 100, forest.left - at_hand)
    _take_delivery(state, forest, paid)
    if paid:
        state.driver.send(developer.account, "Issuance", "payDebt", debt, forest.unit, paid)
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
        left=_new(earlier, fates(state, forest.unit)),
    )


def _take_delivery(state: PeriodState, project: OffsetProject, amount: int) -> None:
    assert project.market is not None
    account = project.developer.account
    if amount:
        state.driver.send(
            account, "Exchange", "withdrawUnits", project.market.number, amount, account
        )


def _offer_again(state: PeriodState, project: OffsetProject, day: date) -> None:
    """A trading day on which the developer and a company that bought from it both offer."""
    market = project.market
    assert market is not None
    markets.open_day(state, market, day)
    tick = markets.quote(state, market).last
    state.driver.send_all(offer(state, project, tick))
    company = project.buyer
    assert company is not None
    lots = state.chain.call("Exchange", "account", company.number, market.number).lotsFree // 2
    if lots:
        request = markets.request(market, False, tick, lots)
        state.driver.send(company.account, "Exchange", "place", request)


def _invalidation(state: PeriodState, project: OffsetProject) -> Loss:
    """The batch is locked, declared invalid, and taken from its holders."""
    market, unit, bureau = project.market, project.unit, state.officers.bureau
    company = project.buyer
    assert market is not None and company is not None
    earlier = fates(state, unit)
    why = text_hash("the project's baseline was never surveyed")
    state.driver.send(bureau, "BatchDesk", "setLocked", unit, True, why)
    number = market.number
    args = (number, 1, company.account)
    state.results.locked = state.driver.refusal(
        state.driver.call(company.account, "Exchange", "withdrawUnits", *args)
    )
    state.driver.send(bureau, "BatchDesk", "invalidate", unit, why)
    ledger, orders = _clear_ledger(state, project)
    wallets = _clear_wallets(state, project)
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
        left=_new(earlier, fates(state, unit)),
    )


def _clear_ledger(state: PeriodState, project: OffsetProject) -> tuple[dict[str, int], int]:
    """What each had in the ledger [t], and how much of it all together had offered."""
    market = project.market
    assert market is not None
    names = {
        int(state.participants[place]): state.fleet.plants[place].key
        for place in (market.lots > 0).nonzero()[0].tolist()
    }
    names |= {p.number: p.label for p in (*state.developers, *state.companies)}
    owners = list(names)
    accounts = state.chain.call_many(
        ("Exchange", "account", (owner, market.number)) for owner in owners
    )
    offered = sum(account.lotsInAsks for account in accounts)
    holding = [owner for owner, account in zip(owners, accounts, strict=True) if account.lots]
    receipts = state.driver.in_batches(
        state.officers.bureau,
        "RetirementRegistry",
        "clearInvalidated",
        holding,
        lambda part: (project.unit, list(part)),
        OWNERS,
    )
    found: dict[str, int] = {}
    for receipt in receipts:
        for event in state.chain.events(receipt):
            if event.name == "UnitsDebited":
                found[names[participant_of(event["account"])]] = event["lots"]
    return found, offered


def _clear_wallets(state: PeriodState, project: OffsetProject) -> dict[str, int]:
    """What each had on its wallet [t]."""
    people = [*state.developers, *state.companies]
    wallets = [person.account for person in people]
    held = state.chain.call(
        "OffsetCredits", "balanceOfBatch", wallets, [project.unit] * len(wallets)
    )
    found = {p.label: amount for p, amount in zip(people, held, strict=True) if amount}
    holders = [p.account for p in people if p.label in found]
    state.driver.send(
        state.officers.bureau, "OffsetCredits", "clearInvalidated", project.unit, holders
    )
    return found


def fates(state: PeriodState, unit: int) -> tuple[Fate, ...]:
    """What has left a batch so far, with adjoining blocks of one kind of exit in one."""
    found: list[Fate] = []
    left = serial_lookup.left_units(state.chain, 0)
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


def _event(state: PeriodState, receipt: Receipt, name: str) -> dict[str, int]:
    return next(e for e in state.chain.events(receipt) if e.name == name).args
