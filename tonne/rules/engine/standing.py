"""Where a plant stands in a period, as far as its own figures go."""

from __future__ import annotations

from dataclasses import dataclass

from tonne.rules.engine.allocation import Output, allocation
from tonne.rules.engine.obligation import obligation, offset_limit
from tonne.rules.engine.penalties import PenaltyBounds, needs_price, penalty_bounds
from tonne.rules.pack import Period, RulePack


@dataclass(frozen=True, slots=True)
class CompliancePosition:
    """Amounts in [t]."""

    allocation: int  # free allowances it is due, or expects
    obligation: int
    offset_room: int  # of what is still due, offsets may cover this much
    held: int  # allowances it can surrender
    gap: int  # still to buy (offsets aside); negative: to spare
    penalty: (
        PenaltyBounds | None
    )  # if the gap stayed; None without a gap, or without the price it needs


def position(
    pack: RulePack,
    period: Period,
    class_name: str | None,
    output: Output,
    emissions: int,
    held: int,
    surrendered: int = 0,
    offsets_surrendered: int = 0,
    price_cents: int | None = None,
) -> CompliancePosition:
    """Where a plant stands with these figures. `surrendered` counts offsets too."""
    day = pack.local_day(period.surrender_deadline)
    free = allocation(pack, class_name, output, period.last_year)
    due = obligation(pack, class_name, emissions, free, period.last_year)
    still = max(0, due - surrendered)
    gap = still - held
    known = price_cents is not None or not needs_price(pack, day)
    return CompliancePosition(
        allocation=free,
        obligation=due,
        offset_room=min(still, max(0, offset_limit(pack, due, day) - offsets_surrendered)),
        held=held,
        gap=gap,
        penalty=penalty_bounds(pack, gap, day, price_cents) if gap > 0 and known else None,
    )
