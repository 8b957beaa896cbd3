"""What is shown to one is read by that one alone."""

from __future__ import annotations

from tonne.power.settlement_runs import AccountLine, DaySums, line_tree
from tonne.power.shown_lines import decrypt, encrypt, name_account, named_account, point_of
from tonne.types.ids import PowerAccountId

SECRET, OTHER, EPHEMERAL = b"\x01" * 32, b"\x02" * 32, b"\x03" * 32


def _lines() -> list[AccountLine]:
    return [
        AccountLine(7 + i, -5, 0, 5, 0, 0, -400, DaySums(-400, 5), bytes([i]) * 32)
        for i in range(5)
    ]


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


def test_the_owner_of_a_meter_reads_the_account_and_no_other_key_does():
    named = name_account(PowerAccountId(7), point_of(SECRET), EPHEMERAL)
    assert named_account(named, SECRET) == 7
    assert named_account(named, OTHER) >= 2**32
    assert named.word != (7).to_bytes(32, "big")
