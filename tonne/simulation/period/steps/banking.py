"""From one period to the next: older vintages in hand, what is banked, what expires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from tonne.chain.client import Call
from tonne.deployment import scheme_setup
from tonne.rules import engine
from tonne.simulation.period.model.state import Ints, World
from tonne.simulation.period.steps.market import Market

if TYPE_CHECKING:
    from tonne.simulation.period.steps.trading import Trading


def vintage_of(unit: int) -> int:
    return unit >> 64 & 0xFFFF


def held(market: Market) -> Ints:
    """What each has of a vintage, on its wallet and in the ledger [t]."""
    return market.wallet + market.lots


def admitted(world: World) -> list[Market]:
    """Older vintages that count for this period, the oldest first."""
    day = engine.reporting_day(world.period.last_year)
    return [
        market
        for market in world.older
        if engine.admitted(world.pack, vintage_of(market.unit), world.period.vintage, day)
    ]


def usable(world: World) -> Ints:
    """What each has of older vintages that it can surrender now [t]."""
    found = np.zeros(len(world), np.int64)
    for market in admitted(world):
        found += held(market)
    return found


# Banking


def banking_day(world: World) -> date:
    """The day after most have surrendered."""
    return world.pack.local_day(world.line.surrendered) + timedelta(days=1)


def can_bank(world: World) -> bool:
    """Whether the pack lets something be turned into a later vintage on the day of it."""
    day = banking_day(world)
    entry = world.pack.entry("banking.allowed", day)
    into = world.pack.has("banking.into_vintage", day)
    return entry is not None and entry.value is True and into


def bank(world: World, season: Trading) -> Iterator[int]:
    """Whoever has something left carries over as much as the rule lets; one tries a tonne more.

    Yields the moment that is waited for.
    """
    day = banking_day(world)
    into = world.pack.onchain("banking.into_vintage", day)
    yield from world.until(world.line.surrendered + 86_400)
    _disclose(world, into)
    sources = [m for m in (*world.older, season.market) if _can_carry(world, m, day)]
    left = sum((held(market) for market in sources), np.zeros(len(world), np.int64))
    sold = sum((market.sold - market.bought for market in sources), np.zeros(len(world), np.int64))
    # Who is late needs its own; who defaults has what the authority watches.
    for place in world.cast.playing("late", "defaulter"):
        left[place] = 0
    amounts = {
        place: engine.bankable(world.pack, int(left[place]), int(sold[place]), day)
        for place in np.flatnonzero(left).tolist()
    }
    found = world.found.carried
    found.into = into
    found.refused = _one_more(world, sources, left, amounts)
    calls: list[Call] = []
    for place, amount in amounts.items():
        calls += _bank(world, sources, place, amount)
    world.send_all(calls)
    found.banked += sum(amounts.values())
    found.bankers += sum(amount > 0 for amount in amounts.values())


def _can_carry(world: World, market: Market, day: date) -> bool:
    return engine.bankable_vintage(world.pack, vintage_of(market.unit), day)


def _disclose(world: World, vintage: int) -> None:
    """A vintage exists once its cap is known; where it is not, that of this one stands in for it."""
    scheme = world.scheme
    if world.chain.call("Schemes", "disclosure", scheme, vintage).disclosedAt:
        return
    known = world.chain.call("Schemes", "disclosure", scheme, world.period.vintage)
    args = (scheme, vintage, known.capT, known.freeT, known.auctionT)
    world.send(world.officers.bureau, "Schemes", "disclose", *args)
    world.found.not_applied.append(
        (
            f"Cap of {vintage}",
            f"Not known when allowances became {vintage}; that of the year before is disclosed.",
        )
    )


def _bank(world: World, sources: list[Market], place: int, amount: int) -> list[Call]:
    """The calls by which one carries over `amount`; books what they take."""
    parts: dict[str, tuple[list[int], list[int]]] = {"bank": ([], []), "bankFromLedger": ([], [])}
    for market in sources:
        from_wallet = min(amount, int(market.wallet[place]))
        from_ledger = min(amount - from_wallet, int(market.lots[place]))
        amount -= from_wallet + from_ledger
        market.wallet[place] -= from_wallet
        market.lots[place] -= from_ledger
        for function, taken in (("bank", from_wallet), ("bankFromLedger", from_ledger)):
            if taken:
                parts[function][0].append(market.unit)
                parts[function][1].append(taken)
    wallet = world.surrenderers.get(place) or world.wallets[place]
    return [
        world.call(wallet, "Banking", function, world.scheme, ids, taken)
        for function, (ids, taken) in parts.items()
        if ids
    ]


def _one_more(world: World, sources: list[Market], left: Ints, amounts: dict[int, int]) -> str:
    """Somebody who has more than it may carry over tries one tonne too many; returns the refusal."""
    for place, amount in amounts.items():
        for market in sources:
            if amount < left[place] and market.wallet[place] > amount:
                wallet = world.surrenderers.get(place) or world.wallets[place]
                args = (world.scheme, [market.unit], [amount + 1])
                calls = [world.call(wallet, "Banking", "bank", *args)]
                receipt = world.chain.send_many(calls, check=False)[0]
                world.transactions += 1
                if receipt.error is None:
                    raise AssertionError("the contract let too much be carried over")
                return str(receipt.error)
    return ""


# Expiry


def expires(world: World, markets: list[Market]) -> bool:
    """Whether a vintage of which something is left is over by the clock of the chain."""
    today = world.pack.local_day(world.chain.now())
    return any(
        engine.expired(world.pack, vintage_of(market.unit), today) and held(market).any()
        for market in markets
    )


def expire(world: World, markets: list[Market]) -> None:
    """Ends whatever is left of vintages that are over by the clock of the chain."""
    today = world.pack.local_day(world.chain.now())
    for market in markets:
        if not engine.expired(world.pack, vintage_of(market.unit), today):
            continue
        everybody = [*world.wallets, *world.surrenderers.values()]
        addresses = list(dict.fromkeys(account.address for account in everybody))
        holders = []
        for start in range(0, len(addresses), 500):
            part = addresses[start : start + 500]
            amounts = world.chain.call(
                "Allowances", "balanceOfBatch", part, [market.unit] * len(part)
            )
            holders += [who for who, amount in zip(part, amounts, strict=True) if amount]
        owners = [int(world.participants[i]) for i in np.flatnonzero(market.lots)]
        before = world.chain.call("Allowances", "totalSupply", market.unit)
        bureau, unit = world.officers.bureau, market.unit
        world.in_batches(bureau, "Banking", "expire", holders, lambda p, u=unit: (u, list(p)))
        world.in_batches(
            bureau, "Banking", "expireFromLedger", owners, lambda p, u=unit: (u, list(p))
        )
        after = world.chain.call("Allowances", "totalSupply", market.unit)
        expected = int(held(market).sum())
        if before - after != expected:
            raise AssertionError(f"{before - after:,} t expired, the run's books have {expected:,}")
        world.found.carried.expired += expected
        market.wallet[:] = 0
        market.lots[:] = 0


def begin(world: World) -> None:
    """What the year begins with, noted for its page; where the allowances of the year are traded."""
    world.found.carried.brought = int(usable(world).sum())
    world.allowance = scheme_setup.allowance(world.pack, world.period)
