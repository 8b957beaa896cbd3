"""CSV whose rows are days: a column is a time of the clock or counts what passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.tonne.meters.records import SHARED, needs_shared
from tests.tonne.meters.test_csv_feed import fields, parse, refused
from tonne.errors import TonneError
from tonne.meters import csv_rows
from tonne.meters.local_time import zone_of
from tonne.meters.readings import Quality

SPRING, AUTUMN = "29.03.2026", "25.10.2026"

DAYS = """
[csv]
delimiter = ";"
time = "Datum"
format = "%d.%m.%Y"
zone = "Europe/Berlin"
values = "interval"
interval_s = {interval_s}
day = "{day}"
[csv.import]
first = "{first}"
last = "{last}"
unit = "Wh"
"""

QUARTERS = [f"V{n}" for n in range(1, 97)]
LONGEST = [f"V{n}" for n in range(1, 101)]
HOURS = [f"{n:02}:00" for n in range(24)]
#: With columns of the hour that the clock shows again.
TWICE = [*HOURS[:3], "02:00 B", *HOURS[3:]]


def terms(names: list[str], day: str, more: str = "", interval_s: int = 0) -> str:
    interval_s = interval_s or 86_400 // len(names) // 900 * 900
    return DAYS.format(interval_s=interval_s, day=day, first=names[0], last=names[-1]) + more


def sheet(names: list[str], *rows: tuple[str, list]) -> str:
    lines = [";".join(["Datum", *names])]
    lines += [";".join([day, *map(str, values)]) for day, values in rows]
    return "\n".join(lines) + "\n"


def midnight(day: str, zone: str = "Europe/Berlin") -> int:
    when = datetime.strptime(day, "%d.%m.%Y")
    return int(when.replace(tzinfo=zone_of(zone)).timestamp())


def told(found) -> list[tuple[int, int]]:
    return [(i.start, i.energy_wh) for i in found.intervals]


def left_out(found) -> list[tuple[int, str, str | None]]:
    return [(row, e.code, e.field) for row, e in found.left_out.named]


@pytest.mark.parametrize("day", ["clock", "elapsed"])
@pytest.mark.parametrize(
    "names, interval_s",
    [
        (QUARTERS, 900),
        ([f"{n // 4:02}:{n % 4 * 15:02}" for n in range(96)], 900),
        ([f"{n // 2:02}:{n % 2 * 30:02}" for n in range(1, 49)], 1_800),  # its end, the last 24:00
        ([f"h{n:02}" for n in range(1, 25)], 3_600),
    ],
)
def test_a_row_is_a_day_with_a_column_of_each_interval(names, interval_s, day):
    values = [*range(10, 10 + len(names))]
    text = sheet(names, ("01.06.2026", values), ("02.06.2026", values))
    found = parse(text, terms(names, day, interval_s=interval_s))
    assert found.left_out.count == 0
    start = midnight("01.06.2026")
    assert told(found) == [(start + n * interval_s, wh) for n, wh in enumerate(values * 2)]
    assert {i.duration_s for i in found.intervals} == {interval_s}
    assert {i.row for i in found.intervals} == {2, 3}


@pytest.mark.parametrize("day", ["clock", "elapsed"])
def test_a_blank_value_is_a_gap_and_no_nought(day):
    values = ["", 1, 0, " ", *[2] * 20]
    found = parse(sheet(HOURS, ("01.06.2026", values)), terms(HOURS, day))
    start = midnight("01.06.2026")
    assert told(found)[:3] == [(start + 3_600, 1), (start + 7_200, 0), (start + 14_400, 2)]
    assert len(found.intervals) == 22
    ((row, error),) = found.left_out.named
    assert (row, error.code, error.field) == (2, "METER_ROW_FORM", "00:00")
    assert "2 of its 24 values are blank (00:00, 03:00)" in error.message


def test_a_value_that_is_none_costs_its_interval_alone():
    values = [1, "n/a", -3, "1,5", *[2] * 20]
    found = parse(sheet(HOURS, ("01.06.2026", values)), terms(HOURS, "clock"))
    assert len(found.intervals) == 21
    assert left_out(found) == [
        (2, "METER_ROW_FORM", "01:00"),
        (2, "METER_ENERGY_RANGE", "02:00"),
        (2, "METER_ROW_FORM", "03:00"),
    ]


@pytest.mark.parametrize("day", ["clock", "elapsed"])
@pytest.mark.parametrize("count", [20, 23, 25, 30])
def test_a_row_of_too_few_or_too_many_values_is_named_and_costs_itself_alone(day, count):
    rows = [("01.06.2026", [1] * 24), ("02.06.2026", [1] * count), ("03.06.2026", [1] * 24)]
    found = parse(sheet(HOURS, *rows), terms(HOURS, day))
    assert len(found.intervals) == 48
    assert left_out(found) == [(3, "METER_ROW_FORM", "row")]


# By the clock


@pytest.mark.parametrize("skipped", ["", "0", "0,0", "-"])
def test_by_the_clock_the_skipped_hour_is_blank_or_nought_and_nothing_is_missing(skipped):
    values = [7] * 96
    values[8:12] = [skipped] * 4
    marks = terms(QUARTERS, "clock").replace("[csv]", '[csv]\ndecimal = ","')
    found = parse(sheet(QUARTERS, (SPRING, values)), marks)
    assert (len(found.intervals), found.left_out.count) == (92, 0)
    assert found.intervals[0].start == midnight(SPRING)
    assert found.intervals[-1].end == midnight("30.03.2026")
    assert all(a.end == b.start for a, b in pairwise(found.intervals))


def test_a_value_in_the_hour_that_was_skipped_costs_its_day():
    rows = [("28.03.2026", [1] * 96), (SPRING, [1] * 92 + [""] * 4)]
    found = parse(sheet(QUARTERS, *rows), terms(QUARTERS, "clock"))
    assert (len(found.intervals), left_out(found)) == (96, [(3, "METER_TIME_MISSING", "V9")])
    assert 'day = "elapsed"' in found.left_out.named[0].error.remedy


def test_by_the_clock_the_hour_shown_twice_is_held_and_the_rest_taken():
    found = parse(sheet(QUARTERS, (AUTUMN, [*range(96)])), terms(QUARTERS, "clock"))
    assert left_out(found) == [(2, "METER_TIME_AMBIGUOUS", "time")] * 4
    start = midnight(AUTUMN)
    early = [(start + n * 900, n) for n in range(8)]
    assert told(found) == early + [(start + (n + 4) * 900, n) for n in range(12, 96)]
    assert found.intervals[-1].end == midnight("26.10.2026")


@pytest.mark.parametrize("blank", ["", "0"])
def test_columns_of_the_second_showing_tell_the_hour_that_came_twice(blank):
    second = terms(TWICE, "clock", 'repeated = "02:00 B"\n', 3_600)
    normal, spring, autumn = ([*range(25)] for _ in range(3))
    normal[3], spring[2], spring[3] = blank, blank, blank
    rows = [("24.10.2026", normal), (AUTUMN, autumn), (SPRING, spring)]
    found = parse(sheet(TWICE, *rows), second)
    assert found.left_out.count == 0
    assert [i.energy_wh for i in found.intervals] == [
        *(n for n in range(25) if n not in (2, 3)),
        *(n for n in range(25) if n != 3),
        *range(25),
    ]
    assert all(a.end == b.start for a, b in pairwise(found.intervals[23:]))


def test_without_a_value_for_the_second_showing_the_hour_is_ambiguous():
    second = terms(TWICE, "clock", 'repeated = "02:00 B"\n', 3_600)
    values = [1] * 25
    values[3] = ""
    found = parse(sheet(TWICE, (AUTUMN, values)), second)
    assert len(found.intervals) == 23
    assert sorted(code for _, code, _ in left_out(found)) == [
        "METER_ROW_FORM",
        "METER_TIME_AMBIGUOUS",
    ]


def test_a_value_for_a_second_showing_on_another_day_costs_that_day():
    second = terms(TWICE, "clock", 'repeated = "02:00 B"\n', 3_600)
    rows = [("01.06.2026", [1] * 25), ("02.06.2026", [1] * 3 + [""] + [1] * 21)]
    found = parse(sheet(TWICE, *rows), second)
    assert (len(found.intervals), left_out(found)) == (24, [(2, "METER_ROW_FORM", "02:00 B")])


# By the time that passes


@pytest.mark.parametrize("names", [QUARTERS, LONGEST])
@pytest.mark.parametrize("filler", [None, ""])
def test_elapsed_a_day_has_92_96_or_100_values(names, filler):
    days = [("28.03.2026", 96), (SPRING, 92), (AUTUMN, 100)]
    rows = []
    for day, count in days:
        values = [*range(count)] + [filler] * (len(names) - count)
        rows.append((day, [value for value in values if value is not None]))
    found = parse(sheet(names, *rows), terms(names, "elapsed", interval_s=900))
    assert found.left_out.count == 0
    wanted = [(midnight(day) + n * 900, n) for day, count in days for n in range(count)]
    assert told(found) == wanted


@pytest.mark.parametrize("value", ["1", "0"])
def test_elapsed_columns_that_a_day_has_no_interval_for_are_blank(value):
    longest = terms(LONGEST, "elapsed", interval_s=900)
    rows = [("28.03.2026", [1] * 96 + [""] * 4), ("30.03.2026", [1] * 96 + [value, "", "", ""])]
    found = parse(sheet(LONGEST, *rows), longest)
    assert (len(found.intervals), left_out(found)) == (96, [(3, "METER_ROW_FORM", "row")])
    assert "97 values" in found.left_out.named[0].error.message


@pytest.mark.parametrize("day, value", [(SPRING, 1), (SPRING, 0), (AUTUMN, 1)])
def test_elapsed_a_day_of_96_values_when_the_clock_is_set_is_refused(day, value):
    rows = [("01.06.2026", [1] * 96), (day, [value] * 96)]
    found = parse(sheet(QUARTERS, *rows), terms(QUARTERS, "elapsed"))
    assert (len(found.intervals), left_out(found)) == (96, [(3, "METER_ROW_FORM", "row")])
    error = found.left_out.named[0].error
    assert "96 values" in error.message
    assert ("92" if day == SPRING else "100") + " intervals" in error.message
    assert 'day = "clock"' in error.remedy


def test_columns_behind_those_of_the_day_bind_a_row_to_its_heading():
    names = [*QUARTERS, "Summe"]
    text = sheet(names, ("01.06.2026", [1] * 96 + [96]), (AUTUMN, [1] * 100 + [100]))
    found = parse(text + f"{SPRING};" + "1;" * 92 + ";;;;92\n", terms(QUARTERS, "elapsed"))
    assert len(found.intervals) == 96 + 92
    assert left_out(found) == [(3, "METER_ROW_FORM", "row")]


@pytest.mark.parametrize(
    "zone, day, count, interval_s",
    [
        ("Australia/Lord_Howe", "05.04.2026", 49, 1_800),
        ("Australia/Lord_Howe", "04.10.2026", 47, 1_800),
        ("Africa/Cairo", "25.04.2025", 23, 3_600),
        ("Africa/Cairo", "30.10.2025", 25, 3_600),
        ("Atlantic/Azores", "25.10.2026", 25, 3_600),
        ("Etc/GMT-1", SPRING, 24, 3_600),
    ],
)
def test_clocks_that_are_set_at_midnight_or_by_half_an_hour(zone, day, count, interval_s):
    names = [f"P{n}" for n in range(1, 86_400 // interval_s + 1)]
    marks = terms(names, "elapsed", interval_s=interval_s).replace("Europe/Berlin", zone)
    found = parse(sheet(names, (day, [1] * count)), marks)
    assert (len(found.intervals), found.left_out.count) == (count, 0)
    following = datetime.strptime(day, "%d.%m.%Y") + timedelta(days=1)
    assert found.intervals[-1].end == midnight(f"{following:%d.%m.%Y}", zone)


@pytest.mark.parametrize("count", [24, 25])
def test_a_day_of_24_and_a_half_hours_has_no_number_of_hours(count):
    marks = terms(HOURS, "elapsed").replace("Europe/Berlin", "Australia/Lord_Howe")
    found = parse(sheet(HOURS, ("05.04.2026", [1] * count), ("06.04.2026", [1] * 24)), marks)
    assert (len(found.intervals), left_out(found)) == (24, [(2, "METER_ROW_FORM", "row")])
    assert "24.5 intervals" in found.left_out.named[0].error.message
    clock = marks.replace('"elapsed"', '"clock"')
    found = parse(sheet(HOURS, ("05.04.2026", [1] * 24)), clock)
    assert len(found.intervals) == 23
    assert left_out(found) == [(2, "METER_TIME_AMBIGUOUS", "time")]  # 01:00 to 02:00 took 1.5 h


# All that other rows have


def test_a_year_of_days_is_the_year_in_rows_with_offsets():
    zone, start = zone_of("Europe/Berlin"), datetime(2025, 12, 31, 23, tzinfo=UTC)
    hours = [(start + timedelta(hours=n)).astimezone(zone) for n in range(8_760)]
    days: dict[str, list[int]] = {}
    for n, hour in enumerate(hours):
        days.setdefault(f"{hour:%d.%m.%Y}", []).append(n)
    found = parse(sheet(HOURS, *days.items()), terms(HOURS, "elapsed"))
    single = terms(HOURS, "").replace('day = ""', "").replace("%Y", "%Y %H:%M%z", 1)
    single = single.replace('first = "00:00"\nlast = "23:00"', 'column = "Wh"')
    rows = "".join(f"{hour:%d.%m.%Y %H:%M%z};{n}\n" for n, hour in enumerate(hours))
    assert found.left_out.count == 0
    assert told(found) == told(parse("Datum;Wh\n" + rows, single))


def test_export_and_marks_of_quality_may_stand_beside_each_value():
    names = [f"{kind}{n}" for n in range(1, 25) for kind in ("In", "Out", "Q")]
    more = '[csv.export]\nfirst = "Out1"\nlast = "Out24"\nevery = 3\nunit = "kW"\nnegative = true\n'
    more += '[csv.quality]\nfirst = "Q1"\nlast = "Q24"\nevery = 3\nsettled = ["W"]\n'
    marks = terms(HOURS, "elapsed", "every = 3\n" + more)
    marks = marks.replace("00:00", "In1").replace("23:00", "In24")
    values = [value for n in range(25) for value in (n, -1 if n else "", "W" if n % 2 else "?")]
    found = parse(sheet(names, ("01.06.2026", values[:72]), (AUTUMN, values)), marks)
    taken = [i for i in found.intervals if not i.is_export]
    given = [i for i in found.intervals if i.is_export]
    assert [i.energy_wh for i in taken] == [*range(24), *range(25)]
    assert [i.quality for i in taken[:2]] == [Quality.HELD, Quality.SETTLED]
    assert {i.energy_wh for i in given} == {1_000}
    assert len(given) == 23 + 24  # a gap of one way is none of the other
    assert left_out(found) == [(2, "METER_ROW_FORM", "Out1"), (3, "METER_ROW_FORM", "Out1")]


def test_one_mark_of_quality_is_of_all_values_and_only_takes_rows_of_the_meter():
    names = ["Zähler", "Status", *HOURS]
    rows = [("01.06.2026", ["A1", "W"] + [1] * 24), ("01.06.2026", ["B2", "W"] + [2] * 24)]
    marks = terms(HOURS, "clock", '[csv.quality]\ncolumn = "Status"\nsettled = ["W"]\n')
    marks = marks.replace("[csv]", '[csv]\nonly = {"Zähler" = "A1"}')
    found = parse(sheet(names, *rows), marks)
    assert {(i.energy_wh, i.quality) for i in found.intervals} == {(1, Quality.SETTLED)}


def test_the_sign_of_a_net_value_tells_its_direction():
    net = terms(HOURS, "clock").replace("[csv.import]", '[csv.net]\npositive = "import"')
    found = parse(sheet(HOURS, ("01.06.2026", [5, -7] + [0] * 22)), net)
    assert [(i.is_export, i.energy_wh) for i in found.intervals[:4]] == [
        (False, 5),
        (True, 0),
        (False, 0),
        (True, 7),
    ]


def test_a_time_that_is_a_moment_begins_the_clock_s_day_there():
    unix = terms(HOURS, "elapsed").replace("%d.%m.%Y", "unix")
    found = parse(sheet(HOURS, (str(midnight(AUTUMN)), [1] * 25)), unix)
    assert (found.intervals[0].start, len(found.intervals)) == (midnight(AUTUMN), 25)
    clock = unix.replace('"elapsed"', '"clock"')
    found = parse(sheet(HOURS, (str(midnight(AUTUMN)), [1] * 24)), clock)
    assert (found.intervals[0].start, len(found.intervals)) == (midnight(AUTUMN), 23)


def test_days_that_stand_twice_count_once_and_at_odds_not_at_all():
    rows = [("01.06.2026", [1] * 24), ("01.06.2026", [1] * 23 + [2]), ("x", [1] * 24)]
    found = parse(sheet(HOURS, *rows), terms(HOURS, "clock"))
    assert len(found.intervals) == 23
    assert found.left_out.codes == {"METER_ROWS_DIFFER": 2, "METER_ROW_FORM": 1}


def test_values_of_days_are_bounded_as_rows_are(monkeypatch):
    text = sheet(HOURS, *((f"{n:02}.06.2026", [1] * 24) for n in range(1, 4)))
    monkeypatch.setattr(csv_rows, "MOST_ROWS", 72)
    assert len(parse(text, terms(HOURS, "clock")).intervals) == 72
    monkeypatch.setattr(csv_rows, "MOST_ROWS", 71)
    assert refused(text, terms(HOURS, "clock")).code == "METER_TOO_LARGE"
    endless = sheet(HOURS, ("01.06.2026", [1] * 24), ("02.06.2026", [1] * 100_000))
    found = parse(endless, terms(HOURS, "elapsed"))
    assert (len(found.intervals), left_out(found)) == (24, [(3, "METER_ROW_FORM", "row")])


# Maps and headings that are none


@pytest.mark.parametrize(
    "old, new, said",
    [
        ('day = "clock"', "", "write day ="),
        ('day = "clock"', 'day = "both"', "clock"),
        ('first = "00:00"\n', "", "first and last"),
        ('last = "23:00"', 'column = "x"', "first and last"),
        ('last = "23:00"', 'last = "00:00"', "first and last"),
        ('first = "00:00"\nlast = "23:00"', 'column = "x"', "first and last"),
        ('first = "00:00"\nlast = "23:00"', 'column = "x"\nevery = 2', "every is of"),
        ('zone = "Europe/Berlin"\n', "", "zone is needed"),
        ("interval_s = 3600", "interval_s = 5000", "part of a day"),
        ("interval_s = 3600", "interval_s = 86400", "part of a day"),
        ('"interval"', '"register"', "values"),
        ('day = "clock"', 'day = "clock"\nstamp = "end"', "stamp"),
        (
            'day = "clock"\n[csv.import]',
            'day = "elapsed"\n[csv.import]\nrepeated = "x"',
            "repeated",
        ),
        ('unit = "Wh"', 'unit = "Wh"\n[csv.export]\ncolumn = "x"\nunit = "Wh"', "first and last"),
    ],
)
def test_a_map_of_days_that_is_none_says_what_it_lacks(old, new, said):
    marks = terms(HOURS, "clock")
    assert old in marks
    with pytest.raises(TonneError) as found:
        fields(marks.replace(old, new))
    assert found.value.code == "METER_MAP_FORM"
    assert said in found.value.message


@pytest.mark.parametrize(
    "part",
    ['[csv.quality]\nfirst = "a"\nlast = "b"\n', '[csv.export]\ncolumn = "x"\nunit = "Wh"\nrepeated = "y"\n'],
)  # fmt: skip
def test_what_only_days_have_is_refused_of_other_rows(part):
    single = terms(HOURS, "").replace('day = ""', "")
    single = single.replace('first = "00:00"\nlast = "23:00"', 'column = "Wh"')
    fields(single)
    with pytest.raises(TonneError) as found:
        fields(single + part)
    assert found.value.code == "METER_MAP_FORM"


@pytest.mark.parametrize(
    "names, day, more, said",
    [
        (HOURS[:-1], "clock", "", "it has 23 of them"),
        (TWICE, "clock", "", "it has 25 of them"),
        (HOURS, "clock", 'repeated = "02:00"\n', "it has 24 of them"),
        ([*HOURS, "x", "y"], "elapsed", "", "it has 26 of them"),
        (HOURS[:-2], "elapsed", "", "it has 22 of them"),
        (TWICE, "clock", 'repeated = "00:00"\n', "not behind the hour"),
        ([*reversed(HOURS)], "clock", "", "'23:00'"),
        (HOURS, "clock", "every = 2\n", "every = 2"),
    ],
)
def test_a_heading_whose_columns_are_no_day_is_refused(names, day, more, said):
    marks = terms(names, day, more, 3_600)
    if said == "'23:00'":
        marks = terms(HOURS, day)
    error = refused(sheet(names, ("01.06.2026", [1] * len(names))), marks)
    assert error.code == "METER_CSV_FORM"
    assert said in error.message
    assert error.field == (HOURS[-1] if said == "'23:00'" else names[-1])


@pytest.mark.parametrize("gone", ["00:00", "23:00", "02:00 B"])
def test_columns_that_the_heading_lacks_are_named(gone):
    names = [name if name != gone else "other" for name in TWICE]
    error = refused(sheet(names), terms(TWICE, "clock", 'repeated = "02:00 B"\n', 3_600))
    assert (error.code, error.field) == ("METER_CSV_FORM", gone)


@needs_shared
@pytest.mark.parametrize("day", ["elapsed", "clock"])
def test_a_household_of_three_years_in_rows_that_are_days_of_london_is_read_whole(day):
    raw = (SHARED / "meters" / "uk_meter_0.csv").read_text().split()[1:]
    hours = [(datetime.fromisoformat(at), int(wh)) for at, wh in (row.split(",") for row in raw)]
    zone = zone_of("Europe/London")
    days: dict[str, list] = {}
    for at, wh in hours:
        local = at.astimezone(zone)
        values = days.setdefault(f"{local:%d.%m.%Y}", [""] * 24 if day == "clock" else [])
        if day == "clock":
            values[local.hour] = wh
        else:
            values.append(wh)
    first, *_, last = days
    if day == "elapsed":
        days[first] = [""] * (24 - len(days[first])) + days[first]
        days[last] += [""] * (24 - len(days[last]))
    marks = terms(HOURS, day).replace("Europe/Berlin", "Europe/London")
    found = parse(sheet(HOURS, *days.items()), marks)
    twice = 3 if day == "clock" else 0  # autumns
    wanted = [(int(at.timestamp()), wh) for at, wh in hours]
    assert len(found.intervals) == len(wanted) - 2 * twice
    assert set(told(found)) <= set(wanted)
    assert found.left_out.codes["METER_TIME_AMBIGUOUS"] == twice
    assert found.left_out.codes["METER_ROW_FORM"] == 2  # its first day and its last are not whole
