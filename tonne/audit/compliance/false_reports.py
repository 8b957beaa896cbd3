"""Replay of the fines for reports that fell: charge, decision, appeal, payment, debit, cut, publication."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from tonne.audit.compliance.allocation import FINAL, AllocationReplay
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
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.constants import DAY_S, PPM, ZERO_ADDRESS
from tonne.types import charge_id
from tonne.types.ids import ChargeId, SchemeId

OPERATOR: Final = 0


@dataclass(slots=True)
class FalseReportCharge:
    """One charge, rebuilt from its events."""

    scheme: SchemeId
    body: int  # 0: the operator is charged
    party: int
    noticed_at: int
    gains_cents: int
    state: int = NOTICED
    decided_at: int = 0
    fine_cents: int = 0
    paid_cents: int = 0
    decided_by: str = ZERO_ADDRESS
    outcome: int = 0
    published: bool = False
    cut_ppm: int = 0


class FalseReportsReplay(ContractReplay):
    """Charges, worked out with the pack that held when each was brought."""

    contract = "FalseReports"

    def __init__(self, allocation: AllocationReplay) -> None:
        super().__init__()
        self.parties, self.schemes = allocation.parties, allocation.schemes
        self.oracle, self.allocation = allocation.oracle, allocation
        self.charges: dict[ChargeId, FalseReportCharge] = {}

    def _fault(self, number: int, text: str) -> None:
        self.faults.append(f"charge {number:#x}: {text}")

    def _value(self, charge: FalseReportCharge, key: str) -> int:
        """A value of the pack when the charge was brought; 0 where there is none."""
        day = self.schemes.local_day(charge.scheme, charge.noticed_at)
        return self.schemes.value(charge.scheme, key, day) or 0

    def _on_FalseReportCharged(self, a: Args, at: Dated) -> None:
        number = a["id"]
        plant, year, revision, body = charge_id.Charge.unpack(number)
        fallen = self.oracle.fallen.get((plant, year))
        if number in self.charges or fallen is None or fallen.revision != revision:
            self._fault(number, "no report fell that it is about, or it was brought before")
        elif body and (body != a["party"] or body not in self.oracle.signed(a["scheme"], fallen)):
            self._fault(number, "another body signed")
        elif body == OPERATOR and self.parties.installations[plant].operator != a["party"]:
            self._fault(number, "another participant operates the plant")
        self.charges[number] = FalseReportCharge(
            a["scheme"], body, a["party"], at.time, a["gainsCents"]
        )

    def bounds(self, charge: FalseReportCharge) -> tuple[int, int]:
        """Least and highest fine [0.01 currency]."""
        who = "verifier" if charge.body else "false"
        low, high = (
            charge.gains_cents * self._value(charge, f"penalty.{who}_multiple_{end}_ppm") // PPM
            for end in ("min", "max")
        )
        if charge.body == OPERATOR:
            least, most = (self._value(charge, f"penalty.false_{e}_cents") for e in ("min", "max"))
            return max(low, least), max(high, most)
        if charge.gains_cents < self._value(charge, "penalty.verifier_small_gains_cents"):
            return 0, self._value(charge, "penalty.verifier_max_cents")
        return low, high

    def _on_FalseReportFined(self, a: Args, at: Dated) -> None:
        number, fine = a["id"], a["fineCents"]
        charge = self.charges[number]
        low, high = self.bounds(charge)
        if not low <= fine <= high:
            self._fault(number, f"a fine of {fine} is outside {low}..{high}")
        hearing = self._value(charge, "penalty.hearing_days") * DAY_S
        if charge.state != NOTICED or at.time < charge.noticed_at + hearing:
            self._fault(number, "it was decided before the hearing was over, or twice")
        charge.fine_cents, charge.decided_at, charge.decided_by = fine, at.time, a["officer"]
        charge.state = DECIDED if fine else PAID

    def _on_FalseReportAppealed(self, a: Args, at: Dated) -> None:
        charge = self.charges[a["id"]]
        window = self._value(charge, "penalty.appeal_days") * DAY_S
        open_ = charge.state == DECIDED and not charge.paid_cents and not charge.outcome
        if not open_ or not window or at.time > charge.decided_at + window:
            self._fault(a["id"], "the appeal was not open")
        charge.state = APPEALED

    def _on_FalseReportAppealDecided(self, a: Args, at: Dated) -> None:
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
        charge.fine_cents, charge.decided_at, charge.outcome = fine, at.time, outcome
        charge.state = ANNULLED if outcome == OUTCOME_ANNULLED else DECIDED if fine else PAID

    def _on_FalseReportFinePaid(self, a: Args, _: Dated) -> None:
        charge = self.charges[a["id"]]
        charge.paid_cents += a["cents"]
        if charge.paid_cents != a["paidCents"] or charge.paid_cents > charge.fine_cents:
            self._fault(a["id"], "its payments do not add up")
        if charge.paid_cents == charge.fine_cents:
            charge.state = PAID

    def _refused(self, charge: FalseReportCharge, time: int) -> bool:
        """Whether a fine stands and was not paid in its time."""
        payment, appeal = (
            self._value(charge, f"penalty.{key}_days") * DAY_S for key in ("payment", "appeal")
        )
        stands = bool(charge.outcome) or not appeal or time > charge.decided_at + appeal
        return charge.state == DECIDED and stands and time >= charge.decided_at + payment

    def _on_FalseReportFineDebited(self, a: Args, at: Dated) -> None:
        if not self._refused(self.charges[a["id"]], at.time):
            self._fault(a["id"], "it was debited before it had to be paid")
        self._on_FalseReportFinePaid(a, at)

    def _on_AllocationCut(self, a: Args, at: Dated) -> None:
        number, share, period_id = a["id"], a["sharePpm"], a["periodId"]
        charge = self.charges[number]
        if not self._refused(charge, at.time) or charge.body or charge.cut_ppm:
            self._fault(number, "the allocation was cut where it cannot be, or twice")
        low, high = (self._value(charge, f"penalty.false_cut_{end}_ppm") for end in ("min", "max"))
        if not max(1, low) <= share <= min(high, PPM):
            self._fault(number, f"a cut of {share} ppm is outside {low}..{high}")
        period = self.schemes.schemes[charge.scheme].periods[period_id]
        plant, year, *_ = charge_id.Charge.unpack(number)
        following = year + 1
        given = self.allocation.allocated[charge.scheme, period_id, plant]
        cut = ceil(Fraction(given.amount * share, PPM))
        right = period.firstYear <= following <= period.lastYear and given.state == FINAL
        if not right or (a["allocationT"], a["cutT"]) != (given.amount, cut):
            self._fault(number, f"a cut of {a['cutT']} t of another allocation than the next")
        charge.cut_ppm = share

    def _on_FalseReportPublished(self, a: Args, at: Dated) -> None:
        charge = self.charges[a["id"]]
        window = self._value(charge, "penalty.appeal_days") * DAY_S
        early = charge.state == DECIDED and not charge.outcome and window
        stated = (a["fineCents"], a["state"]) == (charge.fine_cents, charge.state)
        stands = charge.state in (DECIDED, PAID, ANNULLED)
        if not stated or not stands or charge.published:
            self._fault(a["id"], "it was published as it does not stand, or twice")
        elif early and at.time <= charge.decided_at + window:
            self._fault(a["id"], "it was published while an appeal was open")
        charge.published = True

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
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
            about = f"charge about installation {charge_id.Charge.unpack(ChargeId(number)).installation}"
            yield Check(self.contract, "chargeOf", (number,), expected, about)
