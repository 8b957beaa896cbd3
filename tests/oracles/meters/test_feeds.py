"""Files that no meter signed: what can be taken is, and beside the file lies what was left out and why."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace

import pytest

from oracles.meters.feeds import QUIET_S
from tests.oracles.meters.ground import OFFICER, QUARTER, T0
from tests.oracles.meters.test_intake import put_file
from tests.tonne.meters.test_csv_feed import REGISTERS
from tests.tonne.meters.test_greenbutton import DEMAND, beside, feed, kind, points, reading
from tests.tonne.meters.test_p1 import telegram
from tonne.meters import unsigned_files
from tonne.meters.feed import Feed, RegisterRow
from tonne.meters.field_map import TelegramChoice
from tonne.meters.p1 import parse
from tonne.meters.readings import Carrier, Quality, Reading
from tonne.meters.series import Flow
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import SigningKey

INTERVALS = """
[csv]
time = "ts"
format = "unix"
values = "interval"
interval_s = 900
[csv.import]
column = "Wh"
unit = "Wh"
"""


def put_map(desk, text, name="4.toml"):
    folder = desk.folder / "fields"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def series(desk, meter=4):
    return desk.cycle.intake.meters[meter].series


def rows(desk, name, place="done"):
    return json.loads((desk.folder / "inbox" / place / f"{name}.rows.json").read_text())


def test_rows_that_cannot_be_taken_are_told_and_the_rest_is(desk):
    desk.at(4 * QUARTER)
    put_map(desk, INTERVALS, "default.toml")
    told = [(0, 100), (1, "x"), (2, 50), (3, 10**6), (50, 7), (-1, 7)]
    text = "ts,Wh\n" + "".join(f"{T0 + n * QUARTER},{wh}\n" for n, wh in told)
    assert put_file(desk, "4-june.csv", text.encode()) == "done"
    assert series(desk).state(T0 + 3 * QUARTER).flow == Flow(150, 0)
    assert series(desk).quality_between(T0 + 3 * QUARTER, T0 + 4 * QUARTER) is Quality.HELD
    assert desk.incidents() == {
        ("METER_ROW_FORM", 4): 1,
        ("METER_FUTURE_INTERVAL", 4): 1,
        ("METER_NOT_VALID", 4): 1,
        ("METER_IMPLAUSIBLE_STEP", 4): 1,
    }
    shown = rows(desk, "4-june.csv")
    assert shown["leftOut"] == 3
    assert [(r["row"], r["code"]) for r in shown["rows"]] == [
        (3, "METER_ROW_FORM"),
        (6, "METER_FUTURE_INTERVAL"),
        (7, "METER_NOT_VALID"),
    ]
    desk.start()
    desk.run(1)
    assert series(desk).state(T0 + 3 * QUARTER).flow == Flow(150, 0)


@pytest.mark.parametrize("number", ["1e9999999999999999999", "9" * 5_000])
def test_a_map_with_a_number_that_nothing_holds_refuses_its_files(desk, number):
    put_map(desk, INTERVALS.replace("900", number), "default.toml")
    assert put_file(desk, "4-june.csv", b"ts,Wh\n") == "rejected"
    assert desk.incidents() == {("METER_MAP_FORM", 4): 1}


def test_what_a_reader_of_files_does_not_foresee_is_the_file_s_refusal(desk, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(unsigned_files, "parse", broken)
    assert put_file(desk, "4-june.csv", b"ts,Wh\n") == "rejected"
    assert desk.incidents() == {("METER_FILE_REFUSED", 4): 1}


def test_a_file_that_arrives_later_corrects_and_the_same_again_does_not(desk):
    desk.at(2 * QUARTER)
    put_map(desk, INTERVALS)
    for name, wh in (("4-a.csv", 100), ("4-b.csv", 90), ("4-c.csv", 90)):
        assert put_file(desk, name, f"ts,Wh\n{T0},{wh}\n".encode()) == "done"
    assert series(desk).state(T0 + QUARTER).flow == Flow(90, 0)
    assert desk.incidents() == {("METER_REPEATED", 4): 1}


def test_registers_of_a_file_are_read_over_files_kills_and_an_exchange(desk):
    desk.at(4 * QUARTER)
    put_map(desk, REGISTERS)
    first = f"ts,in,out\n{T0},1000,5\n{T0 + QUARTER},1100,5\n{T0 + QUARTER + 60},1099,5\n"
    assert put_file(desk, "4-a.csv", first.encode()) == "done"
    assert desk.incidents() == {("METER_NEGATIVE_STEP", 4): 1}
    desk.start()
    desk.run(1)
    assert put_file(desk, "4-b.csv", f"ts,in,out\n{T0 + 2 * QUARTER},1150,7\n".encode()) == "done"
    assert series(desk).state(T0 + 2 * QUARTER).flow == Flow(150, 2)
    assert put_file(desk, "4-c.csv", first.encode()) == "done"
    assert desk.incidents()["METER_REPEATED", 4] == 1
    key = (*SigningKey(Curve.P256, 1).public.words, T0 + 5 * QUARTER, Curve.P256)
    desk.chain.send(OFFICER, "MeterOracle", "exchangeMeter", 4, key, (1180, 7), (0, 0))
    desk.at(6 * QUARTER)
    assert put_file(desk, "4-d.csv", f"ts,in,out\n{T0 + 6 * QUARTER},20,1\n".encode()) == "done"
    assert series(desk).state(T0 + 6 * QUARTER).flow == Flow(200, 3)


def test_telegrams_are_registers_and_gas_is_not_electricity(desk):
    desk.at(2 * QUARTER)
    stream = telegram(T0, 1_000) + telegram(T0 + QUARTER, 1_200)
    assert put_file(desk, "4-port.p1", stream) == "done"
    assert series(desk).state(T0 + QUARTER).flow == Flow(200, 0)
    put_map(desk, '[p1]\ndevice = "E9"\n')
    assert put_file(desk, "4-other.p1", stream) == "rejected"
    assert desk.incidents() == {("METER_OTHER_DEVICE", 4): 1}


def test_another_device_in_a_later_file_is_left_out_until_an_exchange_or_the_map_says_so(desk):
    desk.at(8 * QUARTER)
    other = "4530303034303032"
    assert put_file(desk, "4-a.p1", telegram(T0, 1_000)) == "done"
    desk.start()  # what it knows is on the disk
    foreign = telegram(T0 + QUARTER, 1_100, device=other)
    assert put_file(desk, "4-b.p1", foreign) == "rejected"
    assert desk.incidents() == {("METER_OTHER_DEVICE", 4): 1}
    assert put_file(desk, "4-c.p1", telegram(T0 + QUARTER, 1_050)) == "done"
    put_map(desk, f'[p1]\ndevice = "{other}"\n')  # the first file was the wrong one
    assert put_file(desk, "4-d.p1", telegram(T0 + 2 * QUARTER, 1_100, device=other)) == "done"
    (desk.folder / "fields" / "4.toml").unlink()
    assert put_file(desk, "4-e.p1", telegram(T0 + 3 * QUARTER, 1_200)) == "rejected"
    key = (*SigningKey(Curve.P256, 1).public.words, T0 + 9 * QUARTER, Curve.P256)
    last = (1_000 + 1_300, 14_345)
    desk.chain.send(OFFICER, "MeterOracle", "exchangeMeter", 4, key, last, (1_000, 14_345))
    desk.at(11 * QUARTER)
    third = telegram(T0 + 10 * QUARTER, 0 + 150, device="4530303034303033")
    assert put_file(desk, "4-f.p1", third) == "done"
    assert series(desk).state(T0 + 10 * QUARTER).flow == Flow(450, 0)


def test_another_gas_meter_on_the_bus_is_left_out_too(desk):
    rows = [RegisterRow(1, Reading(T0, 5, 0, Quality.PROVISIONAL), b"a", "4730")]
    desk.at(2 * QUARTER)
    desk.run(1)
    desk.cycle.intake.take_feed(4, Feed(None, None, b"a", registers=tuple(rows)), T0 + QUARTER)
    (row,) = parse(telegram(T0 + QUARTER), Carrier.GAS, TelegramChoice(wh_per_m3="1")).registers
    assert row.device == "4730"
    late = [replace(row, device=name, row=n) for n, name in enumerate(("4730", "4731", ""))]
    late = [replace(r, reading=replace(r.reading, at=T0 + 60 + n)) for n, r in enumerate(late)]
    taken = desk.cycle.intake.take_feed(
        4, Feed(None, None, b"b", registers=tuple(late)), T0 + QUARTER
    )
    assert taken.accepted == 2
    assert taken.left_out.codes == {"METER_OTHER_DEVICE": 1}


@pytest.mark.parametrize("first, second", [("csv", "p1"), ("p1", "csv")])
def test_a_meter_tells_by_intervals_or_by_registers(desk, first, second):
    desk.at(2 * QUARTER)
    put_map(desk, INTERVALS)
    content = {"csv": f"ts,Wh\n{T0},100\n".encode(), "p1": telegram(T0)}
    assert put_file(desk, f"4-a.{first}", content[first]) == "done"
    assert put_file(desk, f"4-a.{second}", content[second]) == "rejected"
    desk.send(0, [3])
    desk.run(1)
    assert desk.incidents() == {("METER_OTHER_SOURCE", 4): 2}
    desk.start()
    desk.send(1, [3])
    desk.run(1)
    assert desk.incidents() == {("METER_OTHER_SOURCE", 4): 3}


def test_a_file_that_was_refused_settles_no_source(desk):
    desk.at(2 * QUARTER)
    put_map(desk, INTERVALS)
    assert put_file(desk, "4-a.csv", f"ts,Wh\n{T0 + 50 * QUARTER},100\n".encode()) == "rejected"
    desk.send(0, [3])
    desk.run(1)
    assert desk.incidents() == {("METER_FUTURE_INTERVAL", 4): 1}


def test_a_file_that_may_still_be_written_waits_and_is_taken_whole(desk):
    desk.at(4 * QUARTER)
    put_map(desk, INTERVALS, "default.toml")
    half, rest = f"ts,Wh\n{T0},5\n{T0 + QUARTER},1", f"23\n{T0 + 2 * QUARTER},7"
    path = desk.folder / "inbox" / "4-a.csv"
    path.write_text(half)
    desk.run(2)
    assert path.exists()
    assert put_file(desk, "3-b.csv", half.encode()) == "done"  # another is not kept waiting
    path.write_text(half + rest)
    desk.run(2)
    assert path.exists()
    os.utime(path, (time.time() - QUIET_S,) * 2)
    desk.cycle._feeds._put_off.clear()  # the time has passed
    desk.run(2)
    assert not path.exists()
    assert series(desk).state(T0 + 3 * QUARTER).flow == Flow(135, 0)


@pytest.mark.parametrize(
    "content, waits",
    [
        (b"ts,Wh\n1,2", True),
        (b"ts,Wh\n1,2\n", False),
        (b"ts,Wh\r1,2\r", False),
        ("ts,Wh\n1,2\n".encode("utf-16"), False),
        ("ts,Wh\n1,2".encode("utf-16"), True),
        (b"<feed><entry/>", True),
        (b"<feed></feed>", False),
        (b"<a:feed></a:feed> ", False),
        (b"", False),
    ],
)
def test_a_file_waits_where_its_last_line_has_no_end(desk, content, waits):
    path = desk.folder / "inbox" / "4-a.xml"
    path.write_bytes(content)
    desk.at(QUARTER)
    desk.run(1)
    assert path.exists() is waits


def test_days_in_rows_are_booked_and_what_is_blank_in_them_is_held(desk):
    desk.at(100 * QUARTER)
    names = ",".join(f"V{n}" for n in range(1, 97))
    day = 'zone = "Europe/Berlin"\nday = "clock"'
    put_map(
        desk,
        INTERVALS.replace('"unix"', f'"iso"\n{day}').replace(
            'column = "Wh"', 'first = "V1"\nlast = "V96"'
        ),
    )
    text = f"ts,{names}\n2026-06-01,{'5,' * 40},{'7,' * 55}\n"
    assert put_file(desk, "4-june.csv", text.encode()) == "done"
    assert series(desk).state(T0 + 96 * QUARTER).flow == Flow(40 * 5 + 55 * 7, 0)
    assert series(desk).quality_between(T0 + 40 * QUARTER, T0 + 41 * QUARTER) is Quality.HELD
    assert series(desk).quality_between(T0, T0 + 40 * QUARTER) is Quality.PROVISIONAL
    (told,) = rows(desk, "4-june.csv")["rows"]
    assert (told["row"], told["code"], told["field"]) == (2, "METER_ROW_FORM", "V41")


def test_demand_beside_energy_is_told_and_the_energy_taken(desk):
    desk.at(3 * QUARTER)
    demand = feed(reading(T0, QUARTER, "900"), type_=DEMAND.format(6, 38))
    assert put_file(desk, "4-a.xml", beside(demand, feed(reading(T0, QUARTER, "9")))) == "done"
    assert series(desk).state(T0 + QUARTER).flow == Flow(9, 0)
    assert desk.incidents() == {("METER_UNIT_UNSUPPORTED", 4): 1}
    assert rows(desk, "4-a.xml")["codes"] == {"METER_UNIT_UNSUPPORTED": 1}


def test_a_name_s_ending_may_be_in_capitals(desk):
    desk.at(2 * QUARTER)
    put_map(desk, INTERVALS)
    assert put_file(desk, "4-X.CSV", f"ts,Wh\n{T0},100\n".encode()) == "done"


@pytest.mark.parametrize(
    "map_, content, code",
    [
        (None, b"ts,Wh\n", "METER_MAP_MISSING"),
        ("[csv", b"ts,Wh\n", "METER_MAP_FORM"),
        ('carrier = "gas"\n' + INTERVALS, f"ts,Wh\n{T0},1\n".encode(), "METER_WRONG_CARRIER"),
        (INTERVALS.replace('"ts"', '"t"'), f"ts,Wh\n{T0},1\n".encode(), "METER_CSV_FORM"),
    ],
)
def test_a_file_that_its_map_does_not_fit_is_rejected(desk, map_, content, code):
    desk.at(QUARTER)
    if map_ is not None:
        put_map(desk, map_)
    assert put_file(desk, "4-a.csv", content) == "rejected"
    assert desk.incidents() == {(code, 4): 1}


def test_of_a_feed_with_gas_the_electricity_is_taken(desk):
    desk.at(365 * 96 * QUARTER)
    assert put_file(desk, "4-a.xml", points("1", "0")) == "done"
    assert series(desk).latest is not None
    put_map(desk, '[green_button]\npoint = "U/1"\n', "3.toml")
    assert put_file(desk, "3-a.xml", points("1", "0")) == "rejected"
    assert desk.incidents() == {("METER_WRONG_CARRIER", 3): 1}
    assert put_file(desk, "2-a.xml", points("0", "0")) == "rejected"
    assert desk.incidents()["METER_USAGE_POINT", 2] == 1


def test_gas_in_cubic_metres_is_refused_on_an_electricity_meter_for_being_gas(desk):
    desk.at(3 * QUARTER)
    gas = feed(reading(T0, QUARTER), kind="1", type_=kind(uom=42))
    assert put_file(desk, "4-a.xml", gas) == "rejected"
    assert desk.incidents() == {("METER_WRONG_CARRIER", 4): 1}


def test_an_energy_that_no_leaf_holds_does_not_stop_the_oracle(desk):
    desk.at(3 * QUARTER)
    huge = reading(T0 + QUARTER, QUARTER, str(2**62))
    assert put_file(desk, "4-a.xml", feed(reading(T0, QUARTER, "9"), huge)) == "done"
    assert rows(desk, "4-a.xml")["codes"] == {"METER_ENERGY_RANGE": 1}
