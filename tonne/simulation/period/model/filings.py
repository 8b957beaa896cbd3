"""Monthly evidence that the largest plants put on record during a run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from tonne.evidence import monthly
from tonne.simulation.fleet.plants import Plant


@dataclass(frozen=True, slots=True, order=True)
class Filing:
    """A package to be put on record at a moment [s]."""

    at: int
    year: int
    month: int
    place: int


@dataclass(slots=True)
class FiledMonth:
    """A plant's month as the contract must have it."""

    digest: bytes
    sent: int  # [s] when the first package was sent
    revision: int = 1


@dataclass(slots=True)
class MonthlyFilings:
    """All filings of a run, in the order of their moments."""

    places: tuple[int, ...]  # of the filing plants, in the fleet
    plants: dict[tuple[int, int], Plant]  # output by place and year
    left: list[Filing] = field(default_factory=list)
    months: dict[tuple[int, int, int], FiledMonth] = field(
        default_factory=dict
    )  # by place, year, month
    files: defaultdict[tuple[int, int], dict[int, monthly.MonthFile]] = field(
        default_factory=lambda: defaultdict(dict)
    )  # by place and year, then by month
    seconds: float = 0.0
    gas: defaultdict[int, list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )  # of each transaction, by the year of its evidence
