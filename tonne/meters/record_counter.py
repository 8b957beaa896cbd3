"""A meter's own counter of signed records: each number comes once, and gaps are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tonne.errors import refused

#: Gaps that are remembered for one counter; a meter with more has lost its memory.
MAX_GAPS: Final = 1000


@dataclass(slots=True)
class Counter:
    """The highest number seen, and the gaps below it as (first, last), in order.

    What lies below the first number that was seen may come late, but is not missing: a meter has a life
    before it is registered.
    """

    highest: int | None = None
    first: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)

    def check(self, number: int) -> None:
        """Refuses a number that has been used; says nothing of gaps."""
        if self.highest is None or number > self.highest or self._gap(number) is not None:
            return
        raise refused("METER_REPLAYED", sequence=number, highest=self.highest)

    def take(self, number: int) -> tuple[int, int] | None:
        """Uses a number; returns the gap it opens, if it does."""
        self.check(number)
        if self.highest is None:
            self.highest = self.first = number
            self.gaps = [(0, number - 1)] if number else []
            return None
        if number == self.highest + 1:
            self.highest = number
            return None
        if number > self.highest:
            opened = (self.highest + 1, number - 1)
            self.gaps = [*self.gaps, opened][-MAX_GAPS:]
            self.highest = number
            return opened
        self._fill(number)
        return None

    @property
    def missing(self) -> int:
        """How many numbers have not come yet."""
        return sum(last - first + 1 for first, last in self.open_gaps)

    @property
    def open_gaps(self) -> list[tuple[int, int]]:
        """The gaps above the first number that was seen, as (first, last)."""
        return [gap for gap in self.gaps if gap[0] > self.first]

    def _gap(self, number: int) -> int | None:
        for index, (first, last) in enumerate(self.gaps):
            if first <= number <= last:
                return index
        return None

    def _fill(self, number: int) -> None:
        index = self._gap(number)
        assert index is not None
        first, last = self.gaps[index]
        parts = [(first, number - 1), (number + 1, last)]
        self.gaps[index : index + 1] = [(a, b) for a, b in parts if a <= b]
