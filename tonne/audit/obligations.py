"""Replay of Allocation and Compliance: who was given what, who owed what, and how it was met.

Amounts are worked out again from rules and verified figures, in exact fractions rounded once; the
amounts in the events are only compared. What was surrendered or clawed back is counted from the
units that left, not from what the two contracts say of themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import Final

from tonne.audit.check import Check, Tally
from tonne.audit.evidence import EvidenceReplay
from tonne.audit.reader import Dated
from tonne.audit.register import DAY_S, PartiesReplay, RulesReplay
from tonne.audit.units import CLAWED_BACK, SURRENDERED, UnitsReplay

PRE_ALLOCATED, FINAL = 1, 2
OPEN, MET, CLOSED = 1, 2, 3
NOTICED, DECIDED, PAID, APPEALED, ANNULLED = 1, 2, 3, 4, 5
UPHELD, OUTCOME_REDUCED, OUTCOME_ANNULLED = 1, 2, 3
CAPPED, LATE = 1, 2

#: Name of a benchmark class in the keys of a scheme, and of its heat benchmark.
CLASSES: Final = {
    1: ("coal_gt300", "coal"),
    2: ("coal_le300", "coal"),
    3: ("unconventional_coal", "coal"),
    4: ("gas", "gas"),
}
GAS: Final = 4
EPOCH: Final = date(1970, 1, 1)


#: An obligation's reference has no more; what is recognised of another scheme has a mark above.
OBLIGATION_BITS: Final = 64


def year_end(year: int) -> int:
    """The local day on which the rules of a year are read: 31 December."""
    return (date(year, 12, 31) - EPOCH).days


def reference(scheme: int, period: int, installation: int) -> bytes:
    """What exits of the compliance floor refer to: `scheme 16 | period 16 | installation 32`."""
    return (scheme << 48 | period << 32 | installation).to_bytes(32, "big")


def allowance_id(scheme: int, vintage: int) -> int:
    return 1 << 96 | scheme << 80 | vintage << 64


@dataclass(slots=True)
class Allocated:
    """One installation's allocation for a period."""

    state: int = 0
    amount: int = 0


@dataclass(slots=True)
class Owed:
    """One installation's obligation for a period, and its penalty."""

    scheme: int
    period: int
    installation: int
    due: int
    capped: bool
    late: int = 0
    deducted: int = 0
    closed: bool = False
    shortfall: int = 0
    noticed_at: int = 0
    decided_at: int = 0
    fine_cents: int = 0
    paid_cents: int = 0
    penalty: int = 0
    measures: int = 0
    decided_by: str = "0x" + "00" * 20
    appealed_at: int = 0
    published_at: int = 0
    outcome: int = 0


class ObligationsReplay:
    """Allocation and Compliance together; reads the replays of the floors below."""

    def __init__(
        self,
        parties: PartiesReplay,
        rules: RulesReplay,
        evidence: EvidenceReplay,
        allowances: UnitsReplay,
        offsets: UnitsReplay,
    ) -> None:
        self.parties, self.rules, self.evidence = parties, rules, evidence
        self.allowances, self.offsets = allowances, offsets
        self.allocated: dict[tuple[int, int, int], Allocated] = defaultdict(Allocated)
        self.debts: dict[int, int] = defaultdict(int)
        self.free_issued: dict[tuple[int, int], int] = defaultdict(int)
        self.owed: dict[tuple[int, int, int], Owed] = {}
        self.clawed_back: dict[bytes, int] = defaultdict(int)
        self.told_surrendered: dict[bytes, list[int]] = defaultdict(lambda: [0, 0])
        self._sums: dict[str, dict[bytes, int]] = {}
        self.faults: list[str] = []
        self._batch = ""
        self._rises: dict[tuple[int, int], int] = defaultdict(int)

    def apply(self, dated: Dated) -> None:
        if dated.event.contract == "Allocation" and dated.event.tx_hash != self._batch:
            self._end_batch()
            self._batch = dated.event.tx_hash
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args, dated.time)

    def _end_batch(self) -> None:
        """A batch issues last: what it clawed back has made room before."""
        for key, amount in self._rises.items():
            self.free_issued[key] += amount
        self._rises.clear()

    def _expect(self, about: str, worked_out: object, told: object) -> None:
        if worked_out != told:
            self.faults.append(f"{about}: worked out {worked_out}, told {told}")

    # Allocation

    def free_amount(
        self, scheme: int, year: int, plant: int, power: int, heat: int, share: Fraction
    ) -> int:
        """Benchmark x output x share, each product rounded down."""
        number = self.parties.installations[plant].benchmark_class
        if number == 0:
            return 0
        power_name, heat_name = CLASSES[number]
        day = year_end(year)
        total = 0
        for output, key in (
            (power, f"benchmark.power.{power_name}"),
            (heat, f"benchmark.heat.{heat_name}"),
        ):
            if output:
                benchmark = Fraction(self.rules.value(scheme, key, day) or 0, 10_000)
                total += floor(benchmark * output * share)
        return total

    def _net(self, installation: int, amount: int) -> int:
        netted = min(self.debts[installation], amount)
        self.debts[installation] -= netted
        return netted

    def _on_AllowancesPreAllocated(self, a: dict, _time: int) -> None:
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        period = self.rules.schemes[scheme].periods[period_id]
        day = year_end(period.lastYear)
        share = self.rules.share(scheme, "allocation.preallocation_ppm", day) or Fraction(0)
        amount = self.free_amount(scheme, period.lastYear, plant, a["powerMwh"], a["heatGj"], share)
        netted = self._net(plant, amount)
        about = f"pre-allocation of {plant}"
        self._expect(about, (amount, netted), (a["amount"], a["netted"]))
        self.allocated[scheme, period_id, plant] = Allocated(PRE_ALLOCATED, amount)
        self._rises[scheme, period.vintage] += amount - netted

    def _on_AllocationTruedUp(self, a: dict, _time: int) -> None:
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        period = self.rules.schemes[scheme].periods[period_id]
        verified = self.evidence.verified(plant, period.firstYear, period.lastYear)
        amount = self.free_amount(
            scheme, period.lastYear, plant, verified.power_mwh, verified.heat_gj, Fraction(1)
        )
        early = self.allocated[scheme, period_id, plant].amount
        netted = self._net(plant, amount - early) if amount > early else 0
        worked_out = (verified.power_mwh, verified.heat_gj, early, amount, netted)
        told = tuple(a[k] for k in ("powerMwh", "heatGj", "oldAmount", "amount", "netted"))
        self._expect(f"true-up of {plant}", worked_out, told)
        self.allocated[scheme, period_id, plant] = Allocated(FINAL, amount)
        self._rises[scheme, period.vintage] += max(amount - early, 0) - netted
        self.clawed_back[reference(scheme, period_id, plant)] = max(early - amount, 0)

    def _on_AllowancesClawedBack(self, a: dict, _time: int) -> None:
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        ref = reference(scheme, period_id, plant)
        vintage = self.rules.schemes[scheme].periods[period_id].vintage
        # The units' own events come first in the log: what really left is known here.
        left = self.allowances.exits_for[CLAWED_BACK, ref, allowance_id(scheme, vintage)]
        debt = self.clawed_back[ref] - left
        self._expect(
            f"claw-back of {plant}",
            (left, debt),
            (a["fromWallets"] + a["fromLedger"], a["toDebt"]),
        )
        self.debts[plant] += debt
        # Units bought on the market may pay it back: never more than was issued free.
        issued = self.free_issued[scheme, vintage]
        self.free_issued[scheme, vintage] = max(issued - left, 0)

    def _on_AllocationDebtAdded(self, a: dict, _time: int) -> None:
        self.debts[a["installation"]] += a["amount"]

    # Obligation

    def _on_ObligationAssessed(self, a: dict, _time: int) -> None:
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        period = self.rules.schemes[scheme].periods[period_id]
        emissions = self.evidence.verified(plant, period.firstYear, period.lastYear).emissions_t
        free = self.allocated[scheme, period_id, plant].amount
        due = self.due(scheme, period.lastYear, plant, emissions, free)
        worked_out = (emissions, free, due, due < emissions)
        told = tuple(a[k] for k in ("emissionsT", "freeT", "due", "capped"))
        self._expect(f"obligation of {plant}", worked_out, told)
        self.owed[scheme, period_id, plant] = Owed(scheme, period_id, plant, due, due < emissions)

    def due(self, scheme: int, year: int, plant: int, emissions: int, free: int) -> int:
        """What is owed for verified emissions, under the caps of the scheme."""
        day = year_end(year)
        gas = self.parties.installations[plant].benchmark_class == GAS
        if gas and self.rules.value(scheme, "obligation.gas_deficit_exempt", day):
            return min(emissions, free)
        over = self.rules.share(scheme, "obligation.cap_over_free_ppm", day)
        return emissions if over is None else min(emissions, free + floor(over * emissions))

    def _on_UnitsSurrendered(self, a: dict, time: int) -> None:
        key = (a["scheme"], a["periodId"], a["installation"])
        deadline = self.rules.schemes[key[0]].periods[key[1]].surrenderDeadline
        self._expect(f"lateness of {key[2]}", time > deadline, a["late"])
        told = self.told_surrendered[reference(*key)]
        told[0] += a["allowances"]
        told[1] += a["offsets"]
        if time > deadline:
            self.owed[key].late += a["allowances"] + a["offsets"]

    def given(self, owed: Owed) -> tuple[int, int]:
        """(allowances, offsets) that left for an obligation, by the unit contracts' own events."""
        ref = reference(owed.scheme, owed.period, owed.installation)
        return self._exits(self.allowances)[ref], self._exits(self.offsets)[ref]

    def _exits(self, units: UnitsReplay) -> dict[bytes, int]:
        sums = self._sums.get(units.contract)
        if sums is None:
            sums = defaultdict(int)
            for (kind, ref, _), amount in units.exits_for.items():
                if kind == SURRENDERED and int.from_bytes(ref) >> OBLIGATION_BITS == 0:
                    sums[ref] += amount
            self._sums[units.contract] = sums
        return sums

    # Shortfall

    def _on_ShortfallNoticed(self, a: dict, time: int) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        allowances, offsets = self.told_surrendered[
            reference(owed.scheme, owed.period, owed.installation)
        ]
        shortfall = owed.due - allowances - offsets + owed.late
        self._expect(f"shortfall of {owed.installation}", shortfall, a["shortfall"])
        owed.shortfall, owed.noticed_at, owed.penalty = shortfall, time, NOTICED

    def _on_PenaltyDecided(self, a: dict, time: int) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        self._fine_fits(owed, a["fineCents"])
        if time < owed.noticed_at + self._days(owed, "penalty.hearing_days"):
            self.faults.append(f"fine of {owed.installation} was decided before the hearing")
        if a["measures"] & ~(self._rule(owed, "penalty.measures") or 0):
            self.faults.append(f"measures against {owed.installation} are none of the pack's")
        owed.fine_cents, owed.measures, owed.decided_at = a["fineCents"], a["measures"], time
        owed.decided_by = a["officer"]
        owed.penalty = DECIDED if a["fineCents"] or a["measures"] else PAID

    def _fine_fits(self, owed: Owed, fine: int) -> None:
        low, high = self._fine_bounds(owed)
        if not low <= fine <= high:
            self.faults.append(f"fine of {owed.installation} is outside {low}..{high}")

    def _on_PenaltyAppealed(self, a: dict, time: int) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        in_time = time <= owed.decided_at + self._days(owed, "penalty.appeal_days")
        if not in_time or owed.penalty != DECIDED or owed.paid_cents or owed.outcome:
            self.faults.append(f"appeal of {owed.installation} was not open to it")
        owed.penalty, owed.appealed_at = APPEALED, time

    def _on_PenaltyAppealDecided(self, a: dict, time: int) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        fine, outcome = a["fineCents"], a["outcome"]
        fits = {
            UPHELD: fine == owed.fine_cents,
            OUTCOME_REDUCED: fine < owed.fine_cents,
            OUTCOME_ANNULLED: fine == 0,
        }
        about = f"appeal of {owed.installation}"
        if owed.penalty != APPEALED or not fits.get(outcome) or a["officer"] == owed.decided_by:
            self.faults.append(f"{about} was decided as it cannot be")
        if outcome == OUTCOME_REDUCED:
            self._fine_fits(owed, fine)
        self._expect(about, owed.fine_cents, a["oldFineCents"])
        owed.fine_cents, owed.decided_at, owed.outcome = fine, time, outcome
        if outcome == OUTCOME_ANNULLED:
            owed.penalty, owed.measures = ANNULLED, 0
        else:
            owed.penalty = DECIDED if fine or owed.measures else PAID

    def _on_PenaltyPublished(self, a: dict, time: int) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        told = (a["fineCents"], a["measures"], a["state"])
        about = f"publication about {owed.installation}"
        self._expect(about, (owed.fine_cents, owed.measures, owed.penalty), told)
        window = self._days(owed, "penalty.appeal_days")
        open_ = owed.penalty == DECIDED and not owed.outcome and window
        if owed.published_at or (open_ and time <= owed.decided_at + window):
            self.faults.append(f"{about} came twice, or before it stood")
        owed.published_at = time

    def _rule(self, owed: Owed, key: str) -> int | None:
        """A value of the pack at the surrender deadline."""
        deadline = self.rules.schemes[owed.scheme].periods[owed.period].surrenderDeadline
        return self.rules.value(owed.scheme, key, self.rules.local_day(owed.scheme, deadline))

    def _days(self, owed: Owed, key: str) -> int:
        """[s] of a value in days; none when absent."""
        return (self._rule(owed, key) or 0) * DAY_S

    def _fine_bounds(self, owed: Owed) -> tuple[int, int]:
        low, high = (self._rule(owed, f"penalty.{end}_cents") for end in ("min", "max"))
        if low is None or high is None:
            low, high = (
                (self._rule(owed, f"penalty.{end}_cents_per_t") or 0) * owed.shortfall
                for end in ("min", "max")
            )
        return low, high

    def _paid(self, a: dict) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        owed.paid_cents += a["cents"]
        if owed.paid_cents == owed.fine_cents:
            owed.penalty = PAID

    def _on_PenaltyPaid(self, a: dict, _time: int) -> None:
        self._paid(a)

    def _on_PenaltyDebited(self, a: dict, _time: int) -> None:
        self._paid(a)

    def _on_ShortfallDeducted(self, a: dict, _time: int) -> None:
        owed = self.owed[a["scheme"], a["periodId"], a["installation"]]
        deadline = self.rules.schemes[owed.scheme].periods[owed.period].surrenderDeadline
        day = self.rules.local_day(owed.scheme, deadline)
        told = self.told_surrendered[reference(owed.scheme, owed.period, owed.installation)]
        missing = owed.due - sum(told)
        factor = self.rules.share(owed.scheme, "penalty.deduction_ppm", day) or Fraction(0)
        owed.deducted, owed.closed = ceil(missing * factor), True
        about = f"deduction of {owed.installation}"
        self._expect(about, (missing, owed.deducted), (a["open"], a["deducted"]))

    # What must hold

    def internal(self, tally: Tally) -> None:
        tally.value("Allocation", "amounts that do not follow", [], self.faults)
        allowances, offsets = self._exits(self.allowances), self._exits(self.offsets)
        for ref in sorted({*self.told_surrendered, *allowances, *offsets}):
            left, told = [allowances[ref], offsets[ref]], self.told_surrendered[ref]
            tally.value("Compliance", f"units that left for {ref.hex()[-16:]}", left, told)

    def checks(self) -> Iterator[Check]:
        self._end_batch()
        for key, allocated in sorted(self.allocated.items()):
            about = f"allocation of {key[2]}"
            expected = (allocated.state, allocated.amount)
            yield Check("Allocation", "allocationOf", key, expected, about)
        for plant in sorted({plant for _, _, plant in self.allocated} | self.debts.keys()):
            yield Check("Allocation", "debtOf", (plant,), self.debts[plant], f"debt of {plant}")
        for key, amount in sorted(self.free_issued.items()):
            about = f"free allowances of {key[1]}"
            yield Check("Allocation", "freeIssuedOf", key, amount, about)
        for (_, period, plant), owed in sorted(self.owed.items()):
            yield from self._owed_checks(period, plant, owed)

    def _owed_checks(self, period: int, plant: int, owed: Owed) -> Iterator[Check]:
        allowances, offsets = self.given(owed)
        state = MET if allowances + offsets == owed.due else OPEN
        obligation = {
            "due": owed.due,
            "allowances": allowances,
            "offsets": offsets,
            "late": owed.late,
            "deducted": owed.deducted,
            "state": CLOSED if owed.closed else state,
            "flags": (CAPPED if owed.capped else 0) | (LATE if owed.late else 0),
        }
        penalty = {
            "shortfall": owed.shortfall,
            "noticedAt": owed.noticed_at,
            "decidedAt": owed.decided_at,
            "fineCents": owed.fine_cents,
            "paidCents": owed.paid_cents,
            "state": owed.penalty,
            "measures": owed.measures,
        }
        appeal = {
            "decidedBy": owed.decided_by,
            "appealedAt": owed.appealed_at,
            "publishedAt": owed.published_at,
            "outcome": owed.outcome,
        }
        about = f"obligation of {plant}"
        yield Check("Compliance", "obligationOf", (plant, period), obligation, about)
        yield Check("Compliance", "penaltyOf", (plant, period), penalty, f"penalty of {plant}")
        yield Check("Compliance", "appealOf", (plant, period), appeal, f"appeal of {plant}")
