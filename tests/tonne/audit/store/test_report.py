"""The report of an audit: of a sound market with its store, and of a result with differences."""

from __future__ import annotations

import csv
import json

import pytest

from tests.tonne.html_report import browser
from tests.web.conftest import needs_chromium
from tonne.audit import report
from tonne.audit.store import exports
from tonne.html_report import page


def body_of(store) -> dict:
    return json.loads(store.last_result().body)


@pytest.mark.long
@pytest.mark.nightly
@needs_chromium
def test_it_stands_alone_and_has_what_the_market_discloses(asked, tmp_path) -> None:
    body = body_of(asked)
    page.write(report.page(body, asked), tmp_path)
    seen = browser.check(tmp_path)
    assert {q.name for q in exports.DISCLOSURE} | {"compared"} <= seen["tables"].keys() | {
        path.stem for path in (tmp_path / "data").glob("*.csv")
    }
    with (tmp_path / "data" / "compared.csv").open(encoding="utf-8", newline="") as file:
        assert sum(int(r["values"]) for r in csv.DictReader(file)) == sum(body["compared"].values())
    written = exports.write(asked, exports.DISCLOSURE, tmp_path / "asked", exports.Format.csv)
    rows = {f["file"].removesuffix(".csv"): f["rows"] for f in written["files"]}
    for name, count in rows.items():
        lines = (tmp_path / "data" / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        assert len(lines) == 1 + count, name
    assert rows["compliance"] and rows["parameters"]


def test_differences_and_findings_are_shown_as_they_are(asked) -> None:
    body = body_of(asked) | {"sound": False}
    body["differences"] = [
        {"code": "X", "contract": "Exchange", "about": "<b>cash</b>", "events": "1", "chain": "2"}
    ]
    body["findings"] = [{"code": "AUDIT_LIE", "message": "a lie", "block": 7}]
    html = page.render(report.page(body, None)).replace("<wbr>", "")
    assert "&lt;b&gt;cash&lt;/b&gt;" in html and "<b>cash" not in html
    assert "not sound" in html and "AUDIT_LIE" in html
    assert "Rule values" not in html, "there is no store"
