"""Replay of AuditCheckpoints: what participants signed of blocks, and alarms where they differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.contract_signers import ContractSignersReplay
from tonne.audit.replay.events import Dated
from tonne.crypto.hashing import keccak

#: Blocks whose hashes a contract knows.
KNOWN_BLOCKS: Final = 256


class CheckpointsReplay(ContractSignersReplay):
    """Digests by participant and block; who came first; who differs."""

    contract = "AuditCheckpoints"

    def __init__(self, parties: ParticipantsReplay) -> None:
        super().__init__()
        self.parties = parties
        self.digests: dict[tuple[int, int], bytes] = {}
        self.first: dict[int, int] = {}
        self._differing: tuple[int, int] | None = None  # whose alarm has to come next

    def _on_CheckpointKept(self, a: Args, at: Dated) -> None:
        self._ended()
        who, number = a["auditor"], a["number"]
        about = f"checkpoint of {who} at block {number}"
        own = self.parties.owner_of(a["signer"]) == who
        self._require(own, f"{about}: {a['signer']} is no wallet of it")
        self._signed(about, {a["signer"]})
        recent = number < at.event.block <= number + KNOWN_BLOCKS
        self._require(recent, f"{about}: kept in block {at.event.block}")
        self._require((who, number) not in self.digests, f"{about} was kept twice")
        digest = keccak(a["blockHash"] + a["history"] + a["state"])
        self.digests[who, number] = digest
        first = self.first.setdefault(number, who)
        if self.digests[first, number] != digest:
            self._differing = (who, number)

    def _on_CheckpointsDiffer(self, a: Args, _: Dated) -> None:
        who, number = a["auditor"], a["number"]
        right = self._differing == (who, number) and self.first.get(number) == a["first"]
        self._require(right, f"alarm of {who} at block {number}")
        self._differing = None

    def _ended(self) -> None:
        """A checkpoint that differs raises its alarm at once."""
        if self._differing is not None:
            who, number = self._differing
            self.faults.append(f"no alarm of {who} at block {number}")
            self._differing = None

    def end_transaction(self) -> None:
        super().end_transaction()
        self._ended()

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for (who, number), digest in sorted(self.digests.items()):
            about = f"checkpoint of {who} at block {number}"
            yield Check(self.contract, "digestOf", (who, number), digest, about)
        for number, who in sorted(self.first.items()):
            yield Check(self.contract, "firstOf", (number,), who, f"first at block {number}")
