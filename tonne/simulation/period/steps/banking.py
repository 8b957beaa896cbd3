"""Older vintages: surrenderable holdings, banking into later vintages, expiry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np

from tonne.chain.client import Call
from tonne.constants import DAY_S
from tonne.deployment import scheme_setup
from tonne.rules import engine
from tonne.simulation.fleet.traders import Ints
from tonne.simulation.period.model.market_state import MarketState
from tonne.simulation.period.model.season import TradingSeason
from tonne.simulation.period.model.state import PeriodState
from tonne.types.ids import UnitId
from tonne.types.unit_id import vintage_of


def admitted(state: PeriodState) -> list[MarketState]:
    """Older vintages that count for this period, the oldest first."""
    day = engine.reporting_day(state.period.last_year)
    return [
        market
        for market in state.older
        if engine.admitted(state.pack, vintage_of(UnitId(market.unit)), state.period.vintage, day)
    ]


def usable(state: PeriodState) -> Ints:
    """What each has of older vintages that it can surrender now [t]."""
    found = np.zeros(len(state), np.int64)
    for market in admitted(state):
        found += market.held
    return found


# Banking


def banking_day(state: PeriodState) -> date:
    """The day after most have surrendered."""
    return state.pack.local_day(state.line.surrendered) + timedelta(days=1)


def can_bank(state: PeriodState) -> bool:
    """Whether the pack lets something be turned into a later vintage on the day of it."""
    day = banking_day(state)
    entry = state.pack.entry("banking.allowed", day)
    into = state.pack.has("banking.into_vintage", day)
    return entry is not None and entry.value is True and into


def bank(state: PeriodState, season: TradingSeason) -> Iterator[int]:
    """A firm with units left carries over as much as the rule lets; one tries a tonne more.

    Yields the moment that is waited for.
    """
    day = banking_day(state)
    into = state.pack.onchain("banking.into_vintage", day)
    yield from state.driver.until(state.line.surrendered + DAY_S)
    _disclose(state, into)
    sources = [m for m in (*state.older, season.market) if _can_carry(state, m, day)]
    left = sum((market.held for market in sources), np.zeros(len(state), np.int64))
    sold = sum((market.sold - market.bought for market in sources), np.zeros(len(state), np.int64))
    # Who is late needs its own; who defaults has what the authority watches.
    for place in state.cast.playing("late", "defaulter"):
        left[place] = 0
    amounts = {
        place: engine.bankable(state.pack, int(left[place]), int(sold[place]), day)
        for place in np.flatnonzero(left).tolist()
    }
    found = state.results.carried
    found.into = into
    found.refused = _one_more(state, sources, left, amounts)
    calls: list[Call] = []
    for place, amount in amounts.items():
        calls += _bank(state, sources, place, amount)
    state.driver.send_all(calls)
    found.banked += sum(amounts.values())
    found.bankers += sum(amount > 0 for amount in amounts.values())


def _can_carry(state: PeriodState, market: MarketState, day: date) -> bool:
    return engine.bankable_vintage(state.pack, vintage_of(UnitId(market.unit)), day)


def _disclose(state: PeriodState, vintage: int) -> None:
    """A vintage exists once its cap is known; where it is not, that of this one stands in for it."""
    scheme = state.scheme
    if state.chain.call("Schemes", "disclosure", scheme, vintage).disclosedAt:
        return
    known = state.chain.call("Schemes", "disclosure", scheme, state.period.vintage)
    args = (scheme, vintage, known.capT, known.freeT, known.auctionT)
    state.driver.send(state.officers.bureau, "Schemes", "disclose", *args)
    state.results.not_applied.append(
        (
            f"Cap of {vintage}",
            f"Not known when allowances became {vintage}; that of the year before is disclosed.",
        )
    )


def _bank(state: PeriodState, sources: list[MarketState], place: int, amount: int) -> list[Call]:
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
    wallet = state.surrenderers.get(place) or state.wallets[place]
    return [
        state.driver.call(wallet, "Banking", function, state.scheme, ids, taken)
        for function, (ids, taken) in parts.items()
        if ids
    ]


def _one_more(
    state: PeriodState, sources: list[MarketState], left: Ints, amounts: dict[int, int]
) -> str:
    """A firm that has more than it may carry over tries one tonne too many; returns the refusal."""
    for place, amount in amounts.items():
        for market in sources:
            if amount < left[place] and market.wallet[place] > amount:
                wallet = state.surrenderers.get(place) or state.wallets[place]
                args = (state.scheme, [market.unit], [amount + 1])
                return state.driver.refusal(state.driver.call(wallet, "Banking", "bank", *args))
    return ""


# Expiry


def expires(state: PeriodState, markets: list[MarketState]) -> bool:
    """Whether a vintage of which something is left is over by the clock of the chain."""
    today = state.pack.local_day(state.chain.now())
    return any(
        engine.expired(state.pack, vintage_of(UnitId(market.unit)), today) and market.held.any()
        for market in markets
    )


def expire(state: PeriodState, markets: list[MarketState]) -> None:
    """Ends whatever is left of vintages that are over by the clock of the chain."""
    today = state.pack.local_day(state.chain.now())
    for market in markets:
        if not engine.expired(state.pack, vintage_of(UnitId(market.unit)), today):
            continue
        everybody = [*state.wallets, *state.surrenderers.values()]
        addresses = list(dict.fromkeys(account.address for account in everybody))
        holders = []
        for start in range(0, len(addresses), 500):
            part = addresses[start : start + 500]
            amounts = state.chain.call(
                "Allowances", "balanceOfBatch", part, [market.unit] * len(part)
            )
            holders += [who for who, amount in zip(part, amounts, strict=True) if amount]
        owners = [int(state.participants[i]) for i in np.flatnonzero(market.lots)]
        before = state.chain.call("Allowances", "totalSupply", market.unit)
        send, bureau = state.driver.in_batches, state.officers.bureau
        args = partial(_expire_args, market.unit)
        send(bureau, "Banking", "expire", holders, args)
        send(bureau, "Banking", "expireFromLedger", owners, args)
        after = state.chain.call("Allowances", "totalSupply", market.unit)
        expected = int(market.held.sum())
        if before - after != expected:
            raise AssertionError(f"{before - after:,} t expired, the run's books have {expected:,}")
        state.results.carried.expired += expected
        market.wallet[:] = 0
        market.lots[:] = 0


def _expire_args(unit: int, part: Sequence[Any]) -> tuple[Any, ...]:
    return unit, list(part)


def begin(state: PeriodState) -> None:
    """What the year begins with, noted for its page; where the allowances of the year are traded."""
    state.results.carried.brought = int(usable(state).sum())
    state.allowance = scheme_setup.allowance(state.pack, state.period)
