"""Counts values compared at the end of a simulation and keeps the differences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Comparison:
    """Values compared so far; `differences` are sentences."""

    count: int = 0
    differences: list[str] = field(default_factory=list)

    def equal(self, name: str, expected: object, found: object) -> None:
        self.count += 1
        if expected != found:
            self.differences.append(f"{name}: expected {_text(expected)}, found {_text(found)}")

    def each(self, name: str, pairs: Iterable[tuple[object, object]]) -> None:
        """Pairs of (expected, found), named by their position."""
        for place, (expected, found) in enumerate(pairs):
            self.equal(f"{name} [{place}]", expected, found)


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
