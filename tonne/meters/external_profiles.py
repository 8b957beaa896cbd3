"""Profiles of other houses, where they are installed: measured households and roofs, the standard
household, a reckoned sun.

`simbench` has a year of quarter-hours that were measured (2016): weekdays are matched, so that a Sunday
looks like one. `demandlib` has the standard load profile by which German suppliers forecast a household
(BDEW's H0, dynamic), `pvlib` knows where the sun stands. What they do not have is drawn as
`tonne.meters.profiles` does it, and so is which household or roof of theirs a meter is, and its size.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tonne.constants import HOUR_S
from tonne.errors import refused
from tonne.meters.profiles import NAMEPLATE_W, ZONE, Kind, energy_wh, lot, sky

#: Wh drawn and given by a kind of meter, from seed, meter, start [s] and length [s] of an interval.
Energy = Callable[[Kind, int, int, int, int], tuple[int, int]]

BUILT_IN, SIMBENCH, DEMANDLIB, PVLIB = "built-in", "simbench", "demandlib", "pvlib"

_QUARTER_S: Final = 900
_YEAR: Final = 2016  # of simbench's profiles
_DAY: Final = 96  # quarter-hours in it
_NETWORK: Final = "1-complete_data-mixed-all-0-sw"
_HOUSEHOLDS: Final = tuple(f"H0-{letter}_pload" for letter in "ABCGHL")
_ROOFS: Final = tuple(f"PV{number}" for number in range(1, 9))

#: [Wh] a household draws in a year, [W] peak of a roof; of the usual size.
_HOUSEHOLD_WH: Final = 3_500_000
_ROOF_W: Final = 7_500

#: Middle of the zone's country [degrees], and what of the light on a roof becomes power [1/1000].
_PLACE: Final = (51.2, 10.4)
_YIELD: Final = 850


def energy_of(source: str) -> Energy:
    """How a fleet's energy is drawn; refused where the package is missing."""
    if source != BUILT_IN and source not in _OUTSIDE:
        raise refused(
            "METER_UNKNOWN_PROFILES", source=source, choices=", ".join((BUILT_IN, *_OUTSIDE))
        )
    if source == BUILT_IN:
        return energy_wh
    if find_spec(source) is None:
        raise refused("METER_NO_PROFILES", source=source)
    return _OUTSIDE[source]


def _measured(kind: Kind, seed: int, meter: int, start: int, seconds: int) -> tuple[int, int]:
    if kind not in (Kind.HOUSEHOLD, Kind.PV):
        return energy_wh(kind, seed, meter, start, seconds)
    size = 500 + lot(seed, meter, 0, 1000)
    columns, scale = _table(kind)
    column = columns[lot(seed, meter, 1, len(columns))]
    most = NAMEPLATE_W[kind]
    energy = 0.0
    for at in range(start, start + seconds, _QUARTER_S):
        power = min(column[_place(at)] * scale * size / 1000, most)
        energy += power * min(_QUARTER_S, start + seconds - at) / HOUR_S
    return (int(energy), 0) if kind is Kind.HOUSEHOLD else (0, int(energy))


def _place(moment: int) -> int:
    """The quarter-hour of the measured year: the day of this weekday next to the date, at this hour."""
    local = datetime.fromtimestamp(moment, UTC).astimezone(ZONE)
    same = date(_YEAR, local.month, local.day)
    shift = (local.weekday() - same.weekday() + 3) % 7 - 3
    day = (same + timedelta(days=shift) - date(_YEAR, 1, 1)).days % 366
    return day * _DAY + local.hour * 4 + local.minute // 15


@lru_cache(maxsize=2)
def _table(kind: Kind) -> tuple[Sequence[Sequence[float]], float]:
    """Columns of a kind, and [W] of a value of 1 in them."""
    found = find_spec(SIMBENCH)
    assert found is not None and found.submodule_search_locations is not None
    folder = Path(found.submodule_search_locations[0]) / "networks" / _NETWORK
    if kind is Kind.PV:
        return _columns(folder / "RESProfile.csv", _ROOFS), float(_ROOF_W)
    columns = _columns(folder / "LoadProfile.csv", _HOUSEHOLDS)
    # All households of one usual size draw the same in a year.
    means = [sum(column) / len(column) for column in columns]
    even = [[value / mean for value in column] for column, mean in zip(columns, means, strict=True)]
    return even, _HOUSEHOLD_WH / (366 * 24)


def _columns(file: Path, names: Sequence[str]) -> list[list[float]]:
    """Columns of a table of simbench by name."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter=";")
        header = next(rows)
        places = [header.index(name) for name in names]
        columns: list[list[float]] = [[] for _ in names]
        for row in rows:
            for column, place in zip(columns, places, strict=True):
                column.append(float(row[place]))
    return columns


def _standard(kind: Kind, seed: int, meter: int, start: int, seconds: int) -> tuple[int, int]:
    if kind is not Kind.HOUSEHOLD:
        return energy_wh(kind, seed, meter, start, seconds)
    size = 500 + lot(seed, meter, 0, 1000)
    energy = 0.0
    for at in range(start, start + seconds, _QUARTER_S):
        local = datetime.fromtimestamp(at, UTC).astimezone(ZONE)
        quarter = (local.timetuple().tm_yday - 1) * _DAY + local.hour * 4 + local.minute // 15
        of_it = min(_QUARTER_S, start + seconds - at) / _QUARTER_S
        energy += _standard_year(local.year)[quarter] * _HOUSEHOLD_WH * size / 1000 * of_it
    return int(energy), 0


@lru_cache(maxsize=4)
def _standard_year(year: int) -> Sequence[float]:
    """What of a year's energy a household draws in each quarter-hour by the clock."""
    with warnings.catch_warnings():  # demandlib turns all of them into errors, and leaves it so
        from demandlib.bdew import ElecSlp

        found: Sequence[float] = ElecSlp(year).slp_frame["h0_dyn"].to_numpy()
        return found


def _sunny(kind: Kind, seed: int, meter: int, start: int, seconds: int) -> tuple[int, int]:
    if kind is not Kind.PV:
        return energy_wh(kind, seed, meter, start, seconds)
    peak_w = _ROOF_W * (500 + lot(seed, meter, 0, 1000)) // 1000
    light = _light(start, seconds) * sky(seed, start) / 1000  # [W/m²]
    return 0, int(peak_w * light / 1000 * _YIELD / 1000 * seconds / HOUR_S)


@lru_cache(maxsize=4_096)
def _light(start: int, seconds: int) -> float:
    """[W/m²] of a clear sky in the middle of an interval."""
    import pandas
    from pvlib.location import Location

    middle = pandas.DatetimeIndex([datetime.fromtimestamp(start + seconds / 2, UTC)])
    return float(Location(*_PLACE).get_clearsky(middle, model="haurwitz")["ghi"].iloc[0])


_OUTSIDE: Final = {SIMBENCH: _measured, DEMANDLIB: _standard, PVLIB: _sunny}
