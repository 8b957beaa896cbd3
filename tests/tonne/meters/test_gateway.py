"""A gateway's records: numbered on after a kill, marked as a gateway's, sent again when asked for."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from tests.tonne.meters.test_p1 import AT, telegram
from tonne.errors import TonneError
from tonne.meters import p1
from tonne.meters.feed import LeftOut
from tonne.meters.gateway import (
    KEPT_S,
    Gateway,
    GatewayBook,
    GatewayMeter,
    lines_of,
    make_key,
    read_key,
)
from tonne.meters.p1 import MAX_TELEGRAM_BYTES
from tonne.meters.readings import GATEWAY_SEQUENCE, Carrier, Quality, parse_own, said_of
from tonne.meters.signatures import Claim, Curve, PublicKey, is_signed

HOUSE, GAS = GatewayMeter(17), GatewayMeter(18, Carrier.GAS, wh_per_m3=Decimal(9769))


@pytest.fixture
def key(tmp_path):
    made = tmp_path / "gateway.pem"
    public = make_key(made)
    found = read_key(made)
    assert (made.stat().st_mode & 0o777, PublicKey.of_der(public)) == (0o600, found.public)
    return found


@pytest.fixture
def book(tmp_path):
    found = GatewayBook(tmp_path / "signed.sqlite")
    yield found
    found.close()


def signed(gateway: Gateway, stream: bytes, left_out=None) -> list:
    left_out = LeftOut() if left_out is None else left_out
    found = []
    for each in p1.telegrams(lines_of(io.BytesIO(stream)), left_out):
        found += [(meter.number, raw) for meter, raw in gateway.sign(each, left_out)]
    return found


def test_of_each_quarter_hour_the_first_telegram_is_signed_and_says_who_signed(key, book):
    stream = b"".join(telegram(AT + n, 1_000 + n) for n in range(0, 1_900, 100))
    found = signed(Gateway(key, [HOUSE], book, 900), stream)
    records = [parse_own(raw) for _, raw in found]
    assert [own.readAt - AT for own, _ in records] == [0, 900, 1_800]
    assert [own.sequence for own, _ in records] == [1, 2, 3]
    own, said = records[1]
    assert (own.importWh, own.exportWh) == (1_900 + 1_000, 14_345)
    assert (said.by_gateway, said.readings[0].quality) == (True, Quality.PROVISIONAL)
    assert said_of(said.leaf_sequence) == (2, True)
    assert is_signed(Claim(key.public, said.digest, said.signature))


def test_numbers_go_on_after_a_kill_and_what_was_signed_is_not_signed_again(key, tmp_path):
    first = GatewayBook(tmp_path / "book.sqlite")
    before = signed(Gateway(key, [HOUSE], first, 900), telegram() + telegram(AT + 900))
    first.close()
    again = GatewayBook(tmp_path / "book.sqlite")
    after = signed(
        Gateway(key, [HOUSE], again, 900), telegram(AT + 900) + telegram(AT + 1_800, 1_234_999)
    )
    assert [parse_own(raw)[0].sequence for _, raw in after] == [3]
    assert again.between(17, 1, 9) == [raw for _, raw in before + after]


def test_a_gas_meter_on_the_bus_is_a_meter_of_its_own(key, book):
    found = signed(Gateway(key, [HOUSE, GAS], book, 900), telegram() + telegram(AT + 900))
    assert [(number, parse_own(raw)[0].sequence) for number, raw in found] == [
        (17, 1),
        (18, 1),
        (17, 2),  # the bus still tells of the hour before
    ]
    assert parse_own(found[1][1])[0].importWh == 345_678 * 9769 // 1000


def test_what_the_port_does_not_tell_is_named_and_the_rest_signed(key, book):
    left_out = LeftOut()
    other = GatewayMeter(19, Carrier.GAS, device="9999", wh_per_m3=Decimal(9769))
    damaged = telegram(AT + 900).replace(b"1.8.1(001", b"1.8.1(009")
    found = signed(Gateway(key, [HOUSE, other], book, 900), telegram() + damaged, left_out)
    assert [number for number, _ in found] == [17]
    assert left_out.codes == {"METER_OTHER_DEVICE": 1, "METER_TELEGRAM_CHECKSUM": 1}


def test_a_line_that_never_ends_is_read_in_pieces():
    noise = io.BytesIO(b"\xff" * (3 * MAX_TELEGRAM_BYTES) + b"\n" + telegram())
    assert max(map(len, lines_of(noise))) == MAX_TELEGRAM_BYTES
    noise.seek(0)
    assert len(list(p1.telegrams(lines_of(noise), LeftOut()))) == 1


def test_records_are_kept_for_two_months(key, book):
    signed(Gateway(key, [HOUSE], book, 900), telegram() + telegram(AT + KEPT_S))
    assert len(book.between(17, 1, 9)) == 2
    signed(Gateway(key, [HOUSE], book, 900), telegram(AT + KEPT_S + 900))
    assert [parse_own(raw)[0].sequence for raw in book.between(17, 1, 9)] == [2, 3]


def test_a_key_is_not_written_over_and_must_be_one(tmp_path):
    path = tmp_path / "gateway.pem"
    make_key(path)
    for bad in (lambda: make_key(path), lambda: read_key(tmp_path / "none.pem")):
        with pytest.raises(TonneError) as refused:
            bad()
        assert (refused.value.code, bool(refused.value.remedy)) == ("METER_GATEWAY_KEY", True)
    path.write_text("-----BEGIN NOTHING-----")
    with pytest.raises(TonneError):
        read_key(path)


def test_a_leaf_has_room_for_number_and_signer():
    assert said_of(7) == (7, False)
    assert said_of(GATEWAY_SEQUENCE + 7) == (7, True)
    assert Curve.P256.on_chain
