"""A street's week in two CSV files: what its meters registered, and what a power flow says was lost."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from tonne.errors import TonneError, refused

#: Names of the files, after a prefix of their own.
METERS_FILE, LOSSES_FILE = "meters_15min.csv", "losses_15min.csv"

_COLUMN: Final = re.compile(r"([A-Za-z0-9]+)_(import|export)_wh")
_LOSSES: Final = ("line_loss_milliwh", "trafo_loss_milliwh")
START: Final = "interval_start_utc"

#: The meter that joins the street to the grid: what it imports, the street takes in.
GRID_METER: Final = "GRID"
STEP_S: Final = 900


@dataclass(frozen=True, slots=True)
class Street:
    """Energy by meter and interval [Wh]: (drawn, given), seen from the street; losses [mWh]."""

    starts: tuple[int, ...]
    meters: dict[str, tuple[tuple[int, int], ...]]
    losses: tuple[int, ...]


def read(folder: Path) -> Street:
    """The one street of a folder."""
    meters, losses = (_find(folder, name) for name in (METERS_FILE, LOSSES_FILE))
    starts, columns = _table(meters)
    names = _meters(meters, columns)
    given, lost = _table(losses)
    missing = [name for name in _LOSSES if name not in lost]
    if missing:
        raise _bad(losses, 1, f"there is no column {missing[0]}")
    by_start = dict(
        zip(given, (a + b for a, b in zip(*(lost[n] for n in _LOSSES), strict=True)), strict=True)
    )
    for line, (start, after) in enumerate(pairwise(starts), 3):
        if after - start != STEP_S:
            raise _bad(meters, line, f"an interval begins {after - start} s after the one before")
    unknown = [line for line, start in enumerate(starts, 2) if start not in by_start]
    if unknown:
        raise _bad(meters, unknown[0], f"{losses.name} has no such interval")
    return Street(tuple(starts), names, tuple(by_start[start] for start in starts))


def _find(folder: Path, name: str) -> Path:
    found = sorted(folder.glob(f"*{name}"))
    if len(found) != 1:
        raise refused("STREET_NOT_FOUND", folder=str(folder), found_count=len(found), ending=name)
    return found[0]


def _table(path: Path) -> tuple[list[int], dict[str, list[int]]]:
    """Starts of intervals, and the other columns by name."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    if len(rows) < 2 or rows[0][:1] != [START]:
        raise _bad(path, 1, f"it does not begin with a column {START} and have rows")
    values: list[list[int]] = []
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            raise _bad(path, line, f"it has {len(row)} fields, not {len(rows[0])}")
        if not all(field.isascii() and field.isdecimal() for field in row):
            raise _bad(path, line, "a field is no whole number")
        values.append([int(field) for field in row])
    starts = [row[0] for row in values]
    columns = {name: [row[place] for row in values] for place, name in enumerate(rows[0]) if place}
    return starts, columns


def _meters(path: Path, columns: dict[str, list[int]]) -> dict[str, tuple[tuple[int, int], ...]]:
    ways: dict[str, dict[str, list[int]]] = {}
    for name, values in columns.items():
        found = _COLUMN.fullmatch(name)
        if found is None:
            raise _bad(path, 1, f"{name} is no column of a meter")
        ways.setdefault(found[1], {})[found[2]] = values
    if GRID_METER not in ways:
        raise _bad(path, 1, f"no meter {GRID_METER} joins the street to the grid")
    none = [0] * len(next(iter(columns.values())))
    meters = {}
    for name, way in ways.items():
        drawn, given = way.get("import", none), way.get("export", none)
        if name == GRID_METER:
            drawn, given = given, drawn
        meters[name] = tuple(zip(drawn, given, strict=True))
    return meters


def _bad(path: Path, line: int, what: str) -> TonneError:
    return refused("STREET_FORM", path=str(path), path_name=path.name, line=line, detail=what)
