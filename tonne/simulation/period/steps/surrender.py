"""Step 7, first half: everybody gives up what it owes, as far as it can."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tonne.chain.client import Call, Receipt
from tonne.rules import engine
from tonne.simulation.period.model.plan import NOBODY
from tonne.simulation.period.model.state import Ints, World
from tonne.simulation.period.steps import banking
from tonne.simulation.period.steps.trading import Trading

#: What the defaulter gives up of what it could [%].
DEFAULTER_PERCENT = 60


def prepare(world: World, trading: Trading) -> None:
    """The company with a wallet for each purpose moves its units to the one that surrenders."""
    place = world.cast.wallets
    if place == NOBODY:
        return
    wallet, units = world.surrenderers[place], int(trading.market.wallet[place])
    if units:
        owner = world.wallets[place]
        world.send(
            owner,
            "Allowances",
            "safeTransferFrom",
            owner,
            wallet,
            world.allowance,
            units,
            b"",
        )


def in_time(world: World, trading: Trading) -> None:
    """All but the late one and the defaulter give up all they owe and hold."""
    late, defaulter = world.cast.late, world.cast.defaulter
    calls = []
    for place in world.obliged.tolist():
        owner = int(world.operators[place])
        if late in (place, owner):
            continue
        most = int(world.due[place])
        if defaulter in (place, owner):
            most = most * DEFAULTER_PERCENT // 100
        calls += give_up(world, trading, place, most)
    world.send_all(calls)


def give_up(world: World, trading: Trading, place: int, most: int) -> list[Call]:
    """The calls by which a plant's operator gives up at most `most`; books what they take."""
    owner = int(world.operators[place])
    wallet = world.surrenderers.get(owner) or world.wallets[owner]
    plant, number = int(world.installations[place]), world.period.number
    market = trading.market
    left = min(most, int(world.due[place] - world.given[place]))
    ids, amounts = _credits(world, trading, place, owner, left)
    left -= sum(amounts)
    held: list[int] = []
    given: list[int] = []
    # The oldest first: they are the first to end.
    for source in (*banking.admitted(world), market):
        from_wallet = min(left, int(source.wallet[owner]))
        from_ledger = min(left - from_wallet, int(source.lots[owner]))
        left -= from_wallet + from_ledger
        source.wallet[owner] -= from_wallet
        source.lots[owner] -= from_ledger
        world.surrendered[source.unit] += from_wallet + from_ledger
        if from_wallet:
            held.append(source.unit)
            given.append(from_wallet)
        if from_ledger:
            ids.append(source.unit)
            amounts.append(from_ledger)
    world.given[place] += sum(given) + sum(amounts)
    calls = []
    if given:
        args = (plant, number, held, given)
        calls.append(world.call(wallet, "Compliance", "surrender", *args))
    if amounts:
        args = (plant, number, ids, amounts)
        calls.append(world.call(wallet, "Compliance", "surrenderFromLedger", *args))
    return calls


def _credits(
    world: World, trading: Trading, place: int, owner: int, left: int
) -> tuple[list[int], list[int]]:
    """Credits first, as far as the pack's share of the obligation goes."""
    day = world.pack.local_day(world.line.deadline)
    limit = engine.offset_limit(world.pack, int(world.due[place]), day)
    room = min(left, limit - int(world.given_credits[place]))
    ids: list[int] = []
    amounts: list[int] = []
    for project in trading.projects:
        held = int(project.market.lots[owner]) if project.market else 0
        amount = min(room, held)
        if amount > 0 and project.market:
            ids.append(project.unit)
            amounts.append(amount)
            project.market.lots[owner] -= amount
            world.given_credits[place] += amount
            room -= amount
    return ids, amounts


def too_much(world: World, trading: Trading) -> str:
    """Somebody tries to give up more than it owes; the contract must refuse. Returns its words."""
    place = world.cast.late
    if place == NOBODY:
        return ""
    open_t = int(world.due[place] - world.given[place])
    args = (int(world.installations[place]), world.period.number, [world.allowance], [open_t + 1])
    wallet = world.surrenderers.get(place) or world.wallets[place]
    calls = [world.call(wallet, "Compliance", "surrender", *args)]
    return refused(world, world.chain.send_many(calls, check=False))


def refused(world: World, receipts: Iterable[Receipt]) -> str:
    """The words of a refusal that was planned; none is a fault of the contracts."""
    receipt = next(iter(receipts))
    world.transactions += 1
    if receipt.error is None:
        raise AssertionError("the contract took what it must refuse")
    return str(receipt.error)


def missing(world: World) -> Ints:
    """Places with units still due."""
    return np.flatnonzero((world.due - world.given) > 0)
