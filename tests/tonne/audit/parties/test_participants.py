"""Participants, wallets and installations, replayed from events made by hand."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.parties.participants import ACTIVE, CLOSED, SUSPENDED, ParticipantsReplay
from tonne.constants import ZERO_ADDRESS

FIRST, SECOND, LOST, FRESH, REGISTRAR = (f"0x{n:040x}" for n in range(1, 6))
NOBODY = (ZERO_ADDRESS, ZERO_ADDRESS, 0)


def _applied(number=1, wallet=FIRST):
    return dated("ParticipantApplied", id=number, kinds=2, jurisdiction=11, wallet=wallet)


def _wallet(name, wallet=SECOND, **args):
    return dated(name, id=1, wallet=wallet, **args)


def _proposed(lost=FIRST, at=100):
    return dated("ReplacementProposed", id=1, lost=lost, fresh=FRESH, executableAt=at)


def _replaced(lost=FIRST, fresh=FRESH, time=100):
    return dated("WalletReplaced", time, id=1, lost=lost, fresh=fresh)


def _answers(room):
    return {(check.function, *map(str, check.args)): check.expected for check in room.checks(0)}


def test_a_wallet_joins_by_its_invitation():
    room = feed(ParticipantsReplay(), _applied(), _wallet("WalletInvited", rights=5))
    assert _answers(room)["invitation", "1", SECOND] == 5
    feed(room, _wallet("WalletAdded", rights=5))
    assert room.faults == []
    found = _answers(room)
    assert found["invitation", "1", SECOND] == 0
    assert found["walletOf", SECOND] == (1, 5, 1)
    assert found["participant", "1"]["walletCount"] == 2


@pytest.mark.parametrize("invited", [[], [_wallet("WalletInvited", rights=4)]])
def test_a_wallet_that_was_not_invited_so_is_found(invited):
    room = feed(ParticipantsReplay(), _applied(), *invited, _wallet("WalletAdded", rights=5))
    assert len(room.faults) == 1


def test_a_lost_wallet_is_replaced_after_its_delay():
    room = feed(ParticipantsReplay(), _applied(), _proposed())
    assert _answers(room)["replacement", "1"] == (FIRST, FRESH, 100)
    feed(room, _replaced())
    assert room.faults == []
    found = _answers(room)
    assert found["replacement", "1"] == NOBODY
    assert found["participant", "1"]["primary"] == FRESH
    assert found["walletOf", FIRST] == (0, 0, 0)
    cancelled = dated("ReplacementCancelled", id=1, lost=FRESH, by=FRESH)
    feed(room, _proposed(lost=FRESH), cancelled)
    assert room.faults == [] and _answers(room)["replacement", "1"] == NOBODY


@pytest.mark.parametrize(
    "events",
    [
        [_replaced()],
        [_proposed(), _replaced(time=99)],
        [_proposed(), _replaced(fresh=LOST)],
        [_proposed(), _proposed()],
        [dated("ReplacementCancelled", id=1, lost=FIRST, by=FIRST)],
        [_proposed(), dated("ReplacementCancelled", id=1, lost=LOST, by=FIRST)],
    ],
    ids=["unproposed", "too early", "another wallet", "twice", "nothing to cancel", "another lost"],
)
def test_a_replacement_that_does_not_follow_is_found(events):
    assert len(feed(ParticipantsReplay(), _applied(), *events).faults) == 1


def test_a_status_a_group_and_kinds_are_the_last_ones():
    room = feed(ParticipantsReplay(), _applied())
    for name, status in (
        *(("ParticipantApproved", ACTIVE), ("ParticipantSuspended", SUSPENDED)),
        *(("ParticipantReinstated", ACTIVE), ("ParticipantClosed", CLOSED)),
    ):
        feed(room, dated(name, id=1, registrar=REGISTRAR))
        assert _answers(room)["participant", "1"]["status"] == status
    assert [status for _, status in room.acts[REGISTRAR]] == [2, 3, 2, 4]
    feed(
        room,
        dated("ParticipantGrouped", id=1, group=9),
        dated("ParticipantKindsChanged", id=1, kinds=6),
        _wallet("WalletInvited", rights=5),
        _wallet("WalletAdded", rights=5),
        _wallet("WalletRightsChanged", rights=3),
        _wallet("PrimaryWalletChanged"),
        _wallet("WalletRemoved", FIRST),
    )
    found = _answers(room)
    expected = {"group": 9, "kinds": 6, "primary": SECOND, "walletCount": 1}
    assert expected.items() <= found["participant", "1"].items()
    assert found["walletOf", SECOND] == (1, 3, CLOSED)


def test_a_registrar_is_one_there_or_everywhere():
    room = ParticipantsReplay()
    for place, allowed in ((11, True), (0, False)):
        feed(room, dated("RegistrarSet", registrar=REGISTRAR, jurisdiction=place, allowed=allowed))
    assert room.is_registrar(REGISTRAR, 11) and not room.is_registrar(REGISTRAR, 12)
    feed(room, dated("RegistrarSet", registrar=REGISTRAR, jurisdiction=0, allowed=True))
    assert room.is_registrar(REGISTRAR, 12)


def _plant(name, **args):
    return dated(name, id=1, **args)


def test_an_installation_is_sold_with_its_operators_count():
    room = feed(ParticipantsReplay(), _applied(), _applied(2, SECOND))
    about = {"scheme": 1, "jurisdiction": 11, "benchmarkClass": 1, "capacityKw": 5}
    feed(room, _plant("InstallationRegistered", operator=1, **about))
    feed(room, _plant("InstallationChanged", benchmarkClass=2, capacityKw=6))
    feed(room, _plant("InstallationOffered", buyer=2))
    feed(room, _plant("InstallationSaleAccepted", buyer=2))
    plant = room.installations[1]
    assert (plant.benchmark_class, plant.capacity_kw) == (2, 6)
    assert (plant.buyer, plant.accepted) == (2, True)
    feed(room, _plant("InstallationSold", seller=1, buyer=2))
    assert (plant.operator, plant.buyer, plant.accepted) == (2, 0, False)
    assert [person.installations for person in room.participants.values()] == [0, 1]
    feed(room, _plant("InstallationOffered", buyer=1), _plant("InstallationSaleRefused"))
    assert plant.buyer == 0
    feed(
        room,
        _plant("InstallationClosed", operator=2),
        dated("SaleConsentSet", scheme=1, needed=True),
    )
    assert not plant.open and room.participants[2].installations == 0
    assert _answers(room)["saleConsentNeeded", "1"] is True
