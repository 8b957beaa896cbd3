"""Lines that accounts ask for: their files, and the place of an account in a list."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from tonne.crypto.merkle_sum import HASH_BYTES
from tonne.errors import TonneError
from tonne.power.asked_lines import AskedLine, read_leaf, read_request
from tonne.power.settlement_runs import AccountLine, DaySums, line_tree, line_under
from tonne.power.shown_lines import point_of

COUNT = 5


def _lines() -> list[AccountLine]:
    return [
        AccountLine(7 + i, -5, 3, 5, -4, 1, -400, DaySums(-400 * i, 5), bytes([i]) * 32)
        for i in range(COUNT)
    ]


def test_a_line_is_made_of_its_words():
    for line in _lines():
        *words, salt = line.shown()
        assert AccountLine.of(words, salt) == line
        # Bits beyond the fields are not read.
        assert AccountLine.of([words[0], words[1], words[2] | 1 << 255], salt) == line


def _under(lines, index=3, **other):
    *words, salt = lines[index].shown()
    tree = line_tree(lines)
    given = {
        "root": tree.root,
        "sums": tree.sums,
        "words": words,
        "salt": salt,
        "index": index,
        "count": len(lines),
        "proof": tree.proof(index),
    }
    return line_under(**(given | other))


def test_a_line_is_under_its_root_alone():
    lines = _lines()
    for index in range(COUNT):
        assert _under(lines, index) == lines[index]
    proof = line_tree(lines).proof(3)
    assert _under(lines, proof=proof + bytes(31)) == lines[3]  # filled up to a word
    assert _under(lines, proof=proof + bytes(32)) is None
    assert _under(lines, proof=proof[:-1]) is None
    assert _under(lines, sums=line_tree(lines).sums + 1) is None
    assert _under(lines, root=bytes(32)) is None
    assert _under(lines, salt=bytes(32)) is None
    assert _under(lines, count=COUNT - 1) is None
    for index in (0, 2, 4, 5, 2**255):
        assert _under(lines, index=3) and _moved(lines, index) is None


def _moved(lines, index):
    *words, salt = lines[3].shown()
    tree = line_tree(lines)
    return line_under(tree.root, tree.sums, words, salt, index, COUNT, tree.proof(3))


def test_sums_that_run_over_are_under_no_root():
    lines = _lines()
    tree = line_tree(lines)
    proof = bytearray(tree.proof(3))
    proof[HASH_BYTES] |= 0x80  # of the sibling's sums, above all fields
    assert _under(lines, proof=bytes(proof)) is None
    # A line of more energy than a tree holds has no sums at all.
    words = [7 | (2**47 - 1) << 32 | (2**48 - 1) << 128, 0, 0]
    assert line_under(tree.root, tree.sums, words, bytes(32), 0, COUNT, tree.proof(0)) is None


def test_a_request_is_its_owners_alone_and_has_a_point(tmp_path):
    made = AskedLine(31337, "0x" + "11" * 20, 0, 5, 7, True, "05" * 32, 99)
    path = tmp_path / "line.json"
    made.write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert AskedLine(**json.loads(path.read_text())) == made
    assert made.point == point_of(b"\x05" * 32)


class Here(dict):
    """The chain of a request."""

    chain_id = 31337


@pytest.mark.parametrize(
    "changed",
    [
        {"node": 256},
        {"node": "0"},
        {"node": True},
        {"interval": 1.5},
        {"account": -1},
        {"account": None},
        {"by_key": 1},
        {"deadline": 2**40},
        {"contract": 5},
    ],
)
def test_a_request_has_numbers_that_can_be_asked_for(tmp_path, changed):
    here = Here(PowerSettlement=SimpleNamespace(address="0x" + "11" * 20))
    made = AskedLine(31337, "0x" + "11" * 20, 0, 5, 7, True, "05" * 32, 99)
    path = tmp_path / "line.json"
    made.write(path)
    assert read_request(path, here) == made
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    with pytest.raises(TonneError) as told:
        read_request(path, here)
    assert told.value.code == "LINE_REQUEST_UNREADABLE"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"quality": "none"}'])
def test_what_is_no_receipt_of_a_reading_is_refused(tmp_path, text):
    path = tmp_path / "reading.json"
    path.write_text(text)
    with pytest.raises(TonneError) as told:
        read_leaf(path)
    assert told.value.code == "LINE_READING_UNREADABLE"
