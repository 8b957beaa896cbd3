"""Chain time as people write it, and the way into the next session."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.chain import clock
from tonne.errors import TonneError
from tonne.market.order_encoding import OrderRequest, Side

CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2021-07-16 09:30", 1_626_399_000),
        ("2021-07-16T09:30:00", 1_626_399_000),
        ("2021-07-16", 1_626_364_800),
        ("1626399000", 1_626_399_000),
        ("+90s", 1_000_000_090),
        ("+3d", 1_000_259_200),
        ("+2w", 1_001_209_600),
        ("13:00", 1_000_011_600),  # 9:46 now: today
        ("9:46", 1_000_086_360),  # 20 seconds ago: tomorrow
    ],
)
def test_moments_are_read_in_the_schemes_zone(text, moment):
    assert clock.parse(text, 1_000_000_000, CHINA) == moment


@pytest.mark.parametrize("text", ["", "tomorrow", "2021-02-30", "-3d", "+3y", "24:00", "12:60"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(TonneError) as refusal:
        clock.parse(text, 0, CHINA)
    assert refusal.value.code == "CLOCK_UNREADABLE"


@given(st.integers(10**9, 4 * 10**9))
def test_what_is_shown_can_be_read(moment):
    shown = clock.shown(moment, CHINA)

    assert clock.parse(shown.split(" ", 1)[1].split(" (")[0], 0, CHINA) == moment


def test_the_next_session_is_entered_and_opened(town):
    market = town.market.market
    town.chain.set_time(clock.parse("2021-07-16 18:00", 0, CHINA))
    assert not town.chain.call("ExchangeLens", "market", market).open

    moment = clock.next_session(town.chain, market)

    assert clock.shown(moment, CHINA).startswith("Mon 2021-07-19 09:30")
    assert town.chain.call("ExchangeLens", "market", market).open
    assert clock.open_day(town.chain, market) is False


def test_a_closed_market_says_when_it_opens_in_local_time(town):
    clock.speak(town.chain, clock.zone_of(town.chain, 1))
    town.chain.set_time(clock.parse("2021-07-16 12:00", 0, CHINA))
    order = OrderRequest(town.market.market, Side.BUY, 4800, 1).pack()

    with pytest.raises(TonneError) as refusal:
        town.chain.send(town.market.people["trader"], "Exchange", "place", order)

    assert refusal.value.code == "EXCHANGE_MARKET_CLOSED"
    assert "Fri 2021-07-16 13:00:00 (UTC+08:00)" in refusal.value.message


def test_a_calendar_without_further_days_is_told(town):
    town.chain.set_time(clock.parse("2031-06-01", 0, CHINA))
    with pytest.raises(TonneError) as refusal:
        clock.next_session(town.chain, town.market.market)
    assert refusal.value.code == "CLOCK_NO_SESSION"
