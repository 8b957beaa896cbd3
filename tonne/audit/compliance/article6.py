"""Replay of Article6: authorisations, states of blocks of serial numbers, and adjustments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from tonne.audit.compliance.retirement_registry import RetirementRegistryReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args, follows
from tonne.audit.replay.events import Dated
from tonne.audit.units.unit_balances import CANCELLED, RETIRED, SURRENDERED
from tonne.constants import DAY_S
from tonne.types import unit_id
from tonne.types.ids import UnitId

#: `ItmoState` of IArticle6.
AUTHORISED, TRANSFERRED, ACQUIRED, USED, CANCELLED_STATE, LAPSED = 1, 2, 3, 4, 5, 6
#: Time in which a block can be acquired [s].
LAPSE_S: Final = 365 * DAY_S
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
        self.left: dict[int, int] = {}  # [t] of authorisations, not set apart yet
        self.parts: Counter[int] = Counter()  # batches set apart by each authorisation
        self.waiting: dict[UnitId, int] = {}  # [s] since when a batch waits for a Party
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
        if a["kind"] in (SURRENDERED, RETIRED) and unit_id.is_authorised(a["id"]):
            for block in a["blocks"]:
                self._must_be_usable(a["id"], block.first, block.last, a["kind"])

    def _must_be_usable(self, unit: UnitId, first: int, last: int, kind: int) -> None:
        """Outcomes leave for the use they are authorised for alone, until the authorisation lapses."""
        mine = self.blocks.get(unit, {})
        block = next((b for b in mine.values() if b.first <= first and last <= b.last), None)
        if block is None or block.state == LAPSED:
            self._require(block is not None, f"outcomes {first}-{last} left, of no authorisation")
            return
        purpose = self.authorisations[block.authorisation]["purpose"]
        other = kind == RETIRED and purpose != NDC and block.acquirer == 0
        if block.state != ACQUIRED and not other:
            how = "surrendered" if kind == SURRENDERED else "retired"
            self.faults.append(f"outcomes {first}-{last} {how}, which no Party has acquired")

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
        number = a["authorisation"]
        towards = a["purpose"] in (NDC, BOTH)
        right = (a["acquirer"] != 0) == towards and a["acquirer"] != a["party"]
        if number != len(self.authorisations) + 1 or not right or not a["amountT"]:
            self.faults.append(f"authorisation {number} of {a['amountT']} t")
        self.authorisations[number] = a
        self.authorised_at[number] = at.time
        self.left[number] = a["amountT"]

    def _on_OutcomeSetApart(self, a: Args, at: Dated) -> None:
        number, unit = a["authorisation"], a["unit"]
        terms = self.authorisations[number]
        block = self._begun(terms, ItmoBlock(a["first"], a["last"], 0, False, 0, number))
        self.left[number] -= block.amount
        self.parts[number] += 1
        fits = self.left[number] >= 0 and a["from"] == terms["unit"] and unit not in self.blocks
        if not fits or a["party"] != terms["party"]:
            self.faults.append(f"{a['first']}-{a['last']} set apart by authorisation {number}")
        self.blocks[unit] = {block.first: block}
        self.waiting[unit] = at.time
        when = self.authorised_at[number]
        self.actions.append(ItmoAction("Authorization", when, unit, a["party"], block))

    def _begun(self, terms: Args, block: ItmoBlock) -> ItmoBlock:
        """A block as it is set apart: first transferred where the authorisation defines it so."""
        by_definition = terms["firstTransfer"] in (BY_AUTHORISATION, BY_ISSUANCE)
        state = TRANSFERRED if by_definition else AUTHORISED
        return replace(block, state=state, transferred=by_definition, acquirer=0)

    def _on_OutcomeTransferred(self, a: Args, at: Dated) -> None:
        block = self._cut(a)
        if block is None:
            return
        terms = self.authorisations[block.authorisation]
        self._must(a, a["party"] == terms["party"] and block.acquirer == 0)
        first = not block.transferred
        if a["acquirer"]:
            self._must(a, a["acquirer"] == terms["acquirer"])
            self._must(a, block.state in (AUTHORISED, TRANSFERRED))
            block = replace(block, state=TRANSFERRED, transferred=True, acquirer=a["acquirer"])
            self.waiting[a["unit"]] = at.time
        else:
            # By definition: beside the setting apart, or just before the use or cancellation.
            self._must(a, first == (terms["firstTransfer"] == BY_USE) and terms["purpose"] != NDC)
            block = replace(block, transferred=True)
            first = True
        self._keep(a, block)
        name = "First transfer" if first else "Transfer"
        self.actions.append(ItmoAction(name, at.time, a["unit"], a["party"], block, a["acquirer"]))

    def _on_OutcomeLapsed(self, a: Args, at: Dated) -> None:
        block = self._cut(a)
        if block is None:
            return
        terms = self.authorisations[block.authorisation]
        offered = block.state == TRANSFERRED and block.acquirer != 0
        alone = terms["purpose"] == NDC
        self._must(a, offered or (alone and block.state == AUTHORISED))
        self._must(a, at.time > self.waiting[a["unit"]] + LAPSE_S)
        block = self._begun(terms, block)
        self._keep(a, replace(block, state=LAPSED) if alone else block)

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
        host = self.authorisations[block.authorisation]["party"]
        if a["party"] != host and (a["party"] != block.acquirer or block.state != USED):
            self.faults.append(f"adjustment of {a['first']} by Party {a['party']}")
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
        needed = {self.authorisations[block.authorisation]["party"]}
        if block.acquirer and block.state == USED:
            needed.add(block.acquirer)
        whole = all(made.get(party, (0, 0))[1] == block.amount for party in needed)
        return COMPLETED if whole else PENDING

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        for number, a in self.authorisations.items():
            blocks = (b for mine in self.blocks.values() for b in mine.values())
            apart = sum(b.amount for b in blocks if b.authorisation == number)
            about = f"units of authorisation {number}"
            tally.value(self.contract, about, a["amountT"], apart + self.left[number])

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        count = len(self.authorisations)
        yield Check(self.contract, "authorisationCount", (), count, "number of authorisations")
        for number, a in self.authorisations.items():
            names = ("unit", "party", "holder", "acquirer", "amountT", "purpose", "firstTransfer")
            expected = {name: a[name] for name in (*names, "approach")}
            expected |= {"authorisedAt": self.authorised_at[number], "leftT": self.left[number]}
            expected["parts"] = self.parts[number]
            yield Check(
                self.contract, "authorisationOf", (number,), expected, f"authorisation {number}"
            )
        for unit, times in Counter(a["unit"] for a in self.authorisations.values()).items():
            about = f"authorisations of {unit:#x}"
            yield Check(self.contract, "authorisationsOf", (unit,), times, about)
        for officer, party in self.parties.items():
            yield Check(self.contract, "partyOf", (officer,), party, f"Party of {officer}")
        for party, years in self.contributions.items():
            about = f"contribution of Party {party}"
            yield Check(self.contract, "contributionOf", (party,), years, about)
        for unit, since in self.waiting.items():
            about = f"since when {unit:#x} waits"
            yield Check(self.contract, "waitingSince", (unit,), since, about)
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
