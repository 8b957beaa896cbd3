"""A qualified report on the chain: told by the audit, with its findings asked of whoever keeps them."""

from __future__ import annotations

import json

import pytest

from tonne.audit import reconcile, results
from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.evidence import desk, manifest, reports, statements
from tonne.evidence.reports import Terms
from tonne.evidence.store import EvidenceStore
from tonne.evidence.verdicts import VerifierFinding

PLANT, YEAR, SCHEME = 1, 2021, 1
START_2022 = 1_640_995_200
FINDING = VerifierFinding(
    about="lines.1.quantity", text="one weigh bill is missing", misstatementT=3
)


def qualified(town, people):
    """A report under a qualified opinion that the chain has taken."""
    town.chain.set_time(START_2022 + 30 * DAY_S)
    lines = manifest.power_plant_lines(
        power_mwh=3_000_000, heat_gj=0, emissions_t=2_700_000, fuel="coal"
    )
    draft = reports.write_report(town.chain, people["north"], PLANT, YEAR, lines)
    for person in ("lead", "reviewer"):
        terms = Terms("qualified", (FINDING,))
        reports.give_opinion(town.chain, draft, people[person], terms=terms)
    args = reports.arguments(town.chain, draft)
    town.chain.send(people["north"], "EmissionsOracle", "submit", *args)
    return reports.finished(draft)


@pytest.fixture
def file(town, people):
    return qualified(town, people)


@pytest.fixture
def told(town, file):
    """What an audit says."""
    return results.written(reconcile.audit(town.chain))


def problems(town, told, *folders):
    body = results.with_files(town.chain, told, {}, [EvidenceStore(one) for one in folders])
    return [(finding["code"], finding["message"]) for finding in body["findings"]]


def test_the_audit_names_the_report_and_its_persons(told, people):
    (report,) = told["qualified"]
    assert (report["installation"], report["year"], report["revision"]) == (PLANT, YEAR, 1)
    (signers,) = report["signers"]
    assert signers["lead"] == people["lead"].address
    assert signers["reviewer"] == people["reviewer"].address
    assert told["differences"] == [], "a qualified report is no fault of the chain"


def test_its_findings_are_asked_of_every_holder(town, file, told, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    (missing,) = problems(town, told, one, two)
    assert missing[0] == "REPORT_STATEMENT_UNKNOWN"
    assert "installation 1 for 2021" in missing[1] and "no holder has its statement" in missing[1]
    kept = statements.keep(two, file)
    assert kept.stem == told["qualified"][0]["report"][2:]
    assert problems(town, told, one, two) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s | {"findings": [s["findings"][0] | {"misstatementT": 1}]},
        lambda s: s | {"leadSignature": s["reviewerSignature"]},
        lambda s: s | {"reviewerSignature": s["leadSignature"]},
        lambda s: s | {"report": "0x" + "11" * 32},
        lambda s: s | {"verdict": "unqualified"},
        lambda s: s | {"body": s["body"] + 1},
        lambda s: {"body": s["body"]},
    ],
    ids=["findings", "lead", "reviewer", "report", "verdict", "body", "no statement"],
)
def test_other_findings_than_were_signed_are_none(town, file, told, tmp_path, change):
    path = statements.keep(tmp_path, file)
    (plain,) = json.loads(path.read_text())
    path.write_text(json.dumps([change(plain)]))
    ((code, message),) = problems(town, told, tmp_path)
    assert code == "REPORT_STATEMENT_UNKNOWN" and "is not what its body signed" in message


def test_a_report_that_a_dispute_annulled_needs_none(town, people, file):
    town.chain.send(people["north"], "EmissionsOracle", "dispute", PLANT, YEAR, bytes(32))
    disputed = results.written(reconcile.audit(town.chain))
    assert len(disputed["qualified"]) == 1
    args = (PLANT, YEAR, True, bytes(32))
    town.chain.send(people["authority"], "EmissionsOracle", "resolve", *args)
    assert results.written(reconcile.audit(town.chain))["qualified"] == []


def test_the_verifiers_inbox_tells_it(town, file, tmp_path):
    rows = desk.inbox(town.chain, SCHEME, YEAR, tmp_path, None).rows
    assert [row.plant for row in rows if row.qualified] == [PLANT]


def test_a_report_without_a_statement_keeps_none(town, file, tmp_path):
    with pytest.raises(TonneError) as refused:
        statements.keep(tmp_path, file.model_copy(update={"statements": []}))
    assert refused.value.code == "REPORT_NOT_QUALIFIED"
