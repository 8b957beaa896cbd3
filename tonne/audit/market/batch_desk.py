"""Replay of BatchDesk: causes of locks, and batches whose state does not stand where it should.

An order about a batch, and its invalidation, reach the batches that were set apart from it.

A batch may trade in its market exactly while it is active in the credits: the desk changes both in one
transaction. A fill, block trade or delivery of a batch that is not active, or a market whose bar differs
from the state of its batch, was made past the desk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tonne.audit.evidence.projects import SUSPENDED, ProjectsReplay
from tonne.audit.market.exchange import RETURN, ExchangeReplay
from tonne.audit.proofs.findings import Finding
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay, follows
from tonne.audit.replay.events import Dated
from tonne.audit.units.issuance import IssuanceReplay
from tonne.audit.units.offset_credits import ACTIVE, INVALIDATED, LOCKED, OffsetCreditsReplay
from tonne.market.fills import records
from tonne.types import account_id
from tonne.types.ids import AccountId, UnitId

#: `LockCauses` of IBatchDesk.
BY_ORDER, BY_PROJECT, BY_SOURCE = 1, 2, 4
#: Code of the finding that a batch was traded which was not active.
TRADED_BARRED: Final = "AUDIT_BARRED_BATCH_TRADED"
#: `BatchStatus` in words.
STATES: Final = ("unknown", "active", "locked", "invalidated", "ex ante")


class BatchDeskReplay(ContractReplay):
    """Causes of the locks of batches, compared with the credits, the projects and the exchange."""

    contract = "BatchDesk"

    def __init__(
        self,
        credits: OffsetCreditsReplay,
        issuance: IssuanceReplay,
        projects: ProjectsReplay,
        exchange: ExchangeReplay,
        address: str,
    ) -> None:
        super().__init__()
        self.credits, self.issuance, self.projects = credits, issuance, projects
        self.exchange, self.address = exchange, address
        self.causes: dict[UnitId, int] = {}
        self.findings: list[Finding] = []  # trades of batches that were not active

    def _on_LockCausesChanged(self, a: Args, _: Dated) -> None:
        id_, causes = a["id"], a["causes"]
        if not causes & ~(BY_ORDER | BY_PROJECT | BY_SOURCE) and causes != self.causes.get(id_, 0):
            self.causes[id_] = causes
        else:
            self.faults.append(f"causes {causes} of the lock of batch {id_:#x}")

    def _on_SuspensionCarried(self, a: Args, _: Dated) -> None:
        project = self.projects.projects[a["project"]]
        if a["suspended"] != (project["status"] == SUSPENDED):
            self.faults.append(f"suspension of project {a['project']} is carried wrongly")

    # Trades past the desk

    @follows("Exchange")
    def _on_OrdersFilled(self, a: Args, at: Dated) -> None:
        lots = sum(fill.lots for fill in records(a["fills"]) if not fill.ended)
        self._traded(a["taker"], lots, "filled on the book", at)

    @follows("Exchange")
    def _on_Settled(self, a: Args, at: Dated) -> None:
        if a["kind"] != RETURN:
            self._traded(a["to"], a["lots"], f"settled by {a['controller']}", at)

    def _traded(self, account: AccountId, lots: int, how: str, at: Dated) -> None:
        number, _ = account_id.unpack(account)
        unit = self.exchange.markets[number].unit
        status = self.credits.status.get(unit, ACTIVE)  # a unit of another class has no state
        if lots and status != ACTIVE:
            said = f"{lots:,} lots of batch {unit:#x} were {how} in market {number}"
            state = f"while the batch was {STATES[status]}"
            self.findings.append(Finding(TRADED_BARRED, f"{said} {state}", at.event.block))

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "desk of the credits", self.address, self.credits.desk)
        tally.value(self.contract, "desk of the projects", self.address, self.projects.desk)
        for id_, status in sorted(self.credits.status.items()):
            about = f"a cause locks batch {id_:#x}"
            if status in (ACTIVE, LOCKED):
                tally.value(self.contract, about, status == LOCKED, bool(self.causes.get(id_)))
        for part, outcome in sorted(self.issuance.outcomes.items()):
            self._follows_its_source(UnitId(part), UnitId(outcome["source"]), tally)
        for market in self.exchange.markets.values():
            state = self.credits.status.get(market.unit)
            if state is not None and not market.delisted:
                about = f"bar of market {market.number}"
                tally.value(self.contract, about, state != ACTIVE, market.barred)

    def _follows_its_source(self, part: UnitId, source: UnitId, tally: Tally) -> None:
        """A batch that was set apart is locked by an order about its source, and invalid with it."""
        if self.credits.status[part] == INVALIDATED:
            return
        about = f"batch {part:#x} follows the one it was set apart from"
        if self.credits.status[source] == INVALIDATED:
            tally.value(self.contract, about, INVALIDATED, self.credits.status[part])
        else:
            ordered = bool(self.causes.get(source, 0) & BY_ORDER)
            followed = bool(self.causes.get(part, 0) & BY_SOURCE)
            tally.value(self.contract, about, ordered, followed)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for id_, causes in sorted(self.causes.items()):
            yield Check(self.contract, "causesOf", (id_,), causes, f"lock of batch {id_:#x}")
