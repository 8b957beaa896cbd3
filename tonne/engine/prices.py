"""Prices that rules refer to: of a window, the edges of a day's band, a path that grows by a share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from tonne.engine.figures import figure, nearest, not_negative
from tonne.errors import TonneError
from tonne.rulepack import RulePack


def weighted_price(turnover_cents: int, volume: int) -> int:
    """Turnover through volume, to the nearest cent [0.01 currency a unit]."""
    not_negative("turnover", turnover_cents)
    if volume <= 0:
        raise TonneError(
            "ENGINE_NO_TRADE",
            "There is no price where nothing was traded.",
            field="volume",
            value=volume,
            remedy="Take a window with trades.",
        )
    return nearest(Fraction(turnover_cents, volume))


def mean_price(prices_cents: Sequence[int]) -> int:
    """Mean of prices, each counted once, to the nearest cent."""
    return weighted_price(sum(prices_cents), len(prices_cents))


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
