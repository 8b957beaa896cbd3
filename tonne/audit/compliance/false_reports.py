"""Replay of the fines for reports that fell: charge, decision, appeal, payment, debit, cut, publication."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from tonne.audit.compliance.obligations import FINAL, ObligationsReplay
from tonne.audit.compliance.penalties import (
    ANNULLED,
    APPEALED,
    DECIDED,
    NOTICED,
    OUTCOME_ANNULLED,
    OUTCOME_REDUCED,
    PAID,
    UPHELD,
)
from tonne.audit.evidence.emissions_oracle import EvidenceReplay
from tonne.audit.parties.participants import PartiesReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import DAY_S, RulesReplay

#: Of a charge's number, above it: the body that is charged, or 0 for the operator.
BODY_SHIFT: Final = 56
OPERATOR: Final = 0
NOBODY: Final = "0x" + "00" * 20


@dataclass(slots=True)
class Charge:
    """One charge as its events tell it."""

    scheme: int
    body: int  # 0: the operator is charged
    party: int
    noticed_at: int
    gains_cents: int
    state: int = NOTICED
    decided_at: int = 0
    fine_cents: int = 0
    paid_cents: int = 0
    decided_by: str = NOBODY
    outcome: int = 0
    published: bool = False
    cut_ppm: int = 0


class FalseReportsReplay:
    """Charges, worked out with the pack that held when each was brought."""

    contract: Final = "FalseReports"

    def __init__(
        self,
        parties: PartiesReplay,
        rules: RulesReplay,
        evidence: EvidenceReplay,
        obligations: ObligationsReplay,
    ) -> None:
        self.parties, self.rules, self.evidence = parties, rules, evidence
        self.obligations = obligations
        self.charges: dict[int, Charge] = {}
        self.faults: list[str] = []

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args, dated.time)

    def _fault(self, number: int, what: str) -> None:
        self.faults.append(f"charge {number:#x}: {what}")

    def _value(self, charge: Charge, key: str) -> int:
        """A value of the pack when the charge was brought; 0 where there is none."""
        day = self.rules.local_day(charge.scheme, charge.noticed_at)
        return self.rules.value(charge.scheme, key, day) or 0

    def _on_FalseReportCharged(self, a: dict, time: int) -> None:
        number = a["id"]
        plant, year = number & 0xFFFFFFFF, number >> 32 & 0xFFFF
        revision, body = number >> 48 & 0xFF, number >> BODY_SHIFT
        fallen = self.evidence.fallen.get((plant, year))
        if number in self.charges or fallen is None or fallen.revision != revision:
            self._fault(number, "no report fell that it is about, or it was brought before")
        elif body and (body != a["party"] or body not in self.evidence.signed(a["scheme"], fallen)):
            self._fault(number, "another body signed")
        elif body == OPERATOR and self.parties.installations[plant].operator != a["party"]:
            self._fault(number, "another participant operates the plant")
        self.charges[number] = Charge(a["scheme"], body, a["party"], time, a["gainsCents"])

    def bounds(self, charge: Charge) -> tuple[int, int]:
        """Least and highest fine [0.01 currency]."""
        who = "verifier" if charge.body else "false"
        low, high = (
            charge.gains_cents * self._value(charge, f"penalty.{who}_multiple_{end}_ppm") // 10**6
            for end in ("min", "max")
        )
        if charge.body == OPERATOR:
            least, most = (self._value(charge, f"penalty.false_{e}_cents") for e in ("min", "max"))
            return max(low, least), max(high, most)
        if charge.gains_cents < self._value(charge, "penalty.verifier_small_gains_cents"):
            return 0, self._value(charge, "penalty.verifier_max_cents")
        return low, high

    def _on_FalseReportFined(self, a: dict, time: int) -> None:
        number, fine = a["id"], a["fineCents"]
        charge = self.charges[number]
        low, high = self.bounds(charge)
        if not low <= fine <= high:
            self._fault(number, f"a fine of {fine} is outside {low}..{high}")
        hearing = self._value(charge, "penalty.hearing_days") * DAY_S
        if charge.state != NOTICED or time < charge.noticed_at + hearing:
            self._fault(number, "it was decided before the hearing was over, or twice")
        charge.fine_cents, charge.decided_at, charge.decided_by = fine, time, a["officer"]
        charge.state = DECIDED if fine else PAID

    def _on_FalseReportAppealed(self, a: dict, time: int) -> None:
        charge = self.charges[a["id"]]
        window = self._value(charge, "penalty.appeal_days") * DAY_S
        open_ = charge.state == DECIDED and not charge.paid_cents and not charge.outcome
        if not open_ or not window or time > charge.decided_at + window:
            self._fault(a["id"], "the appeal was not open")
        charge.state = APPEALED

    def _on_FalseReportAppealDecided(self, a: dict, time: int) -> None:
        charge, fine, outcome = self.charges[a["id"]], a["fineCents"], a["outcome"]
        low, high = self.bounds(charge)
        fits = {
            UPHELD: fine == charge.fine_cents,
            OUTCOME_REDUCED: fine < charge.fine_cents and low <= fine <= high,
            OUTCOME_ANNULLED: fine == 0,
        }
        if (
            charge.state != APPEALED
            or not fits.get(outcome)
            or a["officer"] == charge.decided_by
            or a["oldFineCents"] != charge.fine_cents
        ):
            self._fault(a["id"], "the appeal was decided as it cannot be")
        charge.fine_cents, charge.decided_at, charge.outcome = fine, time, outcome
        charge.state = ANNULLED if outcome == OUTCOME_ANNULLED else DECIDED if fine else PAID

    def _on_FalseReportFinePaid(self, a: dict, _time: int) -> None:
        charge = self.charges[a["id"]]
        charge.paid_cents += a["cents"]
        if charge.paid_cents != a["paidCents"] or charge.paid_cents > charge.fine_cents:
            self._fault(a["id"], "what was paid does not add up")
        if charge.paid_cents == charge.fine_cents:
            charge.state = PAID

    def _refused(self, charge: Charge, time: int) -> bool:
        """Whether a fine stands and was not paid in its time."""
        payment, appeal = (
            self._value(charge, f"penalty.{key}_days") * DAY_S for key in ("payment", "appeal")
        )
        stands = bool(charge.outcome) or not appeal or time > charge.decided_at + appeal
        return charge.state == DECIDED and stands and time >= charge.decided_at + payment

    def _on_FalseReportFineDebited(self, a: dict, time: int) -> None:
        if not self._refused(self.charges[a["id"]], time):
            self._fault(a["id"], "it was debited before it had to be paid")
        self._on_FalseReportFinePaid(a, time)

    def _on_AllocationCut(self, a: dict, time: int) -> None:
        number, share, period_id = a["id"], a["sharePpm"], a["periodId"]
        charge = self.charges[number]
        if not self._refused(charge, time) or charge.body or charge.cut_ppm:
            self._fault(number, "the allocation was cut where it cannot be, or twice")
        low, high = (self._value(charge, f"penalty.false_cut_{end}_ppm") for end in ("min", "max"))
        if not max(1, low) <= share <= min(high, 10**6):
            self._fault(number, f"a cut of {share} ppm is outside {low}..{high}")
        period = self.rules.schemes[charge.scheme].periods[period_id]
        plant, following = number & 0xFFFFFFFF, (number >> 32 & 0xFFFF) + 1
        given = self.obligations.allocated[charge.scheme, period_id, plant]
        cut = ceil(Fraction(given.amount * share, 10**6))
        right = period.firstYear <= following <= period.lastYear and given.state == FINAL
        if not right or (a["allocationT"], a["cutT"]) != (given.amount, cut):
            self._fault(number, f"a cut of {a['cutT']} t of another allocation than the next")
        charge.cut_ppm = share

    def _on_FalseReportPublished(self, a: dict, time: int) -> None:
        charge = self.charges[a["id"]]
        window = self._value(charge, "penalty.appeal_days") * DAY_S
        early = charge.state == DECIDED and not charge.outcome and window
        told = (a["fineCents"], a["state"]) == (charge.fine_cents, charge.state)
        stands = charge.state in (DECIDED, PAID, ANNULLED)
        if not told or not stands or charge.published:
            self._fault(a["id"], "it was published as it does not stand, or twice")
        elif early and time <= charge.decided_at + window:
            self._fault(a["id"], "it was published while an appeal was open")
        charge.published = True

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "acts that the rules do not allow", [], self.faults)

    def checks(self) -> Iterator[Check]:
        for number, charge in sorted(self.charges.items()):
            expected = {
                "party": charge.party,
                "noticedAt": charge.noticed_at,
                "decidedAt": charge.decided_at,
                "fineCents": charge.fine_cents,
                "paidCents": charge.paid_cents,
                "state": charge.state,
                "decidedBy": charge.decided_by,
                "gainsCents": charge.gains_cents,
                "outcome": charge.outcome,
                "published": charge.published,
                "cutPpm": charge.cut_ppm,
            }
            about = f"charge about installation {number & 0xFFFFFFFF}"
            yield Check(self.contract, "chargeOf", (number,), expected, about)
