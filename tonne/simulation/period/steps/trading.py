"""Step 6: sessions from the first trading day to the deadline, by agents, on the book."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time

import numpy as np

from tonne.simulation.fleet.traders import Agents, Season
from tonne.simulation.period.model.plan import NOBODY
from tonne.simulation.period.model.results import TradeSummary
from tonne.simulation.period.model.state import Ints, World
from tonne.simulation.period.steps import banking, offsets, registration
from tonne.simulation.period.steps import market as markets
from tonne.simulation.period.steps.block_trades import Blocks
from tonne.simulation.period.steps.market import Market, Permits
from tonne.simulation.period.steps.offsets import Project

#: Parts of a session: before and after the midday break.
PARTS = (time(9, 40), time(13, 5))
#: A buyer brings what it would pay at the most, and keeps as much again in its wallet.
MONEY_FACTOR = 2
#: Sessions, counted from the true-up, on which credits trade too.
CREDIT_SESSIONS = (1, 4, 7)
#: Who has not bought half of what it lacks by this share of the season waits for the deadline.
LATE_FROM = 0.75
#: Sessions during which one company is suspended.
SUSPENDED = range(3, 6)


@dataclass(slots=True)
class Trading:
    """The season's state."""

    world: World
    market: Market
    agents: Agents
    permits: Permits
    projects: list[Project]
    purse: Ints  #        money on the wallets [0.01 currency]
    want_credits: Ints  # [t]
    lacking: Ints  #      what each lacked at the start [t]
    blocks: Blocks
    bought_early: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    # Sessions

    def run(self, first: int, last: int) -> Iterator[int]:
        """Sessions `first` up to, not including, `last`; yields when each of them opens."""
        for index in range(first, last):
            yield self.opens(index)
            self.session(index)
            self.world.advance()

    def opens(self, index: int) -> int:
        """When a session's market is opened [s]."""
        return self.market.opens(self.world.line.sessions[index])

    def session(self, index: int, opened: bool = False) -> None:
        world, agents, market = self.world, self.agents, self.market
        day = world.line.sessions[index]
        self._suspension(index)
        if not opened:
            market.open_day(day)
        agents.begin(len(PARTS))
        sent = np.zeros(len(world), np.int64)
        filled = np.zeros(len(world), np.int64)
        season = Season(index, len(world.line.sessions))
        for part, moment in enumerate(PARTS):
            world.next_at(world.pack.at(day, moment))  # the quote is of the part before
            orders = agents.orders(
                season,
                market.quote(),
                part,
                market.lots + market.wallet,
                market.cash + self.purse,
            )
            more_sent, more_filled = market.submit(orders, self.permits, self.purse, agents.reserve)
            sent, filled = sent + more_sent, filled + more_filled
        agents.settle(sent, filled)
        self.blocks.session(season, day, agents, market, self.permits, self.purse, sent)
        if index - world.line.true_up in CREDIT_SESSIONS:
            self.want_credits = offsets.trade(
                world, self.projects, day, self.want_credits, self.permits, self.purse
            )
            if index - world.line.true_up == CREDIT_SESSIONS[-1]:
                self.want_credits[:] = 0  # who got none buys allowances instead
            self.rebalance()
        market.end_day(day)
        if season.progress <= LATE_FROM:
            self.bought_early = self.market.bought.copy()

    def _suspension(self, index: int) -> None:
        place = self.world.cast.suspended
        if place == NOBODY:
            return
        if index == SUSPENDED.start:
            registration.suspend(self.world)
            self.agents.absent[place] = True
        if index == SUSPENDED.stop:
            registration.reinstate(self.world)
            self.agents.absent[place] = False

    # Positions

    def credits(self) -> Ints:
        """Credits each has in the ledger [t]."""
        held = np.zeros(len(self.world), np.int64)
        for project in self.projects:
            if project.market is not None:
                held += project.market.lots
        return held

    def owed(self) -> Ints:
        """What each operator owes, for all its plants [t]."""
        return self.world.by_operator(self.world.due)

    def rebalance(self) -> None:
        """Each looks at what it holds and owes now; credits still wanted count as held."""
        held = self.market.lots + self.market.wallet + self.credits() + self.want_credits
        held = held + banking.usable(self.world)
        self.agents.rebalance(held - self.owed())

    # The true-up, in the middle of a session

    def offer_everything(self, place: int) -> None:
        """Puts all a company holds on the book, above the market, where the claw-back finds it."""
        world, market = self.world, self.market
        amount = int(market.wallet[place])
        if not amount:
            return  # a scheme that gives nothing away early leaves nothing to claw back
        requests = market.requests(False, market.quote().high, amount)
        owner = world.wallets[place]
        world.send(
            owner,
            "Allowances",
            "safeTransferFrom",
            owner,
            world.chain["Exchange"],
            market.unit,
            amount,
            b"".join(r.to_bytes(32, "big") for r in requests),
        )
        market.wallet[place] -= amount
        market.lots[place] += amount

    def reread(self) -> None:
        """After the true-up: what wallets and ledger hold now, from the chain."""
        world, market = self.world, self.market
        market.wallet = markets.wallet_units(world, market.unit)
        accounts = world.chain.call_many(
            ("Exchange", "account", (int(number), market.number)) for number in world.participants
        )
        market.lots = np.array([a.lots for a in accounts], np.int64)


def start(
    world: World,
    projects: list[Project],
    due: Ints,
    final: Ints,
) -> Trading:
    """Opens the market, hands out money, and gives every emitter a desk.

    `due` and `final` are what each expects of its own plant once everything is corrected.
    """
    reference = world.reference
    market = markets.create(world, "Allowances", world.allowance, reference)
    world.market = market.number
    markets.limit_holdings(world)
    market.wallet = markets.wallet_units(world, world.allowance)
    received = final - np.minimum(world.owed, final)
    balance = world.by_operator(received - due) + banking.usable(world) - world.elsewhere
    cast = world.cast
    if world.first:
        balance[cast.claw_ledger] = 0  # waits for the true-up
        balance[cast.claw_debt] = int(market.wallet[cast.claw_debt])  # sells what is not its own
    balance[cast.playing("defaulter")] = 0
    lacking = np.maximum(-balance, 0)
    want = offsets.choose_buyers(world, due, lacking)
    name = "main" if world.first else f"main/{world.label or world.period.name}"
    agents = Agents(world.options.seed, balance + want, reference, name)
    if world.first:
        agents.hurry(cast.claw_debt, reference)
    money = {
        place: int(lacking[place] * agents.value[place] * MONEY_FACTOR)
        for place in np.flatnonzero(lacking).tolist()
    }
    # Whoever buys a plant, or may be fined, has something in hand.
    dear = max(3 * int(due[cast.seller]) if cast.seller != NOBODY else 0, 200_000)
    for place in cast.playing("buyer", "defaulter", "late"):
        money[place] = money.get(place, 0) + reference * dear
    registration.money(world, money)
    purse = np.zeros(len(world), np.int64)
    for place, cents in money.items():
        purse[place] = cents
    # One wallet may sign under several schemes that settle in one currency.
    permits = world.permits.setdefault(world.currency, Permits(world))
    blocks = Blocks(world)
    return Trading(world, market, agents, permits, projects, purse, want, lacking, blocks)


def summary(trading: Trading) -> TradeSummary:
    """What the season came to."""
    days, bought = trading.market.days, trading.market.bought.copy()
    months = list(trading.blocks.months(trading.market).values())
    for project in trading.projects:
        if project.market is not None:
            bought += project.market.bought
    return TradeSummary(
        sessions=len(days),
        volume=sum(d.volume for d in days),
        turnover_cents=sum(d.turnover for d in days),
        last_close_cents=days[-1].close,
        trades=sum(d.trades for d in days),
        orders=sum(d.orders for d in days),
        blocks=len(trading.blocks.done),
        block_volume=trading.blocks.volume,
        block_turnover_cents=trading.blocks.turnover,
        last_month_cents=months[-1].price if months else 0,
        demand=int(trading.lacking.sum()),
        covered=int(np.minimum(bought, trading.lacking).sum()),
        waited=int(((trading.bought_early * 2 < trading.lacking) & (trading.lacking > 0)).sum()),
        lacked=int((trading.lacking > 0).sum()),
    )
