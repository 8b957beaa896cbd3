"""What is shown to one is read by that one alone."""

from __future__ import annotations

import pytest

from tonne.crypto.eip712 import CURVE_ORDER
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError
from tonne.power.settlement_runs import AccountLine, DaySums, line_tree
from tonne.power.shown_lines import (
    LineAnswer,
    SealedAccount,
    decrypt,
    encrypt,
    name_account,
    named_account,
    point_of,
)
from tonne.types.ids import PowerAccountId

SECRET, OTHER, EPHEMERAL = b"\x01" * 32, b"\x02" * 32, b"\x03" * 32


def _lines() -> list[AccountLine]:
    return [
        AccountLine(7 + i, -5, 0, 5, 0, 0, -400, DaySums(-400, 5), bytes([i]) * 32)
        for i in range(5)
    ]


@pytest.mark.parametrize(
    "point", [(b"\0" * 31 + b"\5", b"\0" * 31 + b"\1"), (bytes(32), bytes(32))]
)
def test_what_is_no_point_is_told_as_such(point):
    with pytest.raises(TonneError) as told:
        name_account(7, point, b"\5" * 32)
    assert told.value.code == "LINE_NO_POINT"


def test_the_asker_reads_its_line_and_no_other_key_does():
    lines = _lines()
    proof = line_tree(lines).proof(3)
    shown = encrypt(3, lines[3], proof, point_of(SECRET), EPHEMERAL)
    *words, salt = lines[3].shown()
    plain = [number.to_bytes(32, "big") for number in (3, *words)] + [salt]
    plain += [proof[:32], proof[32:64], proof[64:96], proof[96:128], proof[128:] + bytes(22)]
    assert decrypt(shown, SECRET) == plain
    assert decrypt(shown, OTHER) != plain
    assert not set(shown.blocks) & set(plain)


@pytest.mark.parametrize("x", [0, 5, CURVE_ORDER + 2, 2**256 - 1])
def test_of_a_point_that_is_none_the_key_is_that_of_no_address(x):
    """As `ecrecover` has it: at 5 the curve has none, and from the order of the group on it takes none."""
    place = x.to_bytes(32, "big")
    assert decrypt(LineAnswer(place, False, [keccak(bytes(64))]), SECRET) == [bytes(32)]
    assert named_account(SealedAccount(place, True, keccak(bytes(64))), SECRET) == 0


def test_the_owner_of_a_meter_reads_the_account_and_no_other_key_does():
    named = name_account(PowerAccountId(7), point_of(SECRET), EPHEMERAL)
    assert named_account(named, SECRET) == 7
    assert named_account(named, OTHER) >= 2**32
    assert named.word != (7).to_bytes(32, "big")
