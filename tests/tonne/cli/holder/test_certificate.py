"""What people do with certificates at the command line, on a real chain."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pypdfium2
import pytest

from tests.tonne.units.retirements import HOSTILE, claim, retire
from tonne import cli
from tonne.cli.core import session
from tonne.deployment import record
from tonne.sandbox import seed_market


@pytest.fixture
def tonne(town, capsys, monkeypatch):
    """Runs a command; returns what it printed, as JSON where that was asked for."""
    monkeypatch.setenv("TONNE_RPC", town.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))

    def run(*arguments, status=0):
        with pytest.raises(SystemExit) as end:
            cli.main([str(argument) for argument in arguments])
        assert (end.value.code or 0) == status
        printed = capsys.readouterr().out
        return json.loads(printed) if "--json" in arguments else printed

    return run


def test_a_certificate_is_shown_with_what_it_rests_on(town, tonne):
    retire(town)
    printed = tonne("certificate", "show", 1)
    for said in (
        "Example Airlines",
        "Serial numbers 1 to 100",
        "Batch 1",
        "Lead verifier",
        "Project 1",
    ):
        assert said in printed
    assert printed.count("Certificate 1") == 1


def test_hostile_words_do_not_reach_the_terminal(town, tonne):
    retire(town, words=claim(HOSTILE))
    for command in (("certificate", "show", 1), ("certificate", "verify", 1), ("trace", 1)):
        printed = tonne(*command)
        assert "\x1b" not in printed and "\u202e" not in printed
    assert "<script>" in printed and "[/red]" in printed


def test_a_certificate_is_verified_with_its_evidence(town, tonne, tmp_path):
    retire(town)
    (tmp_path / "meters").mkdir()
    (tmp_path / "meters" / "export.csv").write_bytes(seed_market.WIND_METERS)
    told = tonne("certificate", "verify", 1, "--evidence", tmp_path, "--json")
    assert told["sound"]
    open_ = [check["about"] for check in told["checks"] if not check["passed"]]
    assert open_ == ["two holders keep the evidence"], "no custody is on record"
    (tmp_path / "more.txt").write_text("added")
    printed = tonne("certificate", "verify", 1, "--evidence", tmp_path, status=1)
    assert "does NOT hold" in printed


def test_a_private_beneficiary_is_named_to_whom_it_chooses(town, tonne, tmp_path, monkeypatch):
    file = tmp_path / "opening.json"
    made = tonne("certificate", "commit", "Private Person", "--out", file, "--json")
    monkeypatch.setattr(session, "read_key", lambda *_: town.market.people["developer"])
    tonne(
        *("retire", 100, "--commitment", made["commitment"], "--purpose", "flights"),
        *("--from", "2020-01-01", "--until", "2020-12-31"),
    )
    assert "Private Person" not in tonne("certificate", "show", 1)
    assert "Private Person" in tonne("certificate", "verify", 1, "--opening", file)
    salt = json.loads(file.read_text())["salt"]
    args = ("certificate", "verify", 1, "--salt", salt, "--name")
    assert tonne(*args, "Private Person", "--json")["sound"]
    assert not tonne(*args, "Another", "--json", status=1)["sound"]


def test_a_certificate_is_known_by_what_its_code_says(town, tonne, tmp_path):
    retire(town)
    path = tmp_path / "certificate.pdf"
    told = tonne("certificate", "pdf", 1, "--out", path, "--json")
    assert path.read_bytes().startswith(b"%PDF")
    assert tonne("certificate", "verify", told["identifier"], "--json")["sound"]
    other = told["identifier"].replace("eip155:31337", "eip155:1")
    assert "CERTIFICATE_NUMBER" in str(tonne("certificate", "verify", other, "--json", status=1))


def test_a_serial_number_leads_to_its_certificate(town, tonne):
    retire(town)
    retire(town, 50)
    told = tonne("certificate", "find", "90-151", "--json")["found"]
    assert [(f["block"], f["certificate"]) for f in told] == [
        ("1-0-90-100", 1),
        ("1-0-101-150", 2),
        ("1-0-151-151", None),
    ]


def test_a_lineage_is_printed_drawn_and_told_to_machines(town, tonne, tmp_path):
    retire(town, words=claim("中国石油"))
    path = tmp_path / "lineage.svg"
    assert "Monitoring report 1" in tonne("trace", 1, "--out", path)
    assert "中国石油" in "".join(ElementTree.parse(path).getroot().itertext())
    told = tonne("trace", 1, "--json")
    assert told["sound"] and told["lineage"][0]["children"][0]["title"] == "Serial numbers 1 to 100"
    assert tonne("trace", "1-0-100", "--json")["lineage"] == told["lineage"]
    assert tonne("trace", "100", "--serial", "--json")["lineage"] == told["lineage"]
    assert "SERIAL_NOT_HERE" in str(tonne("trace", "1-0-70000", "--json", status=1))


def test_the_code_links_to_the_address_on_record(town, tonne, tmp_path, monkeypatch):
    """Without an option the QR code of every certificate was text that a phone does not open."""
    monkeypatch.delenv("TONNE_PAGE", raising=False)
    number = retire(town)

    def told(*words, status=0):
        printed = tonne("certificate", *words, "--json", status=status)
        return printed.get("error", printed)

    path = tmp_path / "c.pdf"
    before = record.path_for(town.chain.chain_id, town.folder).read_bytes()
    assert told("page")["page"] is None
    assert told("pdf", number, "--out", path)["link"] is None
    try:
        wrong = told("page", "http://registry.example", status=1)
        assert wrong["code"] == "CERTIFICATE_PAGE"
        kept = told("page", "https://registry.example/certificates/")
        assert kept["page"] == "https://registry.example/certificates"
        link = "https://registry.example/certificates/c.html"
        assert told("pdf", number, "--out", path)["link"] == link
        (page,) = pypdfium2.PdfDocument(path)
        assert link in page.get_textpage().get_text_range().replace("\r\n", "")
        assert path.with_suffix(".html").is_file()
        other = told("pdf", number, "--out", path, "--page", "https://other.example")
        assert other["link"] == "https://other.example/c.html"
        assert told("page", "none")["page"] is None
    finally:
        record.path_for(town.chain.chain_id, town.folder).write_bytes(before)
