"""Free allocation: benchmark, past emissions, verified emissions; early part, true-up, reserve, closure.

Exact fractions, rounded down once at the end of each product, so that a cap is never exceeded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from tonne.errors import refused
from tonne.rules.engine.figures import down, figure, figure_or, not_negative, reporting_day
from tonne.rules.pack import RulePack

WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Output:
    """Output of a plant in a year, or a period."""

    power_mwh: int
    heat_gj: int = 0

    def __post_init__(self) -> None:
        if self.power_mwh < 0 or self.heat_gj < 0:
            raise ValueError(f"negative output: {self.power_mwh} MWh, {self.heat_gj} GJ")


@dataclass(frozen=True, slots=True)
class Supply:
    """A year's cap, taken apart [measure]; the parts add up to it."""

    free: int
    auctioned: int
    new_entrants: int
    rest: int  # what the scheme does not say, rounding included


def allocation(
    pack: RulePack,
    class_name: str | None,
    output: Output,
    year: int,
    share: Fraction = WHOLE,
    correction: Fraction = WHOLE,
) -> int:
    """Free allowances for an output [t].

    Benchmark x output x share for each product, each rounded down; `correction` multiplies the power
    benchmark. A plant without a class has no benchmark and receives nothing.
    """
    if class_name is None:
        return 0
    day = reporting_day(year)
    power = (
        Fraction(pack.benchmark(class_name, "power", day)) * correction * output.power_mwh * share
    )
    heat = Fraction(pack.benchmark(class_name, "heat", day)) * output.heat_gj * share
    return down(power) + down(heat)


def correction(pack: RulePack, year: int) -> Fraction:
    """Factor on the power benchmark for cooling, heat supply and load, as far as the pack has them."""
    day = reporting_day(year)
    product = WHOLE
    for name in ("cooling", "heat", "load"):
        product *= figure_or(pack, f"allocation.correction_{name}", day, 1)
    return product


def preallocation(pack: RulePack, class_name: str | None, last_output: Output, year: int) -> int:
    """What is given out early, on the output of the year before [t]."""
    share = figure(pack, "allocation.preallocation", reporting_day(year))
    return allocation(pack, class_name, last_output, year, share)


def true_up(pack: RulePack, class_name: str | None, verified: Output, year: int, early: int) -> int:
    """What the correction on verified output adds; negative: claws back [t]."""
    return allocation(pack, class_name, verified, year) - early


def grandfathered(
    base_emissions: Sequence[int], control: Fraction = WHOLE, share: Fraction = WHOLE
) -> int:
    """Free allowances on past emissions: their mean x a control factor x share, rounded down [t]."""
    not_negative("emissions", *base_emissions)
    if not base_emissions:
        return 0
    return down(Fraction(sum(base_emissions), len(base_emissions)) * control * share)


@dataclass(frozen=True, slots=True)
class SectorFigures:
    """A plant of a sector in a year, and in the years before."""

    emissions: int  #      verified [t]
    product: int = 0  #       made [t of the sector's product]
    last_emissions: int = 0  # of the year before [t]
    last_product: int = 0  # the activity level that holds for the year [t of the product]


def sector_preallocation(pack: RulePack, sector: str, last_emissions: int, year: int) -> int:
    """What a sector's plant is given early, on its verified emissions of the year before [t]."""
    not_negative("emissions", last_emissions)
    share = figure(pack, f"allocation.{sector}.preallocation", reporting_day(year))
    return down(share * last_emissions)


def on_historic_activity(pack: RulePack, sector: str, year: int) -> bool:
    """Whether a sector's allocation is by tonnes made before the year, and so known when it begins."""
    entry = pack.entry(f"allocation.{sector}.activity", reporting_day(year))
    return entry is not None and entry.value == "historic"


def activity_level(pack: RulePack, sector: str, base: int, made: Sequence[int], year: int) -> int:
    """Tonnes that historic activity counts, after the years whose tonnes `made` has, oldest first [t].

    Without a share of change the last of them, else those of the base period until the mean of two years is
    further away than the share, and then that mean, rounded down.
    """
    not_negative("product", base, *made)
    if not pack.has(f"allocation.{sector}.activity_change", reporting_day(year)):
        return made[-1] if made else base
    share = figure(pack, f"allocation.{sector}.activity_change", reporting_day(year))
    level = base
    for pair in pairwise(made):
        mean = sum(pair) // 2
        if abs(mean - level) > share * level:
            level = mean
    return level


def sector_early(pack: RulePack, sector: str, figures: SectorFigures, year: int) -> int:
    """What a sector's plant has when the year begins: all of it by past activity, else the early share,
    else nothing [t]."""
    if on_historic_activity(pack, sector, year):
        return sector_final(pack, sector, figures, year)
    if not pack.has(f"allocation.{sector}.preallocation", reporting_day(year)):
        return 0
    return sector_preallocation(pack, sector, figures.last_emissions, year)


def sector_final(pack: RulePack, sector: str, figures: SectorFigures, year: int) -> int:
    """A sector's allocation by tonnes of product where the pack has a benchmark of it, else by its method;
    the scheme's one factor on all of them is applied, and the product rounded down [t]."""
    day = reporting_day(year)
    if "benchmark" not in _methods(pack, f"allocation.{sector}.method", day):
        given = sector_allocation(pack, sector, figures.emissions, year)
        return corrected(pack, given, year)
    historic = on_historic_activity(pack, sector, year)
    tonnes = figures.last_product if historic else figures.product
    not_negative("product", tonnes)
    benchmark = figure(pack, f"allocation.{sector}.product_benchmark", day)
    return corrected(pack, down(benchmark * tonnes), year)


def sector_allocation(
    pack: RulePack, sector: str, verified: int, year: int, by_intensity: int | None = None
) -> int:
    """A sector's final allocation [t].

    Where the pack allocates verified emissions, these. Else `by_intensity`, what its own formula gives,
    kept so near to verified emissions that neither surplus nor deficit exceeds the pack's limit.
    """
    not_negative("emissions", verified)
    day = reporting_day(year)
    if "verified_emissions" in _methods(pack, f"allocation.{sector}.method", day):
        return verified
    if by_intensity is None:
        raise refused("ENGINE_NO_INTENSITY", sector=sector, year=year)
    return limited(by_intensity, verified, figure(pack, f"allocation.{sector}.gap_limit", day))


def limited(amount: int, verified: int, limit: Fraction) -> int:
    """An allocation kept within verified emissions x (1 -/+ limit), a fraction always inward [t]."""
    width = down(limit * verified)
    return min(max(amount, verified - width), verified + width)


def split(pack: RulePack, cap: int, year: int) -> Supply:
    """A year's cap by what the pack says is free, auctioned and kept for new plants, each rounded down."""
    not_negative("cap", cap)
    day = reporting_day(year)
    free, auctioned, reserve = (
        down(figure_or(pack, f"allocation.{key}", day) * cap)
        for key in ("free_share", "auction_share", "new_entrant_reserve")
    )
    rest = cap - free - auctioned - reserve
    if rest < 0:
        raise refused("ENGINE_CAP_EXCEEDED", cap=cap, scheme_name=pack.scheme.name, year=year)
    return Supply(free, auctioned, reserve, rest)


def fitted(amounts: Mapping[str, int], available: int) -> dict[str, int]:
    """Allocations scaled by one factor so that together they fit, each rounded down [t]."""
    not_negative("available", available)
    total = sum(amounts.values())
    if total <= available:
        return dict(amounts)
    return {name: down(Fraction(amount * available, total)) for name, amount in amounts.items()}


def corrected(pack: RulePack, amount: int, year: int) -> int:
    """A free allocation after the scheme's one factor on all of them, rounded down [t]."""
    not_negative("amount", amount)
    return down(figure_or(pack, "allocation.correction_all", reporting_day(year), 1) * amount)


def new_entrant(reserve_left: int, wanted: int) -> int:
    """Allocation of a new plant out of the reserve: all it is due, or what is left [t]."""
    not_negative("reserve", reserve_left, wanted)
    return min(reserve_left, wanted)


def closing(pack: RulePack, year: int, due: int, days_run: int, days: int = 365) -> int:
    """What a plant keeps of its year's allocation when it closes after some days [t].

    Where the pack says `to_the_day`, that part of it, rounded down; else all of it, since allocation then
    follows output (a plant that closed delivered less).
    """
    not_negative("days", days_run, days - days_run)
    entry = pack.entry("allocation.closure", reporting_day(year))
    if entry is None or entry.value != "to_the_day":
        return due
    return down(Fraction(due * days_run, days))


def closed_before(pack: RulePack, year: int, early: int) -> int:
    """What a plant that has closed for good is given early [t]."""
    entry = pack.entry("allocation.closure", reporting_day(year))
    return 0 if entry is not None and entry.value == "no_preallocation" else early


def _methods(pack: RulePack, key: str, day: date) -> tuple[str, ...]:
    value = pack.param(key, day)
    assert isinstance(value, tuple)
    return value
