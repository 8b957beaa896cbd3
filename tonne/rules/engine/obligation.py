"""What is owed: caps on obligations, periods of several years, phased-in emissions, offsets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tonne.rules.engine.figures import (
    down,
    figure,
    figure_or,
    not_negative,
    reporting_day,
    says,
    up,
)
from tonne.rules.pack import RulePack


def obligation(pack: RulePack, class_name: str | None, emissions: int, free: int, year: int) -> int:
    """Allowances to surrender [t].

    A gas plant owes no more than its free allocation where the scheme says so; any other no more
    than that and a share of its emissions, rounded down.
    """
    day = reporting_day(year)
    gas = class_name is not None and pack.classes[class_name].fuel == "gas"
    if gas and says(pack, "obligation.gas_deficit_exempt", day):
        return min(emissions, free)
    if not pack.has("obligation.cap_over_free", day):
        return emissions
    over = down(figure(pack, "obligation.cap_over_free", day) * emissions)
    return min(emissions, free + over)


def phased_in(pack: RulePack, sector: str, emissions: int, year: int) -> int:
    """The part of a sector's emissions that counts in a year, rounded up: what counts is surrendered."""
    not_negative("emissions", emissions)
    share = figure_or(pack, f"obligation.{sector}.phase_in", reporting_day(year), 1)
    return up(share * emissions)


def part_due(pack: RulePack, emissions: int, year: int) -> int:
    """What is due after a year that is not the last of its period [measure], rounded up.

    Nothing, where the pack asks for nothing before the end.
    """
    not_negative("emissions", emissions)
    share = figure_or(pack, "obligation.part_surrender", reporting_day(year))
    return up(share * emissions)


def final_due(emissions: Sequence[int], surrendered: int) -> int:
    """What is due after the last year of a period: all its emissions less what was surrendered."""
    not_negative("emissions", surrendered, *emissions)
    return max(0, sum(emissions) - surrendered)


def offset_limit(pack: RulePack, due: int, day: date) -> int:
    """How much of an obligation offsets may cover [t], rounded down. `day`: surrender deadline."""
    return down(figure_or(pack, "offset.limit", day) * due)


def offsets_without_benefit(pack: RulePack, due: int, day: date) -> int:
    """How much of that may come from projects without a direct benefit for the country [t]."""
    limit = offset_limit(pack, due, day)
    return limit - up(figure_or(pack, "offset.direct_benefit", day) * limit)


def offset_admitted(pack: RulePack, day: date, reduced_on: date, registered_on: date) -> bool:
    """Whether an offset's dates let it be used on a day."""
    limits = (("offset.reduced_from", reduced_on), ("offset.registered_from", registered_on))
    for key, happened in limits:
        entry = pack.entry(key, day)
        if entry is not None and happened < entry.value:
            return False
    return True


def recognised(pack: RulePack, given: int, day: date) -> int:
    """Own allowances for so many of the scheme that is linked to, rounded down. `day`: surrender deadline."""
    not_negative("given", given)
    return down(figure_or(pack, "link.ratio", day, 1) * given)


def link_limit(pack: RulePack, due: int, day: date) -> int:
    """How much of an obligation allowances of the scheme that is linked to can meet, rounded down."""
    if not pack.has("link.scheme", day):
        return 0
    return down(figure_or(pack, "link.limit", day) * due)
