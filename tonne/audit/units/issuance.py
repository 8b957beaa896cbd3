"""Replay of Issuance: reports and promises that became batches, and debts for what was lost again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from tonne.audit.evidence.emissions_oracle import EmissionsOracleReplay
from tonne.audit.evidence.projects import VALIDATED, ProjectsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, follows
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.units.offset_credits import EX_ANTE, INVALIDATED, OffsetCreditsReplay
from tonne.audit.units.unit_balances import CANCELLED, REVERSED
from tonne.chain.contract import address_bytes
from tonne.constants import DAY_S, PPM
from tonne.types import unit_id
from tonne.types.ids import UnitId

#: Time in which a project's yearly cap is plausible [s].
CAP_S: Final = 365 * DAY_S
#: Rule of a pack: share credited of the mitigation of a project at a plant under a cap [ppm].
CAPPED_PLANT: Final = "offset.capped_plant_ppm"


class IssuanceReplay(PausableReplay):
    """Batches of reports and promises, and debts of developers [t]."""

    contract = "Issuance"

    def __init__(
        self,
        credits: OffsetCreditsReplay,
        address: str,
        projects: ProjectsReplay,
        oracle: EmissionsOracleReplay,
    ) -> None:
        super().__init__()
        self.credits, self.address = credits, address
        self.register, self.oracle = projects, oracle
        self.batch_of: dict[int, int] = {}  # by report
        self.projects: dict[int, int] = {}  # by batch
        self.promised: dict[int, dict[str, Any]] = {}
        self.issued_of: dict[int, int] = defaultdict(int)  # by report [t]
        self.promised_t: dict[int, int] = {}  # by batch, as issued ex ante [t]
        #: Issued from reports or promised, by project and vintage [t].
        self.expected: dict[tuple[int, int], int] = defaultdict(int)
        self.surpluses: list[int] = []
        self.proceeds: dict[int, int] = {}  # account by scheme
        self.outcomes: dict[int, dict[str, int]] = {}  # `Outcome` by batch that was set apart
        self.reversed: dict[int, int] = defaultdict(int)
        self.debts: dict[int, dict[str, int]] = {}
        self.cancelled = 0  # for overall mitigation and debts [t]

    def _on_CreditsIssued(self, a: Args, at: Dated) -> None:
        self.cancelled += a["split"].cancelled
        self.projects[a["id"]] = a["project"]
        split = a["split"]
        total = split.buffer + split.proceeds + split.cancelled + split.developer
        self._must_be_issuable(a["reportId"], total, at.time)
        if a["id"] not in self.promised:
            self.expected[a["project"], unit_id.vintage_of(UnitId(a["id"]))] += total
        # The surplus over a promise counts for the same report.
        if a["reportId"] not in self.batch_of:
            self.batch_of[a["reportId"]] = a["id"]
        elif self.batch_of[a["reportId"]] not in self.promised:
            self.faults.append(f"report {a['reportId']} issued twice")

    def _on_ExAnteIssued(self, a: Args, _: Dated) -> None:
        promise = {"holder": a["to"], "project": a["project"], "reportId": 0}
        self.promised[a["id"]] = promise
        self.projects[a["id"]] = a["project"]
        self.promised_t[a["id"]] = a["quantityT"]
        of = a["project"], unit_id.vintage_of(UnitId(a["id"]))
        self.expected[of] += a["quantityT"]
        self._require(
            self.register.is_placed(a["project"]),
            f"promise {a['id']:#x} of a project near a plant without a statement",
        )
        offset = self.oracle.schemes.schemes[unit_id.scheme_of(UnitId(a["id"]))].utc_offset
        self._require(
            self.expected[of] <= self._cap(*of, offset),
            f"promise {a['id']:#x} is beyond the cap of project {a['project']}",
        )

    def _cap(self, number: int, vintage: int, offset: int) -> int:
        """A project's cap for the credited part of a year of the scheme's zone, `offset` east of UTC [t]."""
        project = self.register.projects[number]
        start, end = (
            int(datetime(y, 1, 1, tzinfo=UTC).timestamp()) - offset for y in (vintage, vintage + 1)
        )
        credited = min(end, project["creditingUntil"]) - max(start, project["creditingFrom"])
        most: int = project["yearlyCapT"] * credited // CAP_S
        return max(0, most)

    def _must_be_issuable(self, number: int, total: int, time: int) -> None:
        """Its project stands, its methodology is in force, its body disinterested; at capped plants less."""
        report = self.register.reports[number]
        status = self.register.projects[report.project]["status"]
        active = self.register.methodologies[report.methodology].active
        interest = (report.scheme, report.body, report.developer)
        if status != VALIDATED or not active or self.oracle.interests.get(interest, False):
            self.faults.append(f"credits of report {number}, which may issue nothing")
        if not self.register.is_placed(report.project):
            self.faults.append(f"credits of report {number}, near a plant without a statement")
        self.issued_of[number] += total
        plant = self.register.plants.get(report.project, 0)
        if not plant:
            return
        schemes = self.credits.schemes
        day = schemes.local_day(report.scheme, time)
        share = schemes.value(report.scheme, CAPPED_PLANT, day) or 0
        if self.issued_of[number] > report.quantityT * share // PPM:
            self.faults.append(f"credits of report {number}, of a project at plant {plant}")

    @follows("OffsetCredits")
    def _on_BatchStatusChanged(self, a: Args, _: Dated) -> None:
        if (a["previous"], a["status"]) == (EX_ANTE, INVALIDATED):
            of = self.projects[a["id"]], unit_id.vintage_of(UnitId(a["id"]))
            self.expected[of] -= self.promised_t[a["id"]]

    def _on_ExAnteVerified(self, a: Args, _: Dated) -> None:
        if self.promised[a["id"]]["reportId"]:
            self.faults.append(f"batch {a['id']:#x} verified twice")
        self.promised[a["id"]]["reportId"] = a["reportId"]
        of = self.projects[a["id"]], unit_id.vintage_of(UnitId(a["id"]))
        self.expected[of] -= a["shortfallT"]
        if a["surplus"]:
            self.surpluses.append(a["surplus"])

    def _on_BatchSetApart(self, a: Args, _: Dated) -> None:
        self._require(
            unit_id.is_authorised(UnitId(a["id"])) and a["source"] not in self.outcomes,
            f"batch {a['id']:#x} is set apart from {a['source']:#x}",
        )
        self.outcomes[a["id"]] = {"source": a["source"], "party": 0, "use": 0}
        self.projects[a["id"]] = self.projects[a["source"]]

    def _on_OutcomeUseSet(self, a: Args, _: Dated) -> None:
        self.outcomes[a["id"]] |= {"party": a["party"], "use": a["use"]}

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
        known = {*self.promised, *self.batch_of.values(), *self.surpluses, *self.outcomes}
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
        for project in sorted(set(self.projects.values())):
            own = [id_ for id_, of in self.projects.items() if of == project]  # in order of issue
            about = f"batches of project {project}"
            yield Check(self.contract, "batchesOf", (project, 0, len(own) + 1), own, about)
        for report, id_ in sorted(self.batch_of.items()):
            yield Check(self.contract, "batchOfReport", (report,), id_, f"batch of report {report}")
            yield Check(self.contract, "reportOf", (id_,), report, f"report of {id_:#x}")
        for id_, promise in sorted(self.promised.items()):
            yield Check(self.contract, "exAnte", (id_,), promise, f"promise {id_:#x}")
        for id_, outcome in sorted(self.outcomes.items()):
            yield Check(self.contract, "outcomeOf", (id_,), outcome, f"outcome {id_:#x}")
        for source in sorted({outcome["source"] for outcome in self.outcomes.values()}):
            parts = [id_ for id_, of in self.outcomes.items() if of["source"] == source]
            yield Check(self.contract, "apartFrom", (source,), parts, f"parts of {source:#x}")
        for (project, vintage), amount in sorted(self.expected.items()):
            about = f"expected of project {project} for {vintage}"
            yield Check(self.contract, "expectedOf", (project, vintage), amount, about)
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
