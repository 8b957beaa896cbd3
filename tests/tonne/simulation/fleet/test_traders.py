"""Agents: what they send keeps the rules, and prices answer to scarcity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tonne.market.plain_book import PlainBook
from tonne.rules.pack import RulePack
from tonne.simulation.fleet import plants
from tonne.simulation.fleet.plant_engine import engine_of
from tonne.simulation.fleet.traders import (
    MAX_LOTS,
    AgentOrders,
    Agents,
    Ints,
    Quote,
    SeasonProgress,
)

REFERENCE = 4800
SESSIONS = 24
PARTS = 2
RICH = 10**13


@dataclass(slots=True)
class Outcome:
    closes: list[int]
    volumes: list[int]
    lacking: int
    bought: int
    orders: list[AgentOrders]
    short: float = 0.0  # share of all that lacked something in the end

    @property
    def late_mean(self) -> float:
        return float(np.mean(self.closes[SESSIONS // 2 :]))


def balances(pack: RulePack, emitters: int, seed: int, percent: int) -> Ints:
    """Final allocation, shifted, less emissions, of a calibrated fleet."""
    made = plants.assume_heat(plants.select(plants.generate(seed), emitters, seed), seed)
    allocate = engine_of(pack, 2020)
    made = plants.calibrate(made, allocate)
    made = plants.scale_output(made, (100 + percent) * 10_000)
    return np.array(
        [allocate(p.class_number, p.power_mwh, p.heat_gj) - p.emissions_t for p in made.plants],
        np.int64,
    )


def trade(balance: Ints, seed: int) -> Outcome:
    """A season on a plain book."""
    agents, book = Agents(seed, balance, REFERENCE), PlainBook(REFERENCE)
    outcome = Outcome([], [], int(-balance[balance < 0].sum()), 0, [])
    held = np.maximum(balance, 0)
    for index in range(SESSIONS):
        book.open_day()
        agents.begin(PARTS)
        sent, filled = np.zeros_like(balance), np.zeros_like(balance)
        for part in range(PARTS):
            quote = Quote(book.last, book.best_bid, book.best_ask, book.low, book.high)
            free = held - np.where(agents.buys, 0, agents.done)
            cash = np.full(len(balance), RICH)
            orders = agents.orders(SeasonProgress(index, SESSIONS), quote, part, free, cash)
            outcome.orders.append(orders)
            rows = zip(
                orders.agent.tolist(),
                orders.buys.tolist(),
                orders.tick.tolist(),
                orders.lots.tolist(),
                strict=True,
            )
            for place, buys, tick, lots in rows:
                sent[place] += lots
                for done in book.place(place, buys, tick, lots):
                    filled[done.buyer] += done.lots
                    filled[done.seller] += done.lots
        agents.settle(sent, filled)
        outcome.volumes.append(book.volume)
        outcome.closes.append(book.closing())
    outcome.bought = int(agents.done[agents.buys].sum())
    outcome.short = float((agents.buys & (agents.done < agents.total)).mean())
    return outcome


@pytest.mark.parametrize("seed", [2021, 7])
@pytest.mark.parametrize("emitters", [100, 1000])
def test_price_answers_to_allocation_with_the_right_sign(
    pack: RulePack, emitters: int, seed: int
) -> None:
    less, same, more = (
        trade(balances(pack, emitters, seed, percent), seed).late_mean for percent in (-5, 0, 5)
    )
    assert less > same > more


def test_most_demand_is_met_in_a_balanced_market(pack: RulePack) -> None:
    outcome = trade(balances(pack, 2162, 2021, 0), 2021)
    assert outcome.bought > 0.92 * outcome.lacking, "those without the means aside"


def test_orders_keep_the_rules(pack: RulePack) -> None:
    """Listed size only; the book itself refuses a price outside the band."""
    outcome = trade(balances(pack, 300, 3, 0), 3)
    sent = [lots for orders in outcome.orders for lots in orders.lots.tolist()]
    assert sent
    assert min(sent) > 0
    assert max(sent) <= MAX_LOTS


def test_agents_sell_what_they_hold_and_spend_what_they_have() -> None:
    balance = np.array([500_000, -500_000], np.int64)
    agents = Agents(1, balance, REFERENCE)
    agents.absent[:] = False
    agents.end[:] = 0.5
    agents.value[:] = [REFERENCE * 0.5, REFERENCE * 2]
    quote = Quote(REFERENCE, 0, 0, 4320, 5280)
    holdings, cash = np.array([1_000, 0]), np.array([0, 4_900 * 2_000])
    orders = agents.orders(SeasonProgress(SESSIONS - 1, SESSIONS), quote, 0, holdings, cash)
    sent = np.zeros(2, np.int64)
    np.add.at(sent, orders.agent, orders.lots)
    assert sent[0] == 1_000
    assert 0 < sent[1] <= 2_000
    spent = (orders.lots * orders.tick)[orders.agent == 1].sum()
    assert spent <= cash[1]


def test_nobody_pays_more_than_a_tonne_is_worth_to_him() -> None:
    balance = np.full(400, -50_000, np.int64)
    agents = Agents(2, balance, REFERENCE)
    quote = Quote(9_000, 0, 0, 8_100, 9_900)
    cash = np.full(400, RICH)
    orders = agents.orders(SeasonProgress(SESSIONS - 1, SESSIONS), quote, 0, balance * 0, cash)
    assert len(orders)
    assert (orders.tick <= np.ceil(agents.value[orders.agent])).all()


def test_rebalance_starts_anew_on_the_other_side() -> None:
    agents = Agents(1, np.array([-100, 100, -100], np.int64), REFERENCE)
    agents.settle(np.array([50, 50, 50]), np.array([50, 50, 50]))
    agents.rebalance(np.array([-50, -30, 20], np.int64))
    assert agents.buys.tolist() == [True, True, False]
    assert agents.total.tolist() == [100, 30, 20]
    assert agents.done.tolist() == [50, 0, 0]


def test_agents_are_the_same_for_a_seed(pack: RulePack) -> None:
    balance = balances(pack, 100, 5, 0)
    assert trade(balance, 5).closes == trade(balance, 5).closes
    assert trade(balance, 5).closes != trade(balance, 6).closes
