"""How much one participant, or its group, may hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tonne.rules.engine.figures import figure_or, says
from tonne.rules.pack import RulePack


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


def holding_rule(pack: RulePack, day: date) -> HoldingRule | None:
    """The pack's rule on a local day; None where it has none. What it gives is set for each pool by
    `Exchange.setHoldingLimit`, or for everybody by the market's rules."""
    flat = int(figure_or(pack, "market.holding_limit", day))
    base = int(figure_or(pack, "market.holding_limit_base", day))
    if not flat and not base:
        return None
    return HoldingRule(
        flat=flat,
        over_allocation=says(pack, "market.holding_limit_over_allocation", day),
        base=base,
        base_share=figure_or(pack, "market.holding_limit_base_share", day),
        rest_share=figure_or(pack, "market.holding_limit_rest_share", day),
    )


def disclosed(pack: RulePack, day: date, held: int, allocation: int = 0) -> bool:
    """Whether a holding is so large that the scheme discloses it."""
    if not pack.has("market.disclosure_over", day):
        return False
    on_top = allocation if says(pack, "market.holding_limit_over_allocation", day) else 0
    return held > figure_or(pack, "market.disclosure_over", day) + on_top
