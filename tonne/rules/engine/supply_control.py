"""Control of supply: stability reserve, containment reserves, tiers, ceiling, buy-back, limits of bidders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from tonne.errors import refused
from tonne.rules.engine.figures import down, figure, figure_or, nearest, not_negative, says
from tonne.rules.engine.prices import grown
from tonne.rules.pack import RulePack


def msr_intake(pack: RulePack, circulating: int, day: date) -> int:
    """What the stability reserve takes in for allowances in circulation, rounded down.

    Its share above the upper threshold; between the middle one and that, what is above the middle one.
    """
    not_negative("circulating", circulating)
    upper, middle, share = (
        figure(pack, f"supply.msr_{name}", day) for name in ("upper", "middle", "intake")
    )
    if circulating > upper:
        return down(share * circulating)
    return max(0, circulating - down(middle))


def msr_release(pack: RulePack, circulating: int, reserve: int, day: date) -> int:
    """What it releases: the pack's amount, or what it has, when circulation is below the lower threshold."""
    not_negative("circulating", circulating, reserve)
    amount = min(reserve, down(figure(pack, "supply.msr_release", day)))
    return amount if circulating < figure(pack, "supply.msr_lower", day) else 0


def msr_void(pack: RulePack, reserve: int, day: date) -> int:
    """What of the reserve becomes void."""
    not_negative("reserve", reserve)
    return max(0, reserve - down(figure(pack, "supply.msr_void_above", day)))


def spike_release(pack: RulePack, half_year_cents: int, two_years_cents: int, day: date) -> int:
    """What is released because the mean price of six months left that of two years behind."""
    amount = down(figure(pack, "supply.spike_release", day))
    multiple = figure(pack, "supply.spike_multiple", day)
    return amount if half_year_cents > multiple * two_years_cents else 0


def price_on(
    pack: RulePack, key: str, growth_key: str, day: date, inflation: Sequence[Fraction] = ()
) -> int:
    """A price of the pack in the year of a day [0.01 currency]: it rises every year after its first.

    `inflation`: of each of these years, where the pack says that the price is indexed.
    """
    entry = pack.entry(key, day)
    start = nearest(figure(pack, key, day) * 100)
    assert entry is not None
    years = day.year - entry.from_.year
    growth = figure_or(pack, growth_key, day)
    if not says(pack, "supply.indexed", day):
        return grown(start, growth, years)
    if len(inflation) != years:
        raise refused("ENGINE_NO_INFLATION", inflation_count=len(inflation), key=key, years=years)
    price = start
    for rate in inflation:
        price = grown(price, growth + rate, 1)
    return price


def ccr_size(pack: RulePack, cap: int, day: date) -> int:
    """Size of the cost containment reserve in a year: an amount, or a share of the cap rounded down."""
    if pack.has("supply.ccr_amount", day):
        return down(figure(pack, "supply.ccr_amount", day))
    return down(figure(pack, "supply.ccr_share", day) * cap)


def ccr_sold(pack: RulePack, left: int, wanted: int, clearing_cents: int, day: date) -> int:
    """What of the cost containment reserve is sold: what is wanted and left, above the trigger price."""
    not_negative("wanted", wanted, left)
    trigger = price_on(pack, "supply.ccr_price", "supply.ccr_growth", day)
    return min(wanted, left) if clearing_cents > trigger else 0


def ecr_withheld(pack: RulePack, cap: int, volume: int, clearing_cents: int, day: date) -> int:
    """What of an auction is withheld below the emissions containment price, at most its share of the cap."""
    not_negative("volume", volume)
    trigger = price_on(pack, "supply.ecr_price", "supply.ccr_growth", day)
    if clearing_cents >= trigger:
        return 0
    return min(volume, down(figure(pack, "supply.ecr_share", day) * cap))


def tier_offered(pack: RulePack, last_cents: int, lowest_tier_cents: int, day: date) -> bool:
    """Whether the reserve tiers are offered after an auction settled at a price."""
    return last_cents >= figure(pack, "supply.tier_trigger", day) * lowest_tier_cents


def ceiling_sale(need: int, held: int) -> int:
    """What is sold at the ceiling price: no more than the buyer's own need beyond what it holds."""
    not_negative("need", need, held)
    return max(0, need - held)


def buy_back(pack: RulePack, allocated: int, day: date) -> int:
    """The most that the authority buys back, rounded down."""
    not_negative("allocated", allocated)
    return down(figure_or(pack, "supply.buy_back", day) * allocated)


def purchase_limit(pack: RulePack, volume: int, day: date, obliged: bool = True) -> int:
    """The most that one bidder may buy in an auction, rounded down; the volume where there is no limit."""
    not_negative("volume", volume)
    key = "auction.bidder_limit"
    if not obliged and pack.has("auction.bidder_limit_others", day):
        key = "auction.bidder_limit_others"
    return down(figure_or(pack, key, day, 1) * volume)


def next_cap(pack: RulePack, cap: int, base: int, year: int) -> int:
    """The cap of a year after one of `cap`: less the reduction factor's share of the base, less once
    `cap.rebase` and more once `cap.added` of that year. The fall is rounded to the nearest."""
    not_negative("cap", cap, base)
    day = date(year, 12, 31)
    fall = nearest(figure_or(pack, "cap.reduction", day) * base)
    once = down(figure_or(pack, "cap.added", day)) - down(figure_or(pack, "cap.rebase", day))
    return max(0, cap - fall + once)
