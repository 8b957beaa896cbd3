"""From one period to another: banking, borrowing, expiry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tonne.errors import refused
from tonne.rules.engine.figures import down, figure, figure_or, not_negative, says
from tonne.rules.pack import RulePack


@dataclass(frozen=True, slots=True)
class Carried:
    """What becomes of the allowances that are left at the end of a period [measure]."""

    banked: int  # they live on
    expired: int


def bankable(pack: RulePack, held: int, net_sales: int, day: date) -> int:
    """How much of what is left can be carried over on a day [t].

    Where the pack has a base: that and its multiple of net sales, rounded down, at most what is held. A
    holder that bought more than it sold has net sales of 0. Where it has none but allows banking: all.
    """
    not_negative("held", held)
    if not says(pack, "banking.allowed", day):
        return 0
    if not pack.has("banking.base", day):
        return held
    multiple = figure_or(pack, "banking.net_sales_multiple", day)
    return min(held, down(figure(pack, "banking.base", day) + multiple * max(0, net_sales)))


def carried(pack: RulePack, held: int, net_sales: int, day: date) -> Carried:
    """What is left, in what is carried over and what expires."""
    banked = bankable(pack, held, net_sales, day)
    return Carried(banked, held - banked)


def bankable_vintage(pack: RulePack, vintage: int, day: date) -> bool:
    """Whether a vintage can be carried over on a day."""
    if not says(pack, "banking.allowed", day):
        return False
    oldest = figure_or(pack, "banking.oldest_vintage", day)
    newest = figure_or(pack, "banking.newest_vintage", day, 65_535)
    return oldest <= vintage <= newest


def expired(pack: RulePack, vintage: int, day: date) -> bool:
    """Whether allowances of a vintage are void on a day."""
    return vintage <= figure_or(pack, "banking.expired_vintage", day, -1)


def borrowable(pack: RulePack, due: int, later: int, day: date) -> int:
    """How much of an obligation can be met out of what a plant has for later periods [t]."""
    not_negative("due", due, later)
    if not says(pack, "borrowing.allowed", day):
        return 0
    if not pack.has("borrowing.limit", day):
        raise refused("ENGINE_NO_LIMIT", day=str(day), scheme_name=pack.scheme.name)
    return min(later, down(figure(pack, "borrowing.limit", day) * due))


def admitted(pack: RulePack, vintage: int, period_vintage: int, day: date) -> bool:
    """Whether an allowance of a vintage can be surrendered for a period, by the contracts' rule."""
    if vintage > period_vintage:
        return vintage - period_vintage <= figure_or(pack, "obligation.borrow_vintages", day)
    if not pack.has("obligation.carry_vintages", day):
        return True
    return period_vintage - vintage <= figure(pack, "obligation.carry_vintages", day)
