"""How 2,162 emitters trade: a strategy each, seen from their own desk.

An agent knows its own position (what it expects to owe, what it holds), and what everybody can see:
last price, best prices and the day's band. It does not know who else is long or short. Its own
value of a tonne (what abating, banking or being short costs it) is drawn from the seed and does not
depend on how much was allocated; so what prices say about scarcity, they say through orders alone.

Those who wait, the worth of a tonne and those without the means are set so that a season comes near the
first cycle of China's national system (docs/runs.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Largest listed order [t]; more than that is a block trade.
MAX_LOTS: Final = 99_999
#: Orders of one agent at a time.
MAX_ORDERS: Final = 20
#: Share of firms that leave trading to the last weeks before the deadline.
WAITING: Final = 0.77
#: The worth of a tonne to buyers and to sellers, as shares of the reference price: from, to.
BUYERS_VALUE: Final = (1.20, 2.20)
SELLERS_VALUE: Final = (0.75, 1.14)
#: Share of firms without the means for all that they may lack, and the part that they can pay: from, to.
WITHOUT_MEANS: Final = 0.12
MEANS: Final = (0.30, 0.95)
#: How far the price has to move in its favour before who waits does so no longer, as a share of the reference
#: price: from, to; and within what share of the season it then trades.
TEMPTED: Final = (0.05, 0.50)
SOON: Final = 0.15

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quote:
    """The public state of a market. Prices in ticks of 0.01; 0 means there is none."""

    last: int
    bid: int
    ask: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class AgentOrders:
    """Orders in the order of arrival; those of one agent stand together."""

    agent: Ints
    buys: NDArray[np.bool_]
    tick: Ints
    lots: Ints

    def __len__(self) -> int:
        return len(self.agent)


@dataclass(frozen=True, slots=True)
class SeasonProgress:
    """Where in the trading season a session stands, 0 to 1."""

    index: int
    count: int

    @property
    def progress(self) -> float:
        return (self.index + 1) / self.count


class Agents:
    """The desks of all emitters, as columns."""

    def __init__(self, seed: int, balance: Ints, reference_tick: int, name: str = "main") -> None:
        """`balance` [t]: what each expects to have left (positive) or to lack (negative)."""
        rng = np.random.default_rng([seed, *name.encode()])
        count = len(balance)
        self.rng = rng
        self.reference = reference_tick
        self.buys = balance < 0
        self.total: Ints = np.abs(balance).astype(np.int64)
        self.done: Ints = np.zeros(count, np.int64)
        self.misses: Ints = np.zeros(count, np.int64)
        worth, waiting, means = _even(rng, self.buys, self.total)
        self.value: Floats = reference_tick * np.where(
            self.buys, _between(BUYERS_VALUE, worth), _between(SELLERS_VALUE, worth)
        )
        self.spread: Floats = rng.normal(0.0, 0.012, count)
        self.chunk: Floats = rng.uniform(0.5, 1.0, count)
        waits = waiting < WAITING
        self.start: Floats = np.where(
            waits, rng.uniform(0.70, 0.85, count), rng.uniform(-0.1, 0.5, count)
        )
        self.end: Floats = np.where(
            waits, rng.uniform(0.90, 0.95, count), self.start + rng.uniform(0.2, 0.45, count)
        )
        # A few never come to the market: some always miss the deadline.
        self.absent = self.buys & (rng.random(count) < 0.004)
        self.waits = waits
        self.means: Floats = np.where(means < WITHOUT_MEANS, rng.uniform(*MEANS, count), 1.0)
        side = np.where(self.buys, -1.0, 1.0)
        self.tempted_at: Floats = reference_tick * (1.0 + side * rng.uniform(*TEMPTED, count))
        self.begin(1)

    @property
    def open(self) -> Ints:
        """What each still means to trade, within its means [t]."""
        most = np.where(self.buys, self.total * self.means, self.total).astype(np.int64)
        return np.where(self.absent, 0, np.maximum(most - self.done, 0))

    @property
    def reserve(self) -> Ints:
        """What each would pay at the most for all it still lacks [0.01 currency]."""
        return np.where(self.buys, self.open * np.ceil(self.value).astype(np.int64), 0)

    def hurry(self, place: int, reference_tick: int) -> None:
        """One sells at almost any price, from the first session on."""
        self.value[place] = reference_tick * 0.3
        self.start[place], self.end[place] = -0.2, 0.1
        self.waits[place] = False

    def rebalance(self, left: Ints) -> None:
        """Takes what each now expects to have left (positive) or to lack (negative)."""
        buys = left < 0
        self.done = np.where(buys == self.buys, self.done, 0)
        self.buys = buys
        self.total = self.done + np.abs(left)

    def begin(self, parts: int) -> None:
        """A new session: each agent comes at one part of the day only."""
        self.part: Ints = self.rng.integers(0, parts, len(self.total))

    def orders(
        self, season: SeasonProgress, quote: Quote, part: int, holdings: Ints, cash: Ints
    ) -> AgentOrders:
        """What the agents of one part of the day send now, in order of arrival.

        `holdings` [t] is what each may sell now; `cash` [0.01 currency] what it may spend.
        """
        progress = season.progress
        self._tempt(progress, quote)
        span = np.maximum(self.end - self.start, 1e-9)
        target = self.total * np.clip((progress - self.start) / span, 0.0, 1.0)
        lag = np.minimum(np.maximum(target - self.done, 0.0), self.open)
        late = progress >= self.end
        due = (lag >= self.chunk * self.total) | (late & (lag > 0))
        mine = self.part == part
        limit = self._limit(progress, quote)
        willing = np.where(self.buys, limit >= quote.low, limit <= quote.high)
        tick = np.clip(limit, quote.low, quote.high)
        most = np.where(self.buys, cash // np.maximum(tick, 1), holdings)
        lots = np.minimum(lag.astype(np.int64), most)
        chosen = np.flatnonzero(due & mine & willing & (lots > 0))
        chosen = self.rng.permutation(chosen)
        return _split(chosen, self.buys[chosen], tick[chosen], lots[chosen])

    def _tempt(self, progress: float, quote: Quote) -> None:
        """Who waits comes at once where the price has moved far enough in its favour."""
        tempted = np.where(self.buys, quote.last <= self.tempted_at, quote.last >= self.tempted_at)
        tempted &= self.waits & (self.start > progress)
        self.start = np.where(tempted, progress, self.start)
        self.end = np.where(tempted, progress + SOON, self.end)

    def _limit(self, progress: float, quote: Quote) -> Ints:
        """The worst price each accepts now: further from the market the longer it went unfilled."""
        # A firm that lacks units hurries when the deadline is near; who has too many can bank them.
        urgency = np.where(self.buys & (self.waits | (progress > 0.85)), 0.04, 0.0)
        reach = self.spread + 0.012 * np.minimum(self.misses, 8) + urgency
        side = np.where(self.buys, 1.0, -1.0)
        wish = quote.last * (1.0 + side * reach)
        # No firm bids above the best offer, or offers below the best bid, without being in a hurry.
        if quote.ask:
            calm = self.buys & (reach < 0.03)
            wish = np.where(calm, np.minimum(wish, quote.ask), wish)
        if quote.bid:
            calm = ~self.buys & (reach < 0.03)
            wish = np.where(calm, np.maximum(wish, quote.bid), wish)
        least = self.value
        if self.reference > quote.high:  # no order can ask today for the price that all expect
            least = np.minimum(least, quote.high)
        bounded = np.where(self.buys, np.minimum(wish, self.value), np.maximum(wish, least))
        return np.rint(bounded).astype(np.int64)

    def settle(self, sent: Ints, filled: Ints) -> None:
        """After a session: `sent` and `filled` [t] of each agent."""
        self.done += filled
        tried = sent > 0
        missed = tried & (filled * 2 < sent)
        self.misses = np.where(missed, self.misses + 1, np.where(tried, 0, self.misses))


def _between(bounds: tuple[float, float], share: Floats) -> Floats:
    low, high = bounds
    return low + (high - low) * share


def _even(rng: np.random.Generator, buys: NDArray[np.bool_], total: Ints) -> Iterator[Floats]:
    """Three numbers from 0 to 1 for each, spread evenly over buyers and over sellers by size.

    So no season hangs on the draw of a few large firms. Additive recurrences with the three roots.
    """
    rank = np.zeros(len(total), np.int64)
    for side in (buys, ~buys):
        places = np.flatnonzero(side)
        rank[places[np.argsort(-total[places], kind="stable")]] = np.arange(len(places))
    for root in (2, 3, 5):
        yield (rng.random() + rank * np.sqrt(root)) % 1.0


def _split(agent: Ints, buys: NDArray[np.bool_], tick: Ints, lots: Ints) -> AgentOrders:
    """Cuts amounts into listed orders; what is left beyond {MAX_ORDERS} waits for another day."""
    lots = np.minimum(lots, MAX_LOTS * MAX_ORDERS)
    pieces = -(-lots // MAX_LOTS)
    index = np.repeat(np.arange(len(agent)), pieces)
    first = np.cumsum(pieces) - pieces
    nth = np.arange(len(index)) - first[index]
    size = np.minimum(lots[index] - nth * MAX_LOTS, MAX_LOTS)
    return AgentOrders(agent[index], buys[index], tick[index], size)
