"""Argument lists of the evidence contracts."""

from dataclasses import replace

import pytest

from tests.tonne.crypto.test_eip712 import KEY, ON_ORACLE, OPINION, REPORT
from tonne.crypto import eip712
from tonne.crypto.accounts import Account
from tonne.evidence.submissions import submit_args


def test_bodies_must_sign_the_same_terms_and_are_put_in_order():
    signature = Account(KEY).sign_typed(REPORT, ON_ORACLE)
    other = replace(OPINION, body=41)
    args = submit_args(
        1,
        REPORT,
        signature,
        [(OPINION, 1, signature, 2, signature), (other, 3, signature, 4, signature)],
    )
    assert args[4] >> 80 == 3 | 4 << 8 | 1 << 16 | 2 << 24
    assert len(args[5]) == 10
    with pytest.raises(eip712.TypedDataError) as caught:
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
