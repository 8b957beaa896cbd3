"""Replay of Profiles: hashes of the documents in which participants name themselves, projects and sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.constants import ZERO_WORD

#: `ProfileKind` of IProfiles.
PARTICIPANT: Final = 1
#: `WalletRights.MANAGE` of IParticipants.
MANAGE: Final = 16

#: Kind, subject and publishing participant.
Key = tuple[int, bytes, int]


class ProfilesReplay(ContractReplay):
    """The last document of each participant about each subject."""

    contract = "Profiles"

    def __init__(self, parties: ParticipantsReplay) -> None:
        super().__init__()
        self.parties = parties
        self.profiles: dict[Key, dict[str, Any]] = {}  # `ProfileRecord`

    def _on_ProfilePublished(self, a: Args, at: Dated) -> None:
        key, about = _key(a)
        old = self.profiles.get(key, {"documentHash": ZERO_WORD, "revision": 0})
        self._require(
            self._manages(a["wallet"], a["by"]), f"{about}: {a['wallet']} may not publish"
        )
        own = a["kind"] != PARTICIPANT or int.from_bytes(a["subject"], "big") == a["by"]
        self._require(own, f"{about} names another participant")
        fresh = a["documentHash"] not in (ZERO_WORD, old["documentHash"])
        follows = a["revision"] == old["revision"] + 1
        self._require(fresh and follows, f"{about}: document {a['revision']} does not follow")
        self.profiles[key] = {
            "documentHash": a["documentHash"],
            "changedAt": at.time,
            "revision": a["revision"],
        }

    def _on_ProfileWithdrawn(self, a: Args, at: Dated) -> None:
        key, about = _key(a)
        old = self.profiles[key]
        place = self.parties.participants[a["by"]].jurisdiction
        may = self._manages(a["account"], a["by"]) or self.parties.is_registrar(a["account"], place)
        self._require(may, f"{about}: {a['account']} may not withdraw it")
        self._require(old["documentHash"] != ZERO_WORD, f"{about} was withdrawn before")
        self.profiles[key] = {**old, "documentHash": ZERO_WORD, "changedAt": at.time}

    def _manages(self, wallet: str, participant: int) -> bool:
        owner, rights = self.parties.wallets.get(wallet, (0, 0))
        return owner == participant and bool(rights & MANAGE)

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for key, record in self.profiles.items():
            kind, subject, by = key
            about = f"profile of kind {kind}, subject 0x{subject.hex()}, by participant {by}"
            yield Check(self.contract, "profileOf", key, record, about)


def _key(a: Args) -> tuple[Key, str]:
    about = f"profile of kind {a['kind']}, subject 0x{a['subject'].hex()}, by participant {a['by']}"
    return (a["kind"], a["subject"], a["by"]), about
