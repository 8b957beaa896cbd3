"""Forecasts of prices: the mean of days before, of those that had a price, read once."""

from __future__ import annotations

from tonne.errors import TonneError
from tonne.power.price_forecasts import DAYS, PriceForecasts

PER_DAY = 4


class PricedChain:
    """Prices by interval; others are at the reference, or not cleared yet."""

    def __init__(self, prices, pending=()):
        self.prices, self.pending, self.asked = prices, pending, []

    def call_many(self, views, check):
        assert check is False
        found = []
        for contract, view, (interval, node) in views:
            assert (contract, view, node) == ("PowerMarket", "priceOf", 3)
            assert interval >= 0
            self.asked.append(interval)
            missing = TonneError("POWER_NO_PRICE", "none", field="", value=0, remedy="")
            price = self.prices.get(interval)
            told = (999, False) if price is None else (price, True)
            found.append(missing if interval in self.pending else told)
        return found


def test_the_mean_of_the_same_interval_of_days_before_counts():
    at = 100
    days = {at - back * PER_DAY: 10 * back + 1 for back in range(1, DAYS + 3)}
    chain = PricedChain(days)
    expected = sum(10 * back + 1 for back in range(1, DAYS + 1)) // DAYS
    assert PriceForecasts(chain, PER_DAY).of(3, [at]) == [expected]


def test_days_at_the_reference_do_not_count_and_of_none_there_is_no_forecast():
    chain = PricedChain({96: 50, 88: 71})
    assert PriceForecasts(chain, PER_DAY).of(3, [100, 101]) == [60, None]


def test_what_is_decided_is_read_once_and_what_is_pending_again():
    chain = PricedChain({96: 50}, pending={92})
    forecasts = PriceForecasts(chain, PER_DAY)
    assert forecasts.of(3, [100]) == [50]
    assert len(chain.asked) == DAYS
    chain.prices, chain.pending = {96: 1, 92: 70}, ()
    assert forecasts.of(3, [100]) == [60]
    assert chain.asked[DAYS:] == [92]


def test_there_is_no_day_before_the_first():
    assert PriceForecasts(PricedChain({}), PER_DAY).of(3, [2]) == [None]
    assert PriceForecasts(PricedChain({}), PER_DAY).of(3, []) == []
