"""Profiles, replayed from events made by hand."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, tell
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.parties.profiles import ProfilesReplay

WALLET, OTHER, REGISTRAR = (f"0x{n:040x}" for n in range(1, 4))
ONE, TWO, THREE = (n.to_bytes(32, "big") for n in (1, 2, 3))


def _replayed(*events):
    parties = ParticipantsReplay()
    profiles = ProfilesReplay(parties)
    about = {"wallet": WALLET, "kinds": 2, "jurisdiction": 11}
    tell(
        [parties, profiles],
        dated("RegistrarSet", registrar=REGISTRAR, jurisdiction=11, allowed=True),
        dated("ApplicationFiled", **about, detailsHash=bytes(32)),
        dated("ParticipantApproved", id=1, **about, registrar=REGISTRAR),
        *events,
    )
    return profiles


def _published(hash_=b"\1" * 32, revision=1, kind=1, subject=ONE, wallet=WALLET, time=5):
    about = {"kind": kind, "subject": subject, "by": 1, "documentHash": hash_}
    return dated("ProfilePublished", time, **about, revision=revision, wallet=wallet)


def _withdrawn(account=WALLET, time=9):
    about = {"kind": 1, "subject": ONE, "by": 1, "account": account, "reasonHash": bytes(32)}
    return dated("ProfileWithdrawn", time, **about)


def test_the_last_document_stands_and_a_withdrawn_one_does_not():
    found = _replayed(
        _published(), _published(b"\2" * 32, 2, time=6), _published(kind=2, subject=THREE)
    )
    assert found.faults == []
    assert found.profiles[1, ONE, 1] == {
        "documentHash": b"\2" * 32,
        "changedAt": 6,
        "revision": 2,
    }
    for account in (WALLET, REGISTRAR):
        found = _replayed(_published(), _withdrawn(account))
        assert found.faults == []
        assert found.profiles[1, ONE, 1] == {
            "documentHash": bytes(32),
            "changedAt": 9,
            "revision": 1,
        }
    assert [check.args for check in found.checks(0) if check.function == "profileOf"] == [
        (1, ONE, 1)
    ]


@pytest.mark.parametrize(
    "events",
    [
        (_published(wallet=OTHER),),
        (_published(subject=TWO),),
        (_published(bytes(32)),),
        (_published(revision=2),),
        (_published(), _published(revision=2)),
        (_published(), _withdrawn(OTHER)),
        (_published(), _withdrawn(), _withdrawn()),
        (_withdrawn(),),
    ],
)
def test_what_does_not_follow_is_a_fault(events):
    found = _replayed(*events)
    assert found.faults
