"""What a plant has to expect while figures are not final: its gap within a range, and what waiting costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tonne.rules.engine.allocation import Output, allocation
from tonne.rules.engine.figures import figure_or, reporting_day, up
from tonne.rules.engine.obligation import obligation
from tonne.rules.engine.penalties import needs_price, penalty_bounds
from tonne.rules.engine.prices import band
from tonne.rules.pack import RulePack


@dataclass(frozen=True, slots=True)
class Outlook:
    """Amounts in [t]; a gap below 0 is to spare."""

    allocation: int  # expected on the output reported
    gap: int
    low: int  # if verification takes off as much as is immaterial
    high: int  # if it adds as much


@dataclass(frozen=True, slots=True)
class Waiting:
    """What closing a gap costs, now and later [0.01 currency]."""

    now: int  # at the last price
    next_day: int  # at most: at the upper edge of the next day's band
    short_min: int  # staying short: the least fine, and what is taken off later at the last price
    short_max: int


def outlook(
    pack: RulePack,
    class_name: str | None,
    outputs: Mapping[int, Output],
    emissions: int,
    held: int,
    allocated: int,
    debt: int = 0,
    surrendered: int = 0,
) -> Outlook:
    """The gap to expect on figures reported for each year of a period, before the allocation is corrected.

    `held` has what was `allocated` so far in it; the rest is still to come, less a debt. The range is what
    verification may leave aside as immaterial, rounded up, on emissions; of a pack that does not say: none.
    """
    last = max(outputs)
    free = sum(allocation(pack, class_name, output, year) for year, output in outputs.items())
    margin = up(figure_or(pack, "mrv.max_materiality", reporting_day(last)) * emissions)
    coming = free - allocated - debt

    def gap(emitted: int) -> int:
        return obligation(pack, class_name, emitted, free, last) - surrendered - held - coming

    return Outlook(free, gap(emissions), gap(max(0, emissions - margin)), gap(emissions + margin))


def waiting(
    pack: RulePack, gap: int, price_cents: int, today: date, deadline: date
) -> Waiting | None:
    """What a gap costs if it is closed now, on the next day, or not at all; None without gap or rule."""
    known = pack.has("market.band", today) and price_cents > 0
    if gap <= 0 or not known:
        return None
    price = price_cents if needs_price(pack, deadline) else None
    bounds = penalty_bounds(pack, gap, deadline, price)
    later = bounds.deduction_t + bounds.units_due + (gap if bounds.still_owed else 0)
    return Waiting(
        gap * price_cents,
        gap * band(pack, price_cents, today)[1],
        bounds.min_cents + later * price_cents,
        bounds.max_cents + later * price_cents,
    )
