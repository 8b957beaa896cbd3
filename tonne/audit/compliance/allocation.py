"""Replay of Allocation: free allowances of each installation, true-ups, claw-backs and debts [t].

Amounts are worked out from rules and verified output, in exact fractions rounded once. Claw-backs are
counted from the allowances that left, not from the contract's own statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Final

from tonne.audit.evidence.emissions_oracle import EmissionsOracleReplay
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args, Handler
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.unit_balances import CLAWED_BACK, Unit1155Replay
from tonne.types import references, unit_id
from tonne.types.ids import InstallationId, PeriodId, SchemeId

#: `AllocationState` of IAllocation.
PRE_ALLOCATED, FINAL, TABLED = 1, 2, 3

#: Names of a benchmark class's power and heat benchmarks in the keys of a scheme.
CLASSES: Final = {
    1: ("coal_gt300", "coal"),
    2: ("coal_le300", "coal"),
    3: ("unconventional_coal", "coal"),
    4: ("gas", "gas"),
}

#: Scheme, period, installation.
Key = tuple[SchemeId, PeriodId, InstallationId]


@dataclass(slots=True)
class InstallationAllocation:
    """One installation's allocation for a period."""

    state: int = 0
    amount: int = 0
    unissued: int = 0  # part that waits for room under the free share


class AllocationReplay(AccessManagedReplay):
    """Free allocation of every installation and period."""

    contract = "Allocation"

    def __init__(
        self,
        parties: ParticipantsReplay,
        schemes: SchemesReplay,
        oracle: EmissionsOracleReplay,
        allowances: Unit1155Replay,
        contracts: Iterable[str] = (),
    ) -> None:
        """`contracts` are addresses whose rights are compared even if no event grants any."""
        super().__init__()
        self.parties, self.schemes, self.oracle = parties, schemes, oracle
        self.allowances = allowances
        self.allocated: dict[Key, InstallationAllocation] = defaultdict(InstallationAllocation)
        self.debts: dict[int, int] = defaultdict(int)  # by installation
        self.free_issued: dict[tuple[int, int], int] = defaultdict(int)  # by scheme and vintage
        self.rights: dict[str, int] = dict.fromkeys(contracts, 0)  # of controllers
        self._excess: dict[bytes, int] = defaultdict(int)  # given and to be taken back, so far
        self._settled: dict[bytes, tuple[int, int]] = {}  # of that: units that left, debt
        self._issues: dict[tuple[int, int], int] = defaultdict(int)  # of this transaction
        self._cut: set[tuple[int, int]] = set()  # vintages without room for all of an issue
        self._time = 0

    def _expect(self, about: str, worked_out: object, stated: object) -> None:
        self._require(worked_out == stated, f"{about}: worked out {worked_out}, stated {stated}")

    def end_transaction(self) -> None:
        """A transaction issues after its claw-backs, which have made room by then.

        Something stays unissued only where the free share is full.
        """
        for key, amount in self._issues.items():
            self.free_issued[key] += amount
            free = self.schemes.disclosed(*key, self._time)["freeT"]
            about = f"free allowances of vintage {key[1]}"
            if amount and self.free_issued[key] > free:
                self.faults.append(f"{about}: {self.free_issued[key]} of {free}")
            if key in self._cut and self.free_issued[key] < free:
                self.faults.append(f"{about}: unissued beside room for {free}")
        self._issues.clear()
        self._cut.clear()

    def take(self, handler: Handler, at: Dated) -> None:
        self._time = at.time
        super().take(handler, at)

    def free_amount(
        self, scheme: int, year: int, plant: InstallationId, power: int, heat: int, share: Fraction
    ) -> int:
        """Benchmark × output × share, each product rounded down [t]; output in MWh and GJ."""
        number = self.parties.installations[plant].benchmark_class
        if number == 0:
            return 0
        power_name, heat_name = CLASSES[number]
        day = self.schemes.rules_day(scheme, year)
        total = 0
        for output, key in (
            (power, f"benchmark.power.{power_name}"),
            (heat, f"benchmark.heat.{heat_name}"),
        ):
            if output:
                benchmark = Fraction(self.schemes.value(scheme, key, day) or 0, 10_000)
                total += floor(benchmark * output * share)
        return total

    def _net(self, installation: int, amount: int) -> int:
        netted = min(self.debts[installation], amount)
        self.debts[installation] -= netted
        return netted

    def _on_AllowancesPreAllocated(self, a: Args, _: Dated) -> None:
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        period = self.schemes.schemes[scheme].periods[period_id]
        day = self.schemes.rules_day(scheme, period.lastYear)
        share = self.schemes.share(scheme, "allocation.preallocation_ppm", day) or Fraction(0)
        amount = self.free_amount(scheme, period.lastYear, plant, a["powerMwh"], a["heatGj"], share)
        netted = self._net(plant, amount)
        about = f"pre-allocation of {plant}"
        self._expect(about, (amount, netted), (a["amount"], a["netted"]))
        self.allocated[scheme, period_id, plant] = InstallationAllocation(PRE_ALLOCATED, amount)
        self._issues[scheme, period.vintage] += amount - netted

    def _on_AllocationTruedUp(self, a: Args, _: Dated) -> None:
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        period = self.schemes.schemes[scheme].periods[period_id]
        verified = self.oracle.verified(plant, period.firstYear, period.lastYear)
        amount = self.free_amount(
            scheme, period.lastYear, plant, verified.power_mwh, verified.heat_gj, Fraction(1)
        )
        early = self.allocated[scheme, period_id, plant].amount
        netted = self._net(plant, amount - early) if amount > early else 0
        worked_out = (verified.power_mwh, verified.heat_gj, early, amount, netted)
        stated = tuple(a[k] for k in ("powerMwh", "heatGj", "oldAmount", "amount", "netted"))
        self._expect(f"true-up of {plant}", worked_out, stated)
        self.allocated[scheme, period_id, plant] = InstallationAllocation(FINAL, amount)
        self._issues[scheme, period.vintage] += max(amount - early, 0) - netted
        self._excess[references.obligation(scheme, period_id, plant)] += max(early - amount, 0)

    def _on_AllowancesTabled(self, a: Args, _: Dated) -> None:
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        given = self.allocated[scheme, period_id, plant]
        about, amount = f"table of {plant}", a["amount"]
        self._require(given.state in (0, TABLED), f"{about}: allocated by benchmark")
        netted = self._net(plant, max(amount - given.amount, 0))
        self._expect(about, (given.amount, netted), (a["oldAmount"], a["netted"]))
        vintage = self.schemes.schemes[scheme].periods[period_id].vintage
        self._issues[scheme, vintage] += max(amount - given.amount, 0) - netted
        self._excess[references.obligation(scheme, period_id, plant)] += max(
            given.amount - amount, 0
        )
        self.allocated[scheme, period_id, plant] = InstallationAllocation(TABLED, amount)

    def _on_AllowancesUnissued(self, a: Args, _: Dated) -> None:
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        vintage = self.schemes.schemes[scheme].periods[period_id].vintage
        given = self.allocated[scheme, period_id, plant]
        right = given.state == FINAL and not given.unissued and 0 < a["amount"] <= given.amount
        self._require(right, f"{a['amount']} of {plant} unissued")
        given.unissued = a["amount"]
        self._issues[scheme, vintage] -= a["amount"]
        self._cut.add((scheme, vintage))

    def _on_UnissuedAllowancesIssued(self, a: Args, _: Dated) -> None:
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        vintage = self.schemes.schemes[scheme].periods[period_id].vintage
        given = self.allocated[scheme, period_id, plant]
        netted = self._net(plant, given.unissued)
        given.unissued -= netted + a["amount"]
        about = f"unissued allowances of {plant}"
        self._expect(about, (netted, given.unissued), (a["netted"], a["left"]))
        self._issues[scheme, vintage] += a["amount"]
        if given.unissued:
            self._cut.add((scheme, vintage))

    def _on_AllowancesClawedBack(self, a: Args, _: Dated) -> None:
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        ref = references.obligation(scheme, period_id, plant)
        vintage = self.schemes.schemes[scheme].periods[period_id].vintage
        # The allowances' own events come first in the log: the amount that left is known here.
        # A table may fall more than once: what earlier claw-backs settled is not counted again.
        unit = unit_id.allowance(scheme, vintage)
        before, owed = self._settled.get(ref, (0, 0))
        left = self.allowances.exits_for[CLAWED_BACK, ref, unit] - before
        debt = self._excess[ref] - before - owed - left
        self._settled[ref] = (before + left, owed + debt)
        stated = (a["fromWallets"] + a["fromLedger"], a["toDebt"])
        self._expect(f"claw-back of {plant}", (left, debt), stated)
        self.debts[plant] += debt
        # Units bought on the market may pay it back: never more than was issued free.
        issued = self.free_issued[scheme, vintage]
        self.free_issued[scheme, vintage] = max(issued - left, 0)

    def _on_AllocationDebtAdded(self, a: Args, _: Dated) -> None:
        self._require(self.rights.get(a["controller"], 0) > 0, f"debt added by {a['controller']}")
        self.debts[a["installation"]] += a["amount"]

    def _on_AllocationControllerSet(self, a: Args, _: Dated) -> None:
        before = self.rights.get(a["controller"], 0)
        self._expect(f"rights of controller {a['controller']}", before, a["oldRights"])
        self.rights[a["controller"]] = a["rights"]

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for key, allocated in sorted(self.allocated.items()):
            about = f"allocation of {key[2]}"
            expected = (allocated.state, allocated.amount)
            yield Check(self.contract, "allocationOf", key, expected, about)
            yield Check(self.contract, "unissuedOf", key, allocated.unissued, f"unissued {about}")
        for plant in sorted({plant for _, _, plant in self.allocated} | self.debts.keys()):
            yield Check(self.contract, "debtOf", (plant,), self.debts[plant], f"debt of {plant}")
        for year, amount in sorted(self.free_issued.items()):
            about = f"free allowances of {year[1]}"
            yield Check(self.contract, "freeIssuedOf", year, amount, about)
        for controller, rights in sorted(self.rights.items()):
            about = f"rights of controller {controller}"
            yield Check(self.contract, "rightsOf", (controller,), rights, about)
