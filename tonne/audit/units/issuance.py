"""Replay of Issuance: reports and promises that became batches, and debts for what was lost again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.units.offset_credits import FOREIGN, CreditsReplay
from tonne.audit.units.unit_balances import CANCELLED, REVERSED
from tonne.chain.contract import address_bytes


class IssuanceReplay:
    """What became of reports and promises, and who owes for what was lost."""

    contract: Final = "Issuance"

    def __init__(self, credits: CreditsReplay, address: str) -> None:
        self.credits = credits
        self.address = address
        self.batch_of: dict[int, int] = {}
        self.promised: dict[int, dict[str, Any]] = {}
        self.surpluses: list[int] = []
        self.proceeds: dict[int, int] = {}
        self.reversed: dict[int, int] = defaultdict(int)
        self.debts: dict[int, dict[str, int]] = {}
        self.cancelled = 0  # for overall mitigation and debts [t]
        self.faults: list[str] = []

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args)

    def _on_CreditsIssued(self, a: dict) -> None:
        self.cancelled += a["split"].cancelled
        # The surplus over a promise counts for the same report.
        if a["reportId"] not in self.batch_of:
            self.batch_of[a["reportId"]] = a["id"]
        elif self.batch_of[a["reportId"]] not in self.promised:
            self.faults.append(f"report {a['reportId']} issued twice")

    def _on_ExAnteIssued(self, a: dict) -> None:
        about = {"holder": a["to"], "project": a["project"], "reportId": 0}
        self.promised[a["id"]] = about

    def _on_ExAnteVerified(self, a: dict) -> None:
        if self.promised[a["id"]]["reportId"]:
            self.faults.append(f"batch {a['id']:#x} verified twice")
        self.promised[a["id"]]["reportId"] = a["reportId"]
        if a["surplus"]:
            self.surpluses.append(a["surplus"])

    def _on_ProceedsAccountSet(self, a: dict) -> None:
        self.proceeds[a["scheme"]] = a["account"]

    def _on_ReversedUnavoidably(self, a: dict) -> None:
        self.reversed[a["id"]] += a["amountT"]

    def _on_ReversedAvoidably(self, a: dict) -> None:
        self.reversed[a["id"]] += a["takenT"] + a["owedT"]
        if a["debt"]:
            self.debts[a["debt"]] = {
                "developer": a["developer"],
                "scheme": a["id"] >> 80 & 0xFFFF,
                "owedT": a["owedT"],
                "paidT": 0,
            }

    def _on_DebtPaid(self, a: dict) -> None:
        debt = self.debts[a["debt"]]
        debt["owedT"] -= a["amountT"]
        debt["paidT"] += a["amountT"]
        self.cancelled += a["amountT"]
        if debt["owedT"] != a["stillOwedT"]:
            self.faults.append(f"debt {a['debt']}")

    # What must hold

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "reports and debts that do not follow", [], self.faults)
        lost = sum(self.reversed.values())
        owed = sum(debt["owedT"] + debt["paidT"] for debt in self.debts.values())
        left = sum(t for (_, kind), t in self.credits.exited.items() if kind == REVERSED)
        tally.value(self.contract, "lost is reversed or owed", lost, left + owed)
        own = {id_ for id_ in self.credits.blocks if id_ & (1 << 64) - 1 < FOREIGN}
        known = {*self.promised, *self.batch_of.values(), *self.surpluses}
        tally.value(self.contract, "batches without a report or promise", set(), own ^ known)
        for debt, about in self.debts.items():
            ref = address_bytes(self.address) + debt.to_bytes(12, "big")
            paid = sum(
                amount
                for (kind, of, _), amount in self.credits.exits_for.items()
                if kind == CANCELLED and of == ref
            )
            tally.value(self.contract, f"paid for debt {debt}", about["paidT"], paid)

    def checks(self) -> Iterator[Check]:
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
