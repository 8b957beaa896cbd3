"""Replay of Article6: authorisations, states of blocks of serial numbers, and adjustments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tonne.audit.compliance.retirement_registry import RetirementRegistryReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args, follows
from tonne.audit.replay.events import Dated
from tonne.audit.units.unit_balances import CANCELLED, SURRENDERED
from tonne.types.ids import UnitId

#: `ItmoState` of IArticle6.
AUTHORISED, TRANSFERRED, ACQUIRED, USED, CANCELLED_STATE = 1, 2, 3, 4, 5
#: `ItmoPurpose`.
NDC, OTHER, BOTH = 1, 2, 3
#: `FirstTransfer`.
BY_AUTHORISATION, BY_ISSUANCE, BY_USE = 1, 2, 3
#: `AdjustmentStatus`.
NOT_REQUIRED, NOT_STARTED, PENDING, COMPLETED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class ItmoBlock:
    """A block of serial numbers in one state."""

    first: int
    last: int
    state: int
    transferred: bool
    acquirer: int  # ISO 3166-1 numeric; 0 without one
    authorisation: int
    evidence: int = 0

    @property
    def amount(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class ItmoAction:
    """One row of the table of actions."""

    name: str
    time: int
    unit: UnitId
    party: int
    block: ItmoBlock  # after the action
    acquirer: int = 0


class Article6Replay(AccessManagedReplay):
    """Blocks by unit and first serial number; authorisations; adjustments recorded by Parties."""

    contract = "Article6"

    def __init__(self, registry: RetirementRegistryReplay) -> None:
        super().__init__()
        self.registry = registry
        self.blocks: dict[UnitId, dict[int, ItmoBlock]] = {}
        self.authorisations: dict[int, Args] = {}
        self.authorised_at: dict[int, int] = {}  # [s]
        #: By unit and first serial number: year and amount recorded by each Party.
        self.adjusted: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}
        self.parties: dict[str, int] = {}  # by focal point
        self.actions: list[ItmoAction] = []
        #: Blocks that each cancellation took, by unit and number.
        self.cancelled: dict[tuple[int, int], list[Any]] = {}
        #: Blocks that surrenders took, by unit and obligation, which may have several.
        self.surrendered: dict[tuple[int, int], list[list[Any]]] = {}
        #: Years of each Party's contribution.
        self.contributions: dict[int, tuple[int, int]] = {}
        #: Events that authorise an entity, and their times [s].
        self.entities: list[tuple[Args, int]] = []

    @follows("OffsetCredits")
    def _on_SerialsAttached(self, a: Args, _: Dated) -> None:
        key = (a["id"], int.from_bytes(a["ref"], "big"))
        if a["kind"] == CANCELLED:
            self.cancelled[key] = list(a["blocks"])
        elif a["kind"] == SURRENDERED:
            self.surrendered.setdefault(key, []).append(list(a["blocks"]))

    def _on_FocalPointSet(self, a: Args, _: Dated) -> None:
        self._require(
            self.parties.get(a["officer"], 0) == a["oldParty"], f"Party of {a['officer']}"
        )
        self.parties[a["officer"]] = a["party"]

    def _on_ContributionPeriodSet(self, a: Args, _: Dated) -> None:
        if not 0 < a["firstYear"] <= a["lastYear"]:
            self.faults.append(f"contribution of Party {a['party']}")
        self.contributions[a["party"]] = (a["firstYear"], a["lastYear"])

    def _on_EntityAuthorised(self, a: Args, at: Dated) -> None:
        self.entities.append((a, at.time))

    def _on_OutcomeAuthorised(self, a: Args, at: Dated) -> None:
        number, unit = a["authorisation"], a["unit"]
        mine = self.blocks.setdefault(unit, {})
        overlap = [b for b in mine.values() if b.first <= a["last"] and a["first"] <= b.last]
        if overlap or number != len(self.authorisations) + 1:
            self.faults.append(f"authorisation {number} of {a['first']}-{a['last']}")
        self.authorisations[number] = a
        self.authorised_at[number] = at.time
        by_definition = a["firstTransfer"] in (BY_AUTHORISATION, BY_ISSUANCE)
        state = TRANSFERRED if by_definition else AUTHORISED
        block = ItmoBlock(a["first"], a["last"], state, by_definition, 0, number)
        mine[block.first] = block
        self.actions.append(ItmoAction("Authorization", at.time, unit, a["party"], block))

    def _on_OutcomeTransferred(self, a: Args, at: Dated) -> None:
        block = self._cut(a)
        if block is None:
            return
        terms = self.authorisations[block.authorisation]
        self._must(a, a["party"] == terms["party"] and block.acquirer == 0)
        first = not block.transferred
        if a["acquirer"]:
            self._must(a, terms["purpose"] != OTHER and block.state in (AUTHORISED, TRANSFERRED))
            block = replace(block, state=TRANSFERRED, transferred=True, acquirer=a["acquirer"])
        else:
            # By definition: beside the authorisation, or just before the use or cancellation.
            self._must(a, first == (terms["firstTransfer"] == BY_USE) and terms["purpose"] != NDC)
            block = replace(block, transferred=True)
            first = True
        self._keep(a, block)
        name = "First transfer" if first else "Transfer"
        self.actions.append(ItmoAction(name, at.time, a["unit"], a["party"], block, a["acquirer"]))

    def _on_OutcomeAcquired(self, a: Args, at: Dated) -> None:
        block = self._cut(a)
        if block is None:
            return
        self._must(a, block.state == TRANSFERRED and a["party"] == block.acquirer)
        block = replace(block, state=ACQUIRED)
        self._keep(a, block)
        self.actions.append(
            ItmoAction("Acquisition", at.time, a["unit"], a["party"], block, a["party"])
        )

    def _on_OutcomeUsed(self, a: Args, at: Dated) -> None:
        certificate = self.registry.certificates.get(a["certificate"])
        proved = certificate is not None and certificate["id"] == a["unit"]
        taken = [(b.first, b.last) for b in certificate["blocks"]] if proved and certificate else []
        self._end(a, at.time, USED, a["certificate"], taken)

    def _on_OutcomeSurrendered(self, a: Args, at: Dated) -> None:
        obligation = int.from_bytes(a["obligation"], "big")
        exits = self.surrendered.get((a["unit"], obligation), [])
        taken = [(b.first, b.last) for blocks in exits for b in blocks if b.registry == 1]
        self._end(a, at.time, USED, obligation, taken)

    def _on_OutcomeCancelled(self, a: Args, at: Dated) -> None:
        blocks = self.cancelled.get((a["unit"], a["cancellation"]), [])
        taken = [(b.first, b.last) for b in blocks if b.registry == 1]
        self._end(a, at.time, CANCELLED_STATE, a["cancellation"], taken)

    def _end(
        self, a: Args, time: int, state: int, evidence: int, taken: list[tuple[int, int]]
    ) -> None:
        block = self._cut(a)
        if block is None:
            return
        self._must(a, any(first <= a["first"] and a["last"] <= last for first, last in taken))
        self._must(a, block.state < USED)
        holder = block.acquirer or self.authorisations[block.authorisation]["party"]
        self._must(a, a["party"] == holder)
        block = replace(block, state=state, evidence=evidence)
        self._keep(a, block)
        name = "Use" if state == USED else "Cancellation"
        self.actions.append(ItmoAction(name, time, a["unit"], a["party"], block, block.acquirer))

    def _on_AdjustmentRecorded(self, a: Args, _: Dated) -> None:
        key = (a["unit"], a["first"])
        block = self.blocks.get(a["unit"], {}).get(a["first"])
        if block is None or block.state < USED or not block.transferred:
            self.faults.append(f"adjustment of {a['first']}, which is not over")
            return
        first, last = self.contributions.get(a["party"], (a["year"], a["year"]))
        if not first <= a["year"] <= last:
            self.faults.append(f"adjustment of {a['first']} for {a['year']}")
        self.adjusted.setdefault(key, {})[a["party"]] = (a["year"], a["amount"])
        if self.status(a["unit"], block) != a["status"]:
            self.faults.append(f"status of the adjustment of {a['first']}")

    # Blocks

    def _cut(self, a: Args) -> ItmoBlock | None:
        """The part `first` to `last` of the block that has it; the rest stays as it was."""
        first, last = a["first"], a["last"]
        mine = self.blocks.get(a["unit"], {})
        whole = next((b for b in mine.values() if b.first <= first and last <= b.last), None)
        if whole is None:
            self.faults.append(f"{first}-{last} is no part of a block")
            return None
        if whole.first < first:
            mine[whole.first] = replace(whole, last=first - 1)
        if last < whole.last:
            mine[last + 1] = replace(whole, first=last + 1)
        return replace(whole, first=first, last=last)

    def _keep(self, a: Args, block: ItmoBlock) -> None:
        self.blocks[a["unit"]][block.first] = block

    def _must(self, a: Args, right: bool) -> None:
        if not right:
            self.faults.append(f"{a['first']}-{a['last']} by Party {a['party']}")

    def status(self, unit: int, block: ItmoBlock) -> int:
        """`AdjustmentStatus` of a block."""
        if not block.transferred:
            return NOT_REQUIRED
        made = self.adjusted.get((unit, block.first), {})
        if not made:
            return NOT_STARTED
        host = made.get(self.authorisations[block.authorisation]["party"])
        if host is None or host[1] != block.amount:
            return PENDING
        return COMPLETED if not block.acquirer or made.get(block.acquirer) == host else PENDING

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        for number, a in self.authorisations.items():
            parts = [b for b in self.blocks[a["unit"]].values() if b.authorisation == number]
            about = f"serial numbers of authorisation {number}"
            total = sum(block.amount for block in parts)
            tally.value(self.contract, about, a["last"] - a["first"] + 1, total)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        count = len(self.authorisations)
        yield Check(self.contract, "authorisationCount", (), count, "number of authorisations")
        for number, a in self.authorisations.items():
            names = ("unit", "party", "first", "last", "purpose", "firstTransfer", "approach")
            expected = {name: a[name] for name in names}
            expected["authorisedAt"] = self.authorised_at[number]
            yield Check(
                self.contract, "authorisationOf", (number,), expected, f"authorisation {number}"
            )
        for officer, party in self.parties.items():
            yield Check(self.contract, "partyOf", (officer,), party, f"Party of {officer}")
        for party, years in self.contributions.items():
            about = f"contribution of Party {party}"
            yield Check(self.contract, "contributionOf", (party,), years, about)
        for unit, blocks in self.blocks.items():
            for first, block in sorted(blocks.items()):
                about = f"block {first} of {unit:#x}"
                expected = {
                    "first": block.first,
                    "last": block.last,
                    "state": block.state,
                    "transferred": block.transferred,
                    "acquirer": block.acquirer,
                    "authorisation": block.authorisation,
                    "evidence": block.evidence,
                }
                yield Check(self.contract, "blockOf", (unit, first), expected, about)
                adjustment = [None, self.status(unit, block)]
                yield Check(self.contract, "adjustmentOf", (unit, first), adjustment, about)
