"""Replay of Compliance: obligation of each installation and period, and units surrendered for it [t].

Obligations are worked out from rules and verified emissions, in exact fractions rounded once. Surrenders
are counted from the units that left, not from the contract's own statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Final

from tonne.audit.compliance.allocation import AllocationReplay, Key
from tonne.audit.compliance.penalties import (
    ANNULLED,
    DECIDED,
    PAID,
    Obligation,
    PenaltiesReplay,
    Traded,
)
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.events import Dated
from tonne.audit.units.unit_balances import SURRENDERED, Unit1155Replay
from tonne.types import references, unit_id
from tonne.types.ids import InstallationId, PeriodId, UnitId
from tonne.types.references import OBLIGATION, Reference

#: `ObligationState` of ICompliance.
NONE, OPEN, MET, CLOSED = 0, 1, 2, 3
#: Flags of an obligation.
CAPPED, LATE = 1, 2
#: Benchmark class.
GAS: Final = 4


def _nothing_traded(_unit: UnitId, _month: int) -> tuple[str, int, int]:
    return "", 0, 0


class ComplianceReplay(PenaltiesReplay):
    """Obligations and surrenders, and the penalties that follow a shortfall."""

    def __init__(
        self,
        allocation: AllocationReplay,
        offsets: Unit1155Replay,
        traded: Traded = _nothing_traded,
    ) -> None:
        super().__init__(allocation.schemes, traded)
        self.allocation = allocation
        self.parties, self.oracle = allocation.parties, allocation.oracle
        self.allowances, self.offsets = allocation.allowances, offsets
        #: Parts of a period: [t] taken off and added to the whole, and their number.
        self._parts: dict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._just_met: dict[Key, bool] = {}  # in this transaction, and whether late

    def end_transaction(self) -> None:
        for key in self._just_met:
            self.faults.append(f"obligation {key} was met without its event")
        self._just_met.clear()

    # Obligation

    def _on_ObligationAssessed(self, a: Args, _: Dated) -> None:
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        period = self.schemes.schemes[scheme].periods[period_id]
        emissions = self.oracle.verified(plant, period.firstYear, period.lastYear).emissions_t
        share = self._part_share(scheme, period_id)
        if share is not None:
            free, due, capped = 0, ceil(share * emissions), False
        else:
            free = self.allocation.allocated[scheme, period_id, plant].amount
            due = self.due(scheme, period.lastYear, plant, emissions, free)
            capped = due < emissions
            counted, carried, parts = self._parts[scheme, period_id, plant]
            due = max(0, due - counted) + carried
            years = range(period.firstYear, period.lastYear)
            asked = [
                self.schemes.value(
                    scheme, "obligation.part_period", self.schemes.rules_day(scheme, y)
                )
                for y in years
            ]
            self._expect(f"parts of {plant}", sum(part is not None for part in asked), parts)
        stated = tuple(a[k] for k in ("emissionsT", "freeT", "due", "capped"))
        self._expect(f"obligation of {plant}", (emissions, free, due, capped), stated)
        key = (scheme, period_id, plant)
        self.owed[key] = Obligation(scheme, period_id, plant, due, capped)
        if due == 0:
            self._just_met[key] = False

    def _part_share(self, scheme: int, period_id: int) -> Fraction | None:
        """Of a year's emissions, where the period is a part of a longer one."""
        period = self.schemes.schemes[scheme].periods[period_id]
        day = self.schemes.rules_day(scheme, period.lastYear)
        part = self.schemes.value(scheme, "obligation.part_period", day) == period_id
        if not part or period.firstYear != period.lastYear:
            return None
        return self.schemes.share(scheme, "obligation.part_surrender_ppm", day)

    def _on_PartCounted(self, a: Args, at: Dated) -> None:
        key = (a["scheme"], a["partId"], a["installation"])
        part = self.owed[key]
        given = sum(self.stated_surrendered[references.obligation(*key)])
        toward = min(given, part.due)
        extra = part.added - (given - toward)
        if part.deducted:
            toward, extra = part.due, 0
        about = f"part {a['partId']} of {a['installation']}"
        self._expect(about, (toward, extra), (a["counted"], a["carried"]))
        if not self._settled(part, given, at.time):
            self.faults.append(f"{about} was counted before its shortfall was settled")
        part.closed = True
        whole = self._parts[a["scheme"], a["periodId"], a["installation"]]
        for i, more in enumerate((toward, extra, 1)):
            whole[i] += more

    def _settled(self, part: Obligation, given: int, time: int) -> bool:
        """Whether nothing was missing, or what follows can no longer change."""
        if part.due + part.late == given or part.penalty in (PAID, ANNULLED):
            return True
        window = self._days(part, "penalty.appeal_days")
        over = bool(part.outcome) or not window or time > part.decided_at + window
        return part.penalty == DECIDED and over

    def due(self, scheme: int, year: int, plant: InstallationId, emissions: int, free: int) -> int:
        """Obligation for verified emissions under the caps of the scheme [t]."""
        day = self.schemes.rules_day(scheme, year)
        gas = self.parties.installations[plant].benchmark_class == GAS
        if gas and self.schemes.value(scheme, "obligation.gas_deficit_exempt", day):
            return min(emissions, free)
        over = self.schemes.share(scheme, "obligation.cap_over_free_ppm", day)
        return emissions if over is None else min(emissions, free + floor(over * emissions))

    def _on_UnitsSurrendered(self, a: Args, at: Dated) -> None:
        key = (a["scheme"], a["periodId"], a["installation"])
        stated_deadline = self.schemes.schemes[key[0]].periods[key[1]].surrenderDeadline
        deadline = self.moved(stated_deadline)
        self._expect(f"lateness of {key[2]}", at.time > deadline, a["late"])
        stated = self.stated_surrendered[references.obligation(*key)]
        stated[0] += a["allowances"]
        stated[1] += a["offsets"]
        owed = self.owed[key]
        if at.time > deadline:
            owed.late += a["allowances"] + a["offsets"]
        if sum(stated) == owed.due + owed.added:
            self._just_met[key] = a["late"]

    def _on_ObligationMet(self, a: Args, _: Dated) -> None:
        key = (a["scheme"], a["periodId"], a["installation"])
        self._expect(f"obligation {key} met", self._just_met.pop(key, None), a["late"])

    def _borrowed(self) -> dict[bytes, int]:
        """Allowances of a later vintage than the obligation's own, by reference."""
        found: dict[bytes, int] = defaultdict(int)
        for (kind, ref, unit), amount in self.allowances.exits_for.items():
            about = Reference.unpack(ref)
            if kind != SURRENDERED or about.kind != OBLIGATION:
                continue
            period = self.schemes.schemes[about.scheme].periods[about.period]
            if unit_id.vintage_of(unit) > period.vintage:
                found[ref] += amount
        return found

    @staticmethod
    def _surrendered(units: Unit1155Replay) -> dict[bytes, int]:
        """Units that left for obligations, by reference."""
        sums: dict[bytes, int] = defaultdict(int)
        for (kind, ref, _), amount in units.exits_for.items():
            if kind == SURRENDERED and Reference.unpack(ref).kind == OBLIGATION:
                sums[ref] += amount
        return sums

    # Comparison

    def invariants(self, tally: Tally) -> None:
        allowances, offsets = map(self._surrendered, (self.allowances, self.offsets))
        for ref, borrowed in self._borrowed().items():
            self._within_limit(ref, borrowed)
        super().invariants(tally)
        for ref in sorted({*self.stated_surrendered, *allowances, *offsets}):
            left, stated = [allowances[ref], offsets[ref]], self.stated_surrendered[ref]
            about = f"units that left for {ref.hex()[-16:]}"
            tally.value(self.contract, about, left, stated)

    def _within_limit(self, ref: bytes, borrowed: int) -> None:
        _, scheme, period_id, plant = Reference.unpack(ref)
        day = self.schemes.rules_day(
            scheme, self.schemes.schemes[scheme].periods[period_id].lastYear
        )
        share = self.schemes.share(scheme, "borrowing.limit_ppm", day)
        if share is None:
            return
        owed = self.owed.get((scheme, PeriodId(period_id), InstallationId(plant)))
        if borrowed > floor(share * (owed.due if owed else 0)):
            self.faults.append(
                f"{plant} borrowed {borrowed} for period {period_id}, above its limit"
            )

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        allowances, offsets = map(self._surrendered, (self.allowances, self.offsets))
        borrowed = self._borrowed()
        for key, owed in sorted(self.owed.items()):
            ref = references.obligation(*key)
            yield from self._obligation_checks(owed, allowances[ref], offsets[ref], borrowed[ref])

    def _obligation_checks(
        self, owed: Obligation, allowances: int, offsets: int, borrowed: int
    ) -> Iterator[Check]:
        state = MET if allowances + offsets == owed.due + owed.added else OPEN
        state = NONE if owed.running else state
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
        args = (owed.installation, owed.period)
        for function, expected, name in (
            ("obligationOf", obligation, "obligation"),
            ("penaltyOf", penalty, "penalty"),
            ("appealOf", appeal, "appeal"),
        ):
            yield Check(self.contract, function, args, expected, f"{name} of {owed.installation}")
