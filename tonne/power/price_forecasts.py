"""A plain forecast of prices: the mean of the same interval of the days before, by the chain's own prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tonne.chain.client import Chain
from tonne.errors import TonneError

#: Days that count.
DAYS: Final = 7


class PriceForecasts:
    """Forecasts of a node's prices; what was read is kept as long as it counts."""

    def __init__(self, chain: Chain, per_day: int) -> None:
        self._chain = chain
        self._per_day = per_day
        self._known: dict[tuple[int, int], int | None] = {}  # by node and interval

    def of(self, node: int, intervals: Sequence[int]) -> list[int | None]:
        """[micro-credit/kWh] For each interval, rounded down; None where no day before had a price."""
        past = {i: [i - back * self._per_day for back in range(1, DAYS + 1)] for i in intervals}
        self._read(node, [interval for days in past.values() for interval in days])
        oldest = min((min(days) for days in past.values()), default=0)
        self._known = {key: price for key, price in self._known.items() if key[1] >= oldest}
        found: list[int | None] = []
        for interval in intervals:
            prices = [
                price for i in past[interval] if (price := self._known.get((node, i))) is not None
            ]
            found.append(sum(prices) // len(prices) if prices else None)
        return found

    def _read(self, node: int, intervals: Sequence[int]) -> None:
        """Prices that were cleared; of an interval that has none yet it is asked again."""
        unknown = sorted({i for i in intervals if i >= 0 and (node, i) not in self._known})
        views = [("PowerMarket", "priceOf", (interval, node)) for interval in unknown]
        for interval, told in zip(unknown, self._chain.call_many(views, check=False), strict=True):
            if not isinstance(told, TonneError):
                price, is_cleared = told
                self._known[node, interval] = int(price) if is_cleared else None
