"""Step 7, first half: emitters surrender units against their obligations."""

from __future__ import annotations

import numpy as np

from tonne.chain.client import Call
from tonne.rules import engine
from tonne.simulation.fleet.traders import Ints
from tonne.simulation.period.model.plan import UNCAST
from tonne.simulation.period.model.season import TradingSeason
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.steps import banking

#: What the defaulter gives up of what it could [%].
DEFAULTER_PERCENT = 60


def prepare(state: PeriodState, season: TradingSeason) -> None:
    """The company with a wallet for each purpose moves its units to the one that surrenders."""
    place = state.cast.wallets
    if place == UNCAST:
        return
    wallet, units = state.surrenderers[place], int(season.market.wallet[place])
    if units:
        owner = state.wallets[place]
        state.driver.send(
            owner,
            "Allowances",
            "safeTransferFrom",
            owner,
            wallet,
            state.allowance,
            units,
            b"",
        )


def in_time(state: PeriodState, season: TradingSeason) -> None:
    """All but the late one and the defaulter give up all they owe and hold."""
    late, defaulter = state.cast.late, state.cast.defaulter
    calls = []
    for place in state.obliged.tolist():
        owner = int(state.operators[place])
        if late in (place, owner):
            continue
        most = int(state.due[place])
        if defaulter in (place, owner):
            most = most * DEFAULTER_PERCENT // 100
        calls += give_up(state, season, place, most)
    state.driver.send_all(calls)


def give_up(state: PeriodState, season: TradingSeason, place: int, most: int) -> list[Call]:
    """The calls by which a plant's operator gives up at most `most`; books what they take."""
    owner = int(state.operators[place])
    wallet = state.surrenderers.get(owner) or state.wallets[owner]
    plant, number = int(state.installations[place]), state.period.number
    market = season.market
    left = min(most, int(state.due[place] - state.given[place]))
    ids, amounts = _credits(state, season, place, owner, left)
    left -= sum(amounts)
    held: list[int] = []
    given: list[int] = []
    # The oldest first: they are the first to end.
    for source in (*banking.admitted(state), market):
        from_wallet = min(left, int(source.wallet[owner]))
        from_ledger = min(left - from_wallet, int(source.lots[owner]))
        left -= from_wallet + from_ledger
        source.wallet[owner] -= from_wallet
        source.lots[owner] -= from_ledger
        state.surrendered[source.unit] += from_wallet + from_ledger
        if from_wallet:
            held.append(source.unit)
            given.append(from_wallet)
        if from_ledger:
            ids.append(source.unit)
            amounts.append(from_ledger)
    state.given[place] += sum(given) + sum(amounts)
    calls = []
    if given:
        args = (plant, number, held, given)
        calls.append(state.driver.call(wallet, "Compliance", "surrender", *args))
    if amounts:
        args = (plant, number, ids, amounts)
        calls.append(state.driver.call(wallet, "Compliance", "surrenderFromLedger", *args))
    return calls


def _credits(
    state: PeriodState, season: TradingSeason, place: int, owner: int, left: int
) -> tuple[list[int], list[int]]:
    """Credits first, as far as the pack's share of the obligation goes."""
    day = state.pack.local_day(state.line.deadline)
    limit = engine.offset_limit(state.pack, int(state.due[place]), day)
    room = min(left, limit - int(state.given_credits[place]))
    ids: list[int] = []
    amounts: list[int] = []
    for project in season.projects:
        held = int(project.market.lots[owner]) if project.market else 0
        amount = min(room, held)
        if amount > 0 and project.market:
            ids.append(project.unit)
            amounts.append(amount)
            project.market.lots[owner] -= amount
            state.given_credits[place] += amount
            room -= amount
    return ids, amounts


def too_much(state: PeriodState) -> str:
    """A firm tries to give up more than it owes; the contract must refuse. Returns its words."""
    place = state.cast.late
    if place == UNCAST:
        return ""
    open_t = int(state.due[place] - state.given[place])
    args = (int(state.installations[place]), state.period.number, [state.allowance], [open_t + 1])
    wallet = state.surrenderers.get(place) or state.wallets[place]
    return state.driver.refusal(state.driver.call(wallet, "Compliance", "surrender", *args))


def missing(state: PeriodState) -> Ints:
    """Places with units still due."""
    return np.flatnonzero((state.due - state.given) > 0)
