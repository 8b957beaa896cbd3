"""Pre-allocation, true-up and claw-back worked out again from rules and figures."""

from __future__ import annotations

import pytest

from tests.tonne.audit.compliance.world import (
    COAL,
    FREE_T,
    GAS,
    NONE,
    PERIOD,
    SCHEME,
    YEAR,
    a_room,
    disclosed,
    key,
    verified,
)
from tests.tonne.audit.events import dated, feed
from tonne.audit.units.unit_balances import CLAWED_BACK
from tonne.types import references, unit_id


@pytest.fixture
def room():
    return a_room().allocation


def _pre(plant, power, amount, netted=0, heat=0):
    told = key(plant, powerMwh=power, heatGj=heat, amount=amount, netted=netted)
    return dated("AllowancesPreAllocated", **told)


def _true_up(plant, power, old, amount, netted=0, heat=0):
    told = key(plant, powerMwh=power, heatGj=heat, oldAmount=old, amount=amount, netted=netted)
    return dated("AllocationTruedUp", **told)


def _clawed(plant, wallets, ledger, debt):
    return dated(
        "AllowancesClawedBack", **key(plant, fromWallets=wallets, fromLedger=ledger, toDebt=debt)
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
    verified(room, COAL, power=2_000)
    feed(room, _true_up(COAL, 2_000, 613, 1_754))
    assert room.faults == []

    feed(room, _true_up(COAL, 1_999, 1_754, 1_753))
    assert len(room.faults) == 1


def test_what_cannot_be_clawed_back_is_a_debt_that_the_next_allocation_pays(room):
    feed(room, _pre(COAL, 1_000, 613))
    verified(room, COAL, power=500)
    ref = references.obligation(SCHEME, PERIOD, COAL)
    room.allowances.exits_for[CLAWED_BACK, ref, unit_id.allowance(SCHEME, YEAR)] = 100
    feed(room, _true_up(COAL, 500, 613, 438), _clawed(COAL, 60, 40, 75))
    assert room.faults == []
    assert room.debts[COAL] == 75
    assert room.free_issued[SCHEME, YEAR] == 513

    feed(room, _pre(COAL, 1_000, 613, netted=75))
    assert room.faults == []
    assert room.debts[COAL] == 0


def test_a_claw_back_that_did_not_leave_is_found(room):
    feed(room, _pre(COAL, 1_000, 613))
    verified(room, COAL, power=500)
    feed(room, _true_up(COAL, 500, 613, 438), _clawed(COAL, 175, 0, 0))
    assert len(room.faults) == 1


def _unissued(plant, amount):
    return dated("AllowancesUnissued", **key(plant, operator=1, amount=amount))


def _issued_later(plant, amount, netted, left):
    told = key(plant, operator=1, amount=amount, netted=netted, left=left)
    return dated("UnissuedAllowancesIssued", **told)


def test_what_the_free_share_has_no_room_for_is_issued_later(room):
    feed(room.schemes, disclosed(1_000))
    verified(room, COAL, power=2_000)
    feed(room, _true_up(COAL, 2_000, 0, 1_754), _unissued(COAL, 754))
    assert room.faults == []
    assert room.free_issued[SCHEME, YEAR] == 1_000
    told = {c.function: c.expected for c in room.checks(0)}
    assert told["allocationOf"] == (2, 1_754) and told["unissuedOf"] == 754

    room.debts[COAL] = 54
    feed(room.schemes, disclosed(1_600))
    feed(room, _issued_later(COAL, 600, 54, 100))
    assert room.faults == []
    assert room.free_issued[SCHEME, YEAR] == 1_600 and room.debts[COAL] == 0


@pytest.mark.parametrize(
    "free, unissued", [(999, 754), (1_001, 754), (1_000, 2_000)], ids=["above", "room", "more"]
)
def test_unissued_allowances_beside_the_free_share_are_found(room, free, unissued):
    feed(room.schemes, disclosed(free))
    verified(room, COAL, power=2_000)
    feed(room, _true_up(COAL, 2_000, 0, 1_754), _unissued(COAL, unissued))
    assert room.faults != []


@pytest.mark.parametrize(
    "events",
    [
        [_pre(COAL, 1_000, 613), _unissued(COAL, 613)],
        [_true_up(COAL, 2_000, 0, 1_754), _unissued(COAL, 0)],
        [_true_up(COAL, 2_000, 0, 1_754), _unissued(COAL, 1_755)],
        [_true_up(COAL, 2_000, 0, 1_754), _unissued(COAL, 7), _unissued(COAL, 7)],
    ],
    ids=["early", "nothing", "more", "twice"],
)
def test_what_cannot_be_unissued_is_found(room, events):
    verified(room, COAL, power=2_000)
    feed(room, *events)
    assert any(fault.endswith(f"of {COAL} unissued") for fault in room.faults)


@pytest.mark.parametrize(("netted", "left"), [(53, 101), (54, 99)])
def test_a_rest_that_does_not_add_up_is_found(room, netted, left):
    feed(room.schemes, disclosed(1_000))
    verified(room, COAL, power=2_000)
    feed(room, _true_up(COAL, 2_000, 0, 1_754), _unissued(COAL, 754))
    room.debts[COAL] = 54
    feed(room.schemes, disclosed(1_600))
    feed(room, _issued_later(COAL, 600, netted, left))
    assert len(room.faults) == 1


def test_a_rest_issued_twice_is_found(room):
    feed(room.schemes, disclosed(1_000))
    verified(room, COAL, power=2_000)
    feed(room, _true_up(COAL, 2_000, 0, 1_754), _unissued(COAL, 754))
    feed(room.schemes, disclosed(FREE_T))
    feed(room, _issued_later(COAL, 754, 0, 0))
    assert room.faults == []
    feed(room, _issued_later(COAL, 754, 0, 0))
    assert room.faults != []


def test_a_debt_is_added_by_a_controller_alone(room):
    added = dated("AllocationDebtAdded", installation=COAL, controller="0xC", amount=5)
    feed(room, added)
    assert len(room.faults) == 1

    feed(room, dated("AllocationControllerSet", controller="0xC", oldRights=0, rights=1), added)
    assert len(room.faults) == 1 and room.debts[COAL] == 10
    told = [check.expected for check in room.checks(0) if check.function == "rightsOf"]
    assert told == [1]


def test_rights_before_that_no_event_gave_are_found(room):
    feed(room, dated("AllocationControllerSet", controller="0xC", oldRights=1, rights=0))
    assert len(room.faults) == 1


# by table


def _tabled(plant, old, amount, netted=0):
    return dated("AllowancesTabled", **key(plant, oldAmount=old, amount=amount, netted=netted))


def test_a_table_is_given_changed_and_taken_back(room):
    feed(room, _tabled(COAL, 0, 500), _tabled(COAL, 500, 700))
    ref, unit = references.obligation(SCHEME, PERIOD, COAL), unit_id.allowance(SCHEME, YEAR)
    room.allowances.exits_for[CLAWED_BACK, ref, unit] = 250
    feed(room, _tabled(COAL, 700, 400), _clawed(COAL, 250, 0, 50))
    assert room.free_issued[SCHEME, YEAR] == 450

    # A second fall counts what the first has settled no more; a rise pays the debt first.
    room.allowances.exits_for[CLAWED_BACK, ref, unit] = 350
    feed(room, _tabled(COAL, 400, 300), _clawed(COAL, 100, 0, 0))
    feed(room, _tabled(COAL, 300, 380, netted=50))
    assert room.faults == []
    assert (room.debts[COAL], room.free_issued[SCHEME, YEAR]) == (0, 380)


def test_a_table_beside_a_benchmark_is_found(room):
    feed(room, _pre(COAL, 1_000, 613), _tabled(COAL, 613, 700))
    assert room.faults == ["table of 1: allocated by benchmark"]


def test_a_table_beyond_the_free_share_is_found(room):
    feed(room, _tabled(COAL, 0, FREE_T + 1))
    assert room.faults == ["free allowances of vintage 2020: 1000001 of 1000000"]
