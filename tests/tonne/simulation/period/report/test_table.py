"""The table of emitters: names hidden, simulated columns marked, nothing a spreadsheet runs."""

from __future__ import annotations

import csv
from dataclasses import fields
from pathlib import Path

import pytest

from tonne.html_report.data_files import write
from tonne.simulation.period.report.table import SIMULATED, EmitterRow, emitters

ROW = EmitterRow(
    id="E0001",
    name="=cmd()",
    owner="Ümlaut, Ltd",
    province="Hebei",
    class_name="gas",
    capacity_mw=100.0,
    power=1,
    heat=2,
    emissions=3,
    report="reported",
    early=4,
    final=5,
    due=6,
    bought=7,
    sold=8,
    credits=9,
    surrendered=10,
    missing=11,
    status="short",
    fine=20_000.0,
)


@pytest.fixture
def written(tmp_path: Path) -> dict[str, str]:
    write([emitters([ROW], "CNY")], tmp_path)
    with (tmp_path / "data" / "emitters.csv").open(encoding="utf-8", newline="") as file:
        return next(csv.DictReader(file))


def test_the_file_marks_what_is_simulated(written: dict[str, str]) -> None:
    marked = [name for name in written if name.startswith("simulated_")]
    assert len(marked) == len(SIMULATED)
    assert written["simulated_status"] == "short"
    assert written["obligation_t"] == "6"
    assert len(written) == len(fields(EmitterRow))


def test_the_file_defuses_formulas(written: dict[str, str]) -> None:
    assert written["name"] == "'=cmd()"
    assert written["owner"] == "Ümlaut, Ltd"
