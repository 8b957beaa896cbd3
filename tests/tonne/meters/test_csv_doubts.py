"""Files each of whose rows can be read, and whose map does not fit them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.tonne.meters.test_csv_feed import HOURLY, parse, refused
from tests.tonne.meters.test_day_rows import left_out

#: Hours of the day counted from 1, as Spain's portals have them; and the map that takes them for the clock's.
COUNTED = """
[csv]
delimiter = ";"
decimal = ","
time = {time}
format = "{format}"
zone = "Europe/Madrid"
values = "interval"
interval_s = 3600
{more}
[csv.import]
column = "AE_kWh"
unit = "kWh"
"""
BY_CLOCK = COUNTED.format(time='["Fecha", "Hora"]', format="%d/%m/%Y %H", more='stamp = "end"')
BY_COUNT = COUNTED.format(time='"Fecha"', format="%d/%m/%Y", more='period = "Hora"')

SPRING, AUTUMN, PLAIN = "29/03/2026", "25/10/2026", "02/06/2026"
HOURS = {SPRING: 23, AUTUMN: 25, PLAIN: 24}


def counted(*days: str) -> str:
    rows = [f"{day};{hour:02};0,{hour:03}" for day in days for hour in range(1, HOURS[day] + 1)]
    return "\n".join(["Fecha;Hora;AE_kWh", *rows])


def test_hours_that_are_counted_are_those_of_their_day():
    found = parse(counted(SPRING, PLAIN, AUTUMN), BY_COUNT)
    assert found.left_out.count == 0
    assert [i.energy_wh for i in found.intervals] == [
        *range(1, 24),
        *range(1, 25),
        *range(1, 26),
    ]
    assert all(i.duration_s == 3600 for i in found.intervals)
    assert {
        b.start - a.start for a, b in zip(found.intervals, found.intervals[1:], strict=False)
    } > {3600}


@pytest.mark.parametrize("hour", ["0", "25", "x", ""])
def test_a_count_that_its_day_has_not_costs_its_row(hour):
    found = parse(counted(PLAIN) + f"\n{PLAIN};{hour};1", BY_COUNT)
    assert left_out(found) == [(26, "METER_ROW_FORM", "Hora")]


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_day_whose_hours_are_counted_is_not_read_by_the_clock(day):
    found = parse(counted(PLAIN, day), BY_CLOCK)
    assert len(found.intervals) == 24
    assert found.left_out.codes["METER_ROW_FORM"] >= 20
    assert any("period" in error.remedy for _, error in found.left_out.named)
    assert found.left_out.count == HOURS[day]


def test_a_label_that_the_clock_skips_costs_its_hour_where_the_next_is_not_there():
    """Where hours are called by their end, an hour after their beginning: 2, then 4."""
    hours = [1, 2, *range(4, 25)]
    rows = [f"{SPRING};{hour:02};1" for hour in hours]
    found = parse("\n".join(["Fecha;Hora;AE_kWh", *rows]), BY_CLOCK)
    assert len(found.intervals) == 22
    assert found.left_out.codes == {"METER_TIME_MISSING": 1}


def test_an_hour_25_of_a_day_that_has_24_costs_its_row_alone():
    found = parse(counted(PLAIN) + f"\n{PLAIN};25;1", BY_CLOCK)
    assert len(found.intervals) == 24
    assert left_out(found) == [(26, "METER_ROW_FORM", "Fecha")]


def dated(form: str, count: int) -> str:
    days = (date(2026, 3, 1) + timedelta(days=n) for n in range(count))
    return "time,kWh\n" + "".join(f"{day.strftime(form)},1\n" for day in days)


def daily(form: str) -> str:
    return HOURLY.replace("interval_s = 3600", f'interval_s = 86400\nformat = "{form}"')


def test_days_and_months_the_other_way_round_refuse_the_file():
    error = refused(dated("%d/%m/%Y", 31), daily("%m/%d/%Y"))
    assert (error.code, error.field) == ("METER_CSV_FORM", "format")
    assert "19 rows" in error.message and "%d/%m/%Y" in error.message


def test_a_slip_of_the_pen_costs_its_row():
    found = parse(dated("%d/%m/%Y", 31) + "04/13/2026,1\n", daily("%d/%m/%Y"))
    assert len(found.intervals) == 31
    assert left_out(found) == [(33, "METER_ROW_FORM", "time")]


def test_intervals_that_begin_further_apart_than_they_are_long_refuse_the_file():
    rows = "".join(f"2026-06-01 {hour:02}:00,1\n" for hour in range(24))
    error = refused("time,kWh\n" + rows, HOURLY.replace("3600", "900"))
    assert (error.code, error.field) == ("METER_CSV_FORM", "interval_s")
    assert "3600 s apart" in error.message
    gaps = "".join(f"2026-06-{day:02} {day * day % 24:02}:00,1\n" for day in range(1, 30))
    assert len(parse("time,kWh\n" + gaps, HOURLY).intervals) == 29


def test_the_end_of_a_day_with_that_day_s_date_refuses_the_file():
    rows = ["2026-06-01 23:00,1", "2026-06-01 00:00,1", "2026-06-02 01:00,1"]
    ends = HOURLY.replace("values =", 'stamp = "end"\nvalues =')
    error = refused("\n".join(["time,kWh", *rows]), ends)
    assert (error.code, error.field) == ("METER_CSV_FORM", "stamp")
    assert "row 3" in error.message
    others = [
        "2026-06-02 10:00,1",
        "2026-06-01 11:00,1",
        "2026-06-01 00:00,1",
        "2026-05-31 23:00,1",
    ]
    assert len(parse("\n".join(["time,kWh", *others]), ends).intervals) == 4


def test_rows_of_two_meters_without_only_refuse_the_file():
    rows = [f"{meter},2026-06-01 {n:02}:00,{n + 7 * meter}" for n in range(24) for meter in (1, 2)]
    error = refused("\n".join(["meter,time,kWh", *rows, "1,2026-06-02,1"]), HOURLY)
    assert (error.code, error.field) == ("METER_CSV_FORM", "only")
    assert "48 rows" in error.message
