"""CSV of any utility by a field map: each bad row named, the rest taken; clock changes; hostile files."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.tonne.meters.records import SHARED, needs_shared
from tonne.errors import TonneError
from tonne.files import MAX_FILE_BYTES
from tonne.meters import csv_feed, csv_rows, feed, field_map
from tonne.meters.local_time import zone_of
from tonne.meters.readings import Carrier, Quality
from tonne.paths import HOME

AT = 1_780_264_800  # 2026-06-01 00:00 in Berlin

HOURLY = """
[csv]
time = "time"
zone = "Europe/Berlin"
values = "interval"
interval_s = 3600
[csv.import]
column = "kWh"
unit = "kWh"
"""

GERMAN = """
carrier = "electricity"
[csv]
delimiter = ";"
decimal = ","
thousands = "."
encoding = "cp1252"
skip = 1
time = ["Datum", "Uhrzeit"]
format = "%d.%m.%Y %H:%M"
zone = "Europe/Berlin"
values = "interval"
stamp = "end"
interval_s = 900
only = {"Zähler" = "A1"}
[csv.import]
column = "Bezug"
unit = "kWh"
[csv.export]
column = "Einspeisung"
unit = "Wh"
negative = true
[csv.quality]
column = "Status"
settled = ["W"]
substituted = ["E"]
"""

REGISTERS = """
[csv]
time = "ts"
format = "unix"
values = "register"
[csv.import]
column = "in"
unit = "Wh"
[csv.export]
column = "out"
unit = "Wh"
"""


def fields(text: str) -> field_map.FieldMap:
    return field_map.parse(text.encode(), "fields/17.toml")


def parse(text: str | bytes, terms: str = HOURLY) -> feed.Feed:
    return csv_feed.parse(text.encode() if isinstance(text, str) else text, fields(terms))


def refused(text: str | bytes, terms: str = HOURLY) -> TonneError:
    with pytest.raises(TonneError) as found:
        parse(text, terms)
    return found.value


def test_columns_marks_and_signs_are_those_of_the_map():
    text = (
        "Lastgang\nZähler;Datum;Uhrzeit;Bezug;Einspeisung;Status\n"
        "A1;01.06.2026;00:15;1.234,5;-7;W\n"
        "B2;01.06.2026;00:15;9;-9;W\n"
        "A1;01.06.2026;00:30;0,25;0;E\n"
        "A1;01.06.2026;00:45;0,25;0;?\n"
    )
    found = parse(text.encode("cp1252"), GERMAN)
    assert found.carrier is Carrier.ELECTRICITY
    assert found.left_out.count == 0
    assert [(i.start, i.is_export, i.energy_wh) for i in found.intervals] == [
        (AT, False, 1_234_500),
        (AT, True, 7),
        (AT + 900, False, 250),
        (AT + 900, True, 0),
        (AT + 1800, False, 250),
        (AT + 1800, True, 0),
    ]
    assert [i.quality for i in found.intervals][::2] == [
        Quality.SETTLED,
        Quality.SUBSTITUTED,
        Quality.HELD,
    ]
    assert [i.row for i in found.intervals] == [3, 3, 5, 5, 6, 6]


def test_each_bad_row_is_named_and_the_rest_is_taken():
    rows = ["2026-06-01 00:00,1", "yesterday,1", "2026-06-01 02:00,one", "2026-06-01 03:00"]
    rows += ["2026-06-01 04:00,-1", "2026-06-01 05:00,", "2026-06-01 06:00,2", "", "2026-06-01,1e9"]
    found = parse("\n".join(["time,kWh", *rows]))
    assert [(i.start - AT, i.energy_wh) for i in found.intervals] == [(0, 1000), (6 * 3600, 2000)]
    told = {row: (e.code, e.field, e.value) for row, e in found.left_out.named}
    assert told == {
        3: ("METER_ROW_FORM", "time", "yesterday"),
        4: ("METER_ROW_FORM", "kWh", "one"),
        5: ("METER_ROW_FORM", "row", 1),
        6: ("METER_ENERGY_RANGE", "kWh", None),
        7: ("METER_ROW_FORM", "kWh", ""),
        10: ("METER_ROW_FORM", "kWh", "1e9"),
    }
    assert all(e.remedy for _, e in found.left_out.named)
    shown = found.left_out.as_dict()
    assert (shown["leftOut"], shown["codes"]["METER_ROW_FORM"], shown["rows"][0]["row"]) == (
        6,
        5,
        3,
    )


def test_a_row_with_more_cells_than_the_heading_is_left_out_as_a_decimal_comma_may_make_it():
    rows = ["2026-06-01 00:00,1,5", '2026-06-01 01:00,"1,5"', "2026-06-01 02:00,2,, ,"]
    terms = HOURLY.replace("[csv]", '[csv]\ndecimal = ","')
    found = parse("\n".join(["time,kWh", *rows]), terms)
    assert [(i.start - AT, i.energy_wh) for i in found.intervals] == [(3600, 1500), (7200, 2000)]
    ((row, error),) = found.left_out.named
    assert (row, error.code, error.field, error.value) == (2, "METER_ROW_FORM", "row", 3)
    assert "in quotes" in error.remedy


@pytest.mark.parametrize(
    "thousands, decimal, values",
    [
        (".", ",", {"1.500": 1_500, "1.234,5": 1_234.5, "-0": 0, "1.234.567": 1_234_567, "1234,5": 1_234.5}),
        (".", ",", dict.fromkeys(["1.5", "1.5000", "12.34,5", "1,234.5", "1234.567", ".500", "1..500"])),
        (",", ".", {"1,234,567.8": 1_234_567.8} | dict.fromkeys(["1,5", "1,23,456", "1.234,5"])),
        (" ", ",", {"1 234,5": 1_234.5, "1\u00a0234,5": 1_234.5, "1\u202f234": 1_234, "12 34,5": None}),
        ("\u00a0", ",", {"1 234,5": 1_234.5, "1\u00a0234\u202f567": 1_234_567}),
        ("'", ".", {"1'234.5": 1_234.5, "1'2": None}),
    ],
)  # fmt: skip
def test_thousands_marks_stand_between_groups_of_three_or_the_row_is_left_out(
    thousands, decimal, values
):
    marks = f'[csv]\ndelimiter = ";"\ndecimal = "{decimal}"\nthousands = "{thousands}"'
    rows = [f"2026-06-01 {n:02}:00;{text}" for n, text in enumerate(values)]
    text = "\n".join(["time;kWh", *rows, "2026-06-01 23:00;9"])
    found = parse(text, HOURLY.replace("[csv]", marks))
    told = {(i.start - AT) // 3600: i.energy_wh for i in found.intervals}
    wanted = {n: round(kwh * 1000) for n, kwh in enumerate(values.values()) if kwh is not None}
    assert told == wanted | {23: 9_000}
    assert all(
        (e.code, e.field, e.value) == ("METER_ROW_FORM", "kWh", list(values)[row - 2])
        for row, e in found.left_out.named
    )


def test_a_file_without_a_row_of_the_meter_is_refused_for_what_only_wants():
    terms = HOURLY.replace("[csv]", '[csv]\nonly = {no = "A1"}')
    error = refused("no,time,kWh\na1,2026-06-01,1\nB2,2026-06-01,1\nB2\n", terms)
    assert (error.code, error.field, error.value) == ("METER_CSV_FORM", "only", "no = 'A1'")
    assert "a1; B2" in error.message
    assert refused("no,time,kWh\na1,2026-06-01,1\nA1,x,1\n", terms).code == "METER_ROW_FORM"


def test_an_open_quote_costs_its_own_row_and_none_below():
    rows = [f"2026-06-01 {n:02}:00,1,{'' if n % 3 else chr(34) + 'note'}" for n in range(9)]
    rows += ['2026-06-01 09:00,1,"whole"', '2026-06-01 10:00,1,"pipe 3" old']
    for end in ("\n", "\r\n", "\r"):
        found = parse(end.join(["time,kWh,note", *rows]))
        assert [(i.start - AT) // 3600 for i in found.intervals] == [1, 2, 4, 5, 7, 8, 9, 10]
        told = [(row, e.code, e.field, e.value) for row, e in found.left_out.named]
        assert told == [(row, "METER_ROW_FORM", "row", "note") for row in (2, 5, 8)]


def test_a_heading_may_have_line_breaks_in_quotes_and_an_open_quote_in_it_is_named():
    found = parse('time,"kWh",more,"note\n(free)"\n2026-06-01,x,,\n2026-06-02,1,,\n')
    assert ([row for row, _ in found.left_out.named], len(found.intervals)) == ([3], 1)
    error = refused('time,kWh,"note\n2026-06-01,1,\n2026-06-02,1,"old"\n2026-06-03,1,\n')
    assert (error.code, error.field) == ("METER_CSV_FORM", "skip")


def test_of_a_year_with_two_ambiguous_hours_8758_are_taken():
    zone, start = zone_of("Europe/Berlin"), datetime(2025, 12, 31, 23, tzinfo=UTC)
    hours = [(start + timedelta(hours=n)).astimezone(zone) for n in range(8_760)]
    text = "time,kWh\n" + "".join(f"{hour:%Y-%m-%d %H:%M},1\n" for hour in hours)
    found = parse(text)
    assert len(found.intervals) == 8_758
    assert found.left_out.codes == {"METER_TIME_AMBIGUOUS": 2}
    missing = set(range(8_760)) - {
        (i.start - int(start.timestamp())) // 3600 for i in found.intervals
    }
    twice = [n for n, hour in enumerate(hours) if (hour.month, hour.day, hour.hour) == (10, 25, 2)]
    assert missing == set(twice)


def test_an_hour_that_the_clock_skipped_is_left_out():
    found = parse("time,kWh\n2026-03-29 01:00,1\n2026-03-29 02:00,0\n2026-03-29 03:00,1\n")
    assert len(found.intervals) == 2
    assert found.left_out.codes == {"METER_TIME_MISSING": 1}


@pytest.mark.parametrize(
    "form, text",
    [
        ("iso", "2026-05-31 24:00"),
        ("iso", "2026-05-31T24:00:00"),
        ("iso", "20260531T240000"),
        ("iso", "2026-05-31T24:00:00.000"),
        ("iso", "2026-05-31T24:00+02:00"),
        ("%d.%m.%Y %H:%M", "31.05.2026 24:00"),
        ("%d.%m.%Y %H:%M:%S", "31.05.2026 24:00:00"),
        ("%Y%m%d%H%M", "202605312400"),
        ("%H:%M %Y/%m/%d", "24:00 2026/05/31"),
        ("%d/%m/%Y %H", "31/05/2026 24"),
    ],
)
@pytest.mark.parametrize("stamp", ["start", "end"])
def test_24_00_is_the_first_moment_of_the_next_day(form, text, stamp):
    terms = HOURLY.replace("[csv]", f'[csv]\nstamp = "{stamp}"\nformat = "{form}"')
    (found,) = parse(f"time,kWh\n{text},1\n", terms).intervals
    assert found.start == (AT if stamp == "start" else AT - 3600)


@pytest.mark.parametrize(
    "text, at",
    [
        ("24.12.2024 24:00", "2024-12-25T00:00+01:00"),
        ("31.12.2026 24:00", "2027-01-01T00:00+01:00"),
        ("28.03.2026 24:00", "2026-03-29T00:00+01:00"),
        ("29.03.2026 24:00", "2026-03-30T00:00+02:00"),
        ("24.12.2024 23:24", "2024-12-24T23:24+01:00"),
    ],
)
def test_24_is_an_hour_only_where_the_hour_stands(text, at):
    terms = HOURLY.replace("[csv]", '[csv]\nformat = "%d.%m.%Y %H:%M"')
    (found,) = parse(f"time,kWh\n{text},1\n", terms).intervals
    assert found.start == datetime.fromisoformat(at).timestamp()


@pytest.mark.parametrize("text", ["24:15", "24:01", "24:00:01", "24:00:00.5", "25:00", "24:60"])
def test_a_later_time_than_24_00_is_none_and_costs_its_row_alone(text):
    found = parse(f"time,kWh\n2026-06-01 00:00,1\n2026-06-01 {text},1\n")
    assert [i.start for i in found.intervals] == [AT]
    ((row, error),) = found.left_out.named
    assert (row, error.code, error.field) == (3, "METER_ROW_FORM", "time")
    assert error.value == f"2026-06-01 {text}"
    assert ("a day ends at 24:00" in error.message) is (text not in ("25:00", "24:60"))


def test_an_offset_of_24_hours_is_no_hour():
    with pytest.raises(TonneError) as found:
        parse("time,kWh\n2026-06-01T00:00+24:00,1\n")
    assert "no time of the form iso" in found.value.message


def test_registers_of_a_day_s_end_are_read_at_24_00():
    terms = REGISTERS.replace('"unix"', '"iso"\nzone = "Europe/Berlin"')
    (row,) = parse("ts,in,out\n2026-05-31 24:00,100,3\n", terms).registers
    assert row.reading.at == AT


@pytest.mark.parametrize("stamp", ["start", "end"])
@pytest.mark.parametrize("month, change, hours", [(3, 29, 23), (10, 25, 25)])
def test_a_day_of_the_clock_has_23_or_25_hours_and_days_follow_each_other(
    month, change, hours, stamp
):
    terms = HOURLY.replace("interval_s = 3600", f'interval_s = 86400\nstamp = "{stamp}"')
    days = range(change - 1, change + 2)
    shown = days if stamp == "start" else (n + 1 for n in days)
    found = parse("time,kWh\n" + "".join(f"2026-{month:02}-{n},24\n" for n in shown), terms)
    assert found.left_out.count == 0
    assert [i.duration_s // 3600 for i in found.intervals] == [24, hours, 24]
    assert all(a.end == b.start for a, b in pairwise(found.intervals))
    power = terms.replace('unit = "kWh"', 'unit = "kW"')
    row = f"2026-{month:02}-{change + (stamp == 'end')}"
    (mean,) = parse(f"time,kWh\n{row},1\n", power).intervals
    assert mean.energy_wh == hours * 1000  # of a mean power, over the hours that the day had


def test_days_need_the_clock_whose_days_they_are_whatever_their_times_say():
    terms = HOURLY.replace("interval_s = 3600", "interval_s = 86400")
    with pytest.raises(TonneError) as found:
        fields(terms.replace('zone = "Europe/Berlin"', 'format = "unix"'))
    assert (found.value.code, "zone is needed" in found.value.message) == ("METER_MAP_FORM", True)
    (unix,) = parse(
        "time,kWh\n1774738800,1\n", terms.replace("[csv]", '[csv]\nformat = "unix"')
    ).intervals
    (offset,) = parse("time,kWh\n2026-03-29T00:00+01:00,1\n", terms).intervals
    assert (
        (unix.start, unix.duration_s) == (offset.start, offset.duration_s) == (1774738800, 82_800)
    )


def test_six_hours_in_which_the_clock_is_set_are_left_out_and_the_rest_is_taken():
    terms = HOURLY.replace("interval_s = 3600", "interval_s = 21600")
    rows = [f"2026-{day} {hour:02}:00,6\n" for day in ("03-29", "10-25") for hour in (0, 6, 12, 18)]
    found = parse("time,kWh\n" + "".join(rows), terms)
    assert len(found.intervals) == 6
    assert [(row, e.code) for row, e in found.left_out.named] == [
        (2, "METER_TIME_AMBIGUOUS"),
        (6, "METER_TIME_AMBIGUOUS"),
    ]


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "9999-12-31 24:00"])
def test_the_ends_of_the_calendar_cost_their_row_alone(text):
    found = parse(f"time,kWh\n2026-06-01,1\n{text},1\n", HOURLY.replace("3600", "86400"))
    assert (len(found.intervals), found.left_out.codes) == (1, {"METER_ROW_FORM": 1})


def test_rows_that_stand_twice_count_once_and_at_odds_not_at_all():
    found = parse(
        "time,kWh\n2026-06-01 00:00,1\n2026-06-01 00:00,1\n2026-06-01 01:00,1\n2026-06-01 01:00,2\n"
    )
    assert [i.start for i in found.intervals] == [AT]
    assert [(row, e.code) for row, e in found.left_out.named] == [
        (4, "METER_ROWS_DIFFER"),
        (5, "METER_ROWS_DIFFER"),
    ]


def test_intervals_that_cut_each_other_are_left_out():
    rows = ["00:00,1", "00:30,2", "01:30,3", "02:30,4"]
    found = parse("time,kWh\n" + "".join(f"2026-06-01 {row}\n" for row in rows))
    assert [i.energy_wh for i in found.intervals] == [3_000, 4_000]
    assert found.left_out.codes == {"METER_INTERVALS_OVERLAP": 2}


def test_registers_are_read_as_they_are_shown():
    found = parse(f"ts,in,out\n{AT + 900},110,3\n{AT},100,3\n", REGISTERS)
    assert [(r.reading.at, r.reading.import_wh, r.reading.export_wh) for r in found.registers] == [
        (AT, 100, 3),
        (AT + 900, 110, 3),
    ]
    assert found.intervals == ()


@pytest.mark.parametrize(
    "unit, value, wh",
    [
        ('unit = "W"', "900", 900),
        ('unit = "kW"', "1.5", 1_500),
        ('unit = "MJ"', "3.6", 1_000),
        ('unit = "GJ"', "0.0036", 1_000),
        ('unit = "MWh"', "0.0019999", 2_000),
        ('wh_per_unit = "10550.5"', "2", 21_101),
        ("wh_per_unit = 10550.5", "2", 21_101),
    ],
)
def test_units_are_turned_into_whole_watt_hours(unit, value, wh):
    found = parse(f"time,kWh\n2026-06-01,{value}\n", HOURLY.replace('unit = "kWh"', unit))
    assert [i.energy_wh for i in found.intervals] == [wh]


@pytest.mark.parametrize("wh, told", [("0.4999", 0), ("0.5", 1), ("1.5", 2), ("2.4999", 2)])
def test_energy_of_intervals_is_rounded_to_the_nearest_and_a_register_is_cut(wh, told):
    unit = HOURLY.replace('unit = "kWh"', 'unit = "Wh"')
    net = unit.replace("[csv.import]", '[csv.net]\npositive = "export"')
    assert [i.energy_wh for i in parse(f"time,kWh\n2026-06-01,{wh}\n", unit).intervals] == [told]
    assert [i.energy_wh for i in parse(f"time,kWh\n2026-06-01,{wh}\n", net).intervals] == [0, told]
    (row,) = parse(f"ts,in,out\n{AT},{wh},{wh}\n", REGISTERS).registers
    assert row.reading.import_wh == row.reading.export_wh == int(float(wh))


@pytest.mark.parametrize("positive, ways", [("import", (5000, 0)), ("export", (0, 5000))])
def test_the_sign_of_a_net_value_tells_its_direction(positive, ways):
    terms = HOURLY.replace("[csv.import]", f'[csv.net]\npositive = "{positive}"')
    found = parse("time,kWh\n2026-06-01,5\n", terms)
    assert tuple(i.energy_wh for i in found.intervals) == ways


@pytest.mark.parametrize(
    "content, code, field",
    [
        (b"", "METER_CSV_FORM", "skip"),
        (b"time,kWh\n", "METER_CSV_FORM", "file"),
        (b"time,Wh\n2026-06-01,1\n", "METER_CSV_FORM", "kWh"),
        (b"time,kWh,kWh\n2026-06-01,1,1\n", "METER_CSV_FORM", "kWh"),
        (b"time,kWh\n2026-06-01,\xff\n", "METER_CSV_FORM", "encoding"),
        (b"time,kWh\n2026-06-01,x\n", "METER_ROW_FORM", "kWh"),
        (b'time,kWh\n"' + b"x" * 200_000, "METER_ROW_FORM", "row"),
        (b" " * (MAX_FILE_BYTES + 1), "METER_TOO_LARGE", "file"),
    ],
)
def test_what_has_nothing_to_take_is_refused(content, code, field):
    found = refused(content)
    assert (found.code, found.field) == (code, field)
    assert found.remedy


def test_rows_are_bounded_and_so_is_what_is_told_of_them(monkeypatch):
    monkeypatch.setattr(csv_rows, "MOST_ROWS", 50)
    monkeypatch.setattr(feed, "MOST_NAMED", 10)
    good = "time,kWh\n2026-06-01,1\n"
    assert refused(good + "x,1\n" * 50).code == "METER_TOO_LARGE"
    found = parse(good + "x,1\n" * 49)
    assert (found.left_out.count, len(found.left_out.named)) == (49, 10)


@pytest.mark.parametrize(
    "terms, field",
    [
        ("[csv", "file"),
        ("csv = 1", "csv"),
        (HOURLY + "more = 1", "csv.import.more"),
        (HOURLY.replace('"interval"', '"both"'), "csv.values"),
        (HOURLY.replace("interval_s = 3600", ""), "csv"),
        (HOURLY.replace("3600", "0"), "csv.interval_s"),
        (HOURLY.replace('unit = "kWh"', ""), "csv.import"),
        (HOURLY.replace('unit = "kWh"', 'unit = "kVAh"'), "csv.import.unit"),
        (HOURLY.replace("[csv.import]", "[csv.other]"), "csv.other"),
        (HOURLY.replace('"interval"', '"register"').replace('"kWh"\n', '"kW"\n', 2), "csv"),
        ('carrier = "water"', "carrier"),
        ("x" * (field_map.MAX_MAP_BYTES + 1), "file"),
    ],
)
def test_a_map_that_is_none_names_its_field(terms, field):
    with pytest.raises(TonneError) as found:
        fields(terms)
    assert found.value.code == "METER_MAP_FORM"
    assert found.value.field.startswith(field)
    assert "fields/17.toml" in found.value.message


def test_a_zone_s_name_in_the_time_is_refused_with_what_to_write_since_it_would_not_be_heeded():
    terms = HOURLY.replace("[csv]", '[csv]\nformat = "%Y-%m-%d %H:%M {}"')
    with pytest.raises(TonneError) as found:
        fields(terms.format("%Z"))
    assert (found.value.code, found.value.field) == ("METER_MAP_FORM", "csv.format")
    assert "write %z" in found.value.message
    (offset,) = parse("time,kWh\n2026-06-01 00:00 +0000,1\n", terms.format("%z")).intervals
    named = terms.format("UTC").replace("Europe/Berlin", "Etc/UTC")
    (written,) = parse("time,kWh\n2026-06-01 00:00 UTC,1\n", named).intervals
    assert offset.start == written.start == AT + 7_200
    assert fields(terms.format("%%Z"))


def test_a_map_with_a_byte_order_mark_is_read_and_units_are_told_as_they_are_written():
    assert field_map.parse(b"\xef\xbb\xbf" + HOURLY.encode(), "fields/17.toml") == fields(HOURLY)
    with pytest.raises(TonneError) as found:
        fields(HOURLY.replace('unit = "kWh"', 'unit = "kwh"'))
    assert "'kWh'" in found.value.message
    assert found.value.value == "kwh"


def test_a_missing_map_s_remedy_is_a_command_that_runs_as_it_is_typed():
    remedy = field_map.missing("fields/17.toml").remedy
    command = remedy[remedy.index(".venv") :].replace("--folder FOLDER", "--help")
    told = subprocess.run(command.split(), cwd=HOME, capture_output=True, text=True, check=True)
    assert "--folder" in told.stdout


@needs_shared
def test_a_household_of_three_years_is_read_whole():
    terms = """
[csv]
time = "ts"
values = "interval"
interval_s = 3600
[csv.import]
column = "import_wh"
unit = "Wh"
"""
    raw = (SHARED / "meters" / "uk_meter_0.csv").read_bytes()
    found = parse(raw, terms)
    assert (len(found.intervals), found.left_out.count) == (23_508, 0)
    assert sum(i.energy_wh for i in found.intervals) == sum(
        int(line.split(b",")[1]) for line in raw.splitlines()[1:]
    )
