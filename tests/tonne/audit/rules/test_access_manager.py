"""Roles, guarded functions, the founding and waiting acts, replayed from events made by hand."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.rules.access_manager import EXPIRATION_S, GUARDIAN, AccessManagerReplay
from tonne.chain.contract import Contract

TARGET = "0x" + "11" * 20
ROLE, WHO, OPERATION = 7, "0xa", b"\5" * 32
NOW = 1_000_000
GUARDED = {
    **{"type": "function", "name": "act", "inputs": [], "outputs": []},
    "stateMutability": "nonpayable",
}


def _room(*events):
    contract = Contract("Target", TARGET, [GUARDED])
    return feed(AccessManagerReplay([contract]), *events)


def _founded(delay=60, daily=0):
    return dated("Founded", NOW - 20, by=WHO, guardian="0xb", delay=delay, dailyRoles=daily)


def _granted(delay=0, since=NOW, new=True, time=NOW):
    told = {"roleId": ROLE, "account": WHO, "delay": delay, "since": since, "newMember": new}
    return dated("RoleGranted", time, **told)


def _scheduled(nonce=1, when=NOW):
    told = {"operationId": OPERATION, "nonce": nonce, "schedule": when, "caller": WHO}
    return dated("OperationScheduled", NOW - 10, target=TARGET, data=b"", **told)


def _ended(name, nonce=1, time=NOW):
    return dated(name, time, operationId=OPERATION, nonce=nonce)


def _answers(room, now=NOW):
    return {(check.function, *check.args): check.expected for check in room.checks(now)}


def test_a_role_has_an_administrator_a_guardian_and_a_delay_of_grants():
    room = _room(
        dated("RoleAdminChanged", roleId=ROLE, admin=8),
        dated("RoleGrantDelayChanged", NOW, roleId=ROLE, delay=60, since=NOW + 5),
        dated("RoleLabel", roleId=ROLE, label="keeper"),
    )
    before, after = _answers(room, NOW + 4), _answers(room, NOW + 5)
    assert (before["getRoleAdmin", ROLE], before["getRoleGuardian", ROLE]) == (8, GUARDIAN)
    assert (before["getRoleGrantDelay", ROLE], after["getRoleGrantDelay", ROLE]) == (0, 60)


def test_a_member_has_its_role_and_its_delay_from_their_moments_on():
    room = _room(_granted(delay=30, since=NOW + 9))
    member = room.members[ROLE, WHO]
    assert (member.at(NOW + 8), member.at(NOW + 9)) == ((False, 30), (True, 30))
    feed(room, _granted(delay=10, since=NOW + 40, new=False, time=NOW + 20))
    assert (member.at(NOW + 39), member.at(NOW + 40)) == ((True, 30), (True, 10))
    feed(room, dated("RoleRevoked", roleId=ROLE, account=WHO))
    assert room.members == {} and room.faults == []


@pytest.mark.parametrize(
    "events",
    [
        [_granted(new=False)],
        [_granted(), _granted()],
        [dated("RoleRevoked", roleId=ROLE, account=WHO)],
        [_scheduled()],
        [_founded(), _founded()],
        [_founded(), _scheduled(nonce=2)],
        [_founded(), _scheduled(), _scheduled()],
        [_ended("OperationExecuted")],
        [_founded(), _scheduled(), _ended("OperationExecuted", nonce=2)],
        [_founded(), _scheduled(), _ended("OperationExecuted", time=NOW - 1)],
        [_founded(), _scheduled(), _ended("OperationExecuted", time=NOW + EXPIRATION_S)],
        [_founded(), _scheduled(), _ended("OperationCanceled"), _ended("OperationExecuted")],
    ],
    ids=[
        *("no member", "a member", "lost", "unfounded", "founded twice", "nonce", "twice"),
        *("unscheduled", "another nonce"),
        *("too early", "too late", "cancelled"),
    ],
)
def test_an_event_that_does_not_follow_is_found(events):
    assert len(_room(*events).faults) == 1


def test_targets_are_closed_delayed_and_opened_to_roles():
    selector = Contract("Target", TARGET, [GUARDED]).functions[0].selector
    assert _answers(_room())["getTargetFunctionRole", TARGET, selector] == 0
    room = _room(
        dated("TargetFunctionRoleUpdated", target=TARGET, selector=selector, roleId=ROLE),
        dated("TargetClosed", target=TARGET, closed=True),
        dated("TargetAdminDelayUpdated", NOW, target=TARGET, delay=60, since=NOW + 5),
    )
    found = _answers(room, NOW + 5)
    assert found["getTargetFunctionRole", TARGET, selector] == ROLE
    assert found["isTargetClosed", TARGET] is True
    assert found["getTargetAdminDelay", TARGET] == 60
    assert _answers(room, NOW + 4)["getTargetAdminDelay", TARGET] == 0


def test_an_operation_is_open_until_it_ends_or_expires():
    room = _room(_founded(), _scheduled())
    assert _answers(room)["getSchedule", OPERATION] == NOW
    assert _answers(room, NOW + EXPIRATION_S)["getSchedule", OPERATION] == 0
    for name in ("OperationExecuted", "OperationCanceled"):
        ended = _room(_founded(), _scheduled(), _ended(name))
        assert ended.faults == []
        assert _answers(ended)["getSchedule", OPERATION] == 0
        assert _answers(ended)["getNonce", OPERATION] == 1


def test_after_the_founding_every_role_waits_but_the_daily_ones():
    room = _room(_granted(delay=30))
    assert room.has_role(ROLE, WHO, NOW) == (True, 30)
    feed(room, _founded(delay=60))
    assert room.has_role(ROLE, WHO, NOW) == (True, 60)
    assert _answers(room)["delay",] == 60
    daily = _room(_granted(delay=30), _founded(delay=60, daily=1 << ROLE))
    assert daily.has_role(ROLE, WHO, NOW) == (True, 30)
    assert _answers(daily)["isDaily", ROLE] is True
