"""The acts that a registry's rows stand for, year by year, worked out before the first is sent.

Running totals are those of the file: where they differ from the sum of its years, the difference is an
act of the authority that corrects the figures on record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tonne.simulation.registry.form import Meaning, ReplayedScheme
from tonne.simulation.registry.rows import RegistryRow, by_installation

#: `Verdict` of ICumulativeCompliance, in the words of a form.
VERDICTS: Final[tuple[Meaning, ...]] = ("none", "complies", "short", "unverified")


@dataclass(frozen=True, slots=True)
class Expectation:
    """The verdict that a row must have on the file's own totals."""

    row: RegistryRow
    plant: int  # place in the plan
    verified: int  # [t]
    surrendered: int  # [t]
    verdict: Meaning


@dataclass(slots=True)
class YearActs:
    """Acts for one year of a scheme; plants by their place, amounts in [t]."""

    tables: list[tuple[int, int]] = field(default_factory=list)
    changes: list[tuple[int, int]] = field(default_factory=list)  # later amounts of the same year
    entries: list[int] = field(default_factory=list)
    exits: list[int] = field(default_factory=list)
    figures: list[tuple[int, int, int]] = field(default_factory=list)  # plant, year, verified
    corrections: list[tuple[int, int, int]] = field(default_factory=list)  # verified, surrendered
    bought: list[tuple[int, int]] = field(default_factory=list)  # beyond the plant's own
    surrenders: list[tuple[int, list[tuple[int, int]]]] = field(default_factory=list)  # by vintage
    expected: list[Expectation] = field(default_factory=list)
    silent: list[int] = field(default_factory=list)  # judged without a row, when they leave

    @property
    def judged(self) -> list[int]:
        return [*(one.plant for one in self.expected), *self.silent]

    @property
    def free(self) -> int:
        """[t] The most that is out at a time: changes of a file come after its tables."""
        last = {**dict(self.tables), **dict(self.changes)}
        return max(sum(last.values()), sum(amount for _, amount in self.tables))

    @property
    def auctioned(self) -> int:
        return sum(amount for _, amount in self.bought)


@dataclass(frozen=True, slots=True)
class ReplayedPlant:
    """An installation of the file."""

    key: str
    scheme: ReplayedScheme
    jurisdiction: int
    first_year: int


@dataclass(slots=True)
class ReplayPlan:
    """All plants and all acts, by scheme's number and year."""

    plants: list[ReplayedPlant] = field(default_factory=list)
    years: dict[tuple[int, int], YearActs] = field(default_factory=lambda: defaultdict(YearActs))

    def of(self, scheme: ReplayedScheme, year: int) -> YearActs:
        return self.years[scheme.number, year]

    def expectations(self) -> Iterator[tuple[int, int, Expectation]]:
        """Every verdict: scheme's number, year, what it must be."""
        for (number, year), acts in sorted(self.years.items()):
            for expected in acts.expected:
                yield number, year, expected


def make(rows: list[RegistryRow]) -> ReplayPlan:
    """The plan of a whole file."""
    plan = ReplayPlan()
    for place, (key, own) in enumerate(by_installation(rows)):
        first = own[0]
        plan.plants.append(ReplayedPlant(key, first.scheme, first.jurisdiction, first.year))
        books = _Books(place)
        for row in own:
            gap = books.gap(row)
            if gap is not None:
                books.leave(plan.of(row.scheme, gap))
            books.take(row, plan.of(row.scheme, row.year))
    return plan


class _Books:
    """One plant's account and allowances, as the contracts will keep them."""

    def __init__(self, plant: int) -> None:
        self.plant = plant
        self.year = 0  # of the last row
        self._begin(0)

    def _begin(self, phase: int) -> None:
        self.phase = phase
        self.verified = self.surrendered = 0
        self.entered = self.covered = False
        self.open: set[int] = set()  # covered years without a figure
        self.late: dict[int, int] = {}  # figures that came after their deadline, by year
        self.held: dict[int, int] = {}  # by vintage; those of an earlier phase stay where they are

    def gap(self, row: RegistryRow) -> int | None:
        """The first year since the last row that has none, where the plant was covered in the phase."""
        after = self.year + 1
        same = row.scheme.phase_of(row.year) == self.phase
        return after if same and self.covered and after < row.year else None

    def leave(self, acts: YearActs) -> None:
        """Ends the coverage in a year without a row."""
        acts.exits.append(self.plant)
        acts.silent.append(self.plant)
        self.covered = False

    def take(self, row: RegistryRow, acts: YearActs) -> None:
        """Adds the acts of a row."""
        self.year = row.year
        phase = row.scheme.phase_of(row.year)
        if phase != self.phase:
            self._begin(phase)
        self._allocate(row, acts)
        reported = row.verified is not None
        stated = row.total_verified is not None or row.total_surrendered is not None
        if not (self.entered or reported or stated or row.surrendered):
            return
        self._cover(row, acts, reported or row.meaning == "unverified")
        self._count(row, acts)
        self._surrender(row, acts)
        self._correct(row, acts)
        verdict: Meaning = "complies" if self.surrendered >= self.verified else "short"
        verdict = "unverified" if self.open else verdict
        acts.expected.append(Expectation(row, self.plant, self.verified, self.surrendered, verdict))

    def _allocate(self, row: RegistryRow, acts: YearActs) -> None:
        final = row.allocation if row.allocation is not None else row.table
        if final is None:
            return
        first = final if row.table is None else row.table
        acts.tables.append((self.plant, first))
        if final != first:
            acts.changes.append((self.plant, final))
        self.held[row.year] = final

    def _cover(self, row: RegistryRow, acts: YearActs, wanted: bool) -> None:
        """Entry, exclusion, entry again; who is only on record enters and leaves at once."""
        if not self.covered and (wanted or not self.entered):
            acts.entries.append(self.plant)
            self.covered = self.entered = True
        if self.covered and not wanted:
            acts.exits.append(self.plant)
            self.covered = False
        if self.covered:
            self.open.add(row.year)

    def _count(self, row: RegistryRow, acts: YearActs) -> None:
        """A row that the registry calls unverified has a figure that came later, if any."""
        if row.verified is not None and row.meaning == "unverified":
            self.late[row.year] = row.verified
        elif row.verified is not None:
            self._figure(row.year, row.verified, acts)
        if row.has_totals:
            # The registry states its totals in spite of years without a figure: these count now, or as 0.
            for year in sorted(self.open):
                self._figure(year, self.late.pop(year, 0), acts)

    def _figure(self, year: int, tonnes: int, acts: YearActs) -> None:
        acts.figures.append((self.plant, year, tonnes))
        self.verified += tonnes
        self.open.discard(year)

    def _surrender(self, row: RegistryRow, acts: YearActs) -> None:
        left = row.surrendered or 0
        if not left:
            return
        self.surrendered += left
        given: dict[int, int] = {}
        for vintage in sorted(self.held):  # the oldest first, as in a run
            taken = min(left, self.held[vintage])
            if taken:
                given[vintage] = taken
                self.held[vintage] -= taken
                left -= taken
        if left:
            acts.bought.append((self.plant, left))
            given[row.year] = given.get(row.year, 0) + left
        acts.surrenders.append((self.plant, sorted(given.items())))

    def _correct(self, row: RegistryRow, acts: YearActs) -> None:
        verified = self.verified if row.total_verified is None else row.total_verified
        given = self.surrendered if row.total_surrendered is None else row.total_surrendered
        change = (verified - self.verified, given - self.surrendered)
        if change != (0, 0):
            acts.corrections.append((self.plant, *change))
            self.verified, self.surrendered = verified, given
