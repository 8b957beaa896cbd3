"""A scheme's auctions of a year, decided before it: cap, auctioned share, stability reserve, price spike.

No figure of the year itself goes in: caps and allowances in circulation are published before, prices are of
the months before. So a year can be short of allowances.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tonne.rules.engine.allocation import split
from tonne.rules.engine.figures import down, figure, figure_or, reporting_day
from tonne.rules.engine.supply_control import (
    msr_intake,
    msr_release,
    msr_void,
    next_cap,
    spike_release,
)
from tonne.rules.pack import RulePack

#: Years a known cap is carried on by the reduction, at the most.
REACH = 30


@dataclass(frozen=True, slots=True)
class PriceHistory:
    """Mean prices before a decision [0.01 currency]."""

    half_year_cents: int
    two_years_cents: int


@dataclass(frozen=True, slots=True)
class YearlySupply:
    """A year's auctions, taken apart [measure]."""

    cap: int
    share: int  #     the cap's auctioned share, rounded down
    intake: int  #    into the stability reserve, off the auctions
    release: int  #   out of it
    spike: int  #     released because prices rose
    void: int  #      in the reserve: in no auction

    @property
    def auctioned(self) -> int:
        """Never below 0: the reserve takes no more than there is."""
        return max(0, self.share - self.intake + self.release + self.spike)


def cap_of(pack: RulePack, year: int) -> int | None:
    """The cap of a year: the pack's, or an earlier one carried on by the reduction; None where no cap and
    no base of the reduction is known."""
    day = reporting_day(year)
    if pack.has("cap.amount", day):
        return down(figure(pack, "cap.amount", day))
    if not pack.has("cap.base", day):
        return None
    known = next(
        (y for y in range(year - 1, year - REACH, -1) if pack.has("cap.amount", reporting_day(y))),
        None,
    )
    if known is None:
        return None
    cap = down(figure(pack, "cap.amount", reporting_day(known)))
    for later in range(known + 1, year + 1):
        base = down(figure(pack, "cap.base", reporting_day(later)))
        cap = next_cap(pack, cap, base, later)
    return cap


def yearly_supply(
    pack: RulePack, year: int, decided: date, prices: PriceHistory
) -> YearlySupply | None:
    """The auctions of a year's cap by figures known on the day of the decision; None without a cap."""
    cap = cap_of(pack, year)
    if cap is None:
        return None
    share = split(pack, cap, year).auctioned
    intake = release = void = spike = 0
    if pack.has("supply.circulating", decided):
        circulating = down(figure(pack, "supply.circulating", decided))
        reserve = down(figure_or(pack, "supply.reserve_held", decided))
        intake = msr_intake(pack, circulating, decided)
        release = msr_release(pack, circulating, reserve, decided)
        if pack.has("supply.reserve_held", decided) and pack.has("supply.msr_void_above", decided):
            void = msr_void(pack, reserve, decided)
    if pack.has("supply.spike_multiple", decided):
        spike = spike_release(pack, prices.half_year_cents, prices.two_years_cents, decided)
    return YearlySupply(cap, share, min(intake, share), release, spike, void)
