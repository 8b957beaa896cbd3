"""What was carried over from one vintage into a later one, worked out again."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, struct, units
from tonne.audit.compliance.banking import BankingReplay
from tonne.audit.market.exchange import ExchangeMarket, ExchangeReplay
from tonne.audit.market.holding_limits import HoldingLimitsReplay
from tonne.audit.market.holding_shares import HoldingSharesReplay
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.unit_balances import BANKED_AWAY, EXPIRED
from tonne.types import references, unit_id

SCHEME, WHO, MARKET, LOT = 1, 7, 3, 10
OLD, INTO = unit_id.allowance(SCHEME, 2020), unit_id.allowance(SCHEME, 2021)
ACCOUNT = MARKET << 24 | WHO
PARAMS = {
    "allowed": 1,
    "base": 1_000,
    "net_sales_ppm": 1_500_000,
    "oldest_vintage": 2019,
    "newest_vintage": 2020,
    "into_vintage": 2021,
}


def a_room(**changed):
    rules = feed(
        SchemesReplay(),
        dated("SchemeCreated", scheme=SCHEME, utcOffset=0, noticeDays=30),
        *(
            dated("ParamSet", scheme=SCHEME, keyText=f"banking.{key}", fromDay=0, value=value)
            for key, value in {**PARAMS, **changed}.items()
        ),
    )
    ledger, parties = ExchangeReplay(), ParticipantsReplay()
    config = struct(lotSize=LOT, utcQuarters=0, rules=struct(bandPpm=1))
    ledger.markets[MARKET] = ExchangeMarket(MARKET, OLD, config, pending=None, last=1)
    limits = HoldingLimitsReplay(ledger, parties)
    shares = HoldingSharesReplay(limits, lambda wallet, unit: 0)
    return BankingReplay(rules, ledger, shares, units())


@pytest.fixture
def room():
    return a_room()


def _banked(amount, unit=OLD, into=INTO):
    return dated(
        "AllowancesBanked",
        scheme=SCHEME,
        participant=WHO,
        into=into,
        amount=amount,
        **{"from": unit},
    )


def _sold(room, lots):
    """The account brought `lots` and has none of them left."""
    room.exchange.flows.bring(ACCOUNT, lots)


def test_the_base_is_for_everybody(room):
    feed(room, _banked(600), _banked(400))
    assert room.faults == []
    assert room.banked[SCHEME, 2021, WHO] == 1_000

    feed(room, _banked(1))
    assert len(room.faults) == 1


def test_net_sales_come_on_top(room):
    _sold(room, 33)  # 330 t, one and a half times which are 495
    feed(room, _banked(1_495))
    assert room.faults == []
    feed(room, _banked(1))
    assert len(room.faults) == 1


def test_what_is_still_there_or_with_a_desk_is_not_sold(room):
    _sold(room, 33)
    room.exchange.accounts[MARKET, WHO].lots = 20
    room.shares.held[MARKET, WHO] = 13
    assert room.net_sold(MARKET, WHO) == 0
    feed(room, _banked(1_001))
    assert len(room.faults) == 1


def test_a_buyer_has_the_base_and_no_less(room):
    _sold(room, -50)
    feed(room, _banked(1_000))
    assert room.faults == []


@pytest.mark.parametrize(
    "changed, event",
    [
        ({"allowed": 0}, _banked(1)),
        ({"into_vintage": 2022}, _banked(1)),
        ({}, _banked(1, unit=unit_id.allowance(SCHEME, 2018))),
        ({}, _banked(1, unit=INTO)),
    ],
)
def test_what_the_rules_of_the_day_do_not_let_is_found(changed, event):
    room = feed(a_room(**changed), event)
    assert len(room.faults) == 1


def test_without_a_base_there_is_no_limit():
    room = feed(a_room(base=2**192 - 1), _banked(10**9))
    assert room.faults == []


def test_what_is_told_must_have_left_and_come(room):
    feed(room, _banked(600))
    ref = references.banking(SCHEME, 2021, WHO)
    room.allowances.exits_for[BANKED_AWAY, ref, OLD] = 600
    room.allowances.issues_for[ref, INTO] = 600
    tally = Tally()
    room.invariants(tally)
    assert tally.differences == []

    room.allowances.issues_for[ref, INTO] = 601
    room.allowances.exits_for[BANKED_AWAY, ref, OLD] = 599
    room.invariants(tally)
    assert len(tally.differences) == 2


def test_a_vintage_ends_on_its_day(room):
    ended = dated("UnitsExited", id=OLD, kind=EXPIRED)
    feed(room, ended)
    assert len(room.faults) == 1
    feed(a := a_room(expired_vintage=2020), ended)
    assert a.faults == []
