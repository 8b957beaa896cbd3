"""Qualified reports at the command line: found in the audit's tables, their findings kept and asked for."""

from __future__ import annotations

import pytest

from tests.tonne.evidence.test_statements import PLANT, YEAR, qualified


@pytest.fixture
def file(town, people):
    return qualified(town, people)


def test_the_store_of_an_audit_has_it_in_its_reports(town, file, tonne, tmp_path):
    store = ("--store", tmp_path / "audit.duckdb")
    tonne("audit", "run", *store)
    asked = "SELECT installation, year FROM reports WHERE qualified = 1"
    assert tonne("audit", "sql", asked, *store)["rows"] == [{"installation": PLANT, "year": YEAR}]


def test_the_findings_are_kept_and_asked_for_by_commands(town, file, tonne, tmp_path):
    path = tmp_path / "1-2021-r1.report.json"
    path.write_text(file.model_dump_json())
    given = ("audit", "run", "--trust-node", "--evidence", tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    codes = {finding["code"] for finding in tonne(*given, status=1)["findings"]}
    assert "REPORT_STATEMENT_UNKNOWN" in codes
    tonne("evidence", "statement", path, "--store", tmp_path / "kept")
    codes = {finding["code"] for finding in tonne(*given, status=1)["findings"]}
    assert "REPORT_STATEMENT_UNKNOWN" not in codes and "EVIDENCE_MISSING" in codes
