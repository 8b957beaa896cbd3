"""A registry's file: what is read, and every bad row at once."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tonne.errors import TonneError
from tonne.simulation.registry import form, rows

EUTL = ROOT / "scenarios" / "registry-eutl.toml"
HEAD = (
    "installation_id,registry,activity_code,activity,year,free_allocation,allocation,surrendered,"
    "cum_surrendered,cum_verified,verified,compliance_code,status\n"
)


def line(key="FI-1", home="FI", year="2005", figures="10,10,7,7,7,7", code="A", status=""):
    return f"{key},{home},20,Combustion,{year},{figures},{code},{status}\n"


@pytest.fixture
def file(tmp_path):
    def write(*lines, head=HEAD):
        path = tmp_path / "registry.csv"
        path.write_text(head + "".join(lines))
        return path

    return write


def refusal(path):
    with pytest.raises(TonneError) as refused:
        rows.read(path, form.read(EUTL))
    return refused.value


def test_a_row_is_read(file):
    first, second = rows.read(file(line(), line(year="2006", figures=",,,,,")), form.read(EUTL))
    assert (first.allocation, first.verified, first.total_surrendered) == (10, 7, 7)
    assert (first.jurisdiction, first.meaning, first.has_totals) == (246, "complies", True)
    assert (second.allocation, second.has_totals) == (None, False)


def test_every_bad_row_is_listed_at_once(file):
    bad = file(
        line(),
        line(),
        line("FI-2", year="1999"),
        line("FI-3", year="2021"),
        line("FI-4", year="20o5"),
        line("FI-5", figures="10,-10,7,7,7,7"),
        line("FI-6", figures="10,10,7.5,7,7,7"),
        line("FI-7", figures="10,10,7,7,7,1099511627776"),
        line("FI-8", code="Q"),
        line("FI-9", home="SE"),
        line("FI-10", status="Lost"),
        line(""),
        "FI-11,FI,20\n",
        line("FI-12", year="2004", figures="x,10,7,7,7,7"),
        line("FI-13"),
        line("FI-13", home="PT", year="2006"),
    )
    refused = refusal(bad)
    assert refused.code == "REPLAY_ROWS"
    told = str(refused)
    for expected in (
        "14 rows cannot be replayed",
        "line 3, installation_id: FI-1 in 2005. It stands in line 2 as well",
        "line 4, year: 1999. Give a year from 2005 to 2020.",
        "line 5, year: 2021.",
        "line 6, year: 20o5.",
        "line 7, allocation: -10. Give whole tonnes from 0",
        "line 8, surrendered: 7.5. Give whole tonnes",
        "line 9, verified: 1099511627776. Give whole tonnes",
        "line 10, compliance_code: Q. The scenario has: A, B,",
        "line 11, registry: SE. The scenario has: FI, PT.",
        "line 12, status: Lost. Known are: ",
        "line 13, installation_id: (blank). Name the installation.",
        "line 14, row: ",
        "line 15, year: 2004.",
        "line 15, free_allocation: x. Give whole tonnes",
        "line 17, registry: FI-13. An installation has one scheme",
    ):
        assert expected in told, expected


def test_columns_that_are_missing_or_strange_are_named(file):
    refused = refusal(file(line(), head=HEAD.replace("verified,compliance", "tonnes,compliance")))
    assert refused.code == "REPLAY_COLUMNS"
    assert "there is no column verified; tonnes: not known" in refused.message


@pytest.mark.parametrize("lines", [(), ("",)])
def test_a_file_without_rows_is_refused(file, lines):
    assert refusal(file(*lines)).code == "REPLAY_FILE"


def test_a_file_that_is_none_is_refused(tmp_path):
    assert refusal(tmp_path / "none.csv").code == "REPLAY_FILE"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("phases = [2005, 2008, 2013]", "phases = [2008, 2005]", "phases rise"),
        ('surrender_by = "04-30"', 'surrender_by = "02-15"', "comes before"),
        ("number = 10", "number = 0", "scheme.0.number"),
        ('A = "complies"', 'A = "fine"', "codes.A"),
        ("[registry]", "[registry", "cannot be read"),
    ],
)
def test_a_form_that_cannot_be_is_refused(tmp_path, old, new, said):
    path = tmp_path / "form.toml"
    path.write_text(EUTL.read_text().replace(old, new))
    with pytest.raises(TonneError) as refused:
        form.read(path)
    assert refused.value.code == "REPLAY_FORM" and said in str(refused.value)


#: A registry of another country: semicolons, dates, points between thousands, decimals behind a comma.
SHAPE = """
[registry]
title = "An invented registry"
credit = "invented"

[registry.file]
separator = ";"
encoding = "cp1252"
thousands = "."
decimal = ","
blanks = ["k. A.", "–"]
date = "%d.%m.%Y"

[registry.columns]
installation = "Anlage"
year = "Stichtag"
allocation = "Zuteilung (t)"
verified = "Geprüft (t)"
surrendered = "Abgegeben (t)"

[[registry.scheme]]
name = "elsewhere"
number = 7
phases = [2019]
last_year = 2021
"""
SHAPED = "Anlage;Stichtag;Zuteilung (t);Geprüft (t);Abgegeben (t)\n"


@pytest.fixture
def shaped(tmp_path):
    def write(*lines):
        scenario, path = tmp_path / "elsewhere.toml", tmp_path / "registry.csv"
        scenario.write_text(SHAPE, encoding="utf-8")
        path.write_bytes((SHAPED + "".join(f"{one}\n" for one in lines)).encode("cp1252"))
        return path, form.read(scenario)

    return write


def test_a_file_of_another_shape_needs_a_scenario_alone(shaped):
    first, second = rows.read(
        *shaped("Süd;31.12.2019;1.234.567,00;1.000;950", "Süd;31.12.2020;k. A.;12;–")
    )
    assert (first.installation, first.year) == ("Süd", 2019)
    assert (first.allocation, first.verified, first.surrendered) == (1_234_567, 1000, 950)
    assert (second.year, second.allocation, second.verified) == (2020, None, 12)
    assert second.surrendered is None


def test_bad_cells_of_another_shape_are_told_as_they_stand(shaped):
    path, wanted = shaped(
        "A;2019;1;1;1",
        "B;31.12.2018;1;1;1",
        "C;31.12.2019;1.5;1,50;1.00",
        "D;31.12.2019;1.2345;-1;1 0",
    )
    with pytest.raises(TonneError) as refused:
        rows.read(path, wanted)
    told = str(refused.value)
    for expected in (
        "4 rows cannot be replayed",
        "line 2, Stichtag: 2019. Give a year from 2019 to 2021, written as %d.%m.%Y.",
        "line 3, Stichtag: 31.12.2018.",
        "line 4, Zuteilung (t): 1.5. Give whole tonnes",
        "line 4, Geprüft (t): 1,50. Give whole tonnes",
        "line 4, Abgegeben (t): 1.00. Give whole tonnes",
        "line 5, Zuteilung (t): 1.2345. Give",
        "line 5, Geprüft (t): -1. Give",
        "line 5, Abgegeben (t): 1 0. Give",
    ):
        assert expected in told, expected


def test_two_signs_of_a_number_are_not_the_same(tmp_path):
    path = tmp_path / "form.toml"
    path.write_text(SHAPE.replace('decimal = ","', 'decimal = "."'))
    with pytest.raises(TonneError) as refused:
        form.read(path)
    assert "thousands and decimal are two signs" in str(refused.value)
