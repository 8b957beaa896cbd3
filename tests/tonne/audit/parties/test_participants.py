"""Participants, wallets and installations, replayed from events made by hand."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.parties.participants import ACTIVE, CLOSED, SUSPENDED, ParticipantsReplay
from tonne.constants import ZERO_ADDRESS

FIRST, SECOND, FRESH, REGISTRAR, ARBITER = (f"0x{n:040x}" for n in range(1, 6))
DAY, WEEK = 86_400, 604_800
NOTHING = {
    "frozenUntil": 0,
    "nextClaimAt": 0,
    "proposal": bytes(32),
    "registrar": ZERO_ADDRESS,
    "decidableAt": 0,
    "lapsesAt": 0,
}


def _applied(number=1, wallet=FIRST):
    """An application and its approval."""
    about = {"wallet": wallet, "kinds": 2, "jurisdiction": 11}
    return (
        dated("ApplicationFiled", **about, detailsHash=bytes(32)),
        dated("ParticipantApproved", id=number, **about, registrar=REGISTRAR),
    )


def _wallet(name, wallet=SECOND, **args):
    return dated(name, id=1, wallet=wallet, **args)


def _proposed(wallets=(FRESH,), time=0):
    rights = (31,) * len(wallets)
    return dated(
        "RecoveryProposed", time, id=1, registrar=REGISTRAR, wallets=wallets, rights=rights,
        decidableAt=time + WEEK,
    )  # fmt: skip


def _joined(wallet=FRESH, number=1):
    return dated("RecoveryJoined", id=number, wallet=wallet)


def _upheld(time=WEEK, lost=FIRST, fresh=FRESH, arbiter=ARBITER, rights=31):
    return (
        dated("WalletLost", time, id=1, wallet=lost),
        dated("WalletRecovered", time, id=1, wallet=fresh, rights=rights),
        dated("RecoveryUpheld", time, id=1, arbiter=arbiter, primary=fresh),
    )


def _claimed(time=0):
    about = {"frozenUntil": time + 30 * DAY, "nextClaimAt": time + 120 * DAY}
    return dated("TheftClaimed", time, id=1, by=SECOND, **about)


def _cancelled(by=FIRST, time=1):
    return dated("RecoveryCancelled", time, id=1, by=by)


def _answers(room):
    return {(check.function, *map(str, check.args)): check.expected for check in room.checks(0)}


def test_a_wallet_joins_by_its_invitation():
    room = feed(ParticipantsReplay(), *_applied(), _wallet("WalletInvited", rights=5))
    assert _answers(room)["invitation", "1", SECOND] == 5
    feed(room, _wallet("WalletAdded", rights=5))
    assert room.faults == []
    found = _answers(room)
    assert found["invitation", "1", SECOND] == 0
    assert found["walletOf", SECOND] == (1, 5, ACTIVE)
    assert found["participant", "1"]["walletCount"] == 2


@pytest.mark.parametrize("invited", [[], [_wallet("WalletInvited", rights=4)]])
def test_a_wallet_that_was_not_invited_so_is_found(invited):
    room = feed(ParticipantsReplay(), *_applied(), *invited, _wallet("WalletAdded", rights=5))
    assert len(room.faults) == 1


def test_a_lost_wallet_stays_bound_without_rights_and_a_fresh_one_takes_over():
    room = feed(ParticipantsReplay(), *_applied(), _wallet("WalletInvited", rights=5))
    feed(room, _claimed(), _proposed(), _joined())
    waiting = _answers(room)
    assert waiting["joining", FRESH] == 1
    recovery = waiting["recoveryOf", "1"]
    assert (recovery["frozenUntil"], recovery["decidableAt"]) == (30 * DAY, WEEK)
    assert recovery["lapsesAt"] == WEEK + 30 * DAY and recovery["registrar"] == REGISTRAR
    assert len(recovery["proposal"]) == 32 and any(recovery["proposal"])
    feed(room, *_upheld())
    assert room.faults == []
    found = _answers(room)
    assert found["participant", "1"]["primary"] == FRESH
    assert found["participant", "1"]["walletCount"] == 1
    assert found["walletOf", FIRST] == (1, 0, SUSPENDED)
    assert found["walletOf", FRESH] == (1, 31, ACTIVE)
    assert found["joining", FRESH] == 0
    assert found["invitation", "1", SECOND] == 0, "the thief's invitations are void"
    assert found["recoveryOf", "1"] == NOTHING


@pytest.mark.parametrize(
    "events",
    [
        [_proposed(), _cancelled()],
        [_claimed(), _proposed(), _cancelled(REGISTRAR)],
        [_claimed(), _proposed(), _cancelled(time=30 * DAY)],
        [_claimed(), dated("TheftAnswered", 1, id=1, wallet=FIRST)],
    ],
    ids=["objection", "by the registrar", "after the freeze", "answer"],
)
def test_a_hearing_by_the_rules_has_no_fault(events):
    room = feed(ParticipantsReplay(), *_applied(), *events)
    assert room.faults == []
    assert not room.recoveries[1].wallets


def test_a_refused_claim_ends_the_freeze():
    room = feed(ParticipantsReplay(), *_applied(), _claimed(), _proposed())
    feed(room, dated("RecoveryRejected", 1, id=1, arbiter=ARBITER))
    answer = _answers(room)["recoveryOf", "1"]
    assert answer == {**NOTHING, "nextClaimAt": 120 * DAY}


@pytest.mark.parametrize(
    "events",
    [
        [_joined(), *_upheld()],
        [_joined(), _proposed(), *_upheld(WEEK - 1)],
        [_joined(), _proposed(), *_upheld(WEEK + 30 * DAY + 1)],
        [_joined(), _proposed(), *_upheld(arbiter=REGISTRAR)],
        [_joined(), _proposed(), *_upheld(rights=1)],
        [_joined(number=2), _proposed(), *_upheld()],
        [_proposed(), _proposed(time=1)],
        [_claimed(), _proposed(), _cancelled()],
        [_claimed(), _claimed(1)],
        [dated("TheftAnswered", 1, id=1, wallet=FIRST)],
        [_joined(), _proposed(), *_upheld(lost=SECOND)[:1]],
    ],
    ids=[
        *(
            "unproposed",
            "too early",
            "too late",
            "one office",
            "another set",
            "not agreed",
            "twice",
        ),
        *("stopped by the accused", "claimed twice", "answer to nothing", "another's wallet"),
    ],
)
def test_a_recovery_that_does_not_follow_is_found(events):
    assert len(feed(ParticipantsReplay(), *_applied(), *events).faults) >= 1


def test_an_application_is_on_record_until_it_is_answered():
    filed = _applied()[0]
    room = feed(ParticipantsReplay(), filed)
    assert len(_answers(room)["applicationOf", FIRST]) == 32
    feed(room, dated("ApplicationPassedOver", wallet=SECOND, registrar=REGISTRAR))
    feed(room, dated("ApplicationRefused", wallet=FIRST, registrar=REGISTRAR))
    assert room.faults == [] and not room.participants
    feed(room, dated("ApplicationRefused", wallet=FIRST, registrar=REGISTRAR))
    assert len(room.faults) == 1


@pytest.mark.parametrize("wrong", [{"id": 2}, {"kinds": 3}, {"wallet": SECOND}])
def test_an_approval_of_what_was_not_applied_for_is_found(wrong):
    filed, approved = _applied()
    approved.event.args.update(wrong)
    assert len(feed(ParticipantsReplay(), filed, approved).faults) == 1


def test_a_removed_wallet_may_claim_for_a_month():
    room = feed(ParticipantsReplay(), *_applied(), _wallet("WalletInvited", rights=5))
    feed(room, _wallet("WalletAdded", rights=5), dated("WalletRemoved", 7, id=1, wallet=SECOND))
    assert _answers(room)["formerly", SECOND] == (1, 7 + 30 * DAY)


def test_a_status_a_group_and_kinds_are_the_last_ones():
    room = feed(ParticipantsReplay(), *_applied())
    for name, status in (
        ("ParticipantSuspended", SUSPENDED),
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
    room = feed(ParticipantsReplay(), *_applied(), *_applied(2, SECOND))
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


@pytest.mark.parametrize(
    "sale",
    [
        [_plant("InstallationSaleAccepted", buyer=2)],
        [_plant("InstallationOffered", buyer=2), _plant("InstallationSaleAccepted", buyer=1)],
        [_plant("InstallationOffered", buyer=2), _plant("InstallationSold", seller=2, buyer=2)],
        [_plant("InstallationOffered", buyer=1), _plant("InstallationSold", seller=1, buyer=2)],
    ],
    ids=["no offer", "another buyer accepts", "another seller", "another buyer"],
)
def test_a_sale_that_was_not_offered_is_found(sale):
    room = feed(ParticipantsReplay(), *_applied(), *_applied(2, SECOND))
    about = {"scheme": 1, "jurisdiction": 11, "benchmarkClass": 1, "capacityKw": 5}
    feed(room, _plant("InstallationRegistered", operator=1, **about), *sale)
    assert len(room.faults) == 1
