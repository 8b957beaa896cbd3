"""Clocks on the wall: what was shown twice or never is refused, each with a code of its own."""

from __future__ import annotations

from datetime import datetime

import pytest

from tonne.errors import TonneError
from tonne.meters.local_time import moment, zone_of

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


def test_without_offset_or_zone_nothing_is_guessed():
    with pytest.raises(TonneError) as refused:
        at("2026-06-01 00:00", None)
    assert refused.value.code == "METER_TIME_WITHOUT_ZONE"


@pytest.mark.parametrize("name", ["", "Europe/Nowhere", "../../etc/passwd", "/etc/passwd", "a\0b"])
def test_a_zone_that_is_none_is_refused(name):
    with pytest.raises(TonneError) as refused:
        zone_of(name)
    assert refused.value.code == "METER_ZONE_UNKNOWN"
