"""Replay of BatchDesk: causes of locks, and batches whose state does not stand where it should.

A batch may trade in its market exactly while it is active in the credits: the desk changes both in one
transaction. A fill, block trade or delivery of a batch that is not active, or a market whose bar differs
from the state of its batch, was made past the desk.
"""

from __future__ import annotations

from collections.abc import Iterator

from tonne.audit.evidence.projects import SUSPENDED, ProjectsReplay
from tonne.audit.market.exchange import ExchangeReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.audit.units.issuance import IssuanceReplay
from tonne.audit.units.offset_credits import ACTIVE, LOCKED, OffsetCreditsReplay
from tonne.types.ids import UnitId

#: `LockCauses` of IBatchDesk.
BY_ORDER, BY_PROJECT = 1, 2


class BatchDeskReplay(ContractReplay):
    """Causes of the locks of batches, compared with the credits, the projects and the exchange."""

    contract = "BatchDesk"

    def __init__(
        self,
        credits: OffsetCreditsReplay,
        projects: ProjectsReplay,
        issuance: IssuanceReplay,
        exchange: ExchangeReplay,
        address: str,
    ) -> None:
        super().__init__()
        self.credits, self.projects, self.issuance = credits, projects, issuance
        self.exchange, self.address = exchange, address
        self.causes: dict[UnitId, int] = {}

    def _on_LockCausesChanged(self, a: Args, _: Dated) -> None:
        id_, causes = a["id"], a["causes"]
        if not causes & ~(BY_ORDER | BY_PROJECT) and causes != self.causes.get(id_, 0):
            self.causes[id_] = causes
        else:
            self.faults.append(f"causes {causes} of the lock of batch {id_:#x}")

    def _on_SuspensionCarried(self, a: Args, _: Dated) -> None:
        project = self.projects.projects[a["project"]]
        if a["suspended"] != (project["status"] == SUSPENDED):
            self.faults.append(f"suspension of project {a['project']} is carried wrongly")

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "desk of the credits", self.address, self.credits.desk)
        tally.value(self.contract, "desk of the projects", self.address, self.projects.desk)
        for id_, status in sorted(self.credits.status.items()):
            about = f"a cause locks batch {id_:#x}"
            if status in (ACTIVE, LOCKED):
                tally.value(self.contract, about, status == LOCKED, bool(self.causes.get(id_)))
        for market in self.exchange.markets.values():
            state = self.credits.status.get(market.unit)
            if state is not None and not market.delisted:
                about = f"bar of market {market.number}"
                tally.value(self.contract, about, state != ACTIVE, market.barred)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for id_, causes in sorted(self.causes.items()):
            yield Check(self.contract, "causesOf", (id_,), causes, f"lock of batch {id_:#x}")
