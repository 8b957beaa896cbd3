"""Prices that rules refer to: of a window, the edges of a day's band, a path that grows by a share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tonne.errors import refused
from tonne.rules.engine.figures import figure, nearest, not_negative
from tonne.rules.pack import RulePack


@dataclass(frozen=True, slots=True)
class Traded:
    """All trades of a day, listed and block."""

    day: date
    turnover_cents: int  # [0.01 currency]
    volume: int  # [measure]


def weighted_price(turnover_cents: int, volume: int) -> int:
    """Turnover through volume, to the nearest cent [0.01 currency a unit]."""
    not_negative("turnover", turnover_cents)
    if volume <= 0:
        raise refused("ENGINE_NO_TRADE", volume=volume)
    return nearest(Fraction(turnover_cents, volume))


def mean_price(prices_cents: Sequence[int]) -> int:
    """Mean of prices, each counted once, to the nearest cent."""
    return weighted_price(sum(prices_cents), len(prices_cents))


def window(deadline: date, months: int, until: str) -> tuple[date, date]:
    """First and last day of so many calendar months: `deadline_month` counts the deadline's own as the
    last, `month_before` the one before it."""
    index = deadline.year * 12 + deadline.month - 1 + (until == "deadline_month")
    return _month(index - months), _month(index) - timedelta(days=1)


def _month(index: int) -> date:
    """First day of a month, counted from year 0."""
    return date(index // 12, index % 12 + 1, 1)


def fine_price(pack: RulePack, deadline: date, trades: Iterable[Traded]) -> int:
    """The price a fine is a multiple of [0.01 currency a unit]: of the pack's window, made by its rule.

    `volume_weighted`: turnover through volume of the window. `mean`: the mean of its days' prices. An error
    where the pack does not say which months, or nothing was traded in them.
    """
    months = int(figure(pack, "penalty.price_months", deadline))
    until = str(pack.param("penalty.price_until", deadline))
    first, last = window(deadline, months, until)
    inside = [day for day in trades if first <= day.day <= last and day.volume]
    if pack.param("penalty.price_rule", deadline) == "mean":
        return mean_price([weighted_price(day.turnover_cents, day.volume) for day in inside])
    return weighted_price(
        sum(day.turnover_cents for day in inside), sum(day.volume for day in inside)
    )


def band(
    pack: RulePack, previous_close_cents: int, day: date, key: str = "market.band"
) -> tuple[int, int]:
    """Lowest and highest price of a day [0.01 currency], each rounded to the nearest cent."""
    width = figure(pack, key, day)
    return nearest((1 - width) * previous_close_cents), nearest((1 + width) * previous_close_cents)


def grown(start_cents: int, growth: Fraction, years: int) -> int:
    """A price that rises by a share every year; each year's is rounded to the nearest cent and is the
    next one's base, as published tables of such prices have it."""
    price = start_cents
    for _ in range(years):
        price = nearest(price * (1 + growth))
    return price
