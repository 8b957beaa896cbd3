"""A market of the run: its days, and the emitters' balances by place in the fleet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from tonne.simulation.fleet.traders import Ints
from tonne.types.ids import MarketId, UnitId


@dataclass(frozen=True, slots=True)
class MarketDay:
    """A market's day as it ended."""

    day: date
    close: int  #    [tick]
    low: int  #      of the trades [tick]; 0 without trades
    high: int
    volume: int  #   [t]
    turnover: int  # [0.01 currency]
    orders: int
    trades: int


@dataclass(slots=True)
class MarketState:
    """One market and the emitters' balances in it. Arrays are by place in the fleet."""

    number: MarketId
    units: str  #   contract of the unit
    unit: UnitId
    lots: Ints  #   in the ledger [t]
    cash: Ints  #   in the ledger [0.01 currency]
    wallet: Ints  # deliverable units on the primary wallet [t]
    bought: Ints
    sold: Ints
    days: list[MarketDay] = field(default_factory=list)
    ticks: list[tuple[int, int]] = field(default_factory=list)  # (tick, lots) of today's trades
    orders: int = 0  # today
    rules: dict[str, Any] | None = None  # of the pack, on the last day opened
    closes_at_last: bool = False  # else at the volume-weighted mean

    @property
    def held(self) -> Ints:
        """On wallets and in the ledger [t]."""
        return self.wallet + self.lots


def empty_market(count: int, number: MarketId, units: str, unit: UnitId) -> MarketState:
    """A market without balances for `count` emitters."""
    lots, cash, wallet, bought, sold = (np.zeros(count, np.int64) for _ in range(5))
    return MarketState(number, units, unit, lots, cash, wallet, bought, sold)
