"""What a passage is called: serial numbers, accounts and data that name one thing each."""

from __future__ import annotations

import json

import pytest
from eth_abi.abi import encode

from tonne.errors import TonneError
from tonne.types import unit_id
from tonne.types.ids import BatchId, SchemeId, UnitId
from tonne.units import passages
from tonne.units.passages import Counterpart, LockPlace

CREDITS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
UNIT = unit_id.pack(unit_id.OFFSET_CREDIT, SchemeId(1), 2020, BatchId(7))


def test_a_lock_is_one_issuance_of_its_tonnes():
    places = [
        LockPlace(chain, passages.tag_of(credits_), UNIT, block, log)
        for chain in (1, 31_337)
        for credits_ in (CREDITS, OTHER)
        for block in (1, 11)
        for log in (0, 1, 11)
    ]
    blocks = [passages.parsed(place.serial(1, 250)) for place in places]
    assert len({block.issuance for block in blocks}) == len(places)
    assert {(block.first, block.last, block.said["vintage"]) for block in blocks} == {
        (1, 250, "2020")
    }
    last = blocks[-1]
    assert passages.is_of(last, 31_337, passages.tag_of(OTHER))
    assert not passages.is_of(last, 1, passages.tag_of(OTHER))
    assert passages.place_of(last) == (11, 11)
    part = passages.part(last, 3, 9)
    assert (part.issuance, part.first, part.last) == (last.issuance, 3, 9)


def test_an_account_names_chain_credits_unit_and_wallet():
    text = passages.account_text(1, CREDITS, UNIT, OTHER)
    assert passages.account_named(text) == (1, CREDITS, UNIT, OTHER) and len(text) <= 200
    for other in ("4711", text.replace("eip155", "eip156"), text + ":1", text.lower(), text[:-1]):
        assert passages.account_named(other) is None


def test_data_that_name_no_destination_are_none():
    data = passages.lock_data(1, CREDITS, OTHER)
    assert passages.destination(data) == (1, CREDITS, OTHER)
    for other in (b"", data[:-1], data + bytes(32), encode(["string"], ["account 7"])):
        assert passages.destination(other) is None


def test_units_with_a_partys_mark_stay():
    marked = UnitId(UNIT + unit_id.AUTHORISED)
    passages.check_unit(UNIT)
    with pytest.raises(TonneError, match="PASSAGE_MARKED"):
        passages.check_unit(marked)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("quorum", 2, "PASSAGE_QUORUM"),
        ("quorum", 0, "PASSAGE_QUORUM"),
        ("auditors", [], "PASSAGE_QUORUM"),
        ("auditors", ["north"], "PASSAGE_COUNTERPART"),
        ("credits", "0x12", "PASSAGE_COUNTERPART"),
        ("chain", "first", "PASSAGE_COUNTERPART"),
        ("registry", None, "PASSAGE_COUNTERPART"),
    ],
)
def test_a_wrong_description_is_refused(tmp_path, name, value, code):
    path = tmp_path / "counterpart.json"
    sound = Counterpart(1, CREDITS, OTHER, OTHER, OTHER, 2, (OTHER,), 1)
    sound.save(path)
    assert Counterpart.load(path) == sound
    path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))
    with pytest.raises(TonneError) as refused:
        Counterpart.load(path)
    assert refused.value.code == code and refused.value.remedy
