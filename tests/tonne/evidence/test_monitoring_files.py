"""Forms of monitoring reports: each wrong one is refused once, with its field, its value and its code."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tonne.errors import TonneError
from tonne.evidence import manifest, monitoring_files
from tonne.evidence.monitoring_files import Amount

GOOD = """
project = 1
first_day = 2021-01-01
last_day = 2021-12-31
vintage = 2021
buffer_percent = "2.5"
[[amounts]]
kind = "baseline"
name = "grid electricity displaced"
tonnes = 900
document = "meters/export.csv"
[[amounts]]
kind = "leakage"
name = "transport"
tonnes = 100
document = "diary.txt"
[[parameters]]
name = "grid factor"
value = "0.8042"
unit = "t/MWh"
basis = "default"
"""
EVIDENCE = manifest.manifest_of({"meters/export.csv": b"1", "diary.txt": b"2"})


def _load(tmp_path, text):
    path = tmp_path / "a.form.toml"
    path.write_text(text, encoding="utf-8")
    return monitoring_files.load_form(path)


def test_a_form_is_read_and_added_up(tmp_path):
    form = _load(tmp_path, GOOD)
    assert monitoring_files.net_t(form.amounts) == 800
    assert form.buffer_ppm == 25_000
    assert (form.first_day, form.last_day) == (date(2021, 1, 1), date(2021, 12, 31))


def test_the_form_that_is_handed_out_asks_for_what_is_missing(tmp_path):
    days = (date(2021, 1, 1), date(2021, 12, 31))
    now = datetime(2022, 1, 1, tzinfo=UTC)
    text = monitoring_files.form_text(1, *days, "UTC+08:00", 50_000, ("0", "20"), now)
    assert "50,000 t" in text
    with pytest.raises(TonneError) as refused:
        _load(tmp_path, text)
    assert refused.value.field == "amounts.0.name"
    filled = text.replace('name = ""', 'name = "b"').replace('document = ""', 'document = "d"')
    assert _load(tmp_path, filled).amounts == [
        Amount(kind="baseline", name="b", tonnes=0, document="d")
    ]


WRONG = {
    "not TOML": ("MONITORING_FORM_UNREADABLE", "file", "project = ", "project: "),
    "no quotes": ("MONITORING_FORM_UNREADABLE", "file", '"leakage"', "leakage"),
    "no project": ("MONITORING_FORM", "project", "project = 1", ""),
    "project zero": ("MONITORING_FORM", "project", "project = 1", "project = 0"),
    "project as text": ("MONITORING_FORM", "project", "project = 1", 'project = "1"'),
    "no such day": ("MONITORING_FORM_UNREADABLE", "file", "2021-12-31", "2021-02-31"),
    "days turned": ("MONITORING_FORM", "last_day", "2021-12-31", "2020-12-31"),
    "vintage as text": ("MONITORING_FORM", "vintage", "vintage = 2021", 'vintage = "2021"'),
    "vintage of long ago": ("MONITORING_FORM", "vintage", "vintage = 2021", "vintage = 201"),
    "percent sign": ("MONITORING_FORM", "buffer_percent", '"2.5"', '"2.5 %"'),
    "buffer as number": ("MONITORING_FORM", "buffer_percent", '"2.5"', "2.5"),
    "tonnes with a point": ("MONITORING_FORM", "amounts.0.tonnes", "900", "900.5"),
    "negative tonnes": ("MONITORING_FORM", "amounts.0.tonnes", "900", "-900"),
    "tonnes beyond reason": ("MONITORING_FORM", "amounts.0.tonnes", "900", "9000000000000"),
    "unknown kind": ("MONITORING_FORM", "amounts.1.kind", '"leakage"', '"leak"'),
    "no document": ("MONITORING_FORM", "amounts.1.document", '"diary.txt"', '""'),
    "unknown field": (
        "MONITORING_FORM",
        "amounts.0.note",
        "tonnes = 900",
        "tonnes = 900\nnote = 1",
    ),
    "value as number": ("MONITORING_FORM", "parameters.0.value", '"0.8042"', "0.8042"),
    "value in words": ("MONITORING_FORM", "parameters.0.value", '"0.8042"', '"about 0.8"'),
    "unknown basis": ("MONITORING_FORM", "parameters.0.basis", '"default"', '"guessed"'),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_form_is_refused_with_its_field(name, tmp_path):
    code, field, old, new = WRONG[name]
    assert old in GOOD
    with pytest.raises(TonneError) as refused:
        _load(tmp_path, GOOD.replace(old, new, 1))
    error = refused.value
    assert (error.code, error.field) == (code, field)
    assert error.remedy and error.message


def test_a_form_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(TonneError) as refused:
        monitoring_files.load_form(tmp_path / "none.form.toml")
    assert refused.value.code == "MONITORING_FILE_MISSING"


LINES = {
    "a document that is not there": (
        "MONITORING_DOCUMENT",
        lambda a, p: a[0].update(document="meters/import.csv"),
    ),
    "a measured value without one": (
        "MONITORING_DOCUMENT",
        lambda a, p: p[0].update(basis="measured"),
    ),
    "two lines of one name": ("MONITORING_LINES", lambda a, p: a.append(dict(a[0]))),
    "no amount": ("MONITORING_LINES", lambda a, p: a.clear()),
    "a fraction": ("MONITORING_LINES", lambda a, p: a[0].update(tonnes=1.5)),
    "a line that is no line": ("MONITORING_LINES", lambda a, p: a.append("baseline")),
}


@pytest.mark.parametrize("name", LINES)
def test_a_calculation_rests_on_its_evidence_line_by_line(name, tmp_path):
    form = _load(tmp_path, GOOD)
    amounts = [a.model_dump() for a in form.amounts]
    parameters = [p.model_dump() for p in form.parameters]
    monitoring_files.calculation(amounts, parameters, EVIDENCE)
    code, change = LINES[name]
    change(amounts, parameters)
    with pytest.raises(TonneError) as refused:
        monitoring_files.calculation(amounts, parameters, EVIDENCE)
    assert refused.value.code == code


def test_every_line_and_its_order_are_in_the_root(tmp_path):
    form = _load(tmp_path, GOOD)
    roots = {
        monitoring_files.lines_root(amounts, parameters)
        for amounts, parameters in (
            (form.amounts, form.parameters),
            (form.amounts[::-1], form.parameters),
            (form.amounts, []),
            (form.amounts[:1], form.parameters),
        )
    }
    assert len(roots) == 4
