"""Prices of fines, units ordered, parts and borrowing, told by events; what no rule allows is found."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import compliance, dated, feed, struct
from tonne.audit.evidence.emissions_oracle import EmissionsRecord
from tonne.audit.parties.participants import Installation, ParticipantsReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.unit_balances import SURRENDERED
from tonne.constants import ZERO_ADDRESS
from tonne.types import references, unit_id

SCHEME, PLANT, DAYS = 1, 7, 86_400
#: 31 December 2024, end of the day, in UTC.
DEADLINE = 1_735_689_599
DECEMBER = 2024 * 12 + 11
PART, WHOLE = 2024, 9
YEAR_2024, YEAR_2025 = 19_723, 20_089  # 1 January, local days
MULTIPLE = {
    "penalty.multiple_min_ppm": 5_000_000,
    "penalty.multiple_max_ppm": 10_000_000,
    "penalty.price_months": 1,
    "penalty.price_rule": 1,
    "penalty.price_until": 1,
}
UNITS = {
    "penalty.units_for_each_ppm": 4_000_000,
    "penalty.appeal_days": 30,
    "obligation.part_surrender_ppm": 300_000,
}


def _room(params, traded):
    rules = feed(
        SchemesReplay(),
        dated("SchemeCreated", scheme=SCHEME, utcOffset=0, noticeDays=30),
        *(_set(key, value) for key, value in params.items()),
        _period(PART, 2024, 2024, DEADLINE),
        _period(WHOLE, 2024, 2025, DEADLINE + 400 * DAYS),
    )
    parties = ParticipantsReplay()
    parties.installations[PLANT] = Installation(1, SCHEME, 1, 0, 660_000)
    room = compliance(parties, rules, lambda unit, month: traded.get((unit, month), ("", 0, 0)))
    room.oracle.records[PLANT, 2024] = EmissionsRecord(1_000_001, 0, 0)
    room.oracle.records[PLANT, 2025] = EmissionsRecord(800_000, 0, 0)
    return feed(room, _treasury(ZERO_ADDRESS, ZERO_ADDRESS, "0xC", "0xF"))


def _treasury(old_currency, old_treasury, currency, treasury):
    old = {"oldCurrency": old_currency, "oldTreasury": old_treasury}
    return dated("TreasurySet", scheme=SCHEME, currency=currency, treasury=treasury, **old)


def _set(key, value, day=0):
    return dated("ParamSet", scheme=SCHEME, keyText=key, fromDay=day, value=value)


def _period(number, first, last, deadline):
    period = struct(firstYear=first, lastYear=last, vintage=2024, surrenderDeadline=deadline)
    return dated("PeriodSet", scheme=SCHEME, periodId=number, period=period)


def _key(period=PART, **more):
    return {"scheme": SCHEME, "periodId": period, "installation": PLANT, **more}


# the price


@pytest.fixture
def priced():
    own, newer, old = (unit_id.allowance(SCHEME, vintage) for vintage in (2024, 2025, 2023))
    return _room(
        MULTIPLE,
        {
            (own, DECEMBER): ("0xC", 300, 300 * 980_000),  # 98.00
            (old, DECEMBER): ("0xC", 100, 100 * 900_000),  # 90.00
            (own, DECEMBER - 1): ("0xC", 999, 1),
            (newer, DECEMBER): ("0xC", 999, 1),
            (unit_id.allowance(SCHEME, 2022), DECEMBER): ("0xD", 999, 1),
        },
    )


PRICE = {"volume": 400, "turnover": 384_000_000, "firstMonth": DECEMBER, "lastMonth": DECEMBER}


def _fixed(time=DEADLINE + 1, cents=9_600, **other):
    told = {"scheme": SCHEME, "periodId": PART, "priceCents": cents, **PRICE, **other}
    return dated("FinePriceFixed", time, **told)


def _short(room, shortfall=1_000):
    told = _key(emissionsT=1_000_001, freeT=0, due=1_000_001, capped=False)
    feed(room, dated("ObligationAssessed", **told))
    room.stated_surrendered[references.obligation(SCHEME, PART, PLANT)][0] = 1_000_001 - shortfall
    return feed(room, dated("ShortfallNoticed", DEADLINE + 1, **_key(shortfall=shortfall)))


def _decided(cents, time=DEADLINE + 2):
    told = _key(fineCents=cents, measures=0, officer="0xA")
    return dated("PenaltyDecided", time, **told)


@pytest.mark.parametrize(
    ("cents", "faults"), [(48_000_000, 0), (96_000_000, 0), (47_999_999, 1), (96_000_001, 1)]
)
def test_a_fine_is_a_multiple_of_the_price_that_was_traded(priced, cents, faults):
    _short(feed(priced, _fixed()))
    feed(priced, _decided(cents))
    assert len(priced.faults) == faults
    shown = [check.expected for check in priced.checks(0) if check.function == "finePriceOf"]
    assert shown == [{"cents": 9_600, "fixedAt": DEADLINE + 1, "stated": False}]


@pytest.mark.parametrize(
    "acts",
    [
        [_fixed(cents=9_601)],
        [_fixed(volume=399)],
        [_fixed(firstMonth=DECEMBER - 1)],
        [_fixed(time=DEADLINE)],
        [_fixed(), _fixed()],
    ],
)
def test_a_price_that_the_trades_do_not_give_is_found(priced, acts):
    feed(priced, *acts)
    assert len(priced.faults) == 1


def _stated(time=DEADLINE + 1):
    return dated("FinePriceStated", time, scheme=SCHEME, periodId=PART, priceCents=5_000)


def test_a_price_is_stated_only_where_the_market_gives_none(priced):
    feed(priced, _stated())
    assert len(priced.faults) == 1
    silent = feed(_room(MULTIPLE, {}), _stated())
    assert silent.faults == []
    feed(silent, _stated())
    assert len(silent.faults) == 1
    early = feed(_room(MULTIPLE, {}), _stated(DEADLINE))
    assert len(early.faults) == 1
    mean = feed(_room({**MULTIPLE, "penalty.price_rule": 2}, {}), _stated())
    assert mean.faults == []


def test_no_fine_is_above_the_cap():
    room = _room(
        {
            "penalty.min_cents_per_t": 100,
            "penalty.max_cents_per_t": 500,
            "penalty.cap_cents": 200_000,
        },
        {},
    )
    feed(_short(room), _decided(200_001))
    assert len(room.faults) == 1


# parts, and units in place of missing ones


@pytest.fixture
def parted():
    room = _room(UNITS, {})
    feed(room.schemes, _set("obligation.part_period", PART, YEAR_2024))
    feed(room.schemes, _set("obligation.part_period", 2**192 - 1, YEAR_2025))
    return room


def _assessed(period, due, emissions, free=0):
    return dated(
        "ObligationAssessed",
        **_key(period, emissionsT=emissions, freeT=free, due=due, capped=False),
    )


def _given(room, amount, time=DEADLINE):
    late = time > DEADLINE
    told = _key(allowances=amount, offsets=0, late=late)
    return feed(room, dated("UnitsSurrendered", time, **told))


def _counted(counted, carried, time=DEADLINE + 90 * DAYS):
    return dated("PartCounted", time, **_key(WHOLE, partId=PART, counted=counted, carried=carried))


def test_a_part_counts_in_its_whole(parted):
    feed(parted, _assessed(PART, 300_001, 1_000_001))
    given = _key(allowances=300_001, offsets=0, late=False)
    met = dated("ObligationMet", DEADLINE, **_key(late=False))
    feed(parted, dated("UnitsSurrendered", DEADLINE, **given), met)
    feed(parted, _counted(300_001, 0), _assessed(WHOLE, 1_500_000, 1_800_001))
    assert parted.faults == []
    assert parted.owed[SCHEME, PART, PLANT].closed


def _missing(room, short=100_000):
    feed(room, _assessed(PART, 300_001, 1_000_001))
    _given(room, 300_001 - short)
    feed(room, dated("ShortfallNoticed", DEADLINE + 1, **_key(shortfall=short)))
    units = _key(shortfall=short, oldUnits=0, units=3 * short)
    return feed(room, dated("UnitsOrdered", DEADLINE + 2, **units), _decided(0))


def test_what_is_still_owed_for_a_part_is_carried(parted):
    _missing(parted)
    _given(parted, 250_000, DEADLINE + 3)
    feed(parted, _counted(300_001, 150_000), _assessed(WHOLE, 1_650_000, 1_800_001))
    assert parted.faults == []
    owed = next(check.expected for check in parted.checks(0) if check.args == (PLANT, PART))
    assert owed["added"] == 300_000 and owed["state"] == 3


def test_an_annulment_takes_back_what_was_not_given(parted):
    _missing(parted)
    _given(parted, 150_000, DEADLINE + 3)
    appealed = dated("PenaltyAppealed", DEADLINE + 4, **_key())
    units = dated(
        "UnitsOrdered", DEADLINE + 5, **_key(shortfall=100_000, oldUnits=300_000, units=50_000)
    )
    told = _key(outcome=3, oldFineCents=0, fineCents=0, officer="0xB")
    feed(parted, appealed, units, dated("PenaltyAppealDecided", DEADLINE + 5, **told))
    assert parted.faults == []
    feed(parted, _counted(300_001, 0, DEADLINE + 6), _assessed(WHOLE, 1_500_000, 1_800_001))
    assert parted.faults == []


@pytest.mark.parametrize(
    "acts",
    [
        [_counted(300_001, 300_001)],  # what was given is less
        [_counted(200_001, 400_000, DEADLINE + 31 * DAYS)],
        [_counted(200_001, 300_000, DEADLINE + 2 + 30 * DAYS)],  # it can still be appealed
        [_assessed(WHOLE, 1_800_001, 1_800_001)],  # the part was left out
    ],
)
def test_a_part_that_is_counted_wrongly_is_found(parted, acts):
    _missing(parted)
    feed(parted, *acts)
    assert len(parted.faults) == 1


@pytest.mark.parametrize("units", [300_001, 0])
def test_units_that_the_pack_does_not_order_are_found(parted, units):
    feed(parted, _assessed(PART, 300_001, 1_000_001))
    _given(parted, 200_001)
    feed(parted, dated("ShortfallNoticed", DEADLINE + 1, **_key(shortfall=100_000)))
    if units:
        feed(
            parted,
            dated("UnitsOrdered", DEADLINE + 2, **_key(shortfall=100_000, oldUnits=0, units=units)),
        )
    feed(parted, _decided(0))
    assert len(parted.faults) == 1


# borrowing


@pytest.mark.parametrize(("amount", "faults"), [(100_000, 0), (100_001, 1)])
def test_borrowing_beyond_its_share_is_found(amount, faults):
    room = _room({"borrowing.limit_ppm": 100_000}, {})
    feed(room, _assessed(PART, 1_000_001, 1_000_001))
    ref = references.obligation(SCHEME, PART, PLANT)
    room.allowances.exits_for[SURRENDERED, ref, unit_id.allowance(SCHEME, 2025)] = amount
    room.allowances.exits_for[SURRENDERED, ref, unit_id.allowance(SCHEME, 2024)] = 500_000
    room.stated_surrendered[ref] = [amount + 500_000, 0]
    room.invariants(Tally())
    assert len(room.faults) == faults
    owed = next(check.expected for check in room.checks(0) if check.args == (PLANT, PART))
    assert owed["borrowed"] == amount
