"""Verdicts fit their findings; findings are read with the place of each fault."""

from __future__ import annotations

import pytest

from tonne.errors import TonneError
from tonne.evidence.verdicts import (
    VerifierFinding,
    findings_hash,
    misstatement_t,
    parse_findings,
    require_fitting,
    require_told,
)

SMALL = VerifierFinding(about="lines.1.quantity", text="a weigh bill is missing", misstatementT=-40)
LARGE = VerifierFinding(about="lines.0.quantity", text="the meter stood", misstatementT=60)
CLOSED = VerifierFinding(
    about="lines.0.source", text="named unit 2", misstatementT=900, resolved=True
)
EMISSIONS_T, MATERIALITY_PPM = 1_999, 50_000  # 99.95 t: 99 are immaterial


@pytest.mark.parametrize(
    ("verdict", "findings"),
    [
        ("unqualified", ()),
        ("unqualified", (CLOSED,)),
        ("qualified", (SMALL,)),
        ("qualified", (SMALL, VerifierFinding(about="x", text="y", misstatementT=59))),
        ("adverse", (SMALL, LARGE)),
        ("adverse", (SMALL,)),
    ],
)
def test_verdicts_that_fit(verdict, findings):
    require_fitting(verdict, findings, EMISSIONS_T, MATERIALITY_PPM)


@pytest.mark.parametrize(
    ("verdict", "findings", "text"),
    [
        ("unqualified", (SMALL,), "unresolved"),
        ("qualified", (), "no unresolved finding"),
        ("qualified", (CLOSED,), "no unresolved finding"),
        ("adverse", (CLOSED,), "no unresolved finding"),
        ("qualified", (SMALL, LARGE), "misstate 100 t"),
    ],
)
def test_verdicts_that_their_findings_do_not_bear(verdict, findings, text):
    with pytest.raises(TonneError, match=text) as refused:
        require_fitting(verdict, findings, EMISSIONS_T, MATERIALITY_PPM)
    assert refused.value.code == "OPINION_VERDICT"


def test_misstatements_of_either_sign_do_not_make_up_for_each_other():
    assert misstatement_t((SMALL, LARGE, CLOSED)) == 100


def test_a_finding_that_is_altered_has_another_hash():
    told = findings_hash((SMALL, LARGE))
    assert told != findings_hash((LARGE, SMALL))
    assert told != findings_hash((SMALL, LARGE.model_copy(update={"resolved": True})))


@pytest.mark.parametrize(
    ("raw", "field", "value"),
    [
        ({}, "findings", "dict"),
        ([{"text": "x"}], "findings.0.about", None),
        ([{"about": "x", "text": ""}], "findings.0.text", ""),
        (
            [{"about": "x", "text": "y"}, {"about": "x", "text": "y", "misstatementT": 1.5}],
            "findings.1.misstatementT",
            "1.5",
        ),
        ([{"about": "x", "text": "y", "resolved": "no"}], "findings.0.resolved", "no"),
        ([{"about": "x", "text": "y", "tonnes": 3}], "findings.0.tonnes", "3"),
    ],
)
def test_findings_that_cannot_be_read(raw, field, value):
    with pytest.raises(TonneError) as refused:
        parse_findings(raw)
    told = refused.value
    assert (told.code, told.field, told.value) == ("FINDINGS_MALFORMED", field, value)


@pytest.mark.parametrize(
    ("opinions", "stated", "code"),
    [
        ({5: 2}, {}, None),
        ({5: 2}, {5: "unqualified"}, None),
        ({5: 130, 7: 130}, {5: "qualified", 7: "qualified"}, None),
        ({5: 130}, {}, "REPORT_STATEMENT_MISSING"),
        ({5: 130}, {5: "unqualified"}, "REPORT_STATEMENT_MISSING"),
        ({5: 130, 7: 130}, {5: "qualified"}, "REPORT_STATEMENT_MISSING"),
        ({5: 129}, {6: "qualified"}, "REPORT_STATEMENT_MISSING"),
        ({5: 2}, {5: "qualified"}, "REPORT_UNTOLD_QUALIFICATION"),
    ],
)
def test_a_qualification_is_signed_in_the_opinion_and_stated(opinions, stated, code):
    if code is None:
        require_told(opinions, stated)
        return
    with pytest.raises(TonneError) as refused:
        require_told(opinions, stated)
    assert refused.value.code == code and refused.value.remedy
