"""The market's own form of a record, byte by byte."""

from __future__ import annotations

import hashlib

import pytest

from tonne.errors import TonneError
from tonne.meters.readings import (
    GATEWAY_SEQUENCE,
    GATEWAY_STATUS,
    RECORD_BYTES,
    MeterRecord,
    Quality,
    Record,
    is_own_form,
    parse_own,
    said_of,
)
from tonne.meters.signatures import Signature

LAST = 2**39 - 1  # the highest number of a record
RECORD = MeterRecord(0x01020304, 1_700_000_100, 5, 2**63, LAST, 1, b"s" * 16)


def test_what_is_signed_is_packed_as_the_contract_packs_it():
    registers = bytes.fromhex("0000000000000005 8000000000000000")
    hidden = hashlib.sha256(b"s" * 16 + registers).digest()[:16]
    packed = b"tonne meter 2" + bytes.fromhex("01020304 006553f164")
    packed += hidden + bytes.fromhex("7fffffffff 01")
    assert RECORD.signed_bytes() == packed
    assert RECORD.digest() == hashlib.sha256(packed).digest()


def test_a_record_comes_back_as_it_was_sent():
    payload = RECORD.with_signature(Signature(7, 2**256 - 1))
    assert (len(payload), is_own_form(payload)) == (RECORD_BYTES, True)
    record, said = parse_own(payload)
    assert record == RECORD
    assert (said.digest, said.signature) == (RECORD.digest(), Signature(7, 2**256 - 1))
    assert (said.sequence, said.readings[0].quality) == (LAST, Quality.PROVISIONAL)
    assert (said.by_gateway, said.leaf_sequence) == (False, LAST)


@pytest.mark.parametrize(
    "status, quality",
    [
        (0, Quality.SETTLED),
        (1, Quality.PROVISIONAL),
        (2, Quality.SUBSTITUTED),
        (3, Quality.HELD),
        (127, Quality.HELD),
    ],
)
def test_a_status_that_is_not_known_is_held(status, quality):
    for added in (0, GATEWAY_STATUS):
        made = MeterRecord(1, 2, 3, 4, 5, status + added, bytes(16))
        _, said = parse_own(made.with_signature(Signature(1, 1)))
        assert (said.readings[0].quality, said.by_gateway) == (quality, added > 0)


def test_a_number_that_would_say_who_signed_is_refused():
    payload = MeterRecord(1, 2, 3, 4, LAST + 1, 0, bytes(16)).with_signature(Signature(1, 1))
    with pytest.raises(TonneError) as refused:
        parse_own(payload)
    assert (refused.value.code, refused.value.field) == ("METER_RECORD_FORM", "sequence")


def test_what_is_signed_says_nothing_of_the_registers():
    other = MeterRecord(0x01020304, 1_700_000_100, 5, 2**63, LAST, 1, b"t" * 16)
    assert other.digest() != RECORD.digest()
    assert (5).to_bytes(8, "big") not in RECORD.signed_bytes()


@pytest.mark.parametrize("at", [-1, -9, -17])
def test_registers_that_are_not_those_signed_are_refused(at):
    payload = bytearray(RECORD.with_signature(Signature(1, 1)))
    payload[at] ^= 1
    with pytest.raises(TonneError) as refused:
        parse_own(bytes(payload))
    assert refused.value.code == "METER_RECORD_FORM"


@pytest.mark.parametrize("change", [lambda p: p[:-1], lambda p: p + b"\0", lambda p: b"T" + p[1:]])
def test_another_length_or_name_is_no_record(change):
    with pytest.raises(TonneError) as refused:
        parse_own(change(RECORD.with_signature(Signature(1, 1))))
    assert refused.value.code == "METER_RECORD_FORM"


@pytest.mark.parametrize("by_gateway", [True, False])
def test_no_number_of_another_form_says_who_signed(by_gateway):
    signature = Signature(1, 1)
    said = Record("F", GATEWAY_SEQUENCE + 5, (), bytes(32), signature, None, by_gateway)
    assert said_of(said.leaf_sequence) == (5, by_gateway)
