"""Replay of ReferencePrices: the usual worth of a kWh at a node, by hour of day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from tonne.audit.power.power_grid import PowerGridReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.events import Dated
from tonne.constants import DAY_S, HOUR_S, ZERO_ADDRESS
from tonne.power import settlement_prices
from tonne.types import lanes

DAYS: Final = 7
HOURS: Final = 24
#: Days of which the contract has a place for each hour.
RING: Final = 16


class ReferencePricesReplay(AccessManagedReplay):
    """References by node and day from which they hold; prices counted, by node, hour and day."""

    contract = "ReferencePrices"

    def __init__(self, grid: PowerGridReplay, interval_s: int) -> None:
        super().__init__()
        self.grid, self.interval_s = grid, interval_s
        self.fixed: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
        self.counter = ZERO_ADDRESS
        self.counted: set[tuple[int, int]] = set()
        self.samples: dict[tuple[int, int, int], tuple[int, int]] = {}  # energy, value

    def _on_CounterSet(self, a: Args, _: Dated) -> None:
        self._require(a["before"] == self.counter, "who counts prices does not follow")
        self.counter = a["counter"]

    def _on_ReferenceStarted(self, a: Args, at: Dated) -> None:
        node, price = a["node"], a["price"]
        first = not self.fixed[node] and price > 0 and a["day"] == at.time // DAY_S
        self._require(first and self.grid.may(a["officer"], node), f"reference of node {node}")
        self.fixed[node].append((a["day"], [price] * HOURS))

    def _on_PriceCounted(self, a: Args, at: Dated) -> None:
        node, interval, price, energy = a["node"], a["interval"], a["price"], a["wh"]
        time = interval * self.interval_s
        timely = at.time // DAY_S <= time // DAY_S + 1 + DAYS
        self._require((node, interval) not in self.counted and timely, f"price of {interval}")
        self.counted.add((node, interval))
        key = node, time // HOUR_S % HOURS, time // DAY_S
        wh, value = self.samples.get(key, (0, 0))
        self.samples[key] = wh + energy, value + price * energy

    def _on_ReferencesFixed(self, a: Args, at: Dated) -> None:
        node, day = a["node"], a["day"]
        if not self.fixed[node]:
            self.faults.append(f"references of node {node} before the first")
            return
        last, prices = self.fixed[node][-1]
        due = [self._due(node, day, hour, prices[hour]) for hour in range(HOURS)]
        same = lanes.pack(due) == list(a["prices"])
        follows = day == at.time // DAY_S + 1 and day > last
        self._require(same and follows, f"references of node {node} on day {day}")
        self.fixed[node].append((day, due))

    def _due(self, node: int, day: int, hour: int, last: int) -> int:
        found = [self.samples.get((node, hour, day - 1 - i), (0, 0)) for i in range(DAYS)]
        means = [(max(value // wh, 1), wh) for wh, value in found if wh]
        target = settlement_prices.median(means)
        return settlement_prices.moved(last, target) if target else last

    def reference(self, node: int, interval: int) -> int | None:
        """[micro-credit/kWh] None before the first."""
        time = interval * self.interval_s
        found = [prices for day, prices in self.fixed[node] if day <= time // DAY_S]
        return found[-1][time // HOUR_S % HOURS] if found else None

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "counter", (), self.counter, "who counts prices")
        places: dict[tuple[int, int, int], int] = {}  # the latest day of each place
        for node, hour, day in sorted(self.samples, key=lambda key: key[2]):
            places[node, hour, day % RING] = day
        for node, interval in sorted(self.counted):
            time = interval * self.interval_s
            day, hour = time // DAY_S, time // HOUR_S % HOURS
            stands = places[node, hour, day % RING] == day
            about = f"whether the price of node {node} in interval {interval} is counted"
            yield Check(self.contract, "isCounted", (node, interval), stands, about)
        for node, history in sorted(self.fixed.items()):
            about = f"latest references of node {node}"
            yield Check(self.contract, "fixedDay", (node,), history[-1][0], about)
            latest = now // DAY_S + 1, history[-1][1]
            for day, prices in [*history, latest]:
                for hour, price in enumerate(prices):
                    interval = (day * DAY_S + hour * HOUR_S) // self.interval_s
                    about = f"reference of node {node} on day {day} in hour {hour}"
                    yield Check(self.contract, "referenceOf", (node, interval), price, about)
