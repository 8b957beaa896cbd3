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

from tonne.audit.compliance.penalties import (
    ANNULLED,
    DECIDED,
    PAID,
    Owed,
    Shortfalls,
    Traded,
    allowance_id,
    reference,
)
from tonne.audit.evidence.emissions_oracle import EvidenceReplay
from tonne.audit.parties.participants import PartiesReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import RulesReplay
from tonne.audit.units.unit_balances import CLAWED_BACK, SURRENDERED, UnitsReplay

PRE_ALLOCATED, FINAL = 1, 2
OPEN, MET, CLOSED = 1, 2, 3
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


@dataclass(slots=True)
class Allocated:
    """One installation's allocation for a period."""

    state: int = 0
    amount: int = 0


def _nothing_traded(_unit: int, _month: int) -> tuple[str, int, int]:
    return "", 0, 0


class ObligationsReplay(Shortfalls):
    """Allocation and Compliance together; reads the replays of the floors below."""

    def __init__(
        self,
        parties: PartiesReplay,
        rules: RulesReplay,
        evidence: EvidenceReplay,
        allowances: UnitsReplay,
        offsets: UnitsReplay,
        traded: Traded = _nothing_traded,
    ) -> None:
        self.parties, self.rules, self.evidence = parties, rules, evidence
        self.allowances, self.offsets, self.traded = allowances, offsets, traded
        self.currencies: dict[int, str] = {}
        self.fine_prices: dict[tuple[int, int], tuple[int, int, bool]] = {}
        #: What parts of a period take off and add to the whole, and how many were counted.
        self._parts: dict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
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
        share = self._part_share(scheme, period_id)
        if share is not None:
            free, due, capped = 0, ceil(share * emissions), False
        else:
            free = self.allocated[scheme, period_id, plant].amount
            due = self.due(scheme, period.lastYear, plant, emissions, free)
            capped = due < emissions
            counted, carried, parts = self._parts[scheme, period_id, plant]
            due = max(0, due - counted) + carried
            years = range(period.firstYear, period.lastYear)
            asked = [self.rules.value(scheme, "obligation.part_period", year_end(y)) for y in years]
            self._expect(f"parts of {plant}", sum(part is not None for part in asked), parts)
        told = tuple(a[k] for k in ("emissionsT", "freeT", "due", "capped"))
        self._expect(f"obligation of {plant}", (emissions, free, due, capped), told)
        self.owed[scheme, period_id, plant] = Owed(scheme, period_id, plant, due, capped)

    def _part_share(self, scheme: int, period_id: int) -> Fraction | None:
        """Of a year's emissions, where the period is a part of a longer one."""
        period = self.rules.schemes[scheme].periods[period_id]
        day = year_end(period.lastYear)
        part = self.rules.value(scheme, "obligation.part_period", day) == period_id
        if not part or period.firstYear != period.lastYear:
            return None
        return self.rules.share(scheme, "obligation.part_surrender_ppm", day)

    def _on_PartCounted(self, a: dict, time: int) -> None:
        key = (a["scheme"], a["partId"], a["installation"])
        part = self.owed[key]
        given = sum(self.told_surrendered[reference(*key)])
        toward = min(given, part.due)
        extra = part.added - (given - toward)
        if part.deducted:
            toward, extra = part.due, 0
        about = f"part {a['partId']} of {a['installation']}"
        self._expect(about, (toward, extra), (a["counted"], a["carried"]))
        if not self._settled(part, given, time):
            self.faults.append(f"{about} was counted before its shortfall was settled")
        part.closed = True
        whole = self._parts[a["scheme"], a["periodId"], a["installation"]]
        for i, more in enumerate((toward, extra, 1)):
            whole[i] += more

    def _settled(self, part: Owed, given: int, time: int) -> bool:
        """Whether nothing was missing, or what follows can no longer change."""
        if part.due + part.late == given or part.penalty in (PAID, ANNULLED):
            return True
        window = self._days(part, "penalty.appeal_days")
        over = bool(part.outcome) or not window or time > part.decided_at + window
        return part.penalty == DECIDED and over

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
        ref = reference(*owed.key)
        return self._exits(self.allowances)[ref], self._exits(self.offsets)[ref]

    def _borrowed(self) -> dict[bytes, int]:
        """Allowances of a later vintage than the obligation's own, by reference."""
        found: dict[bytes, int] = defaultdict(int)
        for (kind, ref, unit), amount in self.allowances.exits_for.items():
            number = int.from_bytes(ref)
            if kind != SURRENDERED or number >> OBLIGATION_BITS:
                continue
            period = self.rules.schemes[number >> 48].periods[number >> 32 & 0xFFFF]
            if unit >> 64 & 0xFFFF > period.vintage:
                found[ref] += amount
        return found

    def _exits(self, units: UnitsReplay) -> dict[bytes, int]:
        sums = self._sums.get(units.contract)
        if sums is None:
            sums = defaultdict(int)
            for (kind, ref, _), amount in units.exits_for.items():
                if kind == SURRENDERED and int.from_bytes(ref) >> OBLIGATION_BITS == 0:
                    sums[ref] += amount
            self._sums[units.contract] = sums
        return sums

    # What must hold

    def internal(self, tally: Tally) -> None:
        allowances, offsets = self._exits(self.allowances), self._exits(self.offsets)
        for ref, borrowed in self._borrowed().items():
            self._within_limit(ref, borrowed)
        tally.value("Allocation", "amounts that do not follow", [], self.faults)
        for ref in sorted({*self.told_surrendered, *allowances, *offsets}):
            left, told = [allowances[ref], offsets[ref]], self.told_surrendered[ref]
            tally.value("Compliance", f"units that left for {ref.hex()[-16:]}", left, told)

    def _within_limit(self, ref: bytes, borrowed: int) -> None:
        number = int.from_bytes(ref)
        scheme, period_id, plant = number >> 48, number >> 32 & 0xFFFF, number & 0xFFFFFFFF
        day = year_end(self.rules.schemes[scheme].periods[period_id].lastYear)
        share = self.rules.share(scheme, "borrowing.limit_ppm", day)
        if share is None:
            return
        owed = self.owed.get((scheme, period_id, plant))
        if borrowed > floor(share * (owed.due if owed else 0)):
            self.faults.append(
                f"{plant} borrowed {borrowed} for period {period_id}, above its limit"
            )

    def checks(self) -> Iterator[Check]:
        self._end_batch()
        for key, allocated in sorted(self.allocated.items()):
            about = f"allocation of {key[2]}"
            expected = (allocated.state, allocated.amount)
            yield Check("Allocation", "allocationOf", key, expected, about)
        for plant in sorted({plant for _, _, plant in self.allocated} | self.debts.keys()):
            yield Check("Allocation", "debtOf", (plant,), self.debts[plant], f"debt of {plant}")
        for (scheme, period), (cents, time, stated) in sorted(self.fine_prices.items()):
            price = {"cents": cents, "fixedAt": time, "stated": stated}
            about = f"price of fines for period {period}"
            yield Check("Compliance", "finePriceOf", (scheme, period), price, about)
        for key, amount in sorted(self.free_issued.items()):
            about = f"free allowances of {key[1]}"
            yield Check("Allocation", "freeIssuedOf", key, amount, about)
        borrowed = self._borrowed()
        for (_, period, plant), owed in sorted(self.owed.items()):
            yield from self._owed_checks(period, plant, owed, borrowed[reference(*owed.key)])

    def _owed_checks(self, period: int, plant: int, owed: Owed, borrowed: int) -> Iterator[Check]:
        allowances, offsets = self.given(owed)
        state = MET if allowances + offsets == owed.due + owed.added else OPEN
        obligation = {
            "due": owed.due,
            "allowances": allowances,
            "offsets": offsets,
            "late": owed.late,
            "deducted": owed.deducted,
            "added": owed.added,
            "borrowed": borrowed,
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
