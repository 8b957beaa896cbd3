"""Replay of Article6: whose word made each block of serial numbers what it is, and what proves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from tonne.audit.compliance.retirement_registry import ClaimsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.units.unit_balances import CANCELLED, SURRENDERED

#: `ItmoState` of IArticle6.
AUTHORISED, TRANSFERRED, ACQUIRED, USED, CANCELLED_STATE = 1, 2, 3, 4, 5
#: `ItmoPurpose`.
NDC, OTHER, BOTH = 1, 2, 3
#: `FirstTransfer`.
BY_AUTHORISATION, BY_ISSUANCE, BY_USE = 1, 2, 3
#: `AdjustmentStatus`.
NOT_REQUIRED, NOT_STARTED, PENDING, COMPLETED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """A block of serial numbers of one state."""

    first: int
    last: int
    state: int
    transferred: bool
    acquirer: int  # ISO 3166-1 numeric; 0 nobody
    authorisation: int
    evidence: int = 0

    @property
    def amount(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Act:
    """One event about a block, for the tables of actions."""

    name: str
    time: int
    unit: int
    party: int
    block: Outcome  # as the act left it
    acquirer: int = 0


class OutcomesReplay:
    """Blocks by unit and first serial number; authorisations; what Parties recorded."""

    contract: Final = "Article6"

    def __init__(self, claims: ClaimsReplay) -> None:
        self.claims = claims
        self.blocks: dict[int, dict[int, Outcome]] = {}
        self.authorisations: dict[int, dict[str, Any]] = {}
        self.authorised_at: dict[int, int] = {}
        self.adjusted: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}
        self.parties: dict[str, int] = {}
        self.acts: list[Act] = []
        self.faults: list[str] = []
        #: What each cancellation took, by unit and number.
        self.cancelled: dict[tuple[int, int], list[Any]] = {}
        #: What each surrender took, by unit and obligation: an obligation may have several.
        self.surrendered: dict[tuple[int, int], list[list[Any]]] = {}
        #: Years of each Party's contribution.
        self.contributions: dict[int, tuple[int, int]] = {}
        #: Events that authorise an entity, and when [s].
        self.entities: list[tuple[dict[str, Any], int]] = []

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args, dated.time)

    def _on_SerialsAttached(self, a: dict, _time: int) -> None:
        """Of the credits' contract: what a cancellation or a surrender took."""
        key = (a["id"], int.from_bytes(a["ref"], "big"))
        if a["kind"] == CANCELLED:
            self.cancelled[key] = list(a["blocks"])
        elif a["kind"] == SURRENDERED:
            self.surrendered.setdefault(key, []).append(list(a["blocks"]))

    def _on_FocalPointSet(self, a: dict, _time: int) -> None:
        self.parties[a["officer"]] = a["party"]

    def _on_ContributionPeriodSet(self, a: dict, _time: int) -> None:
        if not 0 < a["firstYear"] <= a["lastYear"]:
            self.faults.append(f"contribution of Party {a['party']}")
        self.contributions[a["party"]] = (a["firstYear"], a["lastYear"])

    def _on_EntityAuthorised(self, a: dict, time: int) -> None:
        self.entities.append((a, time))

    def _on_OutcomeAuthorised(self, a: dict, time: int) -> None:
        number, unit = a["authorisation"], a["unit"]
        mine = self.blocks.setdefault(unit, {})
        overlap = [b for b in mine.values() if b.first <= a["last"] and a["first"] <= b.last]
        if overlap or number != len(self.authorisations) + 1:
            self.faults.append(f"authorisation {number} of {a['first']}-{a['last']}")
        self.authorisations[number] = a
        self.authorised_at[number] = time
        by_definition = a["firstTransfer"] in (BY_AUTHORISATION, BY_ISSUANCE)
        state = TRANSFERRED if by_definition else AUTHORISED
        block = Outcome(a["first"], a["last"], state, by_definition, 0, number)
        mine[block.first] = block
        self.acts.append(Act("Authorization", time, unit, a["party"], block))

    def _on_OutcomeTransferred(self, a: dict, time: int) -> None:
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
            # By definition: told beside the authorisation, or just before the use or cancellation.
            self._must(a, first == (terms["firstTransfer"] == BY_USE) and terms["purpose"] != NDC)
            block = replace(block, transferred=True)
            first = True
        self._keep(a, block)
        name = "First transfer" if first else "Transfer"
        self.acts.append(Act(name, time, a["unit"], a["party"], block, a["acquirer"]))

    def _on_OutcomeAcquired(self, a: dict, time: int) -> None:
        block = self._cut(a)
        if block is None:
            return
        self._must(a, block.state == TRANSFERRED and a["party"] == block.acquirer)
        block = replace(block, state=ACQUIRED)
        self._keep(a, block)
        self.acts.append(Act("Acquisition", time, a["unit"], a["party"], block, a["party"]))

    def _on_OutcomeUsed(self, a: dict, time: int) -> None:
        certificate = self.claims.certificates.get(a["certificate"])
        proved = certificate is not None and certificate["id"] == a["unit"]
        taken = [(b.first, b.last) for b in certificate["blocks"]] if proved and certificate else []
        self._end(a, time, USED, a["certificate"], taken)

    def _on_OutcomeSurrendered(self, a: dict, time: int) -> None:
        obligation = int.from_bytes(a["obligation"], "big")
        exits = self.surrendered.get((a["unit"], obligation), [])
        taken = [(b.first, b.last) for blocks in exits for b in blocks if b.registry == 1]
        self._end(a, time, USED, obligation, taken)

    def _on_OutcomeCancelled(self, a: dict, time: int) -> None:
        blocks = self.cancelled.get((a["unit"], a["cancellation"]), [])
        taken = [(b.first, b.last) for b in blocks if b.registry == 1]
        self._end(a, time, CANCELLED_STATE, a["cancellation"], taken)

    def _end(self, a: dict, time: int, state: int, evidence: int, taken: list) -> None:
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
        self.acts.append(Act(name, time, a["unit"], a["party"], block, block.acquirer))

    def _on_AdjustmentRecorded(self, a: dict, _time: int) -> None:
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

    def _cut(self, a: dict) -> Outcome | None:
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

    def _keep(self, a: dict, block: Outcome) -> None:
        self.blocks[a["unit"]][block.first] = block

    def _must(self, a: dict, right: bool) -> None:
        if not right:
            self.faults.append(f"{a['first']}-{a['last']} by Party {a['party']}")

    def status(self, unit: int, block: Outcome) -> int:
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

    # What must hold

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "acts that no rule allows", [], self.faults)
        for number, a in self.authorisations.items():
            parts = [b for b in self.blocks[a["unit"]].values() if b.authorisation == number]
            about = f"serial numbers of authorisation {number}"
            total = sum(block.amount for block in parts)
            tally.value(self.contract, about, a["last"] - a["first"] + 1, total)

    def checks(self) -> Iterator[Check]:
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
