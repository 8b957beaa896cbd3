"""Clocks on the wall: what was shown twice or never is refused, each with a code of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.meters.local_time import interval, moment, zone_of

BERLIN = zone_of("Europe/Berlin")


def at(text: str, zone=BERLIN) -> int:
    return moment(datetime.fromisoformat(text), zone)


def test_a_time_is_of_its_zone_or_of_its_own_offset():
    assert at("2026-06-01 00:00") == at("2026-05-31T22:00:00Z", None) == 1_780_264_800
    assert at("2026-06-01 00:00+00:00") == 1_780_264_800 + 7_200


@pytest.mark.parametrize(
    "text, code",
    [
        ("2026-10-25 02:00", "METER_TIME_AMBIGUOUS"),
        ("2026-10-25 02:59:59", "METER_TIME_AMBIGUOUS"),
        ("2026-03-29 02:00", "METER_TIME_MISSING"),
        ("2026-03-29 02:59:59", "METER_TIME_MISSING"),
    ],
)
def test_an_hour_that_came_twice_or_never_is_refused(text, code):
    with pytest.raises(TonneError) as refused:
        at(text)
    assert refused.value.code == code
    assert text in str(refused.value.value)


@pytest.mark.parametrize(
    "text", ["2026-10-25 01:59:59", "2026-10-25 03:00", "2026-03-29 01:59:59", "2026-03-29 03:00"]
)
def test_the_hours_beside_it_are_taken(text):
    assert at(text) == int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp())


def test_standard_time_all_year_has_no_such_hour():
    assert at("2026-10-25 02:00", zone_of("Etc/GMT-1")) == at("2026-10-25T01:00:00Z")


@pytest.mark.parametrize(
    "zone, day, begin, hours",
    [
        ("Europe/Berlin", "2026-03-28", "2026-03-27T23:00Z", 24),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z", 23),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00Z", 25),
        ("Europe/Berlin", "2026-10-25 06:00", "2026-10-25T05:00Z", 24),
        ("Europe/Berlin", "2026-10-24 06:00", "2026-10-24T04:00Z", 25),
        ("Europe/Berlin", "2026-10-24T22:00Z", "2026-10-24T22:00Z", 25),
        ("Etc/GMT-1", "2026-10-25", "2026-10-24T23:00Z", 24),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00Z", 24.5),
        ("Africa/Cairo", "2025-04-25", "2025-04-24T22:00Z", 23),  # 00:00 to 00:59 were never shown
        ("Atlantic/Azores", "2026-10-25", "2026-10-25T00:00Z", 25),  # and here they were twice
    ],
)
def test_a_day_ends_when_the_clock_shows_its_time_again(zone, day, begin, hours):
    when, zone = datetime.fromisoformat(day), zone_of(zone)
    start, end = interval(when, DAY_S, zone)
    assert start == datetime.fromisoformat(begin).timestamp()
    assert end - start == hours * 3_600
    if when.tzinfo is None:
        assert interval(when + timedelta(days=1), DAY_S, zone, ends=True) == (start, end)


def test_a_day_that_the_calendar_left_out_is_missing():
    with pytest.raises(TonneError) as refused:
        interval(datetime(2011, 12, 30), DAY_S, zone_of("Pacific/Apia"))
    assert refused.value.code == "METER_TIME_MISSING"


@pytest.mark.parametrize(
    "zone, text, length_s, ends, good",
    [
        ("Europe/Berlin", "2026-10-25 00:00", 6 * 3_600, False, False),
        ("Europe/Berlin", "2026-10-25 06:00", 6 * 3_600, True, False),
        ("Europe/Berlin", "2026-03-29 00:00", 3 * 3_600, False, False),
        ("Australia/Lord_Howe", "2026-04-05 01:00", 3_600, False, False),
        ("Europe/Berlin", "2026-10-25 00:00+02:00", 6 * 3_600, False, True),
        ("Europe/Berlin", "2026-10-25 00:00", 7_200, False, True),
        ("Europe/Berlin", "2026-10-25 03:00", 900, True, True),
        ("Europe/Berlin", "2026-03-29 03:00", 900, True, True),
        ("Europe/Berlin", "2026-03-29 01:45", 900, False, True),
    ],
)
def test_an_interval_in_which_the_clock_is_set_is_ambiguous(zone, text, length_s, ends, good):
    when, zone = datetime.fromisoformat(text), zone_of(zone)
    if good:
        start, end = interval(when, length_s, zone, ends)
        assert (end if ends else start, end - start) == (at(text, zone), length_s)
        return
    with pytest.raises(TonneError) as refused:
        interval(when, length_s, zone, ends)
    assert refused.value.code == "METER_TIME_AMBIGUOUS"
    assert "how long" in refused.value.message


def test_without_offset_or_zone_nothing_is_guessed():
    with pytest.raises(TonneError) as refused:
        at("2026-06-01 00:00", None)
    assert refused.value.code == "METER_TIME_WITHOUT_ZONE"


@pytest.mark.parametrize("name", ["", "Europe/Nowhere", "../../etc/passwd", "/etc/passwd", "a\0b"])
def test_a_zone_that_is_none_is_refused(name):
    with pytest.raises(TonneError) as refused:
        zone_of(name)
    assert refused.value.code == "METER_ZONE_UNKNOWN"
