"""Conservation of units, and orders over a holder's head."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, units
from tests.tonne.storage import slots
from tonne.audit.parties.participants import Participant
from tonne.audit.replay import currency
from tonne.audit.replay.compare import Tally
from tonne.audit.units.energy_certificates import EnergyCertificatesReplay
from tonne.audit.units.energy_credits import EnergyCreditsReplay
from tonne.audit.units.offset_credits import OffsetCreditsReplay
from tonne.audit.units.unit_balances import FREEZE, ROWS, SURRENDERED, TOTALS, AllowancesReplay
from tonne.constants import ZERO_ADDRESS
from tonne.types import held_account

A, B, UNIT = "0xa", "0xb", 7


def _moved(source, target, amount, unit=UNIT):
    return dated("TransferSingle", **{"from": source, "to": target, "id": unit, "value": amount})


def _exited(amount, kind=SURRENDERED, ref=b"r"):
    return dated("UnitsExited", id=UNIT, amount=amount, kind=kind, ref=ref)


def _issued(amount):
    return [
        _moved(ZERO_ADDRESS, A, amount),
        dated("UnitsIssued", id=UNIT, amount=amount, evidence=b""),
    ]


def _faults(room) -> list[str]:
    tally = Tally()
    room.invariants(tally)
    return [difference.about for difference in tally.differences]


def test_what_was_issued_is_held_or_has_left():
    room = units()
    feed(room, *_issued(100), _moved(A, B, 30), _moved(B, ZERO_ADDRESS, 10), _exited(10))

    assert _faults(room) == []
    assert room.balances[A, UNIT] == 70 and room.balances[B, UNIT] == 20
    told = {c.about: c.expected for c in room.checks(0)}
    assert told["balances"] == [70, 20]
    assert told["unit 0x7 supply"] == 90
    assert told[f"unit 0x7 exit {SURRENDERED}"] == 10


@pytest.mark.parametrize(
    "events, fault",
    [
        ([*_issued(100), _moved(A, ZERO_ADDRESS, 10)], "burnt"),
        ([*_issued(100), _exited(10)], "burnt"),
        ([_moved(ZERO_ADDRESS, A, 100)], "minted"),
        ([dated("UnitsIssued", id=UNIT, amount=1, evidence=b"")], "conserved"),
        ([*_issued(100), _moved(B, A, 1)], "negative balances"),
    ],
    ids=["burnt without exit", "exit without burn", "minted only", "issued only", "from nothing"],
)
def test_a_missing_half_is_found(events, fault):
    room = feed(units(), *events)
    assert any(fault in about for about in _faults(room))


# Held for a participant

WALLET, OTHER_WALLET = "0x" + "c" * 40, "0x" + "d" * 40
HELD_FOR = held_account.account_of(9)


def _held_room():
    room = units()
    room.parties.wallets[WALLET] = room.parties.wallets[OTHER_WALLET] = (9, 31)
    return room


def _held(amount, wallet=WALLET):
    return dated("UnitsHeld", participant=9, id=UNIT, wallet=wallet, amount=amount)


def _claimed(amount, wallet=OTHER_WALLET):
    return dated("HeldUnitsClaimed", participant=9, id=UNIT, wallet=wallet, amount=amount)


def _refused(amount):
    arrived = _moved(ZERO_ADDRESS, WALLET, amount)
    issued = dated("UnitsIssued", id=UNIT, amount=amount, evidence=b"")
    return [arrived, issued, _moved(WALLET, HELD_FOR, amount), _held(amount)]


def test_refused_units_are_held_for_their_participant_until_claimed():
    room = _held_room()
    feed(room, *_refused(50), _moved(HELD_FOR, OTHER_WALLET, 20), _claimed(20))
    assert room.faults == [] and _faults(room) == []
    assert room.balances[HELD_FOR, UNIT] == 30
    assert room.owner_of(HELD_FOR) == room.owner_of(WALLET) == 9


@pytest.mark.parametrize(
    "events",
    [
        [*_refused(50), _moved(HELD_FOR, OTHER_WALLET, 20), _claimed(21)],
        [*_refused(50), _moved(HELD_FOR, OTHER_WALLET, 20), _claimed(20, WALLET)],
        [*_refused(50), _claimed(20)],
        [*_issued(5), _held(5, "0x" + "e" * 40)],
    ],
    ids=["another amount", "another wallet", "unmoved", "a stranger's"],
)
def test_a_claim_or_a_refusal_that_did_not_occur_is_found(events):
    assert feed(_held_room(), *events).faults != []


@pytest.mark.parametrize(
    "events",
    [[*_refused(50), _moved(WALLET, HELD_FOR, 0), _held(1)], _refused(50)[:3]],
    ids=["reported only", "moved only"],
)
def test_what_is_held_is_what_was_reported(events):
    assert any("held for 9" in about for about in _faults(feed(_held_room(), *events)))


# Orders over a holder's head

OFFICER, NORTH, SCHEME, PLACE = "0x0f", 3, 1, 11
OWN = 1 << 96 | SCHEME << 80 | 2020 << 64


def _forced(amount=5):
    return dated("ForcedTransfer", **{"from": A, "to": B, "tokenId": OWN, "amount": amount})


def _ordered(event="TransferOrdered", amount=5, officer=OFFICER):
    told = {"id": OWN, "amount": amount, "officer": officer, "reason": b"r"}
    ends = {"account": A} if event == "FreezeOrdered" else {"from": A, "to": B}
    return dated(event, **told, **ends)


@pytest.fixture
def governed():
    """A holds 10; the officer may freeze where A's participant is."""
    room = units()
    room.parties.participants[NORTH] = Participant(1, PLACE, A)
    room.parties.wallets[A] = (NORTH, 31)
    room.schemes.offices[OFFICER, SCHEME, PLACE] = FREEZE
    return feed(room, _moved(ZERO_ADDRESS, A, 10, OWN))


def test_an_order_moves_what_it_says(governed):
    feed(governed, _moved(A, B, 5, OWN), _forced(), _ordered())
    frozen = dated("Frozen", account=A, tokenId=OWN, amount=5)
    feed(governed, frozen, _ordered("FreezeOrdered"))
    assert governed.faults == []


@pytest.mark.parametrize(
    "events",
    [
        [_forced()],  # no transfer
        [_moved(A, B, 4, OWN), _forced()],
        [_ordered()],  # no forced transfer
        [_moved(A, B, 5, OWN), _forced(), _ordered(amount=4)],
        [_moved(A, B, 5, OWN), _forced(), _ordered(officer="0xe")],
        [_ordered("FreezeOrdered")],
        [
            dated("Frozen", account=A, tokenId=OWN, amount=5),
            _ordered("FreezeOrdered", officer="0xe"),
        ],
    ],
    ids=[
        "still",
        "less",
        "unforced",
        "another amount",
        "no officer",
        "not frozen",
        "no officer froze",
    ],
)
def test_an_order_that_did_not_happen_or_has_no_power_is_found(governed, events):
    feed(governed, *events)
    assert len(governed.faults) == 1


@pytest.mark.parametrize(("rights", "faults"), [(4, 0), (2, 1), (0, 1)])
def test_a_controller_orders_by_its_right_to_force(governed, rights, faults):
    feed(governed, dated("ControllerSet", controller="0xc", rights=rights))
    feed(governed, _moved(A, B, 5, OWN), _forced(), _ordered(officer="0xc"))
    assert len(governed.faults) == faults


def test_an_authority_is_asked_for():
    room = feed(units(), dated("AuthorityUpdated", authority="0xd"))
    assert next(c.expected for c in room.checks(0) if c.function == "authority") == "0xd"


@pytest.mark.parametrize(
    ("contract", "variable", "slot"),
    [
        ("Allowances", "_rights", AllowancesReplay.rights_at),
        ("Allowances", "_rows", AllowancesReplay.rights_at + ROWS),
        ("Allowances", "_totals", AllowancesReplay.rights_at + TOTALS),
        ("OffsetCredits", "_rights", OffsetCreditsReplay.rights_at),
        ("OffsetCredits", "_rows", OffsetCreditsReplay.rights_at + ROWS),
        ("OffsetCredits", "_totals", OffsetCreditsReplay.rights_at + TOTALS),
        ("EnergyCredits", "_rights", EnergyCreditsReplay.rights_at),
        ("EnergyCredits", "_rows", EnergyCreditsReplay.rights_at + ROWS),
        ("EnergyCredits", "_totals", EnergyCreditsReplay.rights_at + TOTALS),
        ("EnergyCertificates", "_rights", EnergyCertificatesReplay.rights_at),
        ("EnergyCertificates", "_rows", EnergyCertificatesReplay.rights_at + ROWS),
        ("EnergyCertificates", "_totals", EnergyCertificatesReplay.rights_at + TOTALS),
        ("SettlementCurrency", "_balances", currency.BALANCES),
    ],
)
def test_slots_are_read_where_the_compiler_puts_them(contract, variable, slot):
    assert slot == slots(contract)[variable]
