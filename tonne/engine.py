"""The rules of a pack in plain arithmetic: allocation, obligation, offsets, penalty.

Written from the rules, not from the contracts: exact fractions of the pack's decimals, rounded once
at the end. The auditor compares its results with the chain, and `tonne position` looks ahead with
it. Every function is pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from tonne.rulepack import Period, RulePack


@dataclass(frozen=True, slots=True)
class Output:
    """What a plant delivered in a year, or a period."""

    power_mwh: int
    heat_gj: int = 0

    def __post_init__(self) -> None:
        if self.power_mwh < 0 or self.heat_gj < 0:
            raise ValueError(f"negative output: {self.power_mwh} MWh, {self.heat_gj} GJ")


@dataclass(frozen=True, slots=True)
class HoldingRule:
    """How much of a class one participant, or its group, may hold; two forms that schemes use."""

    flat: int = 0  # [t]; Beijing: 1,000,000
    over_allocation: bool = False  # an emitter's own yearly allocation comes on top; Beijing
    base: int = 0  # [t]; California: 25,000,000
    base_share: Fraction = Fraction(0)  # of the base; California: 0.1
    rest_share: Fraction = Fraction(0)  # of the year's budget beyond the base; California: 0.025

    def limit(self, allocation: int = 0, budget: int = 0) -> int:
        """The limit [t], rounded down; 0 = none.

        `allocation`: the participant's own of the year. `budget`: all that the scheme issues in it.
        """
        formula = self.base_share * self.base + self.rest_share * max(0, budget - self.base)
        return self.flat + (allocation if self.over_allocation else 0) + int(formula)


@dataclass(frozen=True, slots=True)
class PenaltyBounds:
    """What an authority may decide about a shortfall."""

    min_cents: int  # [0.01 currency]
    max_cents: int  # [0.01 currency]
    deduction_t: int  # taken off the next allocation [t]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a plant stands in a period, as far as its own figures go. Amounts in [t]."""

    allocation: int  # free allowances it is due, or expects
    obligation: int
    offset_room: int  # of what is still due, offsets may cover this much
    held: int  # allowances it can surrender
    gap: int  # still to buy (offsets aside); negative: to spare
    penalty: PenaltyBounds | None  # if the gap stayed; None without a gap


def reporting_day(year: int) -> date:
    """The day on which the rules of a reporting year are read."""
    return date(year, 12, 31)


def allocation(
    pack: RulePack, class_name: str | None, output: Output, year: int, share: Fraction = Fraction(1)
) -> int:
    """Free allowances for an output [t].

    Benchmark x output x share for each product, each rounded down. A plant without a class has no
    benchmark and receives nothing.
    """
    if class_name is None:
        return 0
    day = reporting_day(year)
    power = Fraction(pack.benchmark(class_name, "power", day)) * output.power_mwh * share
    heat = Fraction(pack.benchmark(class_name, "heat", day)) * output.heat_gj * share
    return int(power) + int(heat)


def preallocation(pack: RulePack, class_name: str | None, last_output: Output, year: int) -> int:
    """What is given out early, on the output of the year before [t]."""
    share = _share(pack, "allocation.preallocation", reporting_day(year))
    return allocation(pack, class_name, last_output, year, share)


def true_up(pack: RulePack, class_name: str | None, verified: Output, year: int, early: int) -> int:
    """What the correction on verified output adds; negative: claws back [t]."""
    return allocation(pack, class_name, verified, year) - early


def obligation(pack: RulePack, class_name: str | None, emissions: int, free: int, year: int) -> int:
    """Allowances to surrender [t].

    A gas plant owes no more than its free allocation where the scheme says so; any other no more
    than that and a share of its emissions, rounded down.
    """
    day = reporting_day(year)
    exempt = pack.entry("obligation.gas_deficit_exempt", day)
    gas = class_name is not None and pack.classes[class_name].fuel == "gas"
    if gas and exempt is not None and exempt.value:
        return min(emissions, free)
    if not pack.has("obligation.cap_over_free", day):
        return emissions
    over = int(_share(pack, "obligation.cap_over_free", day) * emissions)
    return min(emissions, free + over)


def offset_limit(pack: RulePack, due: int, day: date) -> int:
    """How much of an obligation offsets may cover [t], rounded down. `day`: surrender deadline."""
    if not pack.has("offset.limit", day):
        return 0
    return int(_share(pack, "offset.limit", day) * due)


def holding_rule(pack: RulePack, day: date) -> HoldingRule | None:
    """The pack's rule on a local day; None where it has none. What it gives is set for each pool by
    `Exchange.setHoldingLimit`, or for everybody by the market's rules."""

    def given(key: str) -> Any:
        return pack.param(key, day) if pack.has(key, day) else 0

    flat, base = given("market.holding_limit"), given("market.holding_limit_base")
    if not flat and not base:
        return None
    return HoldingRule(
        flat=int(flat),
        over_allocation=bool(given("market.holding_limit_over_allocation")),
        base=int(base),
        base_share=Fraction(given("market.holding_limit_base_share")),
        rest_share=Fraction(given("market.holding_limit_rest_share")),
    )


def penalty_bounds(pack: RulePack, shortfall: int, day: date) -> PenaltyBounds:
    """Least and highest fine and the deduction for a shortfall. `day`: the surrender deadline."""
    deduction = (
        _share(pack, "penalty.deduction", day)
        if pack.has("penalty.deduction", day)
        else Fraction(0)
    )
    return PenaltyBounds(
        min_cents=int(_share(pack, "penalty.min", day) * 100),
        max_cents=int(_share(pack, "penalty.max", day) * 100),
        deduction_t=int(deduction * shortfall),
    )


def position(
    pack: RulePack,
    period: Period,
    class_name: str | None,
    output: Output,
    emissions: int,
    held: int,
    surrendered: int = 0,
    offsets_surrendered: int = 0,
) -> Position:
    """Where a plant stands with these figures. `surrendered` counts offsets too."""
    day = pack.local_day(period.surrender_deadline)
    free = allocation(pack, class_name, output, period.last_year)
    due = obligation(pack, class_name, emissions, free, period.last_year)
    still = max(0, due - surrendered)
    gap = still - held
    return Position(
        allocation=free,
        obligation=due,
        offset_room=min(still, max(0, offset_limit(pack, due, day) - offsets_surrendered)),
        held=held,
        gap=gap,
        penalty=penalty_bounds(pack, gap, day) if gap > 0 else None,
    )


def _share(pack: RulePack, key: str, day: date) -> Fraction:
    return Fraction(pack.param(key, day))  # type: ignore[arg-type]
