"""Allocation, obligation, claw-back and penalty worked out again from rules and figures."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit.compliance.obligations import ObligationsReplay, year_end
from tonne.audit.compliance.penalties import allowance_id, reference
from tonne.audit.evidence.emissions_oracle import EvidenceReplay, Record
from tonne.audit.parties.participants import Installation, PartiesReplay
from tonne.audit.rules.schemes import RulesReplay
from tonne.audit.units.unit_balances import CLAWED_BACK, SURRENDERED, UnitsReplay

SCHEME, PERIOD, YEAR = 1, 1, 2020
COAL, GAS, NONE = 1, 2, 3
DEADLINE = 10**9
PARAMS = {
    "benchmark.power.coal_gt300": 8_770,
    "benchmark.heat.coal": 1_260,
    "benchmark.power.gas": 3_920,
    "benchmark.heat.gas": 590,
    "allocation.preallocation_ppm": 700_000,
    "obligation.cap_over_free_ppm": 200_000,
    "obligation.gas_deficit_exempt": 1,
    "penalty.min_cents": 2_000_000,
    "penalty.max_cents": 3_000_000,
    "penalty.deduction_ppm": 1_000_000,
}


@pytest.fixture
def room():
    rules = feed(
        RulesReplay(),
        dated("SchemeCreated", scheme=SCHEME, utcOffset=28_800, noticeDays=30),
        *(
            dated("ParamSet", scheme=SCHEME, keyText=key, fromDay=0, value=value)
            for key, value in PARAMS.items()
        ),
        dated(
            "PeriodSet",
            scheme=SCHEME,
            periodId=PERIOD,
            period=struct(firstYear=YEAR, lastYear=YEAR, vintage=YEAR, surrenderDeadline=DEADLINE),
        ),
    )
    parties = PartiesReplay()
    for number, class_ in ((COAL, 1), (GAS, 4), (NONE, 0)):
        parties.installations[number] = Installation(1, SCHEME, 1, class_, 660_000)
    units = UnitsReplay("Allowances", "0x1"), UnitsReplay("OffsetCredits", "0x2")
    return ObligationsReplay(parties, rules, EvidenceReplay(), *units)


def _key(plant, **more):
    return {"scheme": SCHEME, "periodId": PERIOD, "installation": plant, **more}


def _verified(room, plant, emissions=0, power=0, heat=0):
    room.evidence.records[plant, YEAR] = Record(emissions, power, heat)


def _pre(plant, power, amount, netted=0, heat=0):
    told = _key(plant, powerMwh=power, heatGj=heat, amount=amount, netted=netted)
    return dated("AllowancesPreAllocated", **told)


def _true_up(plant, power, old, amount, netted=0, heat=0):
    told = _key(plant, powerMwh=power, heatGj=heat, oldAmount=old, amount=amount, netted=netted)
    return dated("AllocationTruedUp", **told)


def _clawed(plant, wallets, ledger, debt):
    return dated(
        "AllowancesClawedBack", **_key(plant, fromWallets=wallets, fromLedger=ledger, toDebt=debt)
    )


def test_each_product_is_rounded_down_once(room):
    # 0.8770 × 3,333 × 0.7 = 2,046.1287 and 0.1260 × 777 × 0.7 = 68.5314
    feed(room, _pre(COAL, 3_333, 2_046 + 68, heat=777))
    # 0.3920 × 1,001 × 0.7 = 274.6744
    feed(room, _pre(GAS, 1_001, 274), _pre(NONE, 1_000, 0))

    assert room.faults == []
    assert room.allocated[SCHEME, PERIOD, COAL].amount == 2_114


def test_one_tonne_more_than_the_rules_give_is_found(room):
    feed(room, _pre(COAL, 3_333, 2_047))
    assert len(room.faults) == 1


def test_a_true_up_is_worked_out_from_verified_output(room):
    feed(room, _pre(COAL, 1_000, 613))
    _verified(room, COAL, power=2_000)
    feed(room, _true_up(COAL, 2_000, 613, 1_754))
    assert room.faults == []

    feed(room, _true_up(COAL, 1_999, 1_754, 1_753))
    assert len(room.faults) == 1


def test_what_cannot_be_clawed_back_is_a_debt_that_the_next_allocation_pays(room):
    feed(room, _pre(COAL, 1_000, 613))
    _verified(room, COAL, power=500)
    ref = reference(SCHEME, PERIOD, COAL)
    room.allowances.exits_for[CLAWED_BACK, ref, allowance_id(SCHEME, YEAR)] = 100
    feed(room, _true_up(COAL, 500, 613, 438), _clawed(COAL, 60, 40, 75))
    assert room.faults == []
    assert room.debts[COAL] == 75

    feed(room, _pre(COAL, 1_000, 613, netted=75))
    assert room.faults == []
    assert room.debts[COAL] == 0


def test_a_claw_back_that_did_not_leave_is_found(room):
    feed(room, _pre(COAL, 1_000, 613))
    _verified(room, COAL, power=500)
    feed(room, _true_up(COAL, 500, 613, 438), _clawed(COAL, 175, 0, 0))
    assert len(room.faults) == 1


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
    _verified(room, COAL, emissions=due)
    room.allocated[SCHEME, PERIOD, COAL].amount = due
    told = _key(COAL, emissionsT=due, freeT=due, due=due, capped=False)
    feed(room, dated("ObligationAssessed", **told))
    return room.owed[SCHEME, PERIOD, COAL]


def _surrendered(time, allowances, offsets, late):
    told = _key(COAL, allowances=allowances, offsets=offsets, late=late)
    return dated("UnitsSurrendered", time, **told)


def test_a_shortfall_is_noticed_fined_and_deducted(room):
    owed = _assessed(room)
    feed(
        room,
        _surrendered(DEADLINE, 600, 50, False),
        _surrendered(DEADLINE + 1, 100, 0, True),
        dated("ShortfallNoticed", DEADLINE + 2, **_key(COAL, shortfall=350)),
        _decided(DEADLINE + 3, 2_500_000),
        dated("PenaltyPaid", **_key(COAL, cents=2_500_000)),
        dated("ShortfallDeducted", **_key(COAL, open=250, deducted=250)),
    )
    assert room.faults == []
    assert (owed.late, owed.penalty, owed.deducted, owed.closed) == (100, 3, 250, True)


def _decided(time, cents, measures=0):
    told = _key(COAL, fineCents=cents, measures=measures, officer="0xA")
    return dated("PenaltyDecided", time, **told)


def _outcome(time, outcome, old, new, officer="0xB"):
    told = _key(COAL, outcome=outcome, oldFineCents=old, fineCents=new, officer=officer)
    return dated("PenaltyAppealDecided", time, **told)


def _published(time, cents, state, measures=0):
    told = _key(COAL, fineCents=cents, measures=measures, state=state)
    return dated("PenaltyPublished", time, **told)


def _appealed(time):
    return dated("PenaltyAppealed", time, **_key(COAL))


DAYS = 86_400


@pytest.fixture
def court(room):
    """A scheme with times and a measure; a shortfall is noticed at the deadline."""
    more = {"penalty.hearing_days": 10, "penalty.appeal_days": 30, "penalty.measures": 32}
    feed(
        room.rules,
        *(
            dated("ParamSet", scheme=SCHEME, keyText=key, fromDay=0, value=value)
            for key, value in more.items()
        ),
    )
    _assessed(room)
    feed(room, dated("ShortfallNoticed", DEADLINE, **_key(COAL, shortfall=1_000)))
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
    from tonne.audit.replay.compare import Tally

    _assessed(room)
    feed(room, _surrendered(1, 10, 0, False))
    room.allowances.exits_for[SURRENDERED, reference(SCHEME, PERIOD, COAL), 1] = 9
    tally = Tally()
    room.internal(tally)
    assert len(tally.differences) == 1


def test_rules_of_a_year_are_read_at_its_last_day():
    assert year_end(1970) == 364
    assert year_end(2020) == 18_627
