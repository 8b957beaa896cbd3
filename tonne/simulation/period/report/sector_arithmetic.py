"""Allocation of plants of sectors worked out of their signed reports, apart from the engine and the chain.

It reads the files that the oracle carried, lines of product and gases alone, and the pack's values. Emissions
are rounded up, an allocation down, each once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

from tonne.evidence.manifest import GWP
from tonne.rules.pack import RulePack
from tonne.simulation.fleet import industry
from tonne.simulation.fleet.plants import Plant
from tonne.simulation.period.model.state import PeriodState

#: A line of a signed report as its file has it.
Line = Mapping[str, Any]


def of(state: PeriodState) -> dict[int, int]:
    """Allocation [t] of each plant of a sector that signed a report, by installation."""
    signed = dict(_signed(state.folder / "inbox" / "done"))
    year = state.period.last_year
    return {
        number: allocation(state.pack, plant, signed[number], year)
        for number, plant in zip(state.installations.tolist(), state.fleet.plants, strict=True)
        if plant.industry is not None and number in signed
    }


def _signed(folder: Path) -> Iterator[tuple[int, list[Line]]]:
    """Lines of every report in files that were carried, by installation."""
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_bytes())
        for one in content["reports"] if content["kind"] == "batch" else [content["signed"]]:
            yield one["report"]["installation"], one["lines"]


def allocation(pack: RulePack, plant: Plant, lines: Sequence[Line], year: int) -> int:
    """What the pack gives the plant of a sector for a year by its signed lines [t].

    Tonnes of product times the benchmark where allocation is by one, those of the years before where they
    count; else what the lines emit. The scheme's one factor on all follows.
    """
    day, sector = date(year, 12, 31), f"allocation.{plant.class_name}"
    methods = pack.param(f"{sector}.method", day)
    assert isinstance(methods, tuple)
    if "benchmark" not in methods:
        given = Fraction(emitted_t(lines))
    else:
        activity = pack.entry(f"{sector}.activity", day)
        assert plant.industry is not None
        tonnes = (
            industry.figures_of(pack, plant, 0, year).last_product
            if activity is not None and activity.value == "historic"
            else made_t(lines, plant.industry.product)
        )
        given = Fraction(
            int(Fraction(str(pack.param(f"{sector}.product_benchmark", day))) * tonnes)
        )
    every = pack.entry("allocation.correction_all", day)
    return int(given * (Fraction(str(every.value)) if every is not None else 1))


def emitted_t(lines: Sequence[Line]) -> int:
    """Emissions of lines [t CO2e], rounded up."""
    tenths_of_kg = sum(
        GWP[line["gwpSet"]][gas] * amount for line in lines for gas, amount in line["gases"].items()
    )
    return ceil(Fraction(tenths_of_kg, 10_000))


def made_t(lines: Sequence[Line], product: str) -> int:
    """Tonnes of a product in lines of output."""
    return sum(
        int(line["quantity"])
        for line in lines
        if line["category"] == "output" and line["product"] == product
    )
