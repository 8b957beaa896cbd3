"""Losses of areas, lines and converters in whole watt-hours: what was lost, who bears it, what remains.

Three quantities are kept apart, because three parties answer for them: the loss a line's curve says
(modelled), the loss between its two end meters (measured), and what an area lost beyond its lines
(unaccounted). `contracts/power/PowerLosses.sol` books the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tonne.constants import PPM

#: Part of an area's loss that is borne by those who deliver; the rest by those who take
#: (Balancing and Settlement Code of Great Britain, section T 2.3.1).
DELIVERING_PPM: Final = 450_000


@dataclass(frozen=True, slots=True)
class LossCurve:
    """Loss of a line or converter in one interval, as a function of the energy that goes in.

    `no_load_wh` is lost whenever the interval passes (a transformer's iron), `linear_ppm` of the input is
    lost in conversion, and input²/`quadratic_wh` in resistance: V²·t/r, 0 where there is none.
    """

    no_load_wh: int
    linear_ppm: int
    quadratic_wh: int

    def modelled_wh(self, in_wh: int) -> int:
        """Loss that the curve says, rounded down term by term, and never more than went in."""
        resistive = in_wh * in_wh // self.quadratic_wh if self.quadratic_wh else 0
        return min(in_wh, self.no_load_wh + in_wh * self.linear_ppm // PPM + resistive)


@dataclass(frozen=True, slots=True)
class AreaLoss:
    """What one area lost in one interval [Wh].

    A line's end meters are meters of the area like others: what a line takes is withdrawn, what it delivers
    is injected. What remains between the two sums is therefore what no line explains.
    """

    injected_wh: int
    withdrawn_wh: int
    measured_wh: int  # by the end meters of its lines and converters
    modelled_wh: int  # by their curves

    @property
    def unaccounted_wh(self) -> int:
        """Injections less withdrawals, the exchange with the grid outside among them."""
        return self.injected_wh - self.withdrawn_wh

    @property
    def loss_wh(self) -> int:
        """Total loss of the area [Wh]."""
        return self.unaccounted_wh + self.measured_wh

    def is_plausible(self, most_ppm: int) -> bool:
        """Whether it is charged: not negative, and at most `most_ppm` of what was injected."""
        return 0 <= self.loss_wh and self.loss_wh * PPM <= self.injected_wh * most_ppm


def shares(loss_wh: int, weights_wh: Sequence[int]) -> list[int]:
    """The loss dealt out by weight, in order: shares sum to it exactly, each within 1 Wh of its due.

    The share of member k is floor(loss·C_k/W) - floor(loss·C_(k-1)/W), with C the running sum of weights.
    Without weight no account bears a loss: the whole of it stays unassigned, and this says so.
    """
    total = sum(weights_wh)
    if not total:
        return [0 for _ in weights_wh]
    running, bounds = 0, [0]
    for weight in weights_wh:
        running += weight
        bounds.append(loss_wh * running // total)
    return [after - before for before, after in pairwise(bounds)]


def split(loss_wh: int, delivering: bool, taking: bool) -> tuple[int, int]:
    """The parts borne by those who deliver and by those who take; one side alone bears it all."""
    if not delivering or not taking:
        return (loss_wh, 0) if delivering else (0, loss_wh)
    part = loss_wh * DELIVERING_PPM // PPM
    return part, loss_wh - part


def dealt(loss_wh: int, flows: Sequence[tuple[int, int]]) -> list[int]:
    """[Wh] A loss dealt out as `PowerLosses.shareOf` does, in the order of readings (import, export) [Wh]."""
    given = [export_wh for _, export_wh in flows]
    taken = [import_wh for import_wh, _ in flows]
    by_export, by_import = split(loss_wh, any(given), any(taken))
    return [a + b for a, b in zip(shares(by_export, given), shares(by_import, taken), strict=True)]
