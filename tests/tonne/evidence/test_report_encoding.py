"""Packed words of the evidence contracts: every field comes back, and one that does not fit is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tonne.crypto.test_eip712 import OPINION
from tests.tonne.crypto.test_eip712 import REPORT as SIGNED
from tonne.crypto import eip712
from tonne.evidence.report_encoding import (
    REPORT,
    AccreditedSigner,
    OpinionTerms,
    ReportRecord,
    ReportTerms,
    opinion_word,
    report_word,
    signers_in,
)


def test_a_report_is_packed_as_the_interface_says():
    word = report_word(SIGNED)
    assert REPORT.width == 256
    assert REPORT.unpack(word) == {name: getattr(SIGNED, name) for name in REPORT.names}
    assert word & 0xFFFFFFFF == SIGNED.installation
    assert word >> 216 == SIGNED.signedAt


def test_a_report_too_large_for_its_record_is_refused():
    with pytest.raises(eip712.TypedDataError) as caught:
        report_word(replace(SIGNED, emissionsT=1 << 40))
    assert (caught.value.code, caught.value.field) == ("TYPED_DATA_RANGE", "emissionsT")


def test_an_opinion_names_its_persons_above_its_terms():
    word = opinion_word(OPINION, [(3, 4), (5, 6)])
    terms = OPINION.signedAt | OPINION.materialityPpm << 40 | OPINION.assurance << 72
    assert word == terms | 3 << 80 | 4 << 88 | 5 << 96 | 6 << 104
    assert OpinionTerms.unpack(word) == (
        *(OPINION.signedAt, OPINION.materialityPpm, OPINION.assurance),
        *(3, 4),
    )


def test_a_record_comes_back():
    record = ReportRecord(1, 2, 3, 4, 1, 5, 6, 7, 8, 2)
    word = 1 | 2 << 40 | 3 << 80 | 4 << 120 | 1 << 128 | 5 << 136 | 6 << 168 | 7 << 200 | 8 << 216
    assert record.pack() == word | 2 << 240
    assert ReportRecord.unpack(record.pack()) == record


def test_the_terms_of_a_report_name_who_led_the_verification():
    persons = 3 | 4 << 8 | 5 << 16 | 6 << 24
    terms = ReportTerms.unpack(9 | 2 << 32 | 7 << 48 | 2 << 72 | persons << 80 | 11 << 208)
    assert (terms.final_at, terms.config, terms.body) == (9, 2, 7)
    assert terms.leads == [3, 5]
    assert (terms.sequence, terms.qualified) == (11, 0)


def test_the_terms_of_a_report_tell_a_qualified_opinion():
    terms = ReportTerms.unpack(9 | 1 << 255)
    assert (terms.final_at, terms.sequence, terms.qualified) == (9, 0, 1)


def test_signers_stand_behind_the_bounds_of_the_classes():
    key = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    word = int(key, 16) | 8 << 160 | 3 << 184 | 5 << 192 | 1 << 216 | 10 << 224 | 20 << 240
    configuration = [0, 1 | 2 << 8, 0, 0, word]
    assert signers_in(configuration) == [AccreditedSigner(key, 8, 3, 5, 1, 10, 20)]
