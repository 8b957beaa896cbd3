"""Step 6: sessions from the first trading day to the deadline, traded by agents on the book."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time

import numpy as np

from tonne.simulation.fleet.traders import Agents, Ints, SeasonProgress
from tonne.simulation.period.model.plan import UNCAST
from tonne.simulation.period.model.results import TradeSummary
from tonne.simulation.period.model.season import OffsetProject, TradingSeason
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.steps import banking, block_trades, offsets, registration
from tonne.simulation.period.steps import market as markets

#: Parts of a session: before and after the midday break.
PARTS = (time(9, 40), time(13, 5))
#: A buyer deposits the most it would pay, and keeps as much again in its wallet.
MONEY_FACTOR = 2
#: Sessions, counted from the true-up, on which credits trade too.
CREDIT_SESSIONS = (1, 4, 7)
#: Emitters that have not bought half of their lack by this share of the season wait for the deadline.
LATE_FROM = 0.75
#: Sessions during which one company is suspended.
SUSPENDED = range(3, 6)

# The season


def start(
    state: PeriodState,
    projects: list[OffsetProject],
    due: Ints,
    final: Ints,
) -> TradingSeason:
    """Opens the market, hands out money, and makes an agent of every emitter.

    `due` and `final`: each plant's expected obligation and allocation after all corrections [t].
    """
    reference = state.reference
    market = markets.create(state, "Allowances", state.allowance, reference)
    state.market = market.number
    markets.limit_holdings(state)
    market.wallet = markets.wallet_units(state, state.allowance)
    received = final - np.minimum(state.owed, final)
    balance = state.by_operator(received - due) + banking.usable(state) - state.elsewhere
    cast = state.cast
    if state.first:
        balance[cast.claw_ledger] = 0  # waits for the true-up
        balance[cast.claw_debt] = int(market.wallet[cast.claw_debt])  # sells what is not its own
    balance[cast.playing("defaulter")] = 0
    lacking = np.maximum(-balance, 0)
    want = offsets.choose_buyers(state, due, lacking)
    name = "main" if state.first else f"main/{state.driver.label or state.period.name}"
    agents = Agents(state.options.seed, balance + want, reference, name)
    if state.first:
        agents.hurry(cast.claw_debt, reference)
    purse = _purses(state, agents, lacking, due)
    return TradingSeason(market, agents, projects, purse, want, lacking)


def _purses(state: PeriodState, agents: Agents, lacking: Ints, due: Ints) -> Ints:
    """Mints each emitter's money; returns the amounts [0.01 currency]."""
    cast = state.cast
    money = {
        place: int(lacking[place] * agents.value[place] * MONEY_FACTOR)
        for place in np.flatnonzero(lacking).tolist()
    }
    # Buyers of a plant, and emitters that may be fined, have something in hand.
    dear = max(3 * int(due[cast.seller]) if cast.seller != UNCAST else 0, 200_000)
    for place in cast.playing("buyer", "defaulter", "late"):
        money[place] = money.get(place, 0) + state.reference * dear
    registration.money(state, money)
    purse = np.zeros(len(state), np.int64)
    for place, cents in money.items():
        purse[place] = cents
    return purse


# Sessions


def run(state: PeriodState, season: TradingSeason, first: int, last: int) -> Iterator[int]:
    """Sessions `first` up to, not including, `last`; yields each one's opening [s unix]."""
    for index in range(first, last):
        yield opening_of(state, index)
        session(state, season, index)
        state.driver.advance()


def opening_of(state: PeriodState, index: int) -> int:
    """When a session's market is opened [s unix]."""
    return markets.opening_of(state, state.line.sessions[index])


def session(state: PeriodState, season: TradingSeason, index: int, opened: bool = False) -> None:
    """One day of trading. `opened`: its market is open already."""
    day, market = state.line.sessions[index], season.market
    _suspend(state, season.agents, index)
    if not opened:
        markets.open_day(state, market, day)
    progress = SeasonProgress(index, len(state.line.sessions))
    sent = _order(state, season, progress)
    block_trades.trade(state, season, progress, day, sent)
    after_true_up = index - state.line.true_up
    if after_true_up in CREDIT_SESSIONS:
        season.want_credits = offsets.trade(state, season, day)
        if after_true_up == CREDIT_SESSIONS[-1]:
            season.want_credits[:] = 0  # unmet demand goes to allowances
        rebalance(state, season)
    markets.end_day(state, market, day)
    if progress.progress <= LATE_FROM:
        season.bought_early = market.bought.copy()


def _order(state: PeriodState, season: TradingSeason, progress: SeasonProgress) -> Ints:
    """The agents' orders of a day, in both parts; returns the lots each sent [t]."""
    agents, market, day = season.agents, season.market, state.line.sessions[progress.index]
    agents.begin(len(PARTS))
    sent = np.zeros(len(state), np.int64)
    filled = np.zeros(len(state), np.int64)
    for part, moment in enumerate(PARTS):
        state.driver.next_at(state.pack.at(day, moment))  # the quote is of the part before
        orders = agents.orders(
            progress,
            markets.quote(state, market),
            part,
            market.held,
            market.cash + season.purse,
        )
        more_sent, more_filled = markets.submit(state, market, orders, season.purse, agents.reserve)
        sent, filled = sent + more_sent, filled + more_filled
    agents.settle(sent, filled)
    return sent


def _suspend(state: PeriodState, agents: Agents, index: int) -> None:
    place = state.cast.suspended
    if place == UNCAST:
        return
    if index == SUSPENDED.start:
        registration.suspend(state)
        agents.absent[place] = True
    if index == SUSPENDED.stop:
        registration.reinstate(state)
        agents.absent[place] = False


# Positions


def _credits(state: PeriodState, season: TradingSeason) -> Ints:
    """Credits of each emitter in the ledger [t]."""
    held = np.zeros(len(state), np.int64)
    for project in season.projects:
        if project.market is not None:
            held += project.market.lots
    return held


def rebalance(state: PeriodState, season: TradingSeason) -> None:
    """Tells the agents their present balances; credits still wanted count as held."""
    held = season.market.held + _credits(state, season) + season.want_credits
    held = held + banking.usable(state)
    season.agents.rebalance(held - state.by_operator(state.due))


# The true-up, in the middle of a session


def offer_everything(state: PeriodState, season: TradingSeason, place: int) -> None:
    """Offers all of a company's units above the market, in reach of the claw-back."""
    market = season.market
    amount = int(market.wallet[place])
    if not amount:
        return  # a scheme that gives nothing away early leaves nothing to claw back
    high = markets.quote(state, market).high
    orders = markets.requests(market, False, high, amount)
    owner, exchange = state.wallets[place], state.chain["Exchange"]
    args = (owner, exchange, market.unit, amount, markets.packed(orders))
    state.driver.send(owner, "Allowances", "safeTransferFrom", *args)
    market.wallet[place] -= amount
    market.lots[place] += amount


def reread(state: PeriodState, season: TradingSeason) -> None:
    """Reads wallets and ledger from the chain, after the true-up or an auction."""
    market = season.market
    market.wallet = markets.wallet_units(state, market.unit)
    accounts = state.chain.call_many(
        ("Exchange", "account", (int(number), market.number)) for number in state.participants
    )
    market.lots = np.array([a.lots for a in accounts], np.int64)


def summary(season: TradingSeason) -> TradeSummary:
    """Volumes, prices and demand of the season."""
    days, bought = season.market.days, season.market.bought.copy()
    months = list(block_trades.months(season.market, season.blocks).values())
    for project in season.projects:
        if project.market is not None:
            bought += project.market.bought
    lacking = season.lacking
    return TradeSummary(
        sessions=len(days),
        volume=sum(d.volume for d in days),
        turnover_cents=sum(d.turnover for d in days),
        last_close_cents=days[-1].close,
        trades=sum(d.trades for d in days),
        orders=sum(d.orders for d in days),
        blocks=len(season.blocks),
        block_volume=sum(b.lots for b in season.blocks),
        block_turnover_cents=sum(b.lots * b.tick for b in season.blocks),
        last_month_cents=months[-1].price if months else 0,
        demand=int(lacking.sum()),
        covered=int(np.minimum(bought, lacking).sum()),
        waited=int(((season.bought_early * 2 < lacking) & (lacking > 0)).sum()),
        lacked=int((lacking > 0).sum()),
        by_day=(*((d.day, d.volume) for d in days), *((b.day, b.lots) for b in season.blocks)),
    )
