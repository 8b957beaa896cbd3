"""Evidence at the command line: stored, mirrored, kept on record, and missed where it is lost."""

from __future__ import annotations

import pytest

from tests.tonne.units.retirements import retire
from tonne.audit import reconcile
from tonne.constants import DAY_S
from tonne.evidence.custody import named_roots
from tonne.evidence.manifest import manifest_of, manifest_root


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
    (root,) = named_roots(chain, 0)
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
    assert said() is None and reconcile.audit(chain).differences == []
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
    assert told["evidence"][0]["of"] == "monitoring report 1"

    number = retire(town)
    other = tmp_path / "evidence"
    other.mkdir()
    (other / "x").write_bytes(b"x")
    tonne("evidence", "put", other, "--store", empty)
    checks = tonne("certificate", "verify", number, "--evidence", empty, status=1)["checks"]
    (wrong,) = [c for c in checks if c["passed"] is False]
    assert wrong["about"] == "the files are those of the signed manifest"
    assert "manifest is missing" in wrong["detail"]
