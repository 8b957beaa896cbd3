"""Running totals and verdicts, worked out again from reports, corrections and what left."""

from __future__ import annotations

import pytest

from tests.tonne.audit.compliance.world import COAL, DEADLINE, PERIOD, SCHEME, YEAR, a_room, key
from tests.tonne.audit.compliance.world import verified as reported
from tests.tonne.audit.events import dated, feed, struct
from tonne.audit.compliance.cumulative import CumulativeComplianceReplay
from tonne.audit.compliance.obligations import ComplianceReplay
from tonne.audit.evidence.emissions_oracle import EmissionsRecord
from tonne.audit.replay.compare import Tally
from tonne.audit.units.unit_balances import SURRENDERED
from tonne.types import references, unit_id

NEXT = PERIOD + 1
AFTER = DEADLINE + 1


@pytest.fixture
def room():
    allocation = a_room().allocation
    period = struct(
        firstYear=YEAR + 1, lastYear=YEAR + 1, vintage=YEAR + 1, surrenderDeadline=2 * DEADLINE
    )
    feed(
        allocation.schemes,
        dated(
            "ParamSet",
            scheme=SCHEME,
            keyText="obligation.cumulative_from",
            fromDay=0,
            value=YEAR,
        ),
        dated("PeriodSet", scheme=SCHEME, periodId=NEXT, period=period),
    )
    return CumulativeComplianceReplay(allocation)


@pytest.fixture
def judged_room(room):
    """The replay of penalties beside that of the totals, as MarketReplay joins them."""
    compliance = ComplianceReplay(a_room().allocation, room.allowances)
    room.shortfalls = compliance.judged
    return compliance


def _told(event, period=PERIOD, time=0, **more):
    return dated(event, time=time, **{**key(COAL, **more), "periodId": period})


def _cover(period=PERIOD, year=YEAR, covered=True, time=0):
    return _told("CoverageSet", period, time, year=year, covered=covered)


def _counted(room, tonnes, total, period=PERIOD, time=0):
    reported(room, COAL, emissions=tonnes)
    return _told("VerifiedCounted", period, time, year=YEAR, emissionsT=tonnes, verifiedT=total)


def _gave(amount, total, period=PERIOD, time=0):
    return _told("AllowancesSurrendered", period, time, amount=amount, surrenderedT=total)


def _judged(verified, surrendered, verdict, period=PERIOD, time=AFTER, covered=True):
    return _told(
        "ComplianceJudged",
        period,
        time,
        verifiedT=verified,
        surrenderedT=surrendered,
        covered=covered,
        verdict=verdict,
    )


def _short(tonnes, period=PERIOD, time=AFTER):
    return _told("ShortfallJudged", period, time, shortfallT=tonnes)


def _corrected(by, totals, period=NEXT, time=AFTER, due=2 * DEADLINE):
    return _told(
        "FiguresCorrected",
        period,
        time,
        verifiedBy=by[0],
        surrenderedBy=by[1],
        verifiedT=totals[0],
        surrenderedT=totals[1],
        dueBy=due,
    )


def test_totals_and_verdicts_are_worked_out_again(room):
    feed(room, _cover(), _counted(room, 900, 900), _gave(900, 900), _judged(900, 900, 1))
    feed(room, _corrected((5, -3), (905, 897)), _cover(NEXT, YEAR + 1, False, AFTER))
    feed(room, _judged(905, 897, 2, NEXT, 2 * DEADLINE + 1, covered=False), _short(8, NEXT))
    assert room.faults == []
    checks = {(check.function, check.args): check.expected for check in room.checks(0)}
    assert checks["positionOf", (COAL, PERIOD)] == (8, 0)
    assert checks["verdictOf", (COAL, PERIOD)] == 1
    assert checks["verdictOf", (COAL, NEXT)] == 2
    account = checks["accountOf", (COAL, PERIOD)]
    assert (account["verifiedT"], account["surrenderedT"]) == (905, 897)
    assert (account["covered"], account["counted"]) == (1, 1)
    assert (account["periodId"], account["judged"], account["toldT"]) == (NEXT, True, 8)
    assert checks["shortfallOf", (COAL, NEXT)] == 8


def test_a_missing_tonne_is_told_once_and_the_oldest_is_given_first(room):
    feed(room, _cover(), _counted(room, 100, 100), _judged(100, 0, 2), _short(100))
    feed(room, _gave(30, 30, NEXT, AFTER))
    assert room.totals[SCHEME, YEAR, COAL].told == 70
    feed(room, _corrected((-20, 10), (80, 40)))
    assert room.totals[SCHEME, YEAR, COAL].told == 40
    room.oracle.records[COAL, YEAR + 1] = EmissionsRecord(7, 0, 0)
    more = _told("VerifiedCounted", NEXT, AFTER, year=YEAR + 1, emissionsT=7, verifiedT=87)
    feed(room, more, _judged(87, 40, 2, NEXT, 2 * DEADLINE + 1), _short(7, NEXT))
    assert room.faults == []


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ([_short(99)], "shortfall of 1 in period 1: worked out 100, stated 99"),
        ([], "1 was short in period 1 without its event"),
        ([_short(100), _short(100)], "shortfall of 1 in period 1: worked out 0, stated 100"),
    ],
)
def test_a_shortfall_that_does_not_follow_is_found(room, told, fault):
    feed(room, _cover(), _counted(room, 100, 100), _judged(100, 0, 2), *told)
    assert room.faults == [fault]


def test_the_notice_is_of_the_shortfall_of_the_verdict(room, judged_room):
    feed(room, _cover(), _counted(room, 100, 100), _judged(100, 0, 2), _short(100))
    feed(judged_room, _told("ShortfallNoticed", time=AFTER, shortfall=99))
    assert judged_room.faults == ["shortfall of 1: worked out 100, stated 99"]
    checks = {(c.function, c.args): c.expected for c in judged_room.checks(0)}
    assert checks["obligationOf", (COAL, PERIOD)]["state"] == 0
    assert checks["penaltyOf", (COAL, PERIOD)]["shortfall"] == 100


def test_a_pause_moves_the_deadline(room):
    feed(room, _cover(), dated("Paused", time=DEADLINE - 3600, until=DEADLINE + 3600))
    feed(room, _gave(1, 1, time=DEADLINE + 7200))
    assert room.faults == []
    feed(room, _gave(1, 2, time=DEADLINE + 7201))
    assert len(room.faults) == 1 and "AllowancesSurrendered of 1 for period 1: at" in room.faults[0]


def test_a_year_without_a_figure_is_unverified(room):
    feed(room, _cover(), _gave(10, 10), _judged(0, 10, 3))
    assert room.faults == []


def test_a_verdict_that_does_not_follow_is_found(room):
    feed(room, _cover(), _counted(room, 900, 900), _gave(899, 899), _judged(900, 899, 1), _short(1))
    assert room.faults == [
        "verdict on 1 in period 1: worked out (900, 899, True, 2), stated (900, 899, True, 1)"
    ]


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (_gave(1, 1, time=AFTER), "AllowancesSurrendered of 1 for period 1: at"),
        (_judged(0, 0, 3, time=DEADLINE), "ComplianceJudged of 1 for period 1: at"),
        (_gave(1, 1, NEXT), "AllowancesSurrendered of 1 for period 2: after period 1"),
        (_corrected((-1, 0), (-1, 0)), "corrected figures of 1: below 0"),
        (_corrected((1, 0), (1, 0), due=9), "corrected figures of 1 due: worked out"),
        (_cover(year=YEAR + 1), "coverage of 1 from: worked out"),
    ],
)
def test_acts_out_of_order_are_found(room, event, fault):
    feed(room, _cover(), event)
    assert any(told.startswith(fault) for told in room.faults), room.faults


def test_a_figure_counted_twice_is_found(room):
    feed(room, _cover(), _counted(room, 9, 9), _counted(room, 9, 18))
    assert room.faults == ["2020 of 1 counted twice"]


def test_a_surrender_whose_units_did_not_leave_is_found(room):
    feed(room, _cover(), _gave(30, 30))
    ref, unit = references.running(SCHEME, PERIOD, COAL), unit_id.allowance(SCHEME, YEAR)
    room.allowances.exits_for[SURRENDERED, ref, unit] = 30
    assert _differences(room) == []
    room.allowances.exits_for[SURRENDERED, ref, unit] = 29
    assert _differences(room) == ["allowances that left"]


def _differences(room):
    tally = Tally()
    room.invariants(tally)
    return [difference.about for difference in tally.differences]
