"""Sums of a node's day by account and customer, interval by interval: its lines themselves are not kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tonne.power.settlement import IntervalSettlement, Position

#: Figures of a customer's bill that are sums of its lines.
FIGURES: Final = 11


@dataclass(slots=True)
class DayBook:
    """Sums of one node; energy in Wh, amounts in micro-credits."""

    nets: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by account
    volumes: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # metered, by account
    rows: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0] * FIGURES))
    net: int = 0
    operator: int = 0
    surplus: int = 0
    rounding: int = 0

    def add(
        self,
        places: Mapping[int, int],
        earned: Mapping[int, int],
        positions: Sequence[Position],
        done: IntervalSettlement,
    ) -> None:
        """An interval's lines. By account, `places` has the customer whose turn it was, `earned` the sum of
        its contracts."""
        for position, line in zip(positions, done.lines, strict=True):
            account = line.account
            self.nets[account] += line.net
            self.volumes[account] += position.volume_wh
            place = places.get(account)
            if place is not None:
                net = position.metered_wh
                told = (
                    *(max(-net, 0), max(net, 0), position.bought_wh, position.sold_wh),
                    *(position.loss_wh, line.imbalance_wh),
                    *(line.contract, line.imbalance, line.fee, position.traded_wh),
                    earned.get(account, 0),
                )
                row = self.rows[place]
                self.rows[place] = [a + b for a, b in zip(row, told, strict=True)]
        self.net += done.net
        self.operator += done.operator + done.fees
        self.surplus += done.surplus
        self.rounding += done.rounding
