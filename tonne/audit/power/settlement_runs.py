"""Replay of PowerSettlement's runs: terms, bonds, and what each interval comes to.

A run is checked as the contract does, against readings, loss, scheduled flows and price of other replays.
A dispute's proof is in the call, not in its event: that event only says that the run is void.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from eth_abi.abi import encode

from tonne.audit.evidence.meter_oracle import POSTED
from tonne.audit.power.power_losses import CHARGED, SETTLED, PowerLossesReplay
from tonne.audit.power.power_market import PowerMarketReplay
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.chain.client import Chain
from tonne.constants import CHANGE_S, DAY_S, PPM
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle_sum import Sums
from tonne.power.settlement import WH_PER_KWH, Tariff, worth
from tonne.types.ids import PowerAccountId

MARKET: Final = 16  # `Powers` of ISchemes
SLACK_WH: Final = 2  # of a clearing at a node
ROUNDINGS: Final = 3  # of a line
#: `RunTotals`, as it is committed to.
TOTALS: Final = (
    "(bytes32,bytes32,uint192,uint32,uint48,uint48,uint48,uint48,uint48,uint48,uint48,int88,uint88,"
    "uint32)"
)

Place = tuple[int, int]  # node, interval or day


@dataclass(slots=True)
class SettlementRun:
    """The present run of an interval: `IntervalState`."""

    run: int = 0
    meter_run: int = 0
    final: bool = False
    failed: bool = False
    posted_at: int = 0
    net: int = 0
    due: int = 0
    surplus: int = 0
    commitment: int = 0
    contracts: tuple[int, int] = (0, 0)  # [Wh] sold and bought, as its totals say

    def word(self) -> tuple[int | bool, ...]:
        return (
            *(self.run, self.meter_run, self.final, self.failed, self.posted_at),
            *(self.net, self.due, self.surplus, self.commitment),
        )


@dataclass(slots=True)
class SettlementDay:
    """Sums of a day's present runs, and its payments [micro-credit]."""

    runs: dict[int, SettlementRun] = field(default_factory=dict)  # by interval
    run: int = 0
    returned: int = 0
    posted: int = 0
    due_paid: int = 0

    def sum(self, name: str) -> int:
        return sum(getattr(run, name) for run in self.runs.values())

    @property
    def rounding(self) -> int:
        return -self.sum("net") - self.sum("due") - self.sum("surplus")

    @property
    def intervals(self) -> int:
        return sum(not run.failed for run in self.runs.values())

    def word(self) -> tuple[int, ...]:
        """`DayState`."""
        return (
            *(self.sum("net"), self.sum("due"), self.intervals, self.sum("final"), self.run),
            *(self.sum("surplus"), self.returned, self.rounding, self.posted, self.due_paid),
        )


@dataclass(slots=True)
class OperatorBond:
    """An operator's bond, bound until a moment [s]."""

    amount: int = 0
    until: int = 0


class SettlementRunsReplay(ContractReplay):
    """Terms, bonds and runs; days as the runs make them."""

    contract = "PowerSettlement"

    def __init__(self, chain: Chain, losses: PowerLossesReplay, power: PowerMarketReplay) -> None:
        super().__init__()
        self.address = chain[self.contract].address
        self.window, self.bond = (chain.call(self.contract, name) for name in ("WINDOW", "BOND"))
        self.losses, self.power = losses, power
        self.meters, self.grid = losses.meters, power.grid
        self.step: int = power.terms.intervalS
        self.per_day = DAY_S // self.step
        self.terms: dict[int, list[Any]] = defaultdict(list)  # `AreaTerms`, by node
        self.bonds: dict[int, OperatorBond] = defaultdict(OperatorBond)
        self.days: dict[Place, SettlementDay] = defaultdict(SettlementDay)
        #: Operator and rewarded account of a lost bond, until it is paid.
        self._slashed: tuple[PowerAccountId, PowerAccountId] | None = None

    def run_of(self, node: int, interval: int) -> SettlementRun:
        """The present run of an interval."""
        return self.days[node, interval // self.per_day].runs.get(interval, SettlementRun())

    def terms_at(self, node: int, interval: int) -> Any:
        """Terms of a node in an interval; KeyError where there are none."""
        for terms in reversed(self.terms[node]):
            if terms.fromInterval <= interval:
                return terms
        raise KeyError(f"terms of node {node}")

    # Terms and bonds

    def _on_AreaSet(self, a: Args, at: Dated) -> None:
        node, terms = a["node"], a["terms"]
        known = self.grid.nodes[node]
        all_ = self.terms[node]
        earliest = at.time // self.step + 1
        may = self.grid.schemes.may(a["officer"], known.scheme, known.jurisdiction, MARKET)
        timed = self.meters.nodes[known.metering].intervalS == self.step and DAY_S % self.step == 0
        fits = terms.operator > 0 and terms.spreadPpm <= PPM and terms.fromInterval >= earliest
        fits = fits and terms.fromInterval <= (at.time + CHANGE_S) // self.step
        self._require(may and timed and fits, f"terms of node {node} from {terms.fromInterval} on")
        while all_ and all_[-1].fromInterval >= terms.fromInterval:
            all_.pop()  # terms to come are replaced
        all_.append(terms)

    def _bound(self, operator: int, time: int, about: str) -> None:
        """A run needs a whole bond, which stays bound for the window."""
        bond = self.bonds[operator]
        self._require(bond.amount >= self.bond, f"bond behind {about}")
        bond.until = time + self.window

    # Runs

    def _on_RunPosted(self, a: Args, at: Dated) -> None:
        node, number, stated = a["node"], a["interval"], a["totals"]
        about = f"run {a['run']} of node {node} in interval {number}"
        terms, before = self.terms_at(node, number), self.run_of(node, number)
        self._bound(terms.operator, at.time, about)
        self._require(not before.final and a["run"] == before.run + 1, f"{about} does not follow")
        contracts = (stated.soldWh, stated.boughtWh)
        run = SettlementRun(run=a["run"], posted_at=at.time, net=stated.net, contracts=contracts)
        run.meter_run, run.final = self._readings(node, number, stated, at.time, about)
        self._energy(node, number, stated, about)
        tariff = Tariff(terms.spreadPpm, terms.feeImport, terms.feeExport)
        price = self.power.price_of(number, node, at.time)
        self._require(price is not None, f"{about}: no price")
        run.due, run.surplus = self._money(stated, price or 0, tariff, about)
        packed = encode([TOTALS], [tuple(stated)])
        run.commitment = int.from_bytes(keccak(packed)[:22], "big")
        self._require(tuple(a["state"]) == run.word(), f"{about}: {tuple(a['state'])}")
        self.days[node, number // self.per_day].runs[number] = run

    def _readings(
        self, node: int, number: int, stated: Any, time: int, about: str
    ) -> tuple[int, bool]:
        place = (self.grid.nodes[node].metering, number * self.step)
        root = self.meters.roots[place]
        same = (root.status, root.root, root.sums) == (POSTED, stated.meterRoot, stated.sums)
        self._require(same and stated.count >= Sums.of(stated.sums).count, f"{about}: readings")
        area = self.losses.of_areas.get(place)
        charged, status = (area.charged, area.status) if area else (0, 0)
        self._require(stated.chargedWh == charged, f"{about}: loss")
        final = self.meters.is_final(place, time) and status in (CHARGED, SETTLED)
        return root.run, final

    def _energy(self, node: int, number: int, stated: Any, about: str) -> None:
        sold = stated.soldWh - stated.boughtWh
        leaving, arcs = self.power.scheduled(number, node)
        self._require(abs(sold - leaving) <= SLACK_WH + arcs, f"{about}: not scheduled")
        sums = Sums.of(stated.sums)
        metered = sums.export_wh - sums.import_wh
        closes = metered == stated.exportWh - stated.importWh and stated.exportWh <= sums.export_wh
        imbalance = metered - sold - stated.chargedWh
        closes &= imbalance == stated.longWh - stated.shortWh
        self._require(closes, f"{about}: energy does not close")

    def _money(self, stated: Any, price: int, tariff: Tariff, about: str) -> tuple[int, int]:
        exact = stated.importWh * tariff.fee_import + stated.exportWh * tariff.fee_export
        least = -(-exact // WH_PER_KWH)
        self._require(least <= stated.fees <= least + stated.count, f"{about}: fees")
        sums = Sums.of(stated.sums)
        own = worth(stated.chargedWh - sums.export_wh + sums.import_wh, price, tariff)
        legs = (stated.soldWh - stated.boughtWh) * price * PPM
        legs += worth(stated.longWh, price, tariff) + worth(-stated.shortWh, price, tariff) + own
        due = own // (PPM * WH_PER_KWH) + stated.fees
        surplus = -legs // (PPM * WH_PER_KWH)
        closes = stated.net + due + surplus + stated.rounding == 0
        fits = stated.rounding <= ROUNDINGS * (stated.count + 1) + 1
        self._require(closes and fits, f"{about}: money does not close")
        return due, surplus

    def _on_RunFailed(self, a: Args, at: Dated) -> None:
        node, number = a["node"], a["interval"]
        run, about = self.run_of(node, number), f"failure of node {node} in interval {number}"
        in_time = at.time <= run.posted_at + self.window
        right = run.run == a["run"] > 0 and not run.failed and in_time
        self._require(right, about)
        failed = SettlementRun(run.run, run.meter_run, failed=True, posted_at=run.posted_at)
        self.days[node, number // self.per_day].runs[number] = failed
        self._slash(self.terms_at(node, number).operator, a["rewarded"])

    def _slash(self, operator: PowerAccountId, rewarded: PowerAccountId) -> None:
        self._require(self._slashed is None, f"operator {operator} fails twice at once")
        self._slashed = (operator, rewarded)
