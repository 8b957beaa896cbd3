"""A plain order book in memory: price, then time; day orders; the maker's price.

It stands in for the Exchange where no chain is needed: to try a fleet offline, and to test that the
agents' prices answer to scarcity.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import count

from tonne.constants import PPM


@dataclass(frozen=True, slots=True)
class PlainTrade:
    buyer: int
    seller: int
    tick: int
    lots: int


@dataclass(slots=True)
class _Resting:
    agent: int
    lots: int


@dataclass(slots=True)
class PlainBook:
    """One market and its days. Ticks are 0.01 of the currency."""

    close: int
    band_ppm: int = 100_000
    last: int = 0
    low: int = 0
    high: int = 0
    volume: int = 0
    turnover: int = 0
    _asks: list[tuple[int, int, _Resting]] = field(default_factory=list)
    _bids: list[tuple[int, int, _Resting]] = field(default_factory=list)
    _arrival: count[int] = field(default_factory=count)

    def open_day(self) -> None:
        """Closes the last day at its mean price, clears the book and sets the band."""
        self.close = self.closing()
        self.last, self.volume, self.turnover = self.close, 0, 0
        self.low = _nearest(self.close * (PPM - self.band_ppm))
        self.high = _nearest(self.close * (PPM + self.band_ppm))
        self._asks.clear()
        self._bids.clear()

    def closing(self) -> int:
        """The day's mean price, rounded to the nearest tick; the last close where nothing traded."""
        if not self.volume:
            return self.close
        return (2 * self.turnover + self.volume) // (2 * self.volume)

    @property
    def best_ask(self) -> int:
        return self._asks[0][0] if self._asks else 0

    @property
    def best_bid(self) -> int:
        return -self._bids[0][0] if self._bids else 0

    def place(self, agent: int, buys: bool, tick: int, lots: int) -> list[PlainTrade]:
        """Matches an order; the rest stays in the book until the day ends."""
        if not self.low <= tick <= self.high:
            raise ValueError(f"{tick} is outside the band {self.low} to {self.high}")
        trades: list[PlainTrade] = []
        other = self._asks if buys else self._bids
        while lots and other:
            key, _, resting = other[0]
            price = key if buys else -key
            if price > tick if buys else price < tick:
                break
            size = min(lots, resting.lots)
            buyer, seller = (agent, resting.agent) if buys else (resting.agent, agent)
            trades.append(PlainTrade(buyer, seller, price, size))
            lots -= size
            resting.lots -= size
            self.last, self.volume = price, self.volume + size
            self.turnover += price * size
            if not resting.lots:
                heapq.heappop(other)
        if lots:
            own = self._bids if buys else self._asks
            key = -tick if buys else tick
            heapq.heappush(own, (key, next(self._arrival), _Resting(agent, lots)))
        return trades


def _nearest(millionths: int) -> int:
    return (millionths + 500_000) // 1_000_000
