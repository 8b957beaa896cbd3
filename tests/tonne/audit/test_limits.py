"""Limits of pools and presence of market makers, replayed from events made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit import reconcile
from tonne.audit.check import Tally
from tonne.audit.limits import GROUPED, OWNER_BITS, LimitsReplay, MakersReplay

UNIT = 1 << 96 | 1 << 80 | 2020 << 64
CLASS = 1 << 16 | 1
GROUP_POOL = CLASS << OWNER_BITS | GROUPED | 77


def limits() -> LimitsReplay:
    ledger: Any = SimpleNamespace(
        markets={1: SimpleNamespace(unit=UNIT), 2: SimpleNamespace(unit=5)},
        accounts={(1, 7): None, (1, 8): None, (1, 9): None, (2, 7): None, (1, 0xFFFF01): None},
    )
    parties: Any = SimpleNamespace(
        participants={n: SimpleNamespace(group=77 if n != 9 else 0) for n in (7, 8, 9)}
    )
    return LimitsReplay(ledger, parties)


def claim(who: int, units: int, pool: int = GROUP_POOL):
    return dated("GroupClaimSet", pool=pool, participant=who, units=units)


def test_members_of_a_group_share_its_pool():
    room = feed(
        limits(),
        dated("PoolLimitSet", pool=GROUP_POOL, officer="0x", limit=1_000),
        claim(7, 600),
        claim(8, 300),
        claim(7, 700),
    )
    found = {check.args: check.expected for check in room.checks()}
    assert found == {
        (7, 1): [GROUP_POOL, 1_000, 300, None],
        (8, 1): [GROUP_POOL, 1_000, 700, None],
    }


def test_an_id_without_a_class_is_a_pool_of_its_own():
    assert limits().pool_of(9, 2) == (1 << 24 | 2) << OWNER_BITS | 9
    assert limits().pool_of(9, 1) == CLASS << OWNER_BITS | 9


@pytest.mark.parametrize(("left", "faults"), [(0, 0), (5, 1)])
def test_who_joins_another_group_leaves_the_first(left, faults):
    other = GROUP_POOL + 1
    room = feed(limits(), claim(7, 5), claim(7, left), claim(7, 9, other))
    tally = Tally()
    room.internal(tally)
    assert len(tally.differences) == faults


DUTIES = struct(maximumSpread=20, minimumLots=100, presencePpm=500_000, fromDay=10, untilDay=12)


def maker(name: str, time: int, **args):
    return dated(name, time, market=1, participant=7, **args)


def counted(time: int, present: int, session: int = 14_400, day: int = 10):
    return maker("PresenceCounted", time, day=day, presentSeconds=present, sessionSeconds=session)


def makers(*events) -> tuple[MakersReplay, Tally]:
    room = feed(
        MakersReplay(),
        maker("MarketMakerAppointed", 0, duties=DUTIES, benefit=b""),
        maker("QuotesPresented", 1_000, bid=5, ask=6),
        *events,
    )
    tally = Tally()
    room.internal(tally)
    return room, tally


def test_presence_adds_up_and_is_held_against_the_duty():
    room, tally = makers(counted(1_100, 100), counted(9_000, 7_300))
    assert tally.differences == []
    day, quotes = room.checks()
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


def test_a_real_market_with_limits_groups_and_a_maker(town):
    """Two companies under one control share a limit; one of them quotes both sides."""
    people, market, send = town.market.people, town.market, town.chain.send
    authority, north, trader = (people[name] for name in ("authority", "north", "trader"))
    numbers = [town.chain.call("Participants", "walletOf", who)[0] for who in (north, trader)]
    for number in numbers:
        send(authority, "Participants", "setGroup", number, 77)
    send(authority, "Exchange", "setHoldingLimit", numbers[0], market.market, 5_000_000)
    send(authority, "Exchange", "syncHolding", numbers[1], market.market)
    send(trader, "Exchange", "syncHolding", numbers[0], market.market)

    config, _ = town.chain.call("ExchangeLens", "marketConfig", market.market)
    local = town.chain.now() + config.utcQuarters * 900
    duties = (20, 10, 500_000, local // 86_400 + 1, 0)
    send(authority, "MarketMakers", "appoint", market.market, numbers[0], duties, bytes(32))

    found = reconcile.audit(town.chain)
    assert found.differences == []
    assert {"HoldingLimits", "MarketMakers"} <= found.compared.keys()
