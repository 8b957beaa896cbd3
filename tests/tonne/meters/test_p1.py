"""P1 telegrams: checksum, tariffs, the bus, streams that begin and end anywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.tonne.meters.records import SHARED, needs_shared
from tonne.errors import TonneError
from tonne.files import MAX_FILE_BYTES
from tonne.meters.feed import Feed
from tonne.meters.field_map import TelegramChoice
from tonne.meters.p1 import MAX_TELEGRAM_BYTES, crc16, parse
from tonne.meters.readings import Carrier, Quality

AT = 1_780_264_800  # 2026-06-01 00:00 in Berlin
DEVICE = "4530303034303031"


def stamp(at: int) -> str:
    local = datetime.fromtimestamp(at, UTC) + timedelta(hours=2)
    return f"{local:%y%m%d%H%M%S}S"


def telegram(at=AT, wh=1_234_567, out=12_345, device=DEVICE, lines=(), time=None) -> bytes:
    """Two tariffs each way, a gas meter on channel 1 and a heat meter on channel 2."""
    kwh = [f"{value // 1000:06}.{value % 1000:03}*kWh" for value in (wh, 1_000, out, 2_000)]
    body = [
        "/XMX5LGBBFG1009412345",
        "",
        f"0-0:1.0.0({time or stamp(at)})",
        f"0-0:96.1.1({device})",
        *(f"1-0:{code}({value})" for code, value in zip(("1.8.1", "1.8.2", "2.8.1", "2.8.2"), kwh)),
        "1-0:99.97.0(1)(0-0:96.7.19)(260601000000S)(0000000240*s)",
        "0-1:24.1.0(003)",
        "0-1:96.1.0(4730)",
        "0-1:24.2.1(260601000000S)(00345.678*m3)",
        "0-2:24.1.0(004)",
        "0-2:24.2.1(260601000000S)(1.008*GJ)",
        *lines,
    ]
    return closed("\r\n".join([*body, "!"]).encode())


def closed(body: bytes) -> bytes:
    return body + f"{crc16(body):04X}\r\n".encode()


def read(content: bytes, carrier=Carrier.ELECTRICITY, **choice) -> Feed:
    return parse(content, carrier, TelegramChoice(**choice))


def refused(content: bytes, carrier=Carrier.ELECTRICITY, **choice) -> TonneError:
    with pytest.raises(TonneError) as found:
        read(content, carrier, **choice)
    assert found.value.remedy
    return found.value


def test_the_checksum_is_the_published_one():
    assert crc16(b"123456789") == 0xBB3D


def test_all_tariffs_are_one_register():
    (row,) = read(telegram()).registers
    assert (row.reading.at, row.reading.import_wh, row.reading.export_wh) == (
        AT,
        1_235_567,
        14_345,
    )
    assert row.reading.quality is Quality.PROVISIONAL


def test_a_total_stands_for_tariffs_that_are_not_told():
    body = b"/X\r\n\r\n0-0:1.0.0(260601000000S)\r\n1-0:1.8.0(000001.500*kWh)\r\n!"
    (row,) = read(closed(body)).registers
    assert (row.reading.import_wh, row.reading.export_wh) == (1_500, 0)


def test_winter_is_an_hour_later_than_summer():
    both = telegram(time="261025023000S") + telegram(time="261025023000W", wh=1_234_600)
    first, second = read(both).registers
    assert second.reading.at - first.reading.at == 3_600


def test_a_stream_is_cut_anywhere():
    stream = b"".join(telegram(AT + 900 * n, 1_234_567 + n) for n in range(5))
    whole = len(telegram())
    found = read(stream[100 : 4 * whole + 50])
    assert [r.reading.at - AT for r in found.registers] == [900, 1_800, 2_700]
    assert [(row, e.code) for row, e in found.left_out.named] == [(4, "METER_TELEGRAM_FORM")]


def test_one_that_is_cut_off_by_the_next_is_named():
    found = read(telegram()[:80] + b"\r\n" + telegram(AT + 900))
    assert [(r.row, r.reading.at) for r in found.registers] == [(2, AT + 900)]
    assert found.left_out.codes == {"METER_TELEGRAM_FORM": 1}


def test_of_each_minute_the_first_is_taken():
    stream = b"".join(telegram(AT + n, 1_234_567 + n) for n in range(0, 180, 10))
    assert [r.reading.at - AT for r in read(stream).registers] == [0, 60, 120]


def test_a_damaged_one_is_named_and_the_rest_is_taken():
    bad = telegram(AT + 900).replace(b"1.8.1(001", b"1.8.1(009")
    found = read(telegram() + bad + telegram(AT + 1_800, 1_234_999))
    assert [r.reading.at - AT for r in found.registers] == [0, 1_800]
    ((row, error),) = found.left_out.named
    assert (row, error.code, error.field) == (2, "METER_TELEGRAM_CHECKSUM", "crc")


def test_a_capture_that_lost_its_carriage_returns_is_read():
    assert read(telegram().replace(b"\r\n", b"\n")).registers == read(telegram()).registers


def test_one_moment_told_twice_with_different_registers_is_not_taken():
    found = read(telegram() + telegram(wh=1_234_568) + telegram(AT + 900, 1_234_999))
    assert [r.reading.at - AT for r in found.registers] == [900]
    assert found.left_out.codes == {"METER_ROWS_DIFFER": 2}


@pytest.mark.parametrize("name", [DEVICE, "E0004001"])
def test_another_device_is_named_and_left_out(name):
    both = telegram() + telegram(AT + 900, device="4530303034303032")
    for choice in ({"device": name}, {}):
        found = read(both, **choice)
        assert [r.row for r in found.registers] == [1]
        assert found.left_out.codes == {"METER_OTHER_DEVICE": 1}
    assert refused(both, device="E9").code == "METER_OTHER_DEVICE"


def test_gas_on_the_bus_is_energy_by_its_calorific_value():
    (row,) = read(telegram(), Carrier.GAS, wh_per_m3="9769").registers
    assert (row.reading.at, row.reading.import_wh) == (AT, 345_678 * 9_769 // 1_000)
    assert refused(telegram(), Carrier.GAS).code == "METER_UNIT_UNSUPPORTED"


def test_heat_on_the_bus_is_told_in_gigajoules():
    (row,) = read(telegram(), Carrier.HEAT).registers
    assert row.reading.import_wh == 280_000


def test_of_two_gas_meters_one_is_to_be_named():
    lines = ("0-3:24.1.0(003)", "0-3:96.1.0(4731)", "0-3:24.2.1(260601000000S)(1.000*m3)")
    both = telegram(lines=lines)
    assert refused(both, Carrier.GAS, wh_per_m3="10000").code == "METER_OTHER_DEVICE"
    (row,) = read(both, Carrier.GAS, wh_per_m3="10000", device="G1").registers
    assert row.reading.import_wh == 10_000


@pytest.mark.parametrize(
    "content, code",
    [
        (b"", "METER_TELEGRAM_FORM"),
        (b"no telegram\r\n" * 100, "METER_TELEGRAM_FORM"),
        (b"/X\r\n!\r\n", "METER_TELEGRAM_CHECKSUM"),
        (closed(b"/X\r\n!"), "METER_TELEGRAM_FORM"),
        (telegram(time="260631000000S"), "METER_TELEGRAM_FORM"),
        (telegram(time="260601000000"), "METER_TELEGRAM_FORM"),
        (telegram(lines=("1-0:1.8.1(000001.000*kWh)",)), "METER_TELEGRAM_FORM"),
        (telegram(lines=("1-0:1.8.3(1,5*kWh)",)), "METER_TELEGRAM_FORM"),
        (b"/" + b"x\r\n" * MAX_TELEGRAM_BYTES, "METER_TELEGRAM_FORM"),
        (b" " * (MAX_FILE_BYTES + 1), "METER_TOO_LARGE"),
    ],
)
def test_what_is_no_telegram_is_refused(content, code):
    assert refused(content).code == code


@needs_shared
def test_a_telegram_of_dsmr_5_is_read():
    (row,) = read((SHARED / "energy" / "dsmr5_p1_telegram.txt").read_bytes()).registers
    assert (row.reading.at, row.reading.import_wh, row.reading.export_wh) == (
        int(datetime(2024, 1, 15, 11, tzinfo=UTC).timestamp()),
        3_580_245,
        35_801,
    )
