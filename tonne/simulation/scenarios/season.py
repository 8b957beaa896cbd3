"""A trading season on the plain book: the agents of the on-chain run, and what a fine does to a buyer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

import numpy as np

from tonne.constants import PPM
from tonne.market.plain_book import PlainBook
from tonne.rules import engine
from tonne.rules.engine import Traded
from tonne.rules.pack import RulePack
from tonne.simulation.fleet.traders import (
    AgentOrders,
    Agents,
    Floats,
    Ints,
    Quote,
    SeasonProgress,
)
from tonne.simulation.scenarios.variant import Rules

#: Before and after the midday break.
PARTS = 2
#: Days over which a season's sessions are spread, the last on the deadline.
SPREAD = 360
#: What a buyer thinks of the chance of a fine lies within half as much more or less.
AROUND = 0.5
#: Who heeds a warning has bought what it lacks after so much of the season, if it is on offer.
HEEDED_WITHIN = 0.15
#: Where a band is not known.
BAND = Fraction(1, 10)
#: More money than a firm needs: the model leaves out bankruptcy [0.01 currency].
RICH = 10**15


@dataclass(slots=True)
class SeasonOutcome:
    """Results of a season, each emitter's in the fleet's order."""

    trades: list[Traded] = field(default_factory=list)
    bought: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    sold: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    spent: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # [0.01 currency]
    close: int = 0
    warned: int = 0

    @property
    def volume(self) -> int:
        return sum(day.volume for day in self.trades)

    @property
    def turnover(self) -> int:
        return sum(day.turnover_cents for day in self.trades)


@dataclass(frozen=True, slots=True)
class FineRule:
    """What lacking allowances costs, as everybody can work it out."""

    pack: RulePack
    deadline: date

    def total(self, shortfall: int, price: int) -> int:
        """The middle of what may be decided, and units taken later at a price [0.01 currency]."""
        if not shortfall:
            return 0
        bounds = engine.penalty_bounds(self.pack, shortfall, self.deadline, price)
        later = bounds.deduction_t + bounds.units_due + (shortfall if bounds.still_owed else 0)
        return (bounds.min_cents + bounds.max_cents) // 2 + later * price

    def a_tonne(self, shortfalls: Ints, price: int) -> Floats:
        """The same for each missing tonne; nothing where none is missing."""
        costs = [self.total(int(lack), price) / lack if lack else 0.0 for lack in shortfalls]
        return np.array(costs, np.float64)


@dataclass(frozen=True, slots=True)
class PriceView:
    """Prices known at the start of a season [0.01 currency a t]."""

    start: int  #    last close: the first band is reckoned from it
    expected: int  # by supply and obligations: a tonne's worth to each lies around it


def trade(rules: Rules, year: int, seed: int, balance: Ints, due: Ints, prices: PriceView, deadline: date,
          sessions: int) -> SeasonOutcome:  # fmt: skip
    """A year's season. `balance` [t] is what each expects to have left or to lack."""
    pack = rules.pack
    agents = Agents(seed, balance, prices.expected, f"plain/{year}")
    book = PlainBook(prices.start, band_ppm=_band_ppm(pack, deadline))
    own = agents.value.copy()
    chance = _chances(rules, year, seed, len(balance))
    fine = FineRule(pack, deadline)
    held = np.maximum(balance, 0)
    out = SeasonOutcome(spent=np.zeros(len(balance), np.int64))
    for index in range(sessions):
        season = SeasonProgress(index, sessions)
        book.open_day()
        if chance is not None:
            worth = chance * fine.a_tonne(np.where(agents.buys, agents.total, 0), book.close)
            agents.value = np.where(agents.buys, np.minimum(own, worth), own)
        out.warned += _warn(rules, year, seed, season, agents, due)
        _session(agents, book, season, held, out)
        if book.volume:
            day = deadline - timedelta(days=(sessions - 1 - index) * SPREAD // sessions)
            out.trades.append(Traded(day, book.turnover, book.volume))
    out.bought = np.where(agents.buys, agents.done, 0)
    out.sold = np.where(agents.buys, 0, agents.done)
    out.close = book.closing()
    return out


def _session(
    agents: Agents, book: PlainBook, season: SeasonProgress, held: Ints, out: SeasonOutcome
) -> None:
    agents.begin(PARTS)
    sent, filled = np.zeros_like(held), np.zeros_like(held)
    cash = np.full(len(held), RICH, np.int64)
    for part in range(PARTS):
        quote = Quote(book.last, book.best_bid, book.best_ask, book.low, book.high)
        free = held - np.where(agents.buys, 0, agents.done)
        for place, buys, tick, lots in _rows(agents.orders(season, quote, part, free, cash)):
            sent[place] += lots
            for done in book.place(place, buys, tick, lots):
                filled[done.buyer] += done.lots
                filled[done.seller] += done.lots
                out.spent[done.buyer] += done.lots * done.tick
    agents.settle(sent, filled)


def _rows(orders: AgentOrders) -> Iterable[tuple[int, bool, int, int]]:
    columns = (orders.agent, orders.buys, orders.tick, orders.lots)
    return zip(*(column.tolist() for column in columns), strict=True)


def _band_ppm(pack: RulePack, day: date) -> int:
    band = engine.figures.figure(pack, "market.band", day) if pack.has("market.band", day) else BAND
    return int(band * PPM)


def _chances(rules: Rules, year: int, seed: int, count: int) -> Floats | None:
    """How likely each holds it that a missing tonne is fined; None: fines are not weighed."""
    if not rules.has("fine.chance"):
        return None
    rng = np.random.default_rng([seed, year, *b"chance"])
    mean = float(rules.share("fine.chance", year))
    return np.minimum(mean * rng.uniform(1 - AROUND, 1 + AROUND, count), 1.0)


def _warn(
    rules: Rules, year: int, seed: int, season: SeasonProgress, agents: Agents, due: Ints
) -> int:
    """Once in a season: a firm that lacks too much is warned, and buys if it heeds it."""
    at = float(rules.share("warning.at", year))
    before = season.index / season.count
    if not rules.has("warning.at") or not before <= at < season.progress:
        return 0
    gap = float(rules.share("warning.gap", year))
    warned = agents.buys & (agents.total - agents.done > gap * due)
    rng = np.random.default_rng([seed, year, *b"warning"])
    heeds = warned & (rng.random(len(due)) < float(rules.share("warning.heeded", year, 1)))
    agents.absent = agents.absent & ~heeds
    agents.start = np.where(heeds, np.minimum(agents.start, before), agents.start)
    agents.end = np.where(heeds, np.minimum(agents.end, before + HEEDED_WITHIN), agents.end)
    agents.waits = agents.waits & ~heeds
    return int(warned.sum())
