"""Tables as CSV and Parquet: columns with types, whole numbers, days and times."""

from __future__ import annotations

import csv
from dataclasses import asdict, fields
from datetime import UTC, date, datetime

import pytest
from pyarrow import parquet

from tonne.audit.export import tables
from tonne.errors import TonneError

ROWS = [
    tables.RetirementRow(
        certificate=number,
        unit="0x2",
        unit_class="offset credit",
        vintage=2020,
        project=None,
        project_name=None,
        amount=2**53 + 1,
        measure="t",
        participant=5,
        participant_name="Wind “A”, Ltd",
        participant_country="CHN",
        wallet="0xd",
        beneficiary=beneficiary,
        commitment=None,
        purpose='flights, "of" 2020',
        claimed_from=date(2020, 1, 1),
        claimed_until=date(2020, 12, 31),
        country="CN",
        retired_at=datetime(2021, 7, 16, 1, 30, tzinfo=UTC),
        serials="1-0-1-100",
    )
    for number, beneficiary in ((1, "中国石油, Ltd"), (2, None))
]


def test_a_csv_table_has_a_heading_and_each_row(tmp_path):
    path = tmp_path / "r.csv"
    tables.write(path, tables.RetirementRow, ROWS)
    with path.open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert first["beneficiary"] == "中国石油, Ltd" and second["beneficiary"] == ""
    assert first["amount"] == str(2**53 + 1) and first["retired_at"] == "2021-07-16T01:30:00Z"
    assert list(first) == [field.name for field in fields(tables.RetirementRow)]


def test_a_parquet_table_reads_back_with_its_types(tmp_path):
    path = tmp_path / "r.parquet"
    tables.write(path, tables.RetirementRow, ROWS)
    table = parquet.read_table(path)
    assert table.to_pylist() == [asdict(row) for row in ROWS]
    assert not table.schema.field("amount").nullable and table.schema.field("beneficiary").nullable


def test_an_empty_table_has_its_columns(tmp_path):
    for ending in ("csv", "parquet"):
        tables.write(tmp_path / f"h.{ending}", tables.HoldingRow, [])
    assert parquet.read_table(tmp_path / "h.parquet").column_names[0] == "unit"
    assert (tmp_path / "h.csv").read_text().startswith("unit,unit_class")


def test_another_form_is_refused(tmp_path):
    with pytest.raises(TonneError) as refusal:
        tables.write(tmp_path / "r.xlsx", tables.RetirementRow, ROWS)
    assert refusal.value.code == "EXPORT_FORM"
