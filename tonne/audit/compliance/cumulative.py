"""Replay of CumulativeCompliance: running totals of each installation in a phase, and verdicts [t].

Totals are summed up from final reports, corrections and the allowances that left; verdicts are worked
out from them, not from the contract's own statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tonne.audit.compliance.allocation import AllocationReplay, Key
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.units.unit_balances import SURRENDERED
from tonne.types import references
from tonne.types.ids import InstallationId, PeriodId, SchemeId
from tonne.types.packing import bit_set
from tonne.types.references import RUNNING, Reference

#: `Verdict` of ICumulativeCompliance.
COMPLIES, SHORT, UNVERIFIED = 1, 2, 3
#: Years of a phase, bits of a set.
YEARS: Final = 32


@dataclass(slots=True)
class RunningTotals:
    """One installation in one phase; years are counted from the phase's first."""

    verified: int = 0
    surrendered: int = 0
    covered: set[int] = field(default_factory=set)
    counted: set[int] = field(default_factory=set)
    period: int = 0  # of the last act
    judged: bool = False
    told: int = 0  # [t] missing, and in the shortfall of an earlier verdict

    @property
    def missing(self) -> int:
        """[t]"""
        return max(self.verified - self.surrendered, 0)

    def give(self, tonnes: int) -> None:
        """Units that were surrendered, or a correction of them; more go to the told tonnes first."""
        self.surrendered += tonnes
        self.told = max(self.told - max(tonnes, 0), 0)


class CumulativeComplianceReplay(PausableReplay):
    """Accounts by scheme, first year of the phase and installation; `judged` takes their shortfalls."""

    contract = "CumulativeCompliance"

    def __init__(self, allocation: AllocationReplay, judged: dict[Key, int] | None = None) -> None:
        super().__init__()
        self.shortfalls: dict[Key, int] = {} if judged is None else judged
        self._untold: dict[Key, int] = {}  # shortfalls of this transaction whose event is to come
        self.schemes, self.parties = allocation.schemes, allocation.parties
        self.oracle, self.allowances = allocation.oracle, allocation.allowances
        self.totals: dict[tuple[SchemeId, int, InstallationId], RunningTotals] = defaultdict(
            RunningTotals
        )
        self.verdicts: dict[tuple[SchemeId, PeriodId, InstallationId], int] = {}
        self.stated: dict[bytes, int] = defaultdict(int)  # surrendered, by reference

    def _phase(self, scheme: SchemeId, period_id: PeriodId) -> int:
        """First year of the phase a period is in."""
        last = self.schemes.schemes[scheme].periods[period_id].lastYear
        day = self.schemes.rules_day(scheme, last)
        first = self.schemes.value(scheme, "obligation.cumulative_from", day)
        if first is None:
            raise ValueError(f"period {period_id} stands alone")
        return first

    def _account(self, a: Args, at: Dated, judged: bool = False) -> tuple[RunningTotals, int]:
        """The account of an act, moved on to its period, and the phase's first year."""
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        first = self._phase(scheme, period_id)
        found = self.totals[scheme, first, plant]
        about = f"{at.event.name} of {plant} for period {period_id}"
        deadline = self._deadline(scheme, period_id)
        self._require((at.time > deadline) == judged, f"{about}: at {at.time}, due {deadline}")
        if found.period != period_id:
            in_order = found.period < period_id and (found.judged or not found.period)
            self._require(in_order, f"{about}: after period {found.period}")
            found.period, found.judged = period_id, False
        self._require(not found.judged, f"{about}: judged already")
        return found, first

    def _deadline(self, scheme: SchemeId, period_id: PeriodId) -> int:
        """[s] as the last pause moved it."""
        return self.moved(self.schemes.schemes[scheme].periods[period_id].surrenderDeadline)

    def _same(self, about: str, worked_out: object, stated: object) -> None:
        self._require(worked_out == stated, f"{about}: worked out {worked_out}, stated {stated}")

    def _on_CoverageSet(self, a: Args, at: Dated) -> None:
        account, first = self._account(a, at)
        years = set(range(a["year"] - first, YEARS))
        period = self.schemes.schemes[a["scheme"]].periods[a["periodId"]]
        self._same(f"coverage of {a['installation']} from", period.firstYear, a["year"])
        account.covered = account.covered | years if a["covered"] else account.covered - years

    def _on_VerifiedCounted(self, a: Args, at: Dated) -> None:
        account, first = self._account(a, at)
        plant, year = a["installation"], a["year"]
        emissions = self.oracle.verified(plant, year, year).emissions_t
        self._require(year - first not in account.counted, f"{year} of {plant} counted twice")
        account.counted.add(year - first)
        account.verified += emissions
        stated = (a["emissionsT"], a["verifiedT"])
        self._same(f"verified of {plant} in {year}", (emissions, account.verified), stated)

    def _on_FiguresCorrected(self, a: Args, at: Dated) -> None:
        account, _ = self._account(a, at)
        account.verified += a["verifiedBy"]
        account.give(a["surrenderedBy"])
        account.told = min(account.told, account.missing)
        stated = (a["verifiedT"], a["surrenderedT"])
        about = f"corrected figures of {a['installation']}"
        self._same(about, (account.verified, account.surrendered), stated)
        self._same(f"{about} due", self._deadline(a["scheme"], a["periodId"]), a["dueBy"])
        self._require(min(stated) >= 0, f"{about}: below 0")

    def _on_AllowancesSurrendered(self, a: Args, at: Dated) -> None:
        account, _ = self._account(a, at)
        account.give(a["amount"])
        self.stated[references.running(a["scheme"], a["periodId"], a["installation"])] += a[
            "amount"
        ]
        self._same(f"surrendered by {a['installation']}", account.surrendered, a["surrenderedT"])

    def _on_ComplianceJudged(self, a: Args, at: Dated) -> None:
        account, first = self._account(a, at, judged=True)
        scheme, period_id, plant = a["scheme"], a["periodId"], a["installation"]
        last = self.schemes.schemes[scheme].periods[period_id].lastYear - first
        missing = {year for year in account.covered - account.counted if year <= last}
        verdict = COMPLIES if account.surrendered >= account.verified else SHORT
        verdict = UNVERIFIED if missing else verdict
        worked_out = (account.verified, account.surrendered, last in account.covered, verdict)
        stated = tuple(a[k] for k in ("verifiedT", "surrenderedT", "covered", "verdict"))
        self._same(f"verdict on {plant} in period {period_id}", worked_out, stated)
        account.judged = True
        self.verdicts[scheme, period_id, plant] = verdict
        if account.missing > account.told:
            self._untold[scheme, period_id, plant] = account.missing - account.told
        account.told = account.missing

    def _on_ShortfallJudged(self, a: Args, _: Dated) -> None:
        key = (a["scheme"], a["periodId"], a["installation"])
        found = self._untold.pop(key, 0)
        self._same(f"shortfall of {key[2]} in period {key[1]}", found, a["shortfallT"])
        self.shortfalls[key] = found

    def end_transaction(self) -> None:
        for _, period_id, plant in self._untold:
            self.faults.append(f"{plant} was short in period {period_id} without its event")
        self._untold.clear()

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        left: dict[bytes, int] = defaultdict(int)
        for (kind, ref, _), amount in self.allowances.exits_for.items():
            if kind == SURRENDERED and amount and Reference.unpack(ref).kind == RUNNING:
                left[ref] += amount
        tally.value(self.contract, "allowances that left", dict(self.stated), dict(left))

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for (scheme, first, plant), account in sorted(self.totals.items()):
            expected = {
                "verifiedT": account.verified,
                "surrenderedT": account.surrendered,
                "covered": bit_set(account.covered),
                "counted": bit_set(account.counted),
                "periodId": account.period,
                "judged": account.judged,
                "toldT": account.told,
            }
            period = self._period_of(scheme, first)
            yield Check(
                self.contract, "accountOf", (plant, period), expected, f"account of {plant}"
            )
            balance = account.surrendered - account.verified
            position = (max(-balance, 0), max(balance, 0))
            yield Check(
                self.contract, "positionOf", (plant, period), position, f"position of {plant}"
            )
        for (_, period_id, plant), verdict in sorted(self.verdicts.items()):
            about = f"verdict on {plant}"
            yield Check(self.contract, "verdictOf", (plant, period_id), verdict, about)
        for (_, period_id, plant), tonnes in sorted(self.shortfalls.items()):
            about = f"shortfall of {plant}"
            yield Check(self.contract, "shortfallOf", (plant, period_id), tonnes, about)

    def _period_of(self, scheme: SchemeId, first: int) -> PeriodId:
        """A period of a phase."""
        periods = map(PeriodId, self.schemes.schemes[scheme].periods)
        return next(period for period in periods if self._running(scheme, period) == first)

    def _running(self, scheme: SchemeId, period_id: PeriodId) -> int | None:
        last = self.schemes.schemes[scheme].periods[period_id].lastYear
        day = self.schemes.rules_day(scheme, last)
        return self.schemes.value(scheme, "obligation.cumulative_from", day)
