"""Prices of imbalance about a reference: the plain model of `contracts/power/lib/SettlementPrices.sol`."""

from __future__ import annotations

from collections.abc import Iterable

from tonne.constants import PPM


def counted(ref: int, cleared: int, backed_wh: int, metered_wh: int) -> int:
    """The reference, and of its distance to the cleared price the part delivered: towards the reference."""
    if metered_wh == 0:
        return ref
    backed = min(backed_wh, metered_wh)
    part = abs(cleared - ref) * backed // metered_wh
    return ref - part if cleared < ref else ref + part


def sides(ref: int, price: int, spread_ppm: int) -> tuple[int, int]:
    """Prices that a short position pays, rounded up, and a long one gets, rounded down."""
    low, high = sorted((ref, price))
    return -(-high * (PPM + spread_ppm) // PPM), low * (PPM - spread_ppm) // PPM


def median(samples: Iterable[tuple[int, int]]) -> int:
    """Of (price, energy): the price up to which half of the energy lies; 0 when there is none."""
    ordered = sorted(samples)
    everything, past = sum(wh for _, wh in ordered), 0
    for price, wh in ordered:
        past += wh
        if wh and 2 * past >= everything:
            return price
    return 0


def moved(last: int, target: int) -> int:
    """The target, at most a fifth away from the last reference, and by one unit at least."""
    most = max(last // 5, 1)
    return min(max(target, last - most), last + most)
