"""Obligation, surrender and penalty worked out again from rules and figures."""

from __future__ import annotations

import pytest

from tests.tonne.audit.compliance.world import (
    COAL,
    DEADLINE,
    GAS,
    PERIOD,
    SCHEME,
    YEAR,
    a_room,
    key,
    verified,
)
from tests.tonne.audit.events import dated, feed
from tonne.audit.replay.compare import Tally
from tonne.audit.units.unit_balances import SURRENDERED
from tonne.types import references


@pytest.fixture
def room():
    return a_room()


@pytest.mark.parametrize(
    "plant, emissions, free, due",
    [
        (COAL, 1_000, 1_000, 1_000),
        (COAL, 1_000, 900, 1_000),
        (COAL, 1_000, 700, 900),  # 700 + 20 % of 1,000
        (COAL, 1_003, 700, 900),  # 20 % of 1,003 rounded down
        (GAS, 1_000, 700, 700),  # gas owes no more than it was given
        (GAS, 600, 700, 600),
    ],
)
def test_an_obligation_is_capped(room, plant, emissions, free, due):
    assert room.due(SCHEME, YEAR, plant, emissions, free) == due


def _assessed(room, due=1_000):
    verified(room, COAL, emissions=due)
    room.allocation.allocated[SCHEME, PERIOD, COAL].amount = due
    told = key(COAL, emissionsT=due, freeT=due, due=due, capped=False)
    feed(room, dated("ObligationAssessed", **told))
    return room.owed[SCHEME, PERIOD, COAL]


@pytest.mark.parametrize(
    "wrong",
    [{"emissionsT": 999}, {"freeT": 999}, {"due": 999}, {"capped": True}],
    ids=["emissions", "free", "due", "capped"],
)
def test_an_obligation_that_the_figures_do_not_give_is_found(room, wrong):
    verified(room, COAL, emissions=1_000)
    room.allocation.allocated[SCHEME, PERIOD, COAL].amount = 1_000
    told = {"emissionsT": 1_000, "freeT": 1_000, "due": 1_000, "capped": False, **wrong}
    feed(room, dated("ObligationAssessed", **key(COAL, **told)))
    assert len(room.faults) == 1


def _surrendered(time, allowances, offsets, late):
    told = key(COAL, allowances=allowances, offsets=offsets, late=late)
    return dated("UnitsSurrendered", time, **told)


def test_a_shortfall_is_noticed_fined_and_deducted(room):
    owed = _assessed(room)
    feed(
        room,
        _surrendered(DEADLINE, 600, 50, False),
        _surrendered(DEADLINE + 1, 100, 0, True),
        dated("ShortfallNoticed", DEADLINE + 2, **key(COAL, shortfall=350)),
        _decided(DEADLINE + 3, 2_500_000),
        dated("PenaltyPaid", **key(COAL, cents=2_500_000, paidCents=2_500_000)),
        dated("ShortfallDeducted", **key(COAL, open=250, deducted=250)),
    )
    assert room.faults == []
    assert (owed.late, owed.penalty, owed.deducted, owed.closed) == (100, 3, 250, True)


def _met(late, tx="0x1"):
    return dated("ObligationMet", DEADLINE, tx, **key(COAL, late=late))


@pytest.mark.parametrize(
    "events, faults",
    [
        ([_surrendered(DEADLINE, 900, 100, False), _met(False)], 0),
        ([_surrendered(DEADLINE, 900, 100, False)], 1),  # the event is missing
        ([_surrendered(DEADLINE, 900, 100, False), _met(True)], 1),
        ([_surrendered(DEADLINE, 900, 99, False), _met(False)], 1),  # a tonne is open
        ([_surrendered(DEADLINE, 900, 100, False), _met(False, "0x2")], 2),
    ],
)
def test_an_obligation_is_met_with_its_last_unit(room, events, faults):
    _assessed(room)
    feed(room, *events)
    assert len(room.faults) == faults


def test_an_obligation_of_nothing_is_met_when_it_is_assessed(room):
    verified(room, COAL)
    told = key(COAL, emissionsT=0, freeT=0, due=0, capped=False)
    feed(room, dated("ObligationAssessed", **told), _met(False))
    assert room.faults == []
    feed(room, dated("ObligationAssessed", **told))
    assert len(room.faults) == 1


def _decided(time, cents, measures=0):
    told = key(COAL, fineCents=cents, measures=measures, officer="0xA")
    return dated("PenaltyDecided", time, **told)


def _outcome(time, outcome, old, new, officer="0xB"):
    told = key(COAL, outcome=outcome, oldFineCents=old, fineCents=new, officer=officer)
    return dated("PenaltyAppealDecided", time, **told)


def _published(time, cents, state, measures=0):
    told = key(COAL, fineCents=cents, measures=measures, state=state)
    return dated("PenaltyPublished", time, **told)


def _appealed(time):
    return dated("PenaltyAppealed", time, **key(COAL))


DAYS = 86_400


@pytest.fixture
def court(room):
    """A scheme with times and a measure; a shortfall is noticed at the deadline."""
    more = {"penalty.hearing_days": 10, "penalty.appeal_days": 30, "penalty.measures": 32}
    feed(
        room.schemes,
        *(
            dated("ParamSet", scheme=SCHEME, keyText=key, fromDay=0, value=value)
            for key, value in more.items()
        ),
    )
    _assessed(room)
    feed(room, dated("ShortfallNoticed", DEADLINE, **key(COAL, shortfall=1_000)))
    return room


def test_an_appeal_and_its_publication_are_told_by_their_events(court):
    first, second = DEADLINE + 10 * DAYS, DEADLINE + 20 * DAYS
    feed(
        court,
        _decided(first, 2_500_000, 32),
        _appealed(first + 1),
        _outcome(second, 2, 2_500_000, 2_000_000),
        _published(second, 2_000_000, 2, 32),
    )
    assert court.faults == []
    owed = court.owed[SCHEME, PERIOD, COAL]
    assert (owed.fine_cents, owed.decided_at, owed.published_at) == (2_000_000, second, second)

    feed(court, _published(second, 2_000_000, 2, 32))
    assert len(court.faults) == 1


@pytest.mark.parametrize(
    "acts",
    [
        [_decided(DEADLINE + 10 * DAYS - 1, 2_500_000)],  # before the hearing is over
        [_decided(DEADLINE + 10 * DAYS, 2_500_000, 64)],  # a measure of no pack
        [_decided(DEADLINE + 10 * DAYS, 2_500_000), _appealed(DEADLINE + 40 * DAYS + 1)],
        [
            _decided(DEADLINE + 10 * DAYS, 2_500_000),
            _appealed(DEADLINE + 11 * DAYS),
            _outcome(DEADLINE + 12 * DAYS, 1, 2_500_000, 2_500_000, officer="0xA"),
        ],
        [
            _decided(DEADLINE + 10 * DAYS, 2_500_000),
            _appealed(DEADLINE + 11 * DAYS),
            _outcome(DEADLINE + 12 * DAYS, 2, 2_500_000, 1_999_999),
        ],
        [
            _decided(DEADLINE + 10 * DAYS, 2_500_000),
            _outcome(DEADLINE + 12 * DAYS, 3, 2_500_000, 0),
        ],
        [_decided(DEADLINE + 10 * DAYS, 2_500_000), _published(DEADLINE + 40 * DAYS, 2_500_000, 2)],
        [_decided(DEADLINE + 10 * DAYS, 2_500_000), _published(DEADLINE + 41 * DAYS, 2_400_000, 2)],
    ],
)
def test_an_act_that_the_rules_do_not_allow_is_found(court, acts):
    feed(court, *acts)
    assert len(court.faults) == 1


def _paid(cents, in_all):
    return dated("PenaltyPaid", **key(COAL, cents=cents, paidCents=in_all))


FIRST = DEADLINE + 10 * DAYS
FINED = _decided(FIRST, 2_500_000, 32)


@pytest.mark.parametrize(
    "acts",
    [
        [dated("ShortfallNoticed", DEADLINE, **key(COAL, shortfall=999))],
        [FINED, _appealed(FIRST), _outcome(FIRST + 1, 1, 2_499_999, 2_500_000)],
        [FINED, _appealed(FIRST), _outcome(FIRST + 1, 2, 2_500_000, 2_500_000)],
        [FINED, _paid(1, 1), _appealed(FIRST)],
        [FINED, _appealed(FIRST), _appealed(FIRST)],
        [FINED, _paid(2, 1)],
        [dated("ShortfallDeducted", **key(COAL, open=999, deducted=1_000))],
        [dated("ShortfallDeducted", **key(COAL, open=1_000, deducted=999))],
    ],
    ids="shortfall fine reduction paid twice sum open deduction".split(),
)
def test_a_figure_or_a_time_that_the_acts_do_not_give_is_found(court, acts):
    feed(court, *acts)
    assert len(court.faults) == 1


def test_an_appeal_is_open_to_the_last_second(court):
    last = FIRST + 30 * DAYS
    feed(court, FINED, _appealed(last), _outcome(last + 1, 3, 2_500_000, 0))
    owed = court.owed[SCHEME, PERIOD, COAL]
    assert (owed.penalty, owed.measures) == (5, 0)
    feed(court, _published(last + 1, 0, 5))
    assert court.faults == []


@pytest.mark.parametrize("cents", [1_999_999, 3_000_001])
def test_a_fine_outside_the_bounds_is_found(room, cents):
    _assessed(room)
    feed(room, _decided(0, cents))
    assert len(room.faults) == 1


def test_lateness_is_told_by_the_clock(room):
    _assessed(room)
    feed(room, _surrendered(DEADLINE, 1, 0, True))
    assert len(room.faults) == 1


def test_what_is_said_to_be_surrendered_must_have_left(room):
    _assessed(room)
    feed(room, _surrendered(1, 10, 0, False))
    room.allowances.exits_for[SURRENDERED, references.obligation(SCHEME, PERIOD, COAL), 1] = 9
    tally = Tally()
    room.invariants(tally)
    assert len(tally.differences) == 1
