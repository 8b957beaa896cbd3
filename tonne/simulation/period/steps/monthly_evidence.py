"""Monthly evidence: the largest plants put each month of the year that passes on record.

The chain of a run begins after its first reporting year. What is filed while a period is settled is the
evidence of the year that passes meanwhile: the reporting year of the period after it, whose reports are
compared with it. One package comes late, one never, and one is corrected.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Final

from tonne.chain.client import Call
from tonne.evidence import manifest, monthly
from tonne.evidence.manifest import ReportLine
from tonne.rules.pack import Period
from tonne.sandbox.steps import Step
from tonne.simulation.fleet.plants import Fleet, Plant
from tonne.simulation.fleet.plants_by_year import next_year, on_basis
from tonne.simulation.period.model.results import Months
from tonne.simulation.period.steps import reporting

if TYPE_CHECKING:
    from tonne.simulation.period.model.state import World

DAY_S: Final = 86_400
#: A package comes so long before it is late, one of them so long after; one is corrected [s].
EARLY, LATE, CORRECTED = -30 * DAY_S, 10 * DAY_S, DAY_S
#: Which months go wrong, by how many plants file at the least.
LATE_MONTH, MISSING_MONTH, CORRECTED_MONTH = 5, 8, 3


@dataclass(frozen=True, slots=True, order=True)
class Filing:
    """A package that is to be put on record at a moment [s]."""

    at: int
    year: int
    month: int
    place: int


@dataclass(slots=True)
class Kept:
    """What the contract has of a plant's month, by the run's own books."""

    digest: bytes
    sent: int  # [s] when the first package was sent
    revision: int = 1


@dataclass(slots=True)
class Filings:
    """The filings of a run, in the order of their moments."""

    world: World
    places: tuple[int, ...]  # whose, in the fleet
    plants: dict[tuple[int, int], Plant]  # what each makes, by place and year
    left: list[Filing] = field(default_factory=list)
    books: dict[tuple[int, int, int], Kept] = field(default_factory=dict)  # place, year, month
    files: defaultdict[tuple[int, int], dict[int, monthly.MonthFile]] = field(
        default_factory=lambda: defaultdict(dict)
    )  # by place and year, then by month
    seconds: float = 0.0
    spent: defaultdict[int, list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )  # gas of each transaction, by the year of its evidence

    def until(self, moment: int) -> None:
        """Files what is to be filed by a moment that the run waits for [s]."""
        due = [filing for filing in self.left if filing.at <= moment]
        self.left = self.left[len(due) :]
        began = time.monotonic()
        for at, group in groupby(due, key=lambda filing: filing.at):
            self.world.at(at)
            self._file(list(group))
        self.seconds += time.monotonic() - began

    def _file(self, group: Sequence[Filing]) -> None:
        world, calls, now = self.world, [], self.world.chain.now()
        for filing in group:
            package = self._package(filing)
            key = (filing.place, filing.year, filing.month)
            self.files[filing.place, filing.year][filing.month] = package
            kept = self.books.get(key)
            if kept is None:
                self.books[key] = Kept(package.digest(), now)
            else:
                kept.digest, kept.revision = package.digest(), kept.revision + 1
            plant = int(world.installations[filing.place])
            item = (plant, filing.year, filing.month, package.digest())
            operator = reporting.operator_of(world, filing.place)
            calls.append(Call(operator, world.chain["MonthlyEvidence"], "record", ([item],)))
        receipts = world.chain.send_many(calls)
        for filing, receipt in zip(group, receipts, strict=True):
            self.spent[filing.year].append(receipt.gas_used)

    def _package(self, filing: Filing) -> monthly.MonthFile:
        world, place = self.world, filing.place
        plant = self.plants[place, filing.year]
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
            world.chain,
            reporting.operator_of(world, place),
            int(world.installations[place]),
            filing.year,
            filing.month,
            list(month_of(reporting.lines_of(plant), filing.month)),
            parameters,
            files,
        )

    def close(self) -> None:
        """Says what it took."""
        sent = sum(len(gas) for gas in self.spent.values())
        if sent:
            step = Step(4, "Monthly evidence of the largest plants", self.seconds, sent)
            self.world.steps.append(step)
            self.world.console.print(f" 4 {step.title:<44} {step.seconds:6.2f} s {sent:>7,} tx")

    def told(self, world: World) -> Months | None:
        """What is on record of the year that passed in a period, and whether a period's reports are what
        their months add up to; None where nobody files."""
        if not self.places:
            return None
        chain, year = world.chain, passing(world.period)
        world.transactions += len(self.spent[year])
        world.gas += sum(self.spent[year])
        asked = [(place, month) for place in self.places for month in monthly.MONTHS]
        records = chain.call_many(
            ("MonthlyEvidence", "monthOf", (int(world.installations[place]), year, month))
            for place, month in asked
        )
        now = chain.now()
        standings = [
            monthly.standing(kept, monthly.deadline(world.pack, year, month), now)
            for (_, month), kept in zip(asked, records, strict=True)
        ]
        differing = [found for place in self.places for found in self._differing(world, place)]
        return Months(
            year=year,
            plants=len(self.places),
            on_time=standings.count("on time"),
            late=standings.count("late"),
            missing=standings.count("missing"),
            not_due=standings.count("not due"),
            corrected=sum(kept.revision > 1 for kept in records),
            compared=sum((place, world.period.last_year) in self.files for place in self.places),
            differing=tuple(differing),
        )

    def _differing(self, world: World, place: int) -> Iterator[str]:
        """What a plant's twelve months do not have as its report of the period has it."""
        year = world.period.last_year
        if (place, year) not in self.files:
            return
        plant = world.fleet.plants[place]
        found = monthly.differences(
            int(world.installations[place]),
            year,
            reporting.lines_of(plant),
            self.files[place, year].values(),
        )
        yield from (f"{plant.key}: {difference}" for difference in found)


def passing(period: Period) -> int:
    """The year that passes while a period is settled."""
    return period.last_year + 1


def month_of(lines: Sequence[ReportLine], month: int) -> Iterator[ReportLine]:
    """A month's part of a year's lines: the parts of twelve months add up to each figure."""

    def part(whole: int) -> int:
        return whole * month // 12 - whole * (month - 1) // 12

    for line in lines:
        gases = {gas: part(kg) for gas, kg in line.gases.items()}
        yield line.model_copy(update={"quantity": part(line.quantity), "gases": gases})


def filings(world: World, fleet: Fleet, periods: Sequence[Period]) -> Filings:
    """What the largest plants file while these periods are settled. `fleet`: what plants supply in the
    first one's year. Nothing where the pack does not say until when a month's evidence is due."""
    places = chosen(world, [passing(period) for period in periods])
    plants: dict[tuple[int, int], Plant] = {}
    left: list[Filing] = []
    for period in periods if places else ():
        year = passing(period)
        fleet = next_year(fleet, world.options.seed, year)
        on_record = on_basis(fleet, world.pack, year)
        plants |= {(place, year): on_record.plants[place] for place in places}
        left += planned(world, places, year)
    return Filings(world, places, plants, sorted(left))


def chosen(world: World, years: Sequence[int]) -> tuple[int, ...]:
    """The largest that play no part of their own, as many as the run was asked for."""
    ends = [day for year in years for day in (date(year, 2, 1), date(year + 1, 1, 1))]
    if not all(world.pack.has(monthly.KEY, day) for day in ends):
        why = "The pack does not say until when a month's evidence is due."
        world.found.not_applied.append(("Monthly evidence", why))
        return ()
    busy = {place for places in world.cast.named().values() for place in places}
    free = [int(place) for place in world.obliged if int(place) not in busy]
    free.sort(key=lambda place: -world.fleet.plants[place].emissions_t)
    return tuple(free[: world.options.monthly])


def planned(world: World, places: Sequence[int], year: int) -> Iterator[Filing]:
    """A filing for each plant and month; the last plant is late once, the one before it leaves one out,
    and the first corrects one."""
    for month in monthly.MONTHS:
        late_from = monthly.deadline(world.pack, year, month)
        for number, place in enumerate(reversed(places)):
            if number == 1 and month == MISSING_MONTH and len(places) > 2:
                continue
            late = number == 0 and month == LATE_MONTH and len(places) > 1
            yield Filing(late_from + (LATE if late else EARLY), year, month, place)
        if month == CORRECTED_MONTH and places:
            yield Filing(late_from + CORRECTED, year, month, places[0])
