"""Constraints between keys: ordered ranges, and keys required for deployment."""

from __future__ import annotations

from typing import Final

#: The first of each pair never exceeds the second on the same day.
CONSISTENT_RANGES: Final = (
    ("penalty.min", "penalty.max"),
    ("penalty.min_per_unit", "penalty.max_per_unit"),
    ("penalty.multiple_min", "penalty.multiple_max"),
    ("penalty.min", "penalty.cap"),
    ("penalty.false_multiple_min", "penalty.false_multiple_max"),
    ("penalty.false_min", "penalty.false_max"),
    ("penalty.false_cut_min", "penalty.false_cut_max"),
    ("penalty.verifier_multiple_min", "penalty.verifier_multiple_max"),
    ("penalty.report_min", "penalty.report_max"),
    ("supply.msr_lower", "supply.msr_middle"),
    ("supply.msr_middle", "supply.msr_upper"),
    ("supply.ecr_price", "supply.ccr_price"),
    ("supply.ccr_price", "supply.ccr_price_2"),
    ("market.listed_max", "market.block_min"),
    ("market.lot", "market.listed_max"),
    ("auction.reserve_price", "supply.ceiling_price"),
)

#: Keys without which a scheme cannot be set up on a chain; beside these, benchmarks and bounds of each class,
#: and one of the forms that what follows a shortfall can have.
REQUIRED_TO_RUN: Final = (
    "mrv.report_days", "mrv.dispute_window", "mrv.min_bodies", "mrv.min_assurance",
    "mrv.max_materiality", "mrv.max_signature_age", "mrv.max_clock_skew", "mrv.base",
    "mrv.max_load", "mrv.max_heat_load",
    "market.lot", "market.tick", "market.band", "market.band_rounding", "market.sessions",
    "market.same_day_resale",
)  # fmt: skip

#: Those forms, by a key each: a sum, a sum for each missing unit, a multiple of a price, units.
FORMS_OF_PENALTY: Final = (
    "penalty.max", "penalty.max_per_unit", "penalty.multiple_max", "penalty.units_for_each",
)  # fmt: skip

#: Keys the contracts take as 0 where a pack has none: what a run then could not apply.
ZERO_WHERE_ABSENT: Final = {
    "penalty.hearing": "Days for a hearing before a fine is decided",
    "penalty.payment": "Days to pay a fine before it is debited",
    "penalty.appeal": "Days in which a fine can be appealed against",
    "penalty.closing": "Days from the deadline until a shortfall is deducted",
}
