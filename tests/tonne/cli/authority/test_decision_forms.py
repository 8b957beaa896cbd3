"""Forms of decisions: one row for each plant, which the command that reads the file takes once filled in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonne.cli.core import decision_files


@pytest.fixture
def new(tonne, tmp_path, monkeypatch):
    """Writes a form for the period of the small market; returns its path."""
    monkeypatch.chdir(tmp_path)

    def write(kind, *options, status=0):
        told = tonne("authority", "new", kind, "--period", 2020, *options, status=status)
        return told if status else tmp_path / told["file"]

    return write


def test_a_table_has_the_present_allocation_and_is_read_back(new, tonne):
    path = new("table")
    rows = decision_files.read(path, decision_files.Tabled)
    assert [(row.installation, row.allocation_t) for row in rows] == [
        (1, 3_069_500),
        (2, 1_594_500),
        (3, 470_400),
    ]


def test_a_plant_without_a_final_report_awaits_a_determination(new, tonne, town):
    assert new("determination", status=1)["code"] == "DECISION_NO_PLANT"
    Path("plants.csv").write_text(
        "operator,jurisdiction,benchmark_class,capacity_kw\n4,14,1,660000\n"
    )
    tonne("authority", "register", "plants.csv", who="authority")
    path = new("determination")
    text = path.read_text()
    assert text.splitlines()[-1] == "4,2020,,,,"
    determine = ("authority", "determine", str(path), "--period", 2020)
    empty = tonne(*determine, who="authority", status=1)
    assert (empty["code"], "line 4" in empty["message"]) == ("DECISIONS_VALUE", True)
    path.write_text(text.replace("4,2020,,,,", "4,2020,900000,1000000,0,no report"))
    tonne(*determine, who="authority")
    assert new("determination", "--out", "again.csv", status=1)["code"] == "DECISION_NO_PLANT"


def test_output_is_that_of_the_year_before(new):
    path = new("output")
    assert [line for line in path.read_text().splitlines() if line[0].isdigit()] == [
        "1,,",
        "2,,",
        "3,,",
    ]


def test_a_correction_has_a_row_for_each_plant(new):
    path = new("correction")
    assert path.read_text().count(",0,0,") == 3


def test_a_form_is_not_overwritten(new):
    path = new("table")
    path.write_text("mine\n")
    assert new("table", status=1)["code"] == "DECISION_FORM_EXISTS"
    assert path.read_text() == "mine\n"


def test_an_unknown_kind_names_those_that_there_are(new):
    error = new("tariff", status=1)
    assert error["code"] == "DECISION_KIND"
    assert "determination" in error["remedy"]
