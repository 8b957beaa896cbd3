"""Small scenario files."""

from __future__ import annotations

from pathlib import Path

from tonne.simulation.scenarios import study, years
from tonne.simulation.scenarios.study import Study
from tonne.simulation.scenarios.years import YearResult

HEAD = """format = 1
[scenario]
title = "What if"
scheme = "china-national"
"""

RUN = """[run]
from = 2020
seeds = [1, 2, 3]
emitters = 100
sessions = 24
"""

SWEEP = '[[sweep]]\nkey = "{}"\nvalues = {}\n'
CASE = '[[case]]\nname = "{}"\nset = {{ {} }}\n'


def written(folder: Path, *parts: str, run: str = RUN, head: str = HEAD) -> Path:
    path = folder / "what-if.toml"
    path.write_text(head + run + "".join(parts), "utf-8")
    return path


def outcomes(of: Study) -> list[list[list[YearResult]]]:
    """By variant, seed and year."""
    return [[years.run(of, variant, seed) for seed in of.run.seeds] for variant in of.variants()]


def read(folder: Path, *parts: str, run: str = RUN) -> Study:
    return study.read(written(folder, *parts, run=run))


def mean(runs: list[list[YearResult]], field: str, year: int = 0) -> float:
    return sum(getattr(years[year], field) for years in runs) / len(runs)
