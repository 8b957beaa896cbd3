"""OCMF records: what is signed, what they say, and what is refused."""

from __future__ import annotations

import base64
import json

import pytest

from tests.tonne.meters.records import SHARED, needs_shared, ocmf, public, reading, sign
from tonne.errors import TonneError
from tonne.meters.ocmf import parse
from tonne.meters.readings import MAX_RECORD_BYTES, Carrier, Quality, Reading
from tonne.meters.signatures import ORDERS, Claim, Curve, PublicKey, is_signed

#: 2026-06-01 00:15 in Berlin
AT = 1780265700


def signed(raw, key):
    record, curve = parse(raw)
    return curve is key.curve and is_signed(Claim(key, record.digest, record.signature))


@pytest.mark.parametrize("curve", [Curve.P256, Curve.SECP256K1, Curve.BRAINPOOL_P256])
def test_a_record_says_its_registers_and_is_signed(curve):
    raw = ocmf([reading(), reading(RI="1-b:2.8.0", RV=1.5)], "F7", curve)
    record, _ = parse(raw)
    assert record.readings == (Reading(AT, 12_345, 1_500, Quality.SETTLED),)
    assert (record.counter, record.sequence, record.carrier) == ("F", 7, Carrier.ELECTRICITY)
    assert signed(raw, public(curve))
    assert not signed(raw, public(curve, number=2))


def test_a_tampered_record_is_not_signed():
    raw = ocmf([reading()])
    assert not signed(raw.replace(b"12.345", b"92.345"), public())


def test_a_record_written_anew_is_not_signed():
    raw = ocmf([reading()])
    _, body, signature = raw.split(b"|")
    again = json.dumps(json.loads(body), separators=(",", ":")).encode()
    assert json.loads(again) == json.loads(body)
    assert not signed(b"|".join((b"OCMF", again, signature)), public())


def test_a_signature_in_base64_is_read():
    body = json.dumps({"PG": "T1", "RD": [reading()]}).encode()
    signature = {"SE": "base64", "SD": base64.b64encode(sign(body)).decode()}
    assert signed(b"|".join((b"OCMF", body, json.dumps(signature).encode())), public())


def test_a_bar_in_the_payload_is_part_of_it():
    assert signed(ocmf([reading()], ID="a|b"), public())


def test_fields_left_out_stay_what_they_were():
    later = {"TM": "2026-06-01T00:30:00,000+0200 S", "RV": 12.5}
    record, _ = parse(ocmf([reading(), later]))
    assert [(r.at, r.import_wh) for r in record.readings] == [(AT, 12_345), (AT + 900, 12_500)]


def test_watt_hours_are_rounded_down_and_multiplied_exactly():
    assert parse(ocmf([reading(RV=0.2599)]))[0].readings[0].import_wh == 259
    assert parse(ocmf([reading(RV=0.2599)]), 40_000)[0].readings[0].import_wh == 10_396


@pytest.mark.parametrize(
    "changed, quality",
    [
        ({}, Quality.SETTLED),
        ({"TM": "2026-06-01T00:15:00,000+0200 R"}, Quality.PROVISIONAL),
        ({"TM": "2026-06-01T00:15:00,000+0200 I"}, Quality.PROVISIONAL),
        ({"TM": "2026-06-01T00:15:00,000+0200 U"}, Quality.HELD),
        ({"EF": "t"}, Quality.PROVISIONAL),
        ({"EF": "E"}, Quality.HELD),
        ({"EF": "Et"}, Quality.HELD),
        ({"ST": "S"}, Quality.SUBSTITUTED),
        *(({"ST": status}, Quality.HELD) for status in "MXOTDRIENF"),
    ],
)
def test_status_and_errors_say_what_a_reading_is_good_for(changed, quality):
    assert parse(ocmf([reading(**changed)]))[0].readings[0].quality is quality


def test_a_transaction_s_own_energy_is_no_register():
    with pytest.raises(TonneError) as refused:
        parse(ocmf([reading(RI="1-b:B2.8.0")]))
    assert refused.value.code == "METER_JSON_FORM"


def test_heat_is_told_from_electricity():
    assert parse(ocmf([reading(RI="6-0:1.8.0")]))[0].carrier is Carrier.HEAT


@pytest.mark.parametrize(
    "raw",
    [
        b"OCMF|",
        b"OCMF|{}",
        b"OCMF|{}|{}",
        b'OCMF|{"PG":"T1","RD":[]}|{"SD":"00"}',
        b"OCMF|" + b"[" * 30_000 + b"|{}",
        b"OCMF|\xff\xfe|{}",
        b'OCMF|{"PG":"T1","PG":"T2","RD":[{}]}|{"SD":"00"}',
        b'OCMF|{"a":1e9999999999999999999}|{}',
        ocmf([reading()], "X1"),
        ocmf([reading(RV=-1)]),
        ocmf([reading(RV="NaN")]),
        ocmf([reading(RU="kvarh")]),
        ocmf([reading(RI="voltage")]),
        ocmf([reading(TM="2026-06-01T00:15:00,000 S")]),
        ocmf([reading(TM="2026-13-01T00:15:00,000+0200 S")]),
        ocmf([reading(TM="2026-06-01T00:15:00,000+0099 S")]),
        ocmf([reading()]).replace(b'"SD": "', b'"SD": "zz'),
    ],
)
def test_what_is_no_record_has_one_code(raw):
    with pytest.raises(TonneError) as refused:
        parse(raw)
    assert refused.value.code == "METER_JSON_FORM"


def test_a_field_that_stands_twice_is_refused():
    """Readers differ in which of the two they take."""
    body = json.dumps({"PG": "T1", "RD": [reading()]}).replace('"PG"', '"PG": "T9", "PG"').encode()
    raw = b"|".join((b"OCMF", body, json.dumps({"SD": sign(body).hex()}).encode()))
    with pytest.raises(TonneError) as refused:
        parse(raw)
    assert refused.value.code == "METER_JSON_FORM"


def test_what_is_too_large_is_refused_unread():
    with pytest.raises(TonneError) as refused:
        parse(b"OCMF|" + b"x" * MAX_RECORD_BYTES)
    assert refused.value.code == "METER_TOO_LARGE"


def test_other_forms_of_signature_have_codes():
    body = ocmf([reading()])
    for old, new, code in [
        (b"secp256r1", b"secp192r1", "METER_CURVE_UNSUPPORTED"),
        (b'"SD": "30', b'"SD": "31', "METER_SIGNATURE_FORM"),
    ]:
        with pytest.raises(TonneError) as refused:
            parse(body.replace(old, new))
        assert refused.value.code == code


def test_an_algorithm_s_name_is_told_in_characters_that_can_be_written():
    body = ocmf([reading()]).replace(b"ECDSA-secp256r1-SHA256", b"\\ud800" + b"x" * 1_000)
    with pytest.raises(TonneError) as refused:
        parse(body)
    assert "\\ud800xxx" in refused.value.message
    assert len(refused.value.message.encode()) < 200


@needs_shared
def test_real_records_verify_though_their_s_is_high():
    for item in json.loads((SHARED / "energy" / "ocmf_signed_records.json").read_text()):
        record, curve = parse(item["ocmf"].encode())
        key = PublicKey.of_der(bytes.fromhex(item["public_key_spki_der_hex"]))
        assert record.signature.s > ORDERS[curve] // 2
        assert is_signed(Claim(key, record.digest, record.signature)) is item["signature_valid"]
        assert {r.quality for r in record.readings} == {Quality.PROVISIONAL}
