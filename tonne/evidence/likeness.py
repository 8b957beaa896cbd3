"""Projects that may be one plant registered twice: by document, evidence, meters, and place with name."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from tonne.evidence import plant_names
from tonne.evidence.project_sites import Place

#: Names have to be so much alike for two plants within a distance [m] to be shown as one.
NAMES_WITHIN: Final = ((3_000, plant_names.WITH_MORE), (30_000, plant_names.SAME))
#: Side of a cell on chain [1e-6 degrees], and cells around the globe.
CELL: Final = 10_000
COLUMNS: Final = 36_000
EARTH_M: Final = 6_371_000


@dataclass(frozen=True, slots=True)
class ComparedPlant:
    """Compared attributes of a project. Ids may be numbers of projects or rows of a file."""

    id: int
    names: tuple[str, ...]
    place: Place
    source: bytes = b""
    document: bytes = b""
    meters: frozenset[bytes] = frozenset()
    evidence: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two projects with what they share. `alike`: they may be one plant; else they are neighbours only."""

    first: int
    second: int
    distance_m: int
    names: float  # 0 to 1
    shared: tuple[str, ...]
    alike: bool

    @property
    def reasons(self) -> str:
        near = f"{self.distance_m:,} m apart"
        names = f"names {self.names:.0%} alike" if self.names else "names of two plants"
        return "; ".join((*(f"same {what}" for what in self.shared), near, names))

    def as_dict(self) -> dict[str, Any]:
        return {
            "first": self.first,
            "second": self.second,
            "alike": self.alike,
            "distanceM": self.distance_m,
            "names": round(self.names, 2),
            "shared": list(self.shared),
        }


def compare(a: ComparedPlant, b: ComparedPlant) -> Likeness:
    """The likeness of two projects, whichever it is."""
    shared = [
        what
        for what, same in (
            ("design document", bool(a.document) and a.document == b.document),
            ("evidence", bool(a.evidence & b.evidence)),
            ("meters", bool(a.meters & b.meters)),
        )
        if same
    ]
    distance = min(_distance(a.place, b.place), _distance(a.place, _turned(b.place)))
    names = max((plant_names.likeness(x, y) for x in a.names for y in b.names), default=0.0)
    near = any(distance <= within and names >= least for within, least in NAMES_WITHIN)
    first, second = sorted((a.id, b.id))
    return Likeness(first, second, round(distance), names, tuple(shared), bool(shared) or near)


def find(plants: Iterable[ComparedPlant], about: int | None = None) -> list[Likeness]:
    """All that are alike or neighbours, alike first; of one project alone where `about` names it.

    One source is one plant by its own word: its periods exclude each other on chain, and it is not compared.
    """
    found = []
    by_id = {plant.id: plant for plant in plants}
    for x, y in sorted(_candidates(by_id.values())):
        a, b = by_id[x], by_id[y]
        if (about is not None and about not in (x, y)) or (a.source and a.source == b.source):
            continue
        likeness = compare(a, b)
        if likeness.alike or neighbours(a.place, b.place):
            found.append(likeness)
    return sorted(found, key=lambda one: (not one.alike, one.first, one.second))


def neighbours(a: Place, b: Place) -> bool:
    """Whether two places are in one cell of the chain's grid, or in two that touch."""
    (row, column), (other_row, other_column) = cell(a), cell(b)
    return abs(row - other_row) <= 1 and (column - other_column + 1) % COLUMNS <= 2


def cell(at: Any) -> tuple[int, int]:
    """Row and column of a `Location` in the grid of Projects."""
    return (at.latitude + 90_000_000) // CELL, (at.longitude + 180_000_000) // CELL % COLUMNS


def meter_name(text: str) -> bytes:
    """A meter's name in one spelling: without case, width, separators and leading zeros."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    parts = re.findall(r"[^\W\d_]+|\d+", plain)
    return "".join(part.lstrip("0") or "0" if part.isdigit() else part for part in parts).encode()


def _candidates(plants: Iterable[ComparedPlant]) -> set[tuple[int, int]]:
    """Pairs worth comparing: any shared digest, or places within the widest distance."""
    pairs: set[tuple[int, int]] = set()
    boxes: dict[tuple[int, int], set[int]] = defaultdict(set)
    digests: dict[tuple[str, bytes], list[int]] = defaultdict(list)
    for plant in plants:
        for key in _digests(plant):
            digests[key].append(plant.id)
        for box in {box for at in (plant.place, _turned(plant.place)) for box in _boxes(at)}:
            boxes[box].add(plant.id)
    for ids in (*digests.values(), *boxes.values()):
        pairs.update(combinations(sorted(set(ids)), 2))
    return pairs


def _digests(plant: ComparedPlant) -> Iterator[tuple[str, bytes]]:
    if plant.document:
        yield "document", plant.document
    yield from (("evidence", root) for root in plant.evidence)
    yield from (("meter", meter) for meter in plant.meters)


def _boxes(at: Place) -> Iterator[tuple[int, int]]:
    """The box of a place and those around it, each wider than the widest distance."""
    widest = NAMES_WITHIN[-1][0]
    row = math.floor(math.radians(at.latitude / 1e6) * EARTH_M / widest)
    for near in (row - 1, row, row + 1):
        # The width of a degree at the border of the row that is nearer to a pole.
        edge = min(math.radians(89), (max(abs(near), abs(near + 1)) + 1) * widest / EARTH_M)
        columns = max(1, math.floor(2 * math.pi * EARTH_M * math.cos(edge) / widest))
        column = math.floor((at.longitude / 1e6 + 180) / 360 * columns) % columns
        for step in (-1, 0, 1):
            yield near, (column + step) % columns


def _turned(at: Place) -> Place:
    """Latitude and longitude typed in the wrong order; the place itself where that is none."""
    return Place(at.longitude, at.latitude) if abs(at.longitude) <= 90_000_000 else at


def _distance(a: Place, b: Place) -> float:
    """Great circle [m]."""
    north, other = math.radians(a.latitude / 1e6), math.radians(b.latitude / 1e6)
    east = math.radians((a.longitude - b.longitude) / 1e6)
    half = math.sin((north - other) / 2) ** 2
    half += math.cos(north) * math.cos(other) * math.sin(east / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(half)))
