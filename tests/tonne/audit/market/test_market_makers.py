"""Presence of market makers, replayed from events made by hand."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit.market.market_makers import MarketMakersReplay
from tonne.audit.replay.compare import Tally

DUTIES = struct(maximumSpread=20, minimumLots=100, presencePpm=500_000, fromDay=10, untilDay=12)


def maker(name: str, time: int, **args):
    return dated(name, time, market=1, participant=7, **args)


def counted(time: int, present: int, session: int = 14_400, day: int = 10):
    return maker("PresenceCounted", time, day=day, presentSeconds=present, sessionSeconds=session)


def makers(*events) -> tuple[MarketMakersReplay, Tally]:
    room = feed(
        MarketMakersReplay(),
        maker("MarketMakerAppointed", 0, duties=DUTIES, benefit=b""),
        maker("QuotesPresented", 1_000, bid=5, ask=6),
        *events,
    )
    tally = Tally()
    room.invariants(tally)
    return room, tally


def test_presence_adds_up_and_is_held_against_the_duty():
    room, tally = makers(counted(1_100, 100), counted(9_000, 7_300))
    assert tally.differences == []
    day, quotes = room.checks(0)
    assert day.expected == {"presentSeconds": 7_300, "sessionSeconds": 14_400, "met": True}
    assert quotes.expected == [5, 6, 9_000]
    assert room.duty_on((1, 7), 9) is None and room.duty_on((1, 7), 13) is None


def test_orders_that_ended_are_measured_no_more():
    room, tally = makers(maker("QuotesEnded", 1_200))
    assert tally.differences == [] and room.quotes == {}


@pytest.mark.parametrize(
    "events",
    [
        [counted(1_100, 101)],  # longer than they were there
        [counted(2_000, 600), counted(2_100, 500)],
        [counted(20_000, 14_401)],
        [maker("QuotesEnded", 1_200), counted(1_300, 50)],
        [maker("QuotesEnded", 1_200), maker("QuotesEnded", 1_200)],
    ],
)
def test_what_cannot_have_been_is_found(events):
    _, tally = makers(*events)
    assert len(tally.differences) == 1


def test_a_dismissed_maker_has_no_duty():
    room, _ = makers(maker("MarketMakerDismissed", 1_500, fromDay=11, officer="0x", reason=b""))
    assert room.duty_on((1, 7), 10) is not None and room.duty_on((1, 7), 11) is None
