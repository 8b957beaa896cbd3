"""The rules of a pack in plain arithmetic: allocation, obligation, offsets, banking, penalty, supply.

Written from the rules, not from the contracts: exact fractions of the pack's decimals, rounded once
at the end. The auditor compares its results with the chain, and `tonne position` looks ahead with
it. Every function is pure: integers in, integers out.
"""

from tonne.rules.engine.allocation import (
    Output,
    Supply,
    allocation,
    closed_before,
    closing,
    corrected,
    correction,
    fitted,
    grandfathered,
    limited,
    new_entrant,
    preallocation,
    sector_allocation,
    sector_preallocation,
    split,
    true_up,
)
from tonne.rules.engine.banking import (
    Carried,
    admitted,
    bankable,
    bankable_vintage,
    borrowable,
    carried,
    expired,
)
from tonne.rules.engine.figures import reporting_day
from tonne.rules.engine.holding_limits import HoldingRule, disclosed, holding_rule
from tonne.rules.engine.measures import converted
from tonne.rules.engine.obligation import (
    final_due,
    link_limit,
    obligation,
    offset_admitted,
    offset_limit,
    offsets_without_benefit,
    part_due,
    phased_in,
    recognised,
)
from tonne.rules.engine.outlook import Outlook, Waiting, outlook, waiting
from tonne.rules.engine.penalties import (
    Fine,
    PenaltyBounds,
    decided,
    false_report,
    false_verification,
    needs_price,
    penalty_bounds,
)
from tonne.rules.engine.prices import (
    Traded,
    band,
    fine_price,
    grown,
    mean_price,
    weighted_price,
    window,
)
from tonne.rules.engine.standing import Position, position

__all__ = [
    "Carried",
    "Fine",
    "HoldingRule",
    "Outlook",
    "Output",
    "PenaltyBounds",
    "Position",
    "Supply",
    "Traded",
    "Waiting",
    "admitted",
    "allocation",
    "band",
    "bankable",
    "bankable_vintage",
    "borrowable",
    "carried",
    "closed_before",
    "closing",
    "converted",
    "corrected",
    "correction",
    "decided",
    "disclosed",
    "expired",
    "false_report",
    "false_verification",
    "final_due",
    "fine_price",
    "fitted",
    "grandfathered",
    "grown",
    "holding_rule",
    "limited",
    "link_limit",
    "mean_price",
    "needs_price",
    "new_entrant",
    "obligation",
    "offset_admitted",
    "offset_limit",
    "offsets_without_benefit",
    "outlook",
    "part_due",
    "penalty_bounds",
    "phased_in",
    "position",
    "preallocation",
    "recognised",
    "reporting_day",
    "sector_allocation",
    "sector_preallocation",
    "split",
    "true_up",
    "waiting",
    "weighted_price",
    "window",
]
