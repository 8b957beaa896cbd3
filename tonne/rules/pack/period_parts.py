"""The parts of a longer compliance period, as the contracts keep them: a period of its own for each."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from tonne.rules.pack.key_spec import NO_VALUE
from tonne.rules.pack.pack import RulePack
from tonne.rules.pack.values import OnchainParam, Period, day_number

#: Key of the contracts for the period in which a part of a year is due; packs write part_deadlines.
PART_PERIOD: Final = "obligation.part_period"


def parts_of(pack: RulePack, name: str) -> tuple[Period, ...]:
    """The parts of a period: each of one year, with a deadline of its own, numbered by its year.

    Reports of a part are due as many years before the whole's as its year is before the last.
    """
    whole, rule = pack.period(name), pack.periods[name]
    parts = []
    for year, deadline in enumerate(rule.part_deadlines, rule.first_year):
        back = rule.last_year - year
        parts.append(
            Period(
                name=f"{name}, {year}",
                number=year,
                first_year=year,
                last_year=year,
                vintage=whole.vintage,
                operator_deadline=pack.end_of(_earlier(rule.operator_deadline, back)),
                report_deadline=pack.end_of(_earlier(rule.report_deadline, back)),
                determination_from=pack.start_of(_earlier(rule.determination_from, back)),
                true_up_by=pack.end_of(_earlier(rule.true_up_by, back)),
                surrender_deadline=pack.end_of(deadline),
            )
        )
    return tuple(parts)


def part_params(pack: RulePack) -> list[OnchainParam]:
    """In which period a part of each reporting year is due, where a longer period has parts."""
    due = {
        part.first_year: (part.number, pack.source_hash(pack.periods[name].source))
        for name in pack.complete_periods()
        for part in parts_of(pack, name)
    }
    params: list[OnchainParam] = []
    for year, (number, source) in sorted(due.items()):
        params.append(OnchainParam(PART_PERIOD, _begin(year), number, source))
        if year + 1 not in due:
            params.append(OnchainParam(PART_PERIOD, _begin(year + 1), NO_VALUE, source))
    return params


def _begin(year: int) -> int:
    return day_number(date(year, 1, 1))


def _earlier(day: date | None, years: int) -> date:
    """The same day so many years before; the day before it where that year has none."""
    assert day is not None  # of a period with all its dates
    if (day.month, day.day) == (2, 29):
        day -= timedelta(days=1)
    return day.replace(year=day.year - years)
