"""Invented registries, and a real one where it lies beside the checkout, through the contracts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from tests.tonne.simulation.registry.test_rows import EUTL, HEAD, line
from tonne.simulation.registry import run, summary

REAL = Path(__file__).resolve().parents[5] / "shared" / "data" / "eutl_fi_pt_2005_2020.csv"

#: Surrender ahead, beyond and late; an excluded year and entry again; corrections of both totals;
#: a late figure; a second phase.
SMALL = [
    line("FI-1", year="2005", figures="100,120,150,150,90,90", code="A"),
    line("FI-1", year="2006", figures="100,100,,150,160,70", code="B"),
    line("FI-1", year="2007", figures="100,60,30,180,170,20", code="A*"),
    line("FI-1", year="2008", figures="5,5,8,8,8,8", code="A"),
    line("PT-2", "PT", "2005", ",,,0,,", "C", "Not Reported"),
    line("PT-2", "PT", "2006", "9,9,9,9,,9", "C*"),
    line("PT-2", "PT", "2007", "9,9,,9,18,9", "B"),
    line("PT-3", "PT", "2006", "9,9,4,4,4,4", "A"),
    line("PT-3", "PT", "2007", ",,,4,4,", "A", "Excluded"),
    line("PT-3", "PT", "2008", ",0,,0,3,3", "B"),
    line("PT-3", "PT", "2009", "7,7,8,5,4,4", "A*"),
]

ELSEWHERE = """
[registry]
title = "Two invented registries"
credit = "invented"

[registry.columns]
scheme = "system"

[[registry.scheme]]
name = "north"
number = 3
phases = [2019]
last_year = 2020

[[registry.scheme]]
name = "south"
number = 4
utc_offset_h = -3
phases = [2019]
last_year = 2021
surrender_by = "09-30"
"""


@pytest.fixture(scope="module")
def console():
    return Console(quiet=True)


def verdicts(result):
    return {
        (one.row.installation, one.row.year): result.verdicts[number, year, one.plant]
        for number, year, one in result.plan.expectations()
    }


def test_verdicts_of_a_small_registry(tmp_path, console):
    path = tmp_path / "registry.csv"
    path.write_text(HEAD + "".join(SMALL))
    result = run.replay(path, EUTL, console)
    assert verdicts(result) == {
        ("FI-1", 2005): "complies",
        ("FI-1", 2006): "short",
        ("FI-1", 2007): "complies",
        ("FI-1", 2008): "complies",
        ("PT-2", 2005): "unverified",
        ("PT-2", 2006): "unverified",
        ("PT-2", 2007): "short",
        ("PT-3", 2006): "complies",
        ("PT-3", 2007): "complies",
        ("PT-3", 2008): "short",
        ("PT-3", 2009): "complies",
    }
    assert (result.refused, result.differences, summary.differing(result)) == ([], [], [])
    assert summary.published(result) == {
        ("A", "complies"): 6,
        ("B", "short"): 3,
    }


def test_another_registry_needs_a_scenario_alone(tmp_path, console):
    scenario, path = tmp_path / "elsewhere.toml", tmp_path / "registry.csv"
    scenario.write_text(ELSEWHERE)
    path.write_text(
        "system,installation,year,allocation_t,verified_t,surrendered_t\n"
        "north,a,2019,10,12,11\nnorth,a,2020,10,9,10\nsouth,b,2019,,5,9\nsouth,b,2021,4,4,\n"
    )
    result = run.replay(path, scenario, console)
    assert verdicts(result) == {
        ("a", 2019): "short",
        ("a", 2020): "complies",
        ("b", 2019): "complies",
        ("b", 2021): "complies",
    }
    assert (result.refused, result.differences) == ([], [])


@pytest.mark.nightly
@pytest.mark.long
@pytest.mark.skipif(not REAL.exists(), reason="the real file lies beside the checkout")
def test_the_real_file(console):
    result = run.replay(REAL, EUTL, console)
    assert (result.refused, result.differences) == ([], [])
    assert summary.differing(result) == []
    found = summary.published(result)
    sums = Counter()
    for (code, _), count in found.items():
        sums[code] += count
    assert (found["A", "complies"], sums["A"]) == (12_376, 12_377)
    assert (found["B", "short"], sums["B"]) == (92, 194)
