"""A report on its way: qualified and adverse opinions, copies signed in several places."""

from __future__ import annotations

import pytest

from tonne.crypto.eip712 import recover
from tonne.errors import TonneError
from tonne.evidence import manifest, reports
from tonne.evidence.reports import Terms
from tonne.evidence.verdicts import QUALIFIED, VerifierFinding

PLANT, YEAR = 1, 2020
IMMATERIAL = VerifierFinding(
    about="lines.1.quantity", text="one weigh bill is missing", misstatementT=3
)
MATERIAL = VerifierFinding(
    about="lines.1.quantity", text="the coal is not there", misstatementT=900_000
)


@pytest.fixture
def draft(town, people):
    lines = manifest.power_plant_lines(
        power_mwh=3_000_000, heat_gj=0, emissions_t=2_700_000, fuel="coal"
    )
    files = manifest.manifest_of({"meter.csv": b"3000000\n"})
    return reports.write_report(town.chain, people["north"], PLANT, YEAR, lines, files)


def code_of(act, *arguments, **named):
    with pytest.raises(TonneError) as refused:
        act(*arguments, **named)
    return refused.value.code


def test_a_report_of_a_year_that_runs_is_not_signed(town, people, draft):
    reports.require_over(town.chain, draft)
    begins = 1_609_430_400  # 2021 in Beijing

    def signed(moment):
        made = draft.signed.report.model_copy(update={"signedAt": moment})
        return draft.model_copy(update={"signed": draft.signed.model_copy(update={"report": made})})

    with pytest.raises(TonneError) as refused:
        reports.require_over(town.chain, signed(begins - 1))
    assert refused.value.code == "REPORT_YEAR_RUNS"
    assert "tonne clock set 2021-01-01" in refused.value.remedy
    reports.require_over(town.chain, signed(begins))


def test_a_qualified_opinion_carries_its_findings_signed_by_both(town, people, draft):
    terms = Terms("qualified", (IMMATERIAL,))
    assert reports.give_opinion(town.chain, draft, people["lead"], terms=terms) == "lead"
    assert code_of(reports.finished, draft) == "REPORT_SIGNATURE_MISSING"
    assert reports.give_opinion(town.chain, draft, people["reviewer"], terms=terms) == "reviewer"

    (statement,) = reports.finished(draft).statements
    struct = statement.struct()
    assert recover(struct, draft.domain(), statement.leadSignature) == people["lead"].address
    assert (
        recover(struct, draft.domain(), statement.reviewerSignature) == people["reviewer"].address
    )
    assert statement.findings == [IMMATERIAL]


def test_the_signed_opinion_itself_says_that_it_is_qualified(town, people, draft):
    """Who hands the report in cannot leave the findings out: the opinion is refused without them."""
    terms = Terms("qualified", (IMMATERIAL,))
    for person in ("lead", "reviewer"):
        reports.give_opinion(town.chain, draft, people[person], terms=terms)
    assert draft.opinions[0].assurance == QUALIFIED | terms.assurance
    assert any("which the chain tells" in told for told in reports.check(town.chain, draft))

    dropped = draft.model_copy(update={"statements": []}, deep=True)
    for act in (reports.check, reports.arguments):
        assert code_of(act, town.chain, dropped) == "REPORT_STATEMENT_MISSING"
    assert code_of(reports.finished, dropped) == "REPORT_STATEMENT_MISSING"
    assert reports.finished(reports.merge([dropped, draft])).statements

    hidden = draft.model_copy(deep=True)
    hidden.opinions[0].assurance = terms.assurance
    assert code_of(reports.finished, hidden) == "REPORT_UNTOLD_QUALIFICATION"


def test_the_bodies_of_one_report_give_one_verdict(town, people, draft):
    reports.give_opinion(town.chain, draft, people["lead"])
    draft.opinions[0].body = 99
    qualified = Terms("qualified", (IMMATERIAL,))
    code = code_of(reports.give_opinion, town.chain, draft, people["reviewer"], terms=qualified)
    assert code == "OPINION_DIFFERS"


def test_an_unqualified_opinion_has_no_statement(town, people, draft):
    for person in ("lead", "reviewer"):
        reports.give_opinion(town.chain, draft, people[person])
    assert reports.finished(draft).statements == []
    assert draft.opinions[0].assurance == Terms().assurance


def test_an_adverse_opinion_signs_nothing_the_chain_would_take(town, people, draft):
    terms = Terms("adverse", (MATERIAL,))
    for person in ("lead", "reviewer"):
        reports.give_opinion(town.chain, draft, people[person], terms=terms)
    assert draft.opinions == []
    assert draft.statements[0].reviewerSignature is not None
    assert code_of(reports.finished, draft) == "REPORT_ADVERSE"


def test_an_adverse_statement_keeps_a_signed_opinion_of_another_body_from_the_chain(
    town, people, draft
):
    for person in ("lead", "reviewer"):
        reports.give_opinion(town.chain, draft, people[person])
    other = draft.model_copy(deep=True)
    adverse = Terms("adverse", (MATERIAL,))
    fresh = draft.model_copy(update={"opinions": [], "statements": []}, deep=True)
    reports.give_opinion(town.chain, fresh, people["lead"], terms=adverse)
    other.statements = [fresh.statements[0].model_copy(update={"body": 99})]
    assert code_of(reports.finished, other) == "REPORT_ADVERSE"


@pytest.mark.parametrize(
    "second",
    [
        Terms(),
        Terms("qualified", (MATERIAL.model_copy(update={"misstatementT": 4}),)),
        Terms("adverse", (IMMATERIAL,)),
    ],
)
def test_both_persons_say_the_same(town, people, draft, second):
    terms = Terms("qualified", (IMMATERIAL,))
    reports.give_opinion(town.chain, draft, people["lead"], terms=terms)
    before = draft.model_dump_json()
    code = code_of(reports.give_opinion, town.chain, draft, people["reviewer"], terms=second)
    assert code == "OPINION_DIFFERS"
    assert draft.model_dump_json() == before


def test_a_qualified_opinion_is_not_added_to_an_unqualified_one(town, people, draft):
    reports.give_opinion(town.chain, draft, people["lead"])
    terms = Terms("qualified", (IMMATERIAL,))
    code = code_of(reports.give_opinion, town.chain, draft, people["reviewer"], terms=terms)
    assert code == "OPINION_DIFFERS"


def test_evidence_that_was_changed_since_it_was_signed_is_named(town, draft, tmp_path):
    (tmp_path / "meter.csv").write_bytes(b"3000000\n")
    assert "each as it was signed" in reports.check(town.chain, draft, tmp_path)[1]
    (tmp_path / "meter.csv").write_bytes(b"3000001\n")
    with pytest.raises(TonneError) as refused:
        reports.check(town.chain, draft, tmp_path)
    assert (refused.value.code, refused.value.value) == ("REPORT_EVIDENCE_CHANGED", "meter.csv")


# Copies signed in several places


def test_signatures_of_copies_come_together(town, people, draft):
    terms = Terms("qualified", (IMMATERIAL,), signed_at=town.chain.now())
    copies = [draft.model_copy(deep=True) for _ in range(2)]
    for copy, person in zip(copies, ("lead", "reviewer"), strict=True):
        reports.give_opinion(town.chain, copy, people[person], terms=terms)
    merged = reports.merge(copies)
    assert reports.finished(merged).opinions[0].body == copies[0].opinions[0].body
    assert merged.model_dump_json() == reports.merge(copies[::-1]).model_dump_json()
    assert reports.merge([merged, *copies]) == merged


def test_copies_with_other_terms_or_of_another_report_are_refused(town, people, draft):
    here, there = draft.model_copy(deep=True), draft.model_copy(deep=True)
    now = town.chain.now()
    reports.give_opinion(town.chain, here, people["lead"], terms=Terms(signed_at=now))
    reports.give_opinion(town.chain, there, people["reviewer"], terms=Terms(signed_at=now + 1))
    assert code_of(reports.merge, [here, there]) == "REPORT_MERGE_TERMS"

    lines = manifest.parse_lines(draft.signed.lines)
    other = reports.write_report(town.chain, people["north"], PLANT, YEAR, lines)
    assert code_of(reports.merge, [here, other]) == "REPORT_MERGE_OTHER"


def test_a_verdict_its_findings_do_not_bear_signs_nothing(town, people, draft):
    before = draft.model_dump_json()
    terms = Terms("qualified", (MATERIAL,))
    code = code_of(reports.give_opinion, town.chain, draft, people["lead"], terms=terms)
    assert code == "OPINION_VERDICT"
    assert draft.model_dump_json() == before


def test_a_statement_needs_both_signatures_as_well(town, people, draft):
    terms = Terms("qualified", (IMMATERIAL,))
    for person in ("lead", "reviewer"):
        reports.give_opinion(town.chain, draft, people[person], terms=terms)
    draft.statements[0].reviewerSignature = None
    assert code_of(reports.finished, draft) == "REPORT_SIGNATURE_MISSING"


@pytest.mark.parametrize("field", ["emissionsT", "powerMwh", "heatGj"])
def test_a_report_whose_lines_do_not_come_to_its_totals_is_not_signed(town, people, draft, field):
    """Signed by the operator for one more than the lines have: no body signs it."""
    figures = draft.signed.report
    report = figures.model_copy(update={field: getattr(figures, field) + 1})
    signature = people["north"].sign_typed(report.struct(), draft.domain())
    signed = draft.signed.model_copy(update={"report": report, "operatorSignature": signature})
    with pytest.raises(TonneError) as refused:
        reports.give_opinion(
            town.chain, draft.model_copy(update={"signed": signed}), people["lead"]
        )
    assert (refused.value.code, refused.value.field) == ("REPORT_REFUSED", f"signed.report.{field}")
    assert f"come to {field} {getattr(figures, field):,}" in refused.value.message
