"""Evidence at the command line: stored, mirrored, kept on record, and missed where it is lost."""

from __future__ import annotations

import hashlib

import pytest

from tests.tonne.units.retirements import retire
from tonne.audit import reconcile
from tonne.constants import DAY_S
from tonne.evidence.custody import named_roots
from tonne.evidence.manifest import manifest_of, manifest_root
from tonne.sandbox import seed_market
from tonne.sandbox.seed_market import PLANTS


@pytest.fixture
def files(tmp_path):
    """Evidence, and the root of its manifest."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "report.pdf").write_bytes(b"a report")
    root = manifest_root(manifest_of({"report.pdf": b"a report"}))
    return folder, "0x" + root.hex()


def test_two_holders_keep_evidence_on_record(town, tonne, files, tmp_path):
    folder, root = files
    assert tonne("evidence", "put", folder, "--store", tmp_path / "a")["root"] == root
    until = ("--until", "2030-01-01")
    empty = tonne(
        "evidence", "keep", root, *until, "--store", tmp_path / "b", "--as", "south",
        status=1,
    )  # fmt: skip
    assert empty["code"] == "EVIDENCE_INCOMPLETE", "nobody answers for files that it does not have"
    one = tonne("evidence", "keep", root, *until, "--store", tmp_path / "a", "--as", "trader")
    assert one["standing"] == "at risk"
    tonne("evidence", "mirror", tmp_path / "a", "--store", tmp_path / "b")
    two = tonne("evidence", "keep", root, *until, "--store", tmp_path / "b", "--as", "south")
    assert (two["standing"], two["holders"]) == ("kept", 2)

    asked = town.market.participants["south"]
    tonne("evidence", "request", root, asked, "--as", "east")
    early = tonne("evidence", "strike", root, asked, "--as", "east", status=1)
    assert early["code"] == "CUSTODY_NO_REQUEST"
    tonne("evidence", "confirm", root, "--store", tmp_path / "b", "--as", "south")
    gone = tonne("evidence", "give-up", root, "--reason", "fire", "--as", "south")
    assert gone["standing"] == "at risk"
    assert reconcile.audit(town.chain).differences == []


def test_lost_evidence_is_found_by_audit_check_and_certificate(town, tonne, tmp_path):
    chain, trader = town.chain, town.market.people["trader"]
    (root,) = [r for r, what in named_roots(chain, 0).items() if what == "monitoring report 1"]
    number = retire(town)
    about = "two holders keep the evidence"

    def said():
        checks = tonne("certificate", "verify", number, status=1 if lost else 0)["checks"]
        return next(c["passed"] for c in checks if c["about"] == about)

    lost = False
    assert said() is None, "no custody on record"
    for name in ("trader", "south"):
        until = chain.now() + 500 * DAY_S
        chain.send(town.market.people[name], "EvidenceCustody", "keep", root, until)
    assert said() is True
    chain.send(trader, "EvidenceCustody", "giveUp", root, b"\1" * 32)
    found = reconcile.audit(chain)
    assert said() is None and found.differences == []
    assert [finding.code for finding in found.findings] == ["EVIDENCE_AT_RISK"]
    chain.set_time(chain.now() + 31 * DAY_S)
    lost = True
    assert said() is False
    found = reconcile.audit(chain).differences
    assert len(found) == 1 and "two holders" in str(found[0])


def test_a_missing_file_is_named_by_check_and_certificate(town, tonne, tmp_path):
    empty = tmp_path / "empty"
    told = tonne("evidence", "check", "--store", empty, status=1)
    assert not told["sound"]
    assert told["evidence"][0]["missing"][0]["problem"] == "missing"
    of = [one["of"] for one in told["evidence"]]
    assert of[0] == "monitoring report 1"
    assert {what.split(" of ")[0] for what in of[1:]} == {"emission report"} and len(of) == 4

    number = retire(town)
    other = tmp_path / "evidence"
    other.mkdir()
    (other / "x").write_bytes(b"x")
    tonne("evidence", "put", other, "--store", empty)
    checks = tonne("certificate", "verify", number, "--evidence", empty, status=1)["checks"]
    (wrong,) = [c for c in checks if c["passed"] is False]
    assert wrong["about"] == "the files are those of the signed manifest"
    assert "no holder has its manifest" in wrong["detail"]


@pytest.fixture
def stores(town, tonne, tmp_path):
    """Two holders, each with the evidence of every report of the market."""
    for number, body in enumerate([seed_market.WIND_METERS, *(p.name.encode() for p in PLANTS)]):
        folder = tmp_path / f"files{number}" / "meters"
        folder.mkdir(parents=True)
        (folder / "export.csv").write_bytes(body)
        tonne("evidence", "put", folder.parent, "--store", tmp_path / "one")
    tonne("evidence", "mirror", tmp_path / "one", "--store", tmp_path / "two")
    return tmp_path / "one", tmp_path / "two"


def test_the_audit_asks_every_holder_for_the_files_of_every_report(town, tonne, stores, tmp_path):
    one, two = stores
    roots = named_roots(town.chain, 0)
    assert sum(what.startswith("emission report of installation") for what in roots.values()) == 3

    def run(*holders, status=1, trust=()):
        given = [word for holder in holders for word in ("--evidence", holder)]
        store = ("--store", tmp_path / "audit.duckdb")
        return tonne("audit", "run", *given, *store, *trust, status=status)

    sound = run(one, two, status=0)
    assert sound["findings"] == [] and sound["evidence"] == {"named": 4, "kept": 0}
    assert run(one, two, status=0, trust=("--trust-node",))["sound"]
    alone = run(one, one)["findings"]
    assert {finding["code"] for finding in alone} == {"EVIDENCE_ONE_HOLDER"} and len(alone) == 4

    body = PLANTS[0].name.encode()
    (lost,) = one.glob(f"sha256/*/{hashlib.sha256(body).hexdigest()}")
    lost.unlink()
    (thin,) = run(one, two)["findings"]
    assert thin["code"] == "EVIDENCE_ONE_HOLDER" and "emission report" in thin["message"]
    (two / lost.relative_to(one)).write_bytes(b"another")
    (gone,) = run(one, two, trust=("--trust-node",))["findings"]
    assert gone["code"] == "EVIDENCE_MISSING" and "meters/export.csv" in gone["message"]
    silent = run(one, "http://127.0.0.1:9")["findings"]
    assert silent[0]["code"] == "EVIDENCE_SOURCE" and len(silent) == 5
    assert run(tmp_path / "none")["code"] == "EVIDENCE_SOURCE"
    assert run(status=0)["sound"], "what was asked for once is no part of the kept result"


def test_a_certificate_asks_several_holders(town, tonne, stores):
    one, two = stores
    number = retire(town)

    def passed(*holders, status=0):
        given = [word for holder in holders for word in ("--evidence", holder)]
        checks = tonne("certificate", "verify", number, *given, status=status)["checks"]
        return {
            c["about"]: c["passed"] for c in checks if "files" in c["about"] or "each" in c["about"]
        }

    files, both = "the files are those of the signed manifest", "two holders have each file"
    assert passed(one) == {files: True}
    assert passed(one, two) == {files: True, both: True}
    name = hashlib.sha256(seed_market.WIND_METERS).hexdigest()
    (two / "sha256" / name[:2] / name).unlink()
    assert passed(one, two, status=1) == {files: True, both: False}
    (one / "sha256" / name[:2] / name).unlink()
    assert passed(one, two, status=1) == {files: False, both: False}


def test_custody_of_an_emission_report_is_judged_as_of_a_monitoring_report(town, tonne):
    chain = town.chain
    roots = {what: root for root, what in named_roots(chain, 0).items()}
    report = next(what for what in roots if what.startswith("emission report"))
    until = chain.now() + 500 * DAY_S
    chain.send(town.market.people["trader"], "EvidenceCustody", "keep", roots[report], until)
    chain.send(town.market.people["trader"], "EvidenceCustody", "keep", b"\7" * 32, until)
    (finding,) = reconcile.audit(chain).findings
    assert finding.code == "EVIDENCE_AT_RISK" and report in finding.message
    chain.set_time(chain.now() + 31 * DAY_S)
    (lost,) = reconcile.audit(chain).differences
    assert roots[report].hex()[:16] in str(lost)
