"""A hundred wrong files: each is answered with row, field, value, remedy and code, and changes nothing."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from tests.tonne.units.test_registry_descriptors import ERS
from tests.tonne.units.wrong_rows import FILES, GOOD, HEADING, LINE, MISFITS, WRONG
from tonne.cli.holder.surrender_retire import claim_of
from tonne.errors import TonneError
from tonne.evidence import likeness_files
from tonne.units import registry_descriptors, registry_extracts
from tonne.units.immobilisation_state import SerialBook

TODAY = date(2026, 11, 28)
#: A row beside the wrong one, of another issuance.
OTHER = GOOD | {"serial": "ACR-US-192-2010-204-1 to 100"}

DESCRIPTORS = [
    ("", "name"),
    (ERS.replace('name = "ERS"\n', ""), "name"),
    (ERS.replace('name = "ERS"', "name = 7"), "name"),
    (ERS.replace('name = "ERS"', 'name = "E R S"'), "name"),
    (ERS.replace('title = "ERS Registry"', 'title = ""'), "title"),
    (ERS.replace('unit = "t"', 'unit = "MWh"'), "unit"),
    (ERS.replace('holds = "blocks"', 'holds = "units"'), "holds"),
    (ERS.replace("largest_block = 999999999", "largest_block = -1"), "largest_block"),
    (ERS.replace("largest_block = 999999999", "largest_block = 1.5"), "largest_block"),
    (ERS.split("[[sources]]")[0], "sources"),
    (ERS.split("[[forms]]")[0], "forms"),
    (ERS.replace('"unit: letters"', '"unit"'), "forms[1].fields"),
    (ERS.replace('"last: number"', '"end: number"'), "forms[1].fields"),
    (ERS.replace("ERS-0-17-BR-VRU-2023-4-1-5000", "ERS-0-17"), "forms[1].sample"),
    (ERS + "\n[[forms]]\n" + ERS.split("[[forms]]")[1], "forms[1].sample"),
    (ERS + "\n[types]\n1 = 2\n", "types"),
]

PLANTS = [
    ("row,name\n1,a\n", "columns"),
    ("", "columns"),
    ('row,name,at\n1,,"1,1"\n', "name"),
    (f'row,name,at\n1,{"x" * 201},"1,1"\n', "name"),
    ('row,name,at\n1,a,"91,1"\n', "at"),
    ('row,name,at\n1,a,"0,0"\n', "at"),
    ("row,name,at\n1,a,Zhangbei\n", "at"),
    ('row,name,at\nfirst,a,"1,1"\n', "row"),
    ('row,name,at\n1,a,"1,1"\n1,b,"1,1"\n', "row"),
    ('row,name,at,twin_of\n1,a,"1,1",7\n', "twin_of"),
    ('row,name,at,country\n1,a,"1,1",ZZZ\n', "country"),
    ('row,name,at\n1,a,"1,1",x\n', "columns"),
]

CLAIMS = [
    ({"country": "ZZ"}, "COUNTRY_UNKNOWN", "country"),
    ({"country": ""}, "COUNTRY_UNKNOWN", "country"),
    ({"country": "C"}, "COUNTRY_UNKNOWN", "country"),
    ({"country": "Atlantis"}, "COUNTRY_UNKNOWN", "country"),
    ({"first_day": "2021-02-30"}, "RETIRE_BAD_DAY", "from/until"),
    ({"last_day": "31.12.2021"}, "RETIRE_BAD_DAY", "from/until"),
    ({"last_day": "tomorrow"}, "RETIRE_BAD_DAY", "from/until"),
]


def test_there_are_a_hundred():
    tables = (WRONG, FILES, MISFITS, DESCRIPTORS, PLANTS, CLAIMS)
    assert sum(map(len, tables)) >= 100
    assert len({str(case) for case in WRONG}) == len(WRONG)


def _write(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(GOOD))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _plan(path: Path) -> registry_extracts.Plan:
    return registry_extracts.plan(registry_extracts.read(path), SerialBook(), 1, today=TODAY)


def test_the_good_row_is_good(tmp_path):
    made = _plan(_write(tmp_path / "extract.csv", GOOD, OTHER))
    assert [verdict.code for verdict in made.verdicts] == ["OFFSET_IMMOBILISED"] * 2


@pytest.mark.parametrize("change, code, field", WRONG)
def test_a_wrong_row_is_answered_and_changes_nothing(tmp_path, change, code, field):
    made = _plan(_write(tmp_path / "extract.csv", GOOD | change, OTHER))
    wrong, other = made.verdicts
    assert (wrong.code, wrong.field, wrong.line, wrong.accepted) == (code, field, 2, False)
    assert wrong.reason and wrong.remedy
    told = change.get(field, "")
    assert wrong.value or not told.strip() or len(told) > 200, wrong
    # The row beside it is taken, and nothing of the wrong one.
    assert other.accepted and [part.verdict.line for part in made.blocks] == [other.line]
    assert made.uses == [] and len(made.batches) == 1


@pytest.mark.parametrize("raw, code", FILES)
def test_a_wrong_file_is_refused_whole(tmp_path, raw, code):
    file = tmp_path / "extract.csv"
    file.write_bytes(raw)
    with pytest.raises(TonneError) as refused:
        _plan(file)
    _answered(refused.value, code, "file")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    for missing in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(TonneError) as refused:
            _plan(missing)
        _answered(refused.value, "EXTRACT_UNREADABLE", "file")


@pytest.mark.parametrize("line", MISFITS)
def test_a_row_of_other_cells_is_refused_alone(tmp_path, line):
    file = tmp_path / "extract.csv"
    other = LINE.replace("-203-", "-204-")
    file.write_text(f"{HEADING}\n{line}\n{other}\n", encoding="utf-8")
    made = _plan(file)
    assert [v.code for v in made.verdicts] == ["EXTRACT_CELLS", "OFFSET_IMMOBILISED"]
    assert (made.verdicts[0].field, made.verdicts[0].value) == ("row", "2")
    assert made.verdicts[0].remedy


@pytest.mark.parametrize("text, field", DESCRIPTORS)
def test_a_wrong_descriptor_is_refused(tmp_path, text, field):
    file = tmp_path / "ers.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TonneError) as refused:
        registry_descriptors.load(file)
    _answered(refused.value, "DESCRIPTOR_REFUSED", field)


@pytest.mark.parametrize("text, field", PLANTS)
def test_a_wrong_table_of_plants_is_refused(tmp_path, text, field):
    file = tmp_path / "plants.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TonneError) as refused:
        likeness_files.read(file)
    _answered(refused.value, "LIKENESS_FILE", field)
    assert "Line " in refused.value.message


@pytest.mark.parametrize("change, code, field", CLAIMS)
def test_a_wrong_claim_is_refused(change, code, field):
    said = {
        "beneficiary": "Example Airlines",
        "purpose": "flights",
        "first_day": "2021-01-01",
        "last_day": "2021-12-31",
        "country": "CN",
    }
    assert claim_of(**said)["country"] == b"CN"
    with pytest.raises(TonneError) as refused:
        claim_of(**(said | change))
    _answered(refused.value, code, field)


def test_a_country_by_three_letters_is_not_cut_to_another():
    """CHN was read as CH, Switzerland."""
    assert claim_of("A", "", "2021-01-01", "2021-12-31", "CHN")["country"] == b"CN"


def _answered(error: TonneError, code: str, field: str) -> None:
    assert (error.code, error.field) == (code, field)
    assert error.message and error.remedy
