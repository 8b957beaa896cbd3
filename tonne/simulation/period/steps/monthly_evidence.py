"""Monthly evidence: the largest plants put each month of the year that passes on record.

The chain of a run begins after its first reporting year. Evidence filed while a period is settled is
of the year that passes meanwhile: the reporting year of the period after it, whose reports are
compared with it. One package comes late, one never, and one is corrected.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from tonne.chain.client import Call
from tonne.constants import DAY_S
from tonne.evidence import manifest, monthly
from tonne.evidence.manifest import ReportLine
from tonne.rules.pack import Period
from tonne.simulation.fleet.plants import Fleet, Plant
from tonne.simulation.fleet.plants_by_year import next_year, on_basis
from tonne.simulation.period.model.filings import FiledMonth, Filing, MonthlyFilings
from tonne.simulation.period.model.results import MonthlyResult
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.steps import reporting

#: Seconds from the deadline: usual packages, the late one, the correction.
EARLY, LATE, CORRECTED = -30 * DAY_S, 10 * DAY_S, DAY_S
#: Months that go wrong: the late one, the missing one, the corrected one.
LATE_MONTH, MISSING_MONTH, CORRECTED_MONTH = 5, 8, 3

# Planning


def plan(state: PeriodState, fleet: Fleet, periods: Sequence[Period]) -> MonthlyFilings:
    """Filings of the largest plants while these periods are settled.

    `fleet`: the plants as supplied in the first period's year. No filings where the pack has no
    deadline for a month's evidence.
    """
    places = chosen(state, [passing(period) for period in periods])
    plants: dict[tuple[int, int], Plant] = {}
    left: list[Filing] = []
    for period in periods if places else ():
        year = passing(period)
        fleet = next_year(fleet, state.options.seed, year)
        on_record = on_basis(fleet, state.pack, year)
        plants |= {(place, year): on_record.plants[place] for place in places}
        left += planned(state, places, year)
    return MonthlyFilings(places, plants, sorted(left))


def chosen(state: PeriodState, years: Sequence[int]) -> tuple[int, ...]:
    """Places of the largest plants that play no part of their own, as many as the options ask."""
    ends = [day for year in years for day in (date(year, 2, 1), date(year + 1, 1, 1))]
    if not all(state.pack.has(monthly.KEY, day) for day in ends):
        why = "The pack does not say until when a month's evidence is due."
        state.results.not_applied.append(("Monthly evidence", why))
        return ()
    busy = {place for places in state.cast.named().values() for place in places}
    plants = state.fleet.plants
    free = [int(i) for i in state.obliged if int(i) not in busy and plants[i].power_mwh]
    free.sort(key=lambda place: -state.fleet.plants[place].emissions_t)
    return tuple(free[: state.options.monthly])


def planned(state: PeriodState, places: Sequence[int], year: int) -> Iterator[Filing]:
    """A filing for each plant and month; the last plant is late once, the one before it leaves one out,
    and the first corrects one."""
    for month in monthly.MONTHS:
        late_from = monthly.deadline(state.pack, year, month)
        for number, place in enumerate(reversed(places)):
            if number == 1 and month == MISSING_MONTH and len(places) > 2:
                continue
            late = number == 0 and month == LATE_MONTH and len(places) > 1
            yield Filing(late_from + (LATE if late else EARLY), year, month, place)
        if month == CORRECTED_MONTH and places:
            yield Filing(late_from + CORRECTED, year, month, places[0])


def passing(period: Period) -> int:
    """The year that passes while a period is settled."""
    return period.last_year + 1


# Filing


def file_until(state: PeriodState, filings: MonthlyFilings, moment: int) -> None:
    """Sends the packages due up to a moment [s unix]."""
    due = [filing for filing in filings.left if filing.at <= moment]
    filings.left = filings.left[len(due) :]
    began = time.monotonic()
    for at, group in groupby(due, key=lambda filing: filing.at):
        _file(state, filings, state.driver.next_at(at), list(group))
    filings.seconds += time.monotonic() - began


def _file(state: PeriodState, filings: MonthlyFilings, now: int, group: Sequence[Filing]) -> None:
    """Sends packages in the next block, which is at `now` [s unix] or soon after."""
    calls = []
    for filing in group:
        package = _package(state, filings, filing)
        key = (filing.place, filing.year, filing.month)
        filings.files[filing.place, filing.year][filing.month] = package
        filed = filings.months.get(key)
        if filed is None:
            filings.months[key] = FiledMonth(package.digest(), now)
        else:
            filed.digest, filed.revision = package.digest(), filed.revision + 1
        plant = int(state.installations[filing.place])
        item = (plant, filing.year, filing.month, package.digest())
        operator = reporting.operator_of(state, filing.place)
        calls.append(Call(operator, state.chain["MonthlyEvidence"], "record", ([item],)))
    receipts = state.chain.send_many(calls)
    for filing, receipt in zip(group, receipts, strict=True):
        filings.gas[filing.year].append(receipt.gas_used)


def _package(state: PeriodState, filings: MonthlyFilings, filing: Filing) -> monthly.MonthFile:
    plant = filings.plants[filing.place, filing.year]
    document = f"lab/{filing.year}-{filing.month:02}.csv"
    files = manifest.manifest_of({document: f"{plant.key} {filing.month}".encode()})
    parameters = monthly.parse_parameters(
        [
            {
                "name": "lower heating value, as received",
                "value": "38.9" if plant.class_name == "gas" else "20.9",
                "unit": "GJ/t",
                "basis": "measured",
                "document": document,
            }
        ],
        files,
    )
    return monthly.make(
        state.chain,
        reporting.operator_of(state, filing.place),
        int(state.installations[filing.place]),
        filing.year,
        filing.month,
        list(month_of(reporting.lines_of(plant, reporting.oxidation_of(state)), filing.month)),
        parameters,
        files,
    )


def month_of(lines: Sequence[ReportLine], month: int) -> Iterator[ReportLine]:
    """A month's part of a year's lines: twelve months add up to each figure, and gases go with the amount
    that was burnt."""
    for line in lines:
        parts = MonthParts(line.quantity, month)
        gases = {gas: parts.of(kg) for gas, kg in line.gases.items()}
        yield line.model_copy(update={"quantity": parts.quantity, "gases": gases})


class MonthParts:
    """A month's part of a line: of its amount a twelfth, whole numbers, and of a gas the amount's part."""

    def __init__(self, quantity: int, month: int) -> None:
        before, until = quantity * (month - 1) // 12, quantity * month // 12
        self.quantity = until - before
        self._bounds = (before, until, quantity) if quantity else (month - 1, month, 12)

    def of(self, whole: int) -> int:
        before, until, all_of_it = self._bounds
        return whole * until // all_of_it - whole * before // all_of_it


# Results


def close(state: PeriodState, filings: MonthlyFilings) -> None:
    """Prints transactions and time of all filings, as a step."""
    sent = sum(len(gas) for gas in filings.gas.values())
    if sent:
        state.driver.past("Monthly evidence of the largest plants", filings.seconds, sent)


def result(state: PeriodState, filings: MonthlyFilings) -> MonthlyResult | None:
    """The record of the year that passed, and the period's reports against their months; None
    without filings."""
    if not filings.places:
        return None
    chain, year = state.chain, passing(state.period)
    state.driver.transactions += len(filings.gas[year])
    state.driver.gas += sum(filings.gas[year])
    asked = [(place, month) for place in filings.places for month in monthly.MONTHS]
    records = chain.call_many(
        ("MonthlyEvidence", "monthOf", (int(state.installations[place]), year, month))
        for place, month in asked
    )
    now = chain.now()
    standings = [
        monthly.standing(record, monthly.deadline(state.pack, year, month), now)
        for (_, month), record in zip(asked, records, strict=True)
    ]
    differing = [found for place in filings.places for found in _differences(state, filings, place)]
    last = state.period.last_year
    return MonthlyResult(
        year=year,
        plants=len(filings.places),
        on_time=standings.count("on time"),
        late=standings.count("late"),
        missing=standings.count("missing"),
        not_due=standings.count("not due"),
        corrected=sum(record.revision > 1 for record in records),
        compared=sum((place, last) in filings.files for place in filings.places),
        differing=tuple(differing),
    )


def _differences(state: PeriodState, filings: MonthlyFilings, place: int) -> Iterator[str]:
    """Differences between a plant's twelve months and its report of the period."""
    year = state.period.last_year
    if (place, year) not in filings.files:
        return
    plant = state.fleet.plants[place]
    found = monthly.differences(
        int(state.installations[place]),
        year,
        reporting.lines_of(plant, reporting.oxidation_of(state)),
        filings.files[place, year].values(),
    )
    yield from (f"{plant.key}: {difference}" for difference in found)
