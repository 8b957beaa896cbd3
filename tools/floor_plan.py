"""`make floor-plan`: the rooms of the project by floor, with the imports between them, as pictures.

Writes `docs/images/floors-contracts.svg` and `docs/images/floors-python.svg`. A picture is a function of
the sources: the same sources give the same bytes. An arrow that a path of other arrows implies is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from tools.floors import (
    FLOORS,
    PYTHON_FLOORS,
    Line,
    python_floor,
    python_lines,
    solidity_lines,
)

ROOT: Final = Path(__file__).resolve().parents[1]
IMAGES: Final = ROOT / "docs" / "images"

WIDTH: Final = 920  # [px]
ROOM: Final = (132, 34)  # width, height [px]
STOREY: Final = 78  # height of a floor [px]
MARGIN: Final = 24  # [px]

STYLE: Final = """
text { font: 13px sans-serif; fill: #1f2933 }
.room { fill: #f0f4f8; stroke: #486581; rx: 4 }
.floor { stroke: #d9e2ec }
.arrow { fill: none; stroke: #829ab1 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f4f8 } .room { fill: #243b53; stroke: #9fb3c8 }
  .floor { stroke: #334e68 } .arrow { stroke: #627d98 }
}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A room's box: its centre [px] and its floor, from 0 at the ground."""

    x: float
    y: float
    floor: int


def main() -> None:
    for name, picture in pictures().items():
        (IMAGES / name).write_text(picture, encoding="utf-8")
        print(f"docs/images/{name}")


def pictures(root: Path = ROOT) -> dict[str, str]:
    """Each picture by its file name."""
    return {
        "floors-contracts.svg": draw(FLOORS, contract_arrows(root)),
        "floors-python.svg": draw(python_rooms(root), python_arrows(root)),
    }


def contract_arrows(root: Path) -> set[tuple[str, str]]:
    """Imports between rooms of contracts; an interface counts as its room."""
    return between(
        Line(line.origin.split("/")[1], line.target.split("/")[1]) for line in solidity_lines(root)
    )


def python_rooms(root: Path) -> list[tuple[str, ...]]:
    """Rooms of Python that exist, the ground's modules as one room."""
    there = {room_of(line.origin) for line in python_lines(root)} - {""}
    floors: list[tuple[str, ...]] = [("ground",)]
    floors += [tuple(r for r in map(room_of, rooms) if r in there) for rooms in PYTHON_FLOORS[1:]]
    return [rooms for rooms in floors if rooms]


def python_arrows(root: Path) -> set[tuple[str, str]]:
    """Imports between rooms of Python."""
    return between(
        Line(room_of(line.origin), room_of(line.target))
        for line in python_lines(root)
        if python_floor(line.target) is not None
    )


def room_of(module: str) -> str:
    """A module's room as the picture names it; empty for the top package itself."""
    floor = python_floor(module)
    if floor == 0:
        return "ground"
    parts = module.split(".")
    return parts[1] if parts[0] == "tonne" and len(parts) > 1 else parts[0]


def between(lines: Iterable[Line]) -> set[tuple[str, str]]:
    return {(line.origin, line.target) for line in lines if line.origin != line.target}


def reduced(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Arrows of a graph without circles that no path of two or more arrows implies."""
    below: dict[str, set[str]] = {}
    for origin, target in arrows:
        below.setdefault(origin, set()).add(target)

    def reach(node: str) -> set[str]:
        return below.get(node, set()).union(*map(reach, below.get(node, ())))

    return {
        (origin, target)
        for origin, target in arrows
        if not any(target in reach(other) for other in below[origin])
    }


def draw(floors: Sequence[Sequence[str]], arrows: set[tuple[str, str]]) -> str:
    """An SVG of rooms on floors, the ground at the bottom, with the imports between rooms."""
    height = 2 * MARGIN + STOREY * len(floors)
    places = {
        room: Place(
            across(index, len(rooms), floor), height - MARGIN - STOREY * (floor + 0.5), floor
        )
        for floor, rooms in enumerate(floors)
        for index, room in enumerate(rooms)
    }
    shown = sorted(reduced({a for a in arrows if a[0] in places and a[1] in places}))
    entering = Counter(target for _, target in shown)
    taken: Counter[str] = Counter()
    paths = []
    for origin, target in shown:
        taken[target] += 1
        share = taken[target] / (entering[target] + 1)
        paths.append(arrow_path(places[origin], places[target], share))
    lines = [
        f'<line class="floor" x1="0" x2="{WIDTH}" y1="{y}" y2="{y}"/>'
        for y in range(height - MARGIN, MARGIN - 1, -STOREY)
    ]
    boxes = [box(room, place) for room, place in places.items()]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>{len(places)} rooms on {len(floors)} floors, {len(shown)} arrows</title>",
            f"<style>{STYLE}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#829ab1"/></marker></defs>',
            *lines,
            *paths,
            *boxes,
            "</svg>",
            "",
        ]
    )


def across(index: int, count: int, floor: int) -> float:
    """Centre of a room on its floor [px]; a room that is alone stands left or right in turn."""
    if count == 1:
        return WIDTH * (0.38 if floor % 2 else 0.62)
    return WIDTH * (index + 1) / (count + 1)


def arrow_path(origin: Place, target: Place, share: float) -> str:
    """A curve into the target's upper edge; `share` spreads the arrows that enter one room."""
    half = ROOM[1] / 2
    x = target.x - ROOM[0] / 2 + ROOM[0] * share
    if origin.floor == target.floor:
        side = ROOM[0] / 2 if target.x > origin.x else -ROOM[0] / 2
        start = f"{origin.x + side:.1f} {origin.y:.1f}"
        end = f"{target.x - side:.1f} {target.y:.1f}"
        return f'<path class="arrow" marker-end="url(#head)" d="M{start} L{end}"/>'
    start_y, end_y = origin.y + half, target.y - half
    bend = (start_y + end_y) / 2
    return (
        f'<path class="arrow" marker-end="url(#head)" d="M{origin.x:.1f} {start_y:.1f} '
        f'C{origin.x:.1f} {bend:.1f} {x:.1f} {bend:.1f} {x:.1f} {end_y:.1f}"/>'
    )


def box(room: str, place: Place) -> str:
    x, y = place.x - ROOM[0] / 2, place.y - ROOM[1] / 2
    return (
        f'<rect class="room" x="{x:.1f}" y="{y:.1f}" width="{ROOM[0]}" height="{ROOM[1]}"/>'
        f'<text x="{place.x:.1f}" y="{place.y + 4:.1f}" text-anchor="middle">{escape(room)}</text>'
    )


if __name__ == "__main__":
    main()
