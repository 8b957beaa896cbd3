"""Words and argument lists of the evidence contracts."""

from dataclasses import replace

import pytest

from tests.tonne.crypto.test_eip712 import KEY, ON_ORACLE, OPINION, REPORT
from tonne.crypto import eip712 as td
from tonne.evidence.submissions import REPORT_WORD, report_word, submit_args, unpack_report_word


def test_words_pack_and_unpack():
    fields = unpack_report_word(report_word(REPORT))
    assert fields == {name: getattr(REPORT, name) for name, _ in REPORT_WORD}
    assert sum(bits for _, bits in REPORT_WORD) == 256
    with pytest.raises(td.TypedDataError):
        report_word(replace(REPORT, emissionsT=1 << 40))


def test_bodies_must_sign_the_same_terms_and_are_put_in_order():
    signature = td.sign(KEY, REPORT, ON_ORACLE)
    other = replace(OPINION, body=41)
    args = submit_args(
        1,
        REPORT,
        signature,
        [(OPINION, 1, signature, 2, signature), (other, 3, signature, 4, signature)],
    )
    assert args[4] >> 80 == 3 | 4 << 8 | 1 << 16 | 2 << 24
    assert len(args[5]) == 10
    with pytest.raises(td.TypedDataError) as caught:
        submit_args(
            1,
            REPORT,
            signature,
            [
                (OPINION, 1, signature, 2, signature),
                (replace(other, assurance=1), 3, signature, 4, signature),
            ],
        )
    assert caught.value.code == "REPORT_OPINION_TERMS"
