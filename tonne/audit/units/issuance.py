"""Replay of Issuance: reports and promises that became batches, and debts for what was lost again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.units.offset_credits import OffsetCreditsReplay
from tonne.audit.units.unit_balances import CANCELLED, REVERSED
from tonne.chain.contract import address_bytes
from tonne.types import unit_id


class IssuanceReplay(PausableReplay):
    """Batches of reports and promises, and debts of developers [t]."""

    contract = "Issuance"

    def __init__(self, credits: OffsetCreditsReplay, address: str) -> None:
        super().__init__()
        self.credits, self.address = credits, address
        self.batch_of: dict[int, int] = {}  # by report
        self.projects: dict[int, int] = {}  # by batch
        self.promised: dict[int, dict[str, Any]] = {}
        self.surpluses: list[int] = []
        self.proceeds: dict[int, int] = {}  # account by scheme
        self.reversed: dict[int, int] = defaultdict(int)
        self.debts: dict[int, dict[str, int]] = {}
        self.cancelled = 0  # for overall mitigation and debts [t]

    def _on_CreditsIssued(self, a: Args, _: Dated) -> None:
        self.cancelled += a["split"].cancelled
        self.projects[a["id"]] = a["project"]
        # The surplus over a promise counts for the same report.
        if a["reportId"] not in self.batch_of:
            self.batch_of[a["reportId"]] = a["id"]
        elif self.batch_of[a["reportId"]] not in self.promised:
            self.faults.append(f"report {a['reportId']} issued twice")

    def _on_ExAnteIssued(self, a: Args, _: Dated) -> None:
        promise = {"holder": a["to"], "project": a["project"], "reportId": 0}
        self.promised[a["id"]] = promise
        self.projects[a["id"]] = a["project"]

    def _on_ExAnteVerified(self, a: Args, _: Dated) -> None:
        if self.promised[a["id"]]["reportId"]:
            self.faults.append(f"batch {a['id']:#x} verified twice")
        self.promised[a["id"]]["reportId"] = a["reportId"]
        if a["surplus"]:
            self.surpluses.append(a["surplus"])

    def _on_ProceedsAccountSet(self, a: Args, _: Dated) -> None:
        self.proceeds[a["scheme"]] = a["account"]

    def _on_ReversedUnavoidably(self, a: Args, _: Dated) -> None:
        self.reversed[a["id"]] += a["amountT"]

    def _on_ReversedAvoidably(self, a: Args, _: Dated) -> None:
        self.reversed[a["id"]] += a["takenT"] + a["owedT"]
        if a["debt"]:
            self.debts[a["debt"]] = {
                "developer": a["developer"],
                "scheme": unit_id.scheme_of(a["id"]),
                "owedT": a["owedT"],
                "paidT": 0,
            }

    def _on_DebtPaid(self, a: Args, _: Dated) -> None:
        debt = self.debts[a["debt"]]
        debt["owedT"] -= a["amountT"]
        debt["paidT"] += a["amountT"]
        self.cancelled += a["amountT"]
        if debt["owedT"] != a["stillOwedT"]:
            self.faults.append(f"debt {a['debt']}")

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        lost = sum(self.reversed.values())
        owed = sum(debt["owedT"] + debt["paidT"] for debt in self.debts.values())
        left = sum(t for (_, kind), t in self.credits.exited.items() if kind == REVERSED)
        tally.value(self.contract, "lost is reversed or owed", lost, left + owed)
        own = {id_ for id_ in self.credits.blocks if not unit_id.is_immobilised(id_)}
        known = {*self.promised, *self.batch_of.values(), *self.surpluses}
        tally.value(self.contract, "batches without a report or promise", set(), own ^ known)
        for number, debt in self.debts.items():
            ref = address_bytes(self.address) + number.to_bytes(12, "big")
            paid = sum(
                amount
                for (kind, of, _), amount in self.credits.exits_for.items()
                if kind == CANCELLED and of == ref
            )
            tally.value(self.contract, f"paid for debt {number}", debt["paidT"], paid)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for id_, project in sorted(self.projects.items()):
            yield Check(self.contract, "projectOf", (id_,), project, f"project of {id_:#x}")
        for report, id_ in sorted(self.batch_of.items()):
            yield Check(self.contract, "batchOfReport", (report,), id_, f"batch of report {report}")
            yield Check(self.contract, "reportOf", (id_,), report, f"report of {id_:#x}")
        for id_, promise in sorted(self.promised.items()):
            yield Check(self.contract, "exAnte", (id_,), promise, f"promise {id_:#x}")
        for scheme, account in sorted(self.proceeds.items()):
            about = f"proceeds of scheme {scheme}"
            yield Check(self.contract, "proceedsAccount", (scheme,), account, about)
        for id_, lost in sorted(self.reversed.items()):
            yield Check(self.contract, "reversedOf", (id_,), lost, f"lost of {id_:#x}")
        owed: dict[int, int] = defaultdict(int)
        for number, debt in sorted(self.debts.items()):
            owed[debt["developer"]] += debt["owedT"]
            yield Check(self.contract, "debtOf", (number,), debt, f"debt {number}")
        for developer, amount in sorted(owed.items()):
            yield Check(self.contract, "owedBy", (developer,), amount, f"owed by {developer}")
        yield Check(self.contract, "lastDebt", (), len(self.debts), "last debt")
