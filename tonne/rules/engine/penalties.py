"""What a shortfall, a false report or a false verification brings, in every form a pack can write.

A form of money (a range, a range for each missing unit, a multiple of a price), a cap on it, units for each
missing one, a deduction, and measures other than money. Where a range is left, an authority decides within
it, with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tonne.errors import refused
from tonne.rules.engine.figures import cents, down, figure, figure_or, not_negative, says, up
from tonne.rules.pack import RulePack
from tonne.rules.pack.indexed_fines import PER_UNIT

#: Keys of the forms of money, least and highest; beside these the sums for each missing unit.
FIXED = ("penalty.min", "penalty.max")
MULTIPLE = ("penalty.multiple_min", "penalty.multiple_max")


@dataclass(frozen=True, slots=True)
class PenaltyBounds:
    """What an authority may decide about a shortfall."""

    min_cents: int  # [0.01 currency]
    max_cents: int  # [0.01 currency]
    deduction_t: int  # taken off the next allocation [t]
    units_due: int = 0  # to surrender in place of the missing units [t]
    allowances_due: int = 0  # of these, at least so many in allowances [t]
    still_owed: bool = False  # the missing units are owed beside the fine
    forced_debit: bool = False  # they are taken out of the account first
    measures: tuple[str, ...] = ()  # beside money
    measures_years: int = 0


@dataclass(frozen=True, slots=True)
class Fine:
    """Least and highest fine [0.01 currency], and share of the next allocation that may be cut."""

    min_cents: int
    max_cents: int
    cut_min: Fraction = Fraction(0)
    cut_max: Fraction = Fraction(0)


def needs_price(pack: RulePack, day: date) -> bool:
    """Whether the fine for a shortfall is a multiple of a price on a day."""
    return pack.has(MULTIPLE[1], day)


def penalty_bounds(
    pack: RulePack, shortfall: int, day: date, price_cents: int | None = None
) -> PenaltyBounds:
    """Least and highest fine and all else that follows a shortfall. `day`: the surrender deadline.

    `price_cents`: of the window the pack names, where the fine is a multiple of it.
    """
    not_negative("shortfall", shortfall)
    if shortfall == 0:
        return PenaltyBounds(0, 0, 0)
    least, most = _money(pack, shortfall, day, price_cents)
    if pack.has("penalty.cap", day):
        cap = cents(figure(pack, "penalty.cap", day))
        least, most = min(least, cap), min(most, cap)
    measures = pack.entry("penalty.measures", day)
    units = up(figure_or(pack, "penalty.units_for_each", day) * shortfall)
    return PenaltyBounds(
        min_cents=least,
        max_cents=most,
        deduction_t=up(figure_or(pack, "penalty.deduction", day) * shortfall),
        units_due=units,
        allowances_due=up(figure_or(pack, "penalty.units_in_allowances", day) * units),
        still_owed=says(pack, "penalty.still_owed", day),
        forced_debit=says(pack, "penalty.forced_debit", day),
        measures=tuple(measures.value) if measures else (),
        measures_years=int(figure_or(pack, "penalty.measures_years", day)),
    )


def _money(pack: RulePack, shortfall: int, day: date, price_cents: int | None) -> tuple[int, int]:
    if needs_price(pack, day):
        if price_cents is None:
            raise refused("PENALTY_NO_PRICE", scheme_name=pack.scheme.name)
        low, high = (figure(pack, key, day) for key in MULTIPLE)
        return down(low * price_cents * shortfall), down(high * price_cents * shortfall)
    if pack.has(PER_UNIT[1], day):
        # Indexed where the index is known; what the contracts keep, so that both come to the same.
        least, most = (pack.onchain(key, day) * shortfall for key in PER_UNIT)
        return least, most
    if pack.has("penalty.units_for_each", day) and not pack.has(FIXED[0], day):
        return 0, 0  # units take the place of money
    return cents(figure(pack, FIXED[0], day)), cents(figure(pack, FIXED[1], day))


def decided(bounds: PenaltyBounds | Fine, fine_cents: int, reason: str) -> int:
    """The fine an authority decides, if it lies within the bounds and has a reason."""
    if not bounds.min_cents <= fine_cents <= bounds.max_cents:
        raise refused(
            "PENALTY_OUT_OF_BOUNDS",
            fine_cents=fine_cents,
            min_cents=bounds.min_cents,
            max_cents=bounds.max_cents,
        )
    if not reason.strip():
        raise refused("PENALTY_NO_REASON")
    return fine_cents


def false_report(
    pack: RulePack, gains_cents: int, day: date, unreported: int = 0, price_cents: int = 0
) -> Fine:
    """The cost of a false report to its emitter.

    A multiple of the illegal gains, at least the pack's least fine; or a multiple of the price of what was
    not reported. The cut of the next allocation follows where the order is refused.
    """
    not_negative("gains", gains_cents, unreported)
    if pack.has("penalty.false_price_multiple", day):
        fine = down(figure(pack, "penalty.false_price_multiple", day) * price_cents * unreported)
        return Fine(fine, fine)
    return Fine(
        max(
            down(figure(pack, "penalty.false_multiple_min", day) * gains_cents),
            cents(figure(pack, "penalty.false_min", day)),
        ),
        max(
            down(figure(pack, "penalty.false_multiple_max", day) * gains_cents),
            cents(figure(pack, "penalty.false_max", day)),
        ),
        figure_or(pack, "penalty.false_cut_min", day),
        figure_or(pack, "penalty.false_cut_max", day),
    )


def false_verification(pack: RulePack, gains_cents: int, day: date) -> Fine:
    """What a false verification can cost the body that signed: up to a sum where gains are small, else a
    multiple of them."""
    not_negative("gains", gains_cents)
    if gains_cents < cents(figure(pack, "penalty.verifier_small_gains", day)):
        return Fine(0, cents(figure(pack, "penalty.verifier_max", day)))
    return Fine(
        down(figure(pack, "penalty.verifier_multiple_min", day) * gains_cents),
        down(figure(pack, "penalty.verifier_multiple_max", day) * gains_cents),
    )
