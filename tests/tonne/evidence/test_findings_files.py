"""Findings as files: a form that names the report's lines, and what is refused of a file."""

from __future__ import annotations

import json

import pytest

from tonne.errors import TonneError
from tonne.evidence import findings_files, manifest, reports
from tonne.evidence.verdicts import VerifierFinding


@pytest.fixture
def draft(town):
    lines = manifest.power_plant_lines(
        power_mwh=3_000_000, heat_gj=0, emissions_t=2_700_000, fuel="coal"
    )
    return reports.write_report(town.chain, town.market.people["north"], 1, 2021, lines)


def test_a_form_names_the_lines_and_the_bound_of_a_qualified_opinion(draft):
    text = findings_files.form_text(draft)
    assert "up to 135,000 t allow a qualified opinion" in text
    assert "lines.1.quantity   combustion, coal: 1,106,249 t" in text


def test_a_form_is_read_once_its_text_is_filled_in(draft, tmp_path):
    path = tmp_path / "1-2021.findings.toml"
    path.write_text(findings_files.form_text(draft))
    with pytest.raises(TonneError) as empty:
        findings_files.load(path)
    assert (empty.value.code, empty.value.field) == ("FINDINGS_MALFORMED", "findings.0.text")
    path.write_text(path.read_text().replace('text = ""', 'text = "a bill is missing"'))
    finding = VerifierFinding(about="lines.1.quantity", text="a bill is missing")
    assert findings_files.load(path) == (finding,)


def test_a_list_in_json_has_the_same_findings(tmp_path):
    path = tmp_path / "findings.json"
    path.write_text(json.dumps([{"about": "emissionsT", "text": "rounded", "misstatementT": -2}]))
    finding = VerifierFinding(about="emissionsT", text="rounded", misstatementT=-2)
    assert findings_files.load(path) == (finding,)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.toml", "[[finding]]\n"), ("a.toml", "x = ["), ("a.json", "{"), ("gone.json", None)],
)
def test_a_file_without_findings_is_refused(tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(TonneError) as refused:
        findings_files.load(path)
    assert (refused.value.code, refused.value.value) == ("FINDINGS_UNREADABLE", str(path))
