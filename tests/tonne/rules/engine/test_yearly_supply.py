"""A year's auctions, decided before it: the cap's path, the stability reserve, a price spike."""

from __future__ import annotations

from datetime import date

import pytest

from tonne.rules import engine
from tonne.rules.pack import load
from tonne.rules.pack.model import DatedValue

EUROPE = load("eu-ets")
CALM = engine.PriceHistory(6_500, 6_500)


def with_value(key, value, unit, since=date(2000, 1, 1)):
    entry = DatedValue.model_validate(
        {"value": value, "unit": unit, "from": since, "source": "ours", "confidence": "ours"}
    )
    pack = EUROPE.assuming({}, {})
    pack.values = {**pack.values, key: (entry,)}
    return pack


@pytest.mark.parametrize(
    "year, cap",
    [
        (2020, None),
        (2021, 1_571_583_007),
        (2022, 1_528_579_492),
        (2023, 1_485_575_977),
        (2024, 1_386_051_745),
        (2025, 1_298_127_513),
    ],
)
def test_a_cap_follows_from_the_last_known_one(year, cap):
    assert engine.cap_of(EUROPE, year) == cap


def test_a_cap_that_no_base_leads_to_is_not_known():
    assert engine.cap_of(load("us-rggi"), 2025) is None
    assert engine.cap_of(load("us-california"), 2025) == 267_400_000


def test_what_the_reserve_takes_is_not_auctioned():
    found = engine.yearly_supply(EUROPE, 2023, date(2024, 1, 4), CALM)
    assert (found.share, found.intake, found.release, found.spike) == (
        846_778_306,
        272_350_737,
        0,
        0,
    )
    assert found.auctioned == 846_778_306 - 272_350_737
    low = with_value("supply.circulating", 399_999_999, "t")
    assert engine.yearly_supply(low, 2023, date(2024, 1, 4), CALM).intake == 0


def test_the_reserve_releases_what_it_holds_and_no_more():
    low = with_value("supply.circulating", 399_999_999, "t")
    assert engine.yearly_supply(low, 2025, date(2026, 6, 1), CALM).release == 100_000_000
    assert engine.yearly_supply(low, 2023, date(2024, 1, 4), CALM).release == 0, (
        "what it holds is not known"
    )


def test_a_price_spike_adds_to_the_auctions():
    risen = engine.PriceHistory(15_601, 6_500)
    found = engine.yearly_supply(EUROPE, 2023, date(2024, 1, 4), risen)
    assert found.spike == 75_000_000
    assert engine.yearly_supply(EUROPE, 2023, date(2024, 1, 4), CALM).spike == 0
    assert engine.yearly_supply(EUROPE, 2022, date(2023, 1, 4), risen).spike == 0, (
        "the rule begins in 2024"
    )


def test_the_reserve_takes_no_more_than_is_auctioned():
    much = with_value("supply.circulating", 10**11, "t")
    found = engine.yearly_supply(much, 2023, date(2024, 1, 4), CALM)
    assert (found.intake, found.auctioned) == (found.share, 0)


def test_what_the_reserve_holds_beyond_its_limit_is_void():
    more = with_value("supply.reserve_held", 450_000_000, "t")
    assert engine.yearly_supply(more, 2023, date(2024, 1, 4), CALM).void == 50_000_000
