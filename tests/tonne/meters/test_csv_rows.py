"""Rows of CSV files: without a heading, in blocks, and of directions that have rows of their own."""

from __future__ import annotations

import pytest

from tests.tonne.meters.test_csv_feed import AT, HOURLY, parse, refused
from tests.tonne.meters.test_day_rows import left_out, midnight, told
from tonne.meters.readings import Quality

#: A file of the market of Australia's east: a block for each register of a connection point, its rows days.
NEM12 = """
[csv]
heading = false
time = 2
format = "%Y%m%d"
zone = "Etc/GMT-10"
values = "interval"
interval_s = 1800
day = "clock"
above = {1 = 200}
only = {1 = 300, "above 2" = "NEM1201009"}
[csv.import]
only = {"above 5" = "E1"}
first = 3
last = 50
unit = "kWh"
[csv.export]
only = {"above 5" = "B1"}
first = 3
last = 50
unit = "kWh"
[csv.quality]
column = 51
settled = ["A"]
substituted = ["S14"]
"""

APART = """
[csv]
time = "time"
zone = "Europe/Berlin"
values = "interval"
interval_s = 3600
only = {Meter = "A1"}
[csv.import]
only = {Flow = "consumption"}
column = "kWh"
unit = "kWh"
[csv.export]
only = {Flow = "generation"}
column = "kWh"
unit = "kWh"
"""

REGISTERS = """
[csv]
time = "time"
zone = "Europe/Berlin"
values = "register"
[csv.import]
only = {OBIS = "1-0:1.8.0"}
column = "value"
unit = "Wh"
[csv.export]
only = {OBIS = "1-0:2.8.0"}
column = "value"
unit = "Wh"
"""

PLAIN = """
[csv]
heading = false
delimiter = ";"
decimal = ","
time = [1, 2]
zone = "Europe/Berlin"
values = "interval"
interval_s = 3600
[csv.import]
column = 3
unit = "kWh"
"""

OPEN = """
[csv]
heading = false
time = 1
zone = "Europe/Berlin"
values = "interval"
interval_s = 3600
day = "elapsed"
[csv.import]
first = 2
last = 25
unit = "Wh"
"""


def block(point: str, register: str, *days: tuple[str, int, str]) -> list[str]:
    """Half-hours of so many Wh."""
    lines = [f"200,{point},E1B1,1,{register},,01009,KWH,30,20260710"]
    for day, wh, mark in days:
        values = ",".join([f"{wh / 1000:.3f}"] * 48)
        lines.append(f"300,{day},{values},{mark},,,20260702121004,20260702182204")
    return lines


def test_a_block_for_each_register_is_read_with_one_map():
    lines = ["100,NEM12,202607020000,MDP1,Retailer"]
    lines += block("NEM1201009", "E1", ("20260601", 461, "A"), ("20260602", 810, "S14"))
    lines += ["400,1,48,S14,32,"]
    lines += block("NEM1201009", "B1", ("20260601", 5, "A"))
    lines += block("NEM1201009", "Q1", ("20260601", 77, "A"))
    lines += block("NEM1999999", "E1", ("20260601", 99, "A"))
    found = parse("\r\n".join([*lines, "900", ""]), NEM12)
    assert found.left_out.count == 0
    first = midnight("01.06.2026", "Etc/GMT-10")
    ways = {way: [i for i in found.intervals if i.is_export is way] for way in (False, True)}
    assert [(i.start, i.energy_wh) for i in ways[True]] == [
        (first + 1800 * n, 5) for n in range(48)
    ]
    assert [i.start for i in ways[False]] == [first + 1800 * n for n in range(96)]
    assert [(i.energy_wh, i.quality) for i in ways[False]] == [
        *[(461, Quality.SETTLED)] * 48,
        *[(810, Quality.SUBSTITUTED)] * 48,
    ]
    assert {i.row for i in ways[True]} == {7}


def test_a_file_without_a_line_of_the_meter_is_refused_for_what_it_has():
    lines = ["100,NEM12,202607020000,MDP1,Retailer"]
    error = refused("\n".join([*lines, *block("NEM9", "E1", ("20260601", 1, "A"))]), NEM12)
    assert (error.code, error.field) == ("METER_CSV_FORM", "only")
    assert "'NEM1201009'" in error.message and "300, NEM9, E1" in error.message


def test_a_row_of_the_meter_with_other_cells_than_its_first_is_named():
    lines = block("NEM1201009", "E1", ("20260601", 1, "A"), ("20260602", 2, "A"))
    lines[2] = lines[2].replace("0.002", "0,002", 1)
    found = parse("\n".join(lines), NEM12)
    assert left_out(found) == [(3, "METER_ROW_FORM", "row")]
    assert len(found.intervals) == 48


def test_directions_have_rows_of_their_own():
    rows = ["A1,2026-06-01 00:00,consumption,1", "A1,2026-06-01 00:00,generation,0.5"]
    rows += ["B2,2026-06-01 00:00,consumption,9", "A1,2026-06-01 01:00,consumption,2"]
    rows += ["A1,2026-06-01 01:00,reactive,7", "A1,2026-06-01 02:00,generation,x"]
    found = parse("\n".join(["Meter,time,Flow,kWh", *rows]), APART)
    assert [(i.start - AT, i.is_export, i.energy_wh) for i in found.intervals] == [
        (0, False, 1000),
        (0, True, 500),
        (3600, False, 2000),
    ]
    assert left_out(found) == [(7, "METER_ROW_FORM", "kWh")]


def test_rows_of_neither_direction_are_none_of_the_meter():
    error = refused("Meter,time,Flow,kWh\nA1,2026-06-01 00:00,Verbrauch,1\n", APART)
    assert (error.code, error.field) == ("METER_CSV_FORM", "only")
    assert "Flow = 'consumption'" in error.message and "A1, Verbrauch" in error.message


def test_registers_in_rows_of_their_own_are_put_together_and_one_alone_is_left_out():
    rows = ["2026-06-01 00:00,1-0:1.8.0,100", "2026-06-01 00:00,1-0:2.8.0,7"]
    rows += ["2026-06-01 01:00,1-0:2.8.0,8", "2026-06-01 01:00,1-0:1.8.0,130"]
    rows += ["2026-06-01 02:00,1-0:1.8.0,150", "2026-06-01 02:00,1-0:16.7.0,450"]
    rows += ["2026-06-01 03:00,1-0:1.8.0,160", "2026-06-01 03:00,1-0:1.8.0,161"]
    found = parse("\n".join(["time,OBIS,value", *rows]), REGISTERS)
    readings = [row.reading for row in found.registers]
    assert [(r.at - AT, r.import_wh, r.export_wh) for r in readings] == [
        (0, 100, 7),
        (3600, 130, 8),
    ]
    assert sorted(left_out(found)) == [
        (6, "METER_ROW_FORM", "export"),
        (8, "METER_ROWS_DIFFER", "time"),
        (9, "METER_ROWS_DIFFER", "time"),
    ]


def test_a_direction_may_be_of_several_marks_and_of_several_columns():
    tariffs = APART.replace('{Flow = "consumption"}', '{Flow = ["day", "night"]}')
    rows = [
        "A1,2026-06-01 00:00,day,1",
        "A1,2026-06-01 01:00,night,2",
        "A1,2026-06-01 02:00,dusk,4",
    ]
    found = parse("\n".join(["Meter,time,Flow,kWh", *rows]), tariffs)
    assert told(found) == [(AT, 1000), (AT + 3600, 2000)]
    columns = PLAIN.replace("column = 3", "column = [3, 4]")
    found = parse("2026-06-01;00:00;1,5;,25\n2026-06-01;01:00;1,5;\n", columns)
    assert told(found) == [(AT, 1750)]
    assert left_out(found) == [(2, "METER_ROW_FORM", "4")]


def test_a_time_may_be_that_from_which_to_which():
    terms = HOURLY.replace('time = "time"', 'time = "time"\nuntil = " to "')
    text = "time,kWh\n2026-06-01\u00a000:00:00\u00a0to\u00a02026-06-01\u00a001:00:00,1\n"
    assert told(parse(text, terms)) == [(AT, 1000)]


@pytest.mark.parametrize("text, wh", [(".123", 123), ("0.12300000000000", 123), ("+.5", 500)])
def test_numbers_are_read_without_a_leading_0_and_with_many_decimals(text, wh):
    assert told(parse(f"time,kWh\n2026-06-01,{text}\n")) == [(AT, wh)]


def test_a_group_that_begins_with_0_is_no_thousand():
    terms = HOURLY.replace("[csv]", '[csv]\ndelimiter = ";"\ndecimal = ","\nthousands = "."')
    found = parse("time;kWh\n2026-06-01 00:00;0.139\n2026-06-01 01:00;1.139\n", terms)
    assert told(found) == [(AT + 3600, 1_139_000)]
    assert left_out(found) == [(2, "METER_ROW_FORM", "kWh")]


def test_japanese_files_are_read():
    terms = HOURLY.replace("[csv]", '[csv]\nencoding = "cp932"').replace(
        '"kWh"\nunit', '"電力量"\nunit'
    )
    assert told(parse("time,電力量\n2026-06-01,1\n".encode("cp932"), terms)) == [(AT, 1000)]


@pytest.mark.parametrize(
    "form, why",
    [
        ("%H:%M", "whole date"),
        ("%d.%m. %H:%M", "whole date"),
        ("%d.%m.%Y %I:%M", "morning"),
        ("%Y-%m-%d %q", "no time"),
        ("%Y-%m-%d %H:%M to %Y-%m-%d %H:%M", "no time"),
    ],
)
def test_a_form_that_does_not_tell_the_time_is_refused_in_the_map(form, why):
    error = refused("time,kWh\n", HOURLY.replace("zone =", f'format = "{form}"\nzone ='))
    assert (error.code, error.field) == ("METER_MAP_FORM", "csv.format")
    assert why in error.message


def test_a_register_is_read_when_its_row_says():
    error = refused("time,OBIS,value\n", REGISTERS.replace("values =", 'stamp = "end"\nvalues ='))
    assert error.code == "METER_MAP_FORM"
    assert "stamp" in error.message


def test_columns_of_a_file_without_a_heading_have_numbers():
    rows = ["2026-06-01;00:00;1,5;x", "2026-06-01;01:00;2;x;", "2026-06-01;02:00;2;5;x"]
    found = parse("\n".join(rows), PLAIN)
    assert told(found) == [(AT, 1500), (AT + 3600, 2000)]
    assert [i.row for i in found.intervals] == [1, 2]
    assert left_out(found) == [(3, "METER_ROW_FORM", "row")]


def test_values_that_end_a_row_are_as_many_as_its_day_has():
    days = [("2026-10-25", 25), ("2026-10-26", 24), ("2026-03-29", 23), ("2026-03-30", 23)]
    rows = [",".join([day, *map(str, range(count))]) for day, count in days]
    found = parse("\n".join(rows), OPEN)
    assert len(found.intervals) == 25 + 24 + 23
    assert left_out(found) == [(4, "METER_ROW_FORM", "row")]


@pytest.mark.parametrize(
    "old, new, told",
    [
        ("column = 3", 'column = "kWh"', "kWh"),
        ("column = 3", "column = 0", "0"),
        ("time = [1, 2]", 'time = [1, "above 2"]', "above 2"),
        ("delimiter", 'only = {"above 2" = "x"}\ndelimiter', "above is needed"),
        ("delimiter", 'above = {Form = "x"}\ndelimiter', "Form"),
        ("heading = false", "above = {1 = 200}", "heading = false"),
    ],
)
def test_a_map_of_such_a_file_that_is_none_says_what_is_missing(old, new, told):
    error = refused("1,2,3", PLAIN.replace(old, new))
    assert error.code == "METER_MAP_FORM"
    assert told in error.message


@pytest.mark.parametrize(
    "heading, remedy",
    [
        ("time;kWh", "delimiter"),
        ("Name,Customer", "skip"),
        ("time,kWh,kWh", "heading = false"),
    ],
)
def test_a_heading_that_has_not_its_columns_says_what_to_correct(heading, remedy):
    error = refused(f"{heading}\n2026-06-01,1\n")
    assert (error.code, remedy in error.remedy) == ("METER_CSV_FORM", True)


def test_a_name_with_blanks_in_the_map_says_so():
    error = refused("time,kWh\n2026-06-01,1\n", HOURLY.replace('column = "kWh"', 'column = " kWh"'))
    assert "without blanks" in error.remedy
