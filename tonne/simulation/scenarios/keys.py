"""Keys that a scenario may vary: rules the plain model applies, and figures of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tonne.constants import PPM
from tonne.rules.engine.penalties import FIXED, MULTIPLE
from tonne.rules.pack.indexed_fines import PER_UNIT
from tonne.rules.pack.key_spec import Spec
from tonne.rules.pack.keys import spec_of

#: From when on a varied rule holds.
BEGINNING: Final = date(1990, 1, 1)

#: Figures of the model itself. None of them is a rule of a scheme.
MODEL: Final[Mapping[str, Spec]] = {
    "cap": Spec(
        "share", PPM, most=2,
        says="Most that is given out free in a year, a share of the first year's emissions.",
    ),
    "abatement.share": Spec(
        "share", PPM, most=1,
        says="Share of its emissions that a firm on average avoids where a tonne is expected to cost twice"
        " the first year's price; each its own, within half as much more or less. Without it 0.05.",
    ),
    "fine.chance": Spec(
        "share", PPM, most=1,
        says="How likely buyers on average hold it that a missing tonne is fined; each its own, within half"
        " as much more or less. With it nobody pays more for a tonne than lacking it would cost.",
    ),
    "offset.supply": Spec(
        "share", PPM, most=1, says="Offsets there are in a year, a share of all obligations."
    ),
    "offset.discount": Spec(
        "share", PPM, most=1, says="How much cheaper an offset is than an allowance."
    ),
    "warning.at": Spec(
        "share", PPM, most=1, says="Share of the season after which the authority warns."
    ),
    "warning.gap": Spec(
        "share", PPM, most=1, says="Who lacks more than this share of what it owes is warned."
    ),
    "warning.heeded": Spec(
        "share", PPM, most=1, says="Share of those warned that then come to the market."
    ),
}  # fmt: skip

#: Rules of a pack that change what the model does, beside benchmarks.
RULES: Final = (
    "allocation.correction_cooling", "allocation.correction_heat", "allocation.correction_load",
    "allocation.correction_all", "obligation.cap_over_free", "obligation.gas_deficit_exempt",
    "obligation.carry_vintages", "offset.limit", "banking.allowed", "banking.base",
    "banking.net_sales_multiple", "banking.oldest_vintage", "banking.newest_vintage",
    "market.band", *FIXED, *PER_UNIT, *MULTIPLE, "penalty.cap", "penalty.deduction",
    "penalty.units_for_each", "penalty.still_owed", "penalty.price_months", "penalty.price_until",
    "penalty.price_rule",
)  # fmt: skip

KEYS: Final = frozenset({*MODEL, *RULES})

#: Keys of a reporting year, which may be given as a path; benchmarks are too.
YEARLY: Final = frozenset(
    {"cap", *(key for key in RULES if key.startswith(("allocation.", "obligation.")))}
)

#: Forms of a fine. A form that is set takes the place of the pack's own.
FORMS: Final = (FIXED, PER_UNIT, MULTIPLE, ("penalty.units_for_each",))


@dataclass(frozen=True, slots=True)
class Setting:
    """One key and what it is set to: a figure, or one a year."""

    key: str
    value: tuple[Any, ...]
    path: bool
    unit: str
    swept: bool

    @property
    def written(self) -> str:
        return "/".join(
            str(one).lower() if isinstance(one, bool) else str(one) for one in self.value
        )

    def of_year(self, index: int) -> Any:
        """The figure of a year, counted from 0."""
        return self.value[index] if self.path else self.value[0]


def spec_of_key(key: str) -> Spec:
    return MODEL[key] if key in MODEL else spec_of(key)


def known() -> set[str]:
    return {*KEYS, "benchmark.power.CLASS", "benchmark.heat.CLASS"}
