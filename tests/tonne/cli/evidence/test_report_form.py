"""Forms of a plant's lines at the command line."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_filled_form_becomes_a_month_s_package(town, tonne, tmp_path):
    made = tonne("report", "month", "new", 1, "--month", "2021-03")
    form = tmp_path / made["file"]
    assert form.name == "1-2021-03.lines.toml"
    plant = ("--installation", 1, "--month", "2021-03")
    empty = tonne("report", "month", "make", form, *plant, status=1, who="north")
    assert empty["code"] == "REPORT_LINES_FORMAT"
    text = form.read_text().replace('""    # net supply', "293250    # net supply")
    form.write_text(text.replace('""    # fuel burnt', "108100    # fuel burnt"))
    package = tonne("report", "month", "make", form, *plant, who="north")
    assert package["file"] == "1-2021-03.month.json"


def test_a_form_is_not_overwritten(town, tonne):
    form = ("report", "new", 1, "--year", 2021)
    assert tonne(*form)["file"] == "1-2021.lines.toml"
    assert tonne(*form, status=1)["code"] == "REPORT_FORM_EXISTS"
    assert tonne(*form, "--out", "other.toml")["file"] == "other.toml"


def test_a_plant_that_does_not_exist_has_no_form(town, tonne):
    refused = tonne("report", "new", 99, "--year", 2021, status=1)
    assert (refused["code"], refused["value"]) == ("REPORT_NO_INSTALLATION", "99")
