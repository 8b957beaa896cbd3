"""Replay of EvidenceCustody: holders of each digest, and evidence that is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.proofs.findings import Finding
from tonne.audit.replay.compare import Between, Check
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.constants import DAY_S

#: `EvidenceStanding` of IEvidenceCustody.
UNRECORDED, KEPT, AT_RISK, LOST = 0, 1, 2, 3
#: As in IEvidenceCustody.
NEEDED, MOST = 2, 8
GRACE_S, ANSWER_S, PAUSE_S, SHORTEST_S = 30 * DAY_S, 14 * DAY_S, 60 * DAY_S, 365 * DAY_S


@dataclass(slots=True)
class CustodyHolder:
    """A holder; times in [s]."""

    participant: int
    until: int
    answer_by: int = 0
    next_request: int = 0

    def as_tuple(self) -> tuple[int, int, int, int]:
        return self.participant, self.until, self.answer_by, self.next_request


@dataclass(slots=True)
class CustodyRecord:
    """Holders of one digest in their places; `thin_since` is 0 while two held it after the last change."""

    thin_since: int = 0
    holders: list[CustodyHolder] = field(default_factory=list)

    def now(self, time: int) -> list[CustodyHolder]:
        return [one for one in self.holders if one.until > time]

    def thin_at(self, time: int) -> int:
        """Moment since which fewer than two hold it; 0 if two do."""
        if self.thin_since or not self.holders or len(self.now(time)) >= NEEDED:
            return self.thin_since
        return sorted(one.until for one in self.holders)[-NEEDED]

    def change(self, time: int) -> int:
        """Drops those that ended; returns {thin_at} of before."""
        since = self.thin_at(time)
        for place in range(len(self.holders) - 1, -1, -1):
            if self.holders[place].until <= time:
                self.drop(place)
        return since

    def drop(self, place: int) -> None:
        """The last one takes the place."""
        last = self.holders.pop()
        if place < len(self.holders):
            self.holders[place] = last

    def find(self, participant: int) -> int | None:
        places = (n for n, one in enumerate(self.holders) if one.participant == participant)
        return next(places, None)

    def settle(self, since: int, time: int) -> None:
        self.thin_since = 0 if len(self.holders) >= NEEDED else since or time

    def standing(self, time: int) -> tuple[int, int]:
        """`EvidenceStanding`, and the deadline while it is at risk."""
        if not self.holders and not self.thin_since:
            return UNRECORDED, 0
        since = self.thin_at(time)
        if not since:
            return KEPT, 0
        return (LOST, 0) if time > since + GRACE_S else (AT_RISK, since + GRACE_S)


class NamedEvidence(Protocol):
    """Roots that reports name, each with the report in words."""

    def __call__(self) -> Mapping[bytes, str]: ...


class EvidenceCustodyReplay(ContractReplay):
    """Custody of evidence by digest."""

    contract = "EvidenceCustody"

    def __init__(self, parties: ParticipantsReplay, named: NamedEvidence) -> None:
        super().__init__()
        self.parties = parties
        self.named = named
        self.records: dict[bytes, CustodyRecord] = {}

    def _on_CustodyTaken(self, a: Args, at: Dated) -> None:
        record = self.records.setdefault(a["digest"], CustodyRecord())
        since = record.change(at.time)
        place = record.find(a["participant"])
        held = None if place is None else record.holders[place]
        longer = a["until"] >= at.time + SHORTEST_S and (held is None or a["until"] > held.until)
        room = held is not None or len(record.holders) < MOST
        own = self.parties.owner_of(a["wallet"]) == a["participant"]
        self._require(longer and room and own, f"custody by participant {a['participant']}")
        if held is None:
            record.holders.append(CustodyHolder(a["participant"], a["until"]))
        else:
            held.until = a["until"]
        record.settle(since, at.time)

    def _on_CustodyGivenUp(self, a: Args, at: Dated) -> None:
        own = self.parties.owner_of(a["wallet"]) == a["participant"]
        self._require(own, f"custody of participant {a['participant']} given up by another")
        self._remove(a, at)

    def _on_FilesRequested(self, a: Args, at: Dated) -> None:
        holder = self._holder(a, at)
        right = holder.next_request <= at.time and a["answerBy"] == at.time + ANSWER_S
        self._require(right, f"request to participant {a['participant']}")
        holder.answer_by, holder.next_request = a["answerBy"], at.time + PAUSE_S

    def _on_FilesConfirmed(self, a: Args, at: Dated) -> None:
        holder = self._holder(a, at)
        self._require(at.time <= holder.answer_by, f"answer of participant {a['participant']}")
        holder.answer_by = 0

    def _on_HolderStruck(self, a: Args, at: Dated) -> None:
        silent = 0 < self._holder(a, at).answer_by < at.time
        self._require(silent, f"participant {a['participant']} struck that had time to answer")
        self._remove(a, at)

    def _holder(self, a: Args, at: Dated) -> CustodyHolder:
        found = self.records[a["digest"]].now(at.time)
        return next(one for one in found if one.participant == a["participant"])

    def _remove(self, a: Args, at: Dated) -> None:
        record = self.records[a["digest"]]
        since = record.change(at.time)
        place = record.find(a["participant"])
        if place is None:
            self.faults.append(f"participant {a['participant']} removed that held nothing")
            return
        record.drop(place)
        record.settle(since, at.time)

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        named = self.named()
        for digest, record in sorted(self.records.items()):
            about = f"evidence {digest.hex()[:16]}"
            standing = record.standing(now)
            yield Check(self.contract, "standingOf", (digest,), list(standing), about)
            held: Any = [one.as_tuple() for one in record.now(now)]
            yield Check(self.contract, "holdersOf", (digest,), held, f"holders of {about}")
            if standing[0] == LOST and digest in named:
                # The rule is broken, not the record: the answer of the chain is the finding.
                kept = [Between(UNRECORDED, AT_RISK), None]
                yield Check(
                    self.contract, "standingOf", (digest,), kept, f"{about} has two holders"
                )

    def findings(self, now: int) -> list[Finding]:
        """Evidence that reports name and fewer than two hold, while others can still take custody.

        Custody of a digest that no report names says nothing.
        """
        named = self.named()
        return [
            Finding(
                "EVIDENCE_AT_RISK",
                f"Evidence 0x{digest.hex()[:16]}… of {named[digest]} has"
                f" {many_holders(len(record.now(now)))} on record.",
            )
            for digest, record in sorted(self.records.items())
            if digest in named and record.standing(now)[0] == AT_RISK
        ]

    def kept(self, now: int) -> int:
        """Roots of reports that two hold."""
        named = self.named()
        return sum(
            digest in named and record.standing(now)[0] == KEPT
            for digest, record in self.records.items()
        )


def many_holders(count: int) -> str:
    return "one holder" if count == 1 else f"{count or 'no'} holders"
