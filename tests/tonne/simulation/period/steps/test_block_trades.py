"""Block trades of a run: who meets whom, and what a month's price is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tonne.rules.pack import RulePack
from tonne.simulation.fleet.traders import SeasonProgress
from tonne.simulation.period.model.market_state import MarketDay, empty_market
from tonne.simulation.period.model.season import BlockTrade
from tonne.simulation.period.steps import block_trades
from tonne.simulation.period.steps.block_trades import LARGEST, MOST, TradedMonth

DAY = date(2021, 7, 16)
LAST = 5_000


@dataclass
class Sides:
    """Enough of the agents: the first half sells, the second buys."""

    open: Any
    buys: Any
    value: Any
    start: Any


def agreed(pack: RulePack, left: list[int], wants: list[int], **changes: Any) -> list[BlockTrade]:
    """Trades between sellers with `left` and buyers of `wants`; `changes` to purse, orders, sides."""
    count = len(left) + len(wants)
    sells = np.arange(count) < len(left)
    sides = Sides(
        open=np.array(left + wants),
        buys=~sells,
        value=np.where(sells, 1_000, 9_000).astype(float),
        start=np.zeros(count),
    )
    market = empty_market(count, 1, "Allowances", 1)
    market.wallet = np.where(sells, sides.open, 0)
    purse = np.where(sells, 0, changes.pop("purse", 10**13))
    sent = np.zeros(count, np.int64) + changes.pop("sent", 0)
    for name, value in changes.items():
        setattr(sides, name, getattr(sides, name) * 0 + value)
    season = SimpleNamespace(agents=sides, market=market, purse=purse)
    state = SimpleNamespace(options=SimpleNamespace(seed=1), cast=SimpleNamespace(named=dict))
    return block_trades.agree(state, season, SeasonProgress(5, 24), DAY, sent, LAST, 100_000)


def test_the_largest_meet_and_trade_what_both_can(pack):
    found = agreed(pack, [150_000, 900_000], [400_000, 200_000])
    assert [(b.seller, b.buyer, b.lots) for b in found] == [(1, 2, 400_000), (0, 3, 150_000)]
    assert all(LAST * 0.95 <= b.tick <= LAST for b in found)


def test_the_same_seed_gives_the_same_prices(pack):
    assert agreed(pack, [150_000], [400_000]) == agreed(pack, [150_000], [400_000])


@pytest.mark.parametrize(
    "changes",
    [
        {"sent": 1},  # has orders on the book today
        {"start": 0.9},  # does not trade yet
        {"purse": 99_999 * 4_750},  # cannot pay for a block
        {"value": 100},  # neither side likes the price
    ],
)
def test_who_cannot_or_will_not_makes_no_block(pack, changes):
    assert agreed(pack, [150_000], [400_000], **changes) == []


def test_less_than_a_block_is_none_and_tickets_are_few_and_bounded(pack):
    assert agreed(pack, [99_999], [400_000]) == []
    found = agreed(pack, [5_000_000] * 20, [5_000_000] * 20)
    assert len(found) == MOST
    assert {b.lots for b in found} == {LARGEST}


def test_a_month_is_turnover_over_volume_of_both():
    market = empty_market(2, 1, "Allowances", 1)
    market.days = [
        MarketDay(DAY, 4_801, 4_801, 4_801, volume=3, turnover=3 * 4_801, orders=2, trades=1),
        MarketDay(date(2021, 7, 19), 4_801, 0, 0, volume=0, turnover=0, orders=0, trades=0),
        MarketDay(date(2021, 8, 2), 5_000, 5_000, 5_000, 1, turnover=5_000, orders=2, trades=1),
    ]
    blocks = [BlockTrade(DAY, 0, 1, 4_802, 1), BlockTrade(date(2021, 7, 30), 0, 1, 4_803, 2)]
    months = block_trades.months(market, blocks)
    assert months == {
        (2021, 7): TradedMonth(6, 3 * 4_801 + 4_802 + 2 * 4_803, 3),
        (2021, 8): TradedMonth(1, 5_000, 0),
    }
    assert months[2021, 7].price == 4_802  # 48.01833 is 48.02


def test_half_a_cent_goes_up():
    assert TradedMonth(2, 9_603, 0).price == 4_802


def test_blocks_trade_in_the_afternoon_only(pack):
    assert pack.market_on(DAY).block_session.opens == time(13)
