"""Bids of a battery against a forecast of prices, in integers alone.

Its energy is worth the gain of the best plan over the forecast; it buys below what one more portion is
worth, and sells above what one less costs. So a forecast that fails costs at most the gain that it promised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tonne.constants import HOUR_S, PPM
from tonne.power.encoding import BID, OFFER

#: Side, energy [Wh], price [micro-credit/kWh].
Order = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery in a market of some interval."""

    capacity_wh: int
    most_wh: int  # that it takes or gives in an interval, at its meter
    efficiency: int  # [ppm] of what it takes that it gives again

    @classmethod
    def of(cls, capacity_wh: int, watts: int, efficiency: int, interval_s: int) -> Battery:
        """With the energy that its power comes to in an interval, rounded down."""
        return cls(capacity_wh, watts * interval_s // HOUR_S, efficiency)

    @property
    def portion(self) -> int:
        """[Wh] stored by an interval's charging: what plans are reckoned in."""
        return min(max(self.stored(self.most_wh), 1), self.capacity_wh)

    @property
    def portions(self) -> int:
        """Of a full battery; the last may be a smaller one."""
        return -(-self.capacity_wh // self.portion)

    def stored(self, taken_wh: int) -> int:
        """[Wh] What remains of energy that is taken, rounded down."""
        return taken_wh * self.efficiency // PPM

    def taken(self, stored_wh: int) -> int:
        """[Wh] That is taken for so much to be stored, rounded up."""
        return -(-stored_wh * PPM // self.efficiency)


def worths(battery: Battery, forecast: Sequence[int | None]) -> list[int]:
    """[micro-credit × Wh / kWh] Gain of the best plan over the coming intervals by the number of portions
    that are stored ahead of them. In an interval without a forecast nothing is done."""
    bought, sold = battery.taken(battery.portion), battery.portion
    found = [0] * (battery.portions + 1)
    for price in reversed(forecast):
        if price is None:
            continue
        before = found
        found = [
            max(
                worth,
                before[place + 1] - price * bought if place + 1 < len(before) else worth,
                before[place - 1] + price * sold if place else worth,
            )
            for place, worth in enumerate(before)
        ]
    return found


def orders(
    battery: Battery, least_wh: int, most_wh: int, worth: Sequence[int], cap: int
) -> Iterator[Order]:
    """What it bids in an interval, with at least and at most so much stored ahead of it.

    `worth` is of the intervals that follow, `cap` the market's highest price. No acceptance fills it
    beyond its capacity, or takes more than it has.
    """
    portion, least_sold = battery.portion, 0
    room = max(battery.capacity_wh - most_wh, 0)
    bought = min(battery.most_wh, room * PPM // battery.efficiency)
    if bought > 0:
        place = min(most_wh // portion, battery.portions - 1)
        price = (worth[place + 1] - worth[place]) // battery.taken(portion)
        least_sold = price + 1  # it never trades with itself
        if price > 0:
            yield BID, bought, min(price, cap)
    sold = min(battery.most_wh, least_wh)
    if sold > 0:
        place = -(-least_wh // portion)
        price = max(-(-(worth[place] - worth[place - 1]) // portion), least_sold)
        if 0 < price <= cap:
            yield OFFER, sold, price


def after(battery: Battery, stored_wh: int, bought_wh: int, sold_wh: int) -> int:
    """[Wh] Stored after an interval in which so much was accepted of its bids."""
    changed = stored_wh + battery.stored(bought_wh) - sold_wh
    return min(max(changed, 0), battery.capacity_wh)
