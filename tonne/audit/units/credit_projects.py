"""Projects and monitoring reports for exports, from the events of Projects and Schemes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tonne.audit.replay.contract_replay import Args, ContractReplay, follows
from tonne.audit.replay.events import Dated
from tonne.constants import DAY_S, EPOCH
from tonne.types.ids import ParticipantId

#: `ProjectStatus` of IProjects.
REGISTERED, VALIDATED, SUSPENDED = 1, 2, 3


@dataclass(slots=True)
class CreditProject:
    """A project as its events leave it; times in [s]."""

    number: int
    developer: ParticipantId
    methodology: int
    activity: int
    kind: int
    country: int  # ISO 3166-1 numeric
    crediting_from: int
    crediting_until: int
    location: Any  # [1e-6 degrees]
    document: bytes
    registered_at: int
    scheme: int = 0
    utc_offset: int = 0  # [s] of its scheme
    status: int = REGISTERED
    status_at: int = 0
    validated_at: int = 0
    yearly_cap_t: int = 0

    def day(self, time: int) -> date:
        """Local day of a moment [s]."""
        return local_day(time, self.utc_offset)

    def last_day(self, until: int) -> date:
        """Local day of the last second before a moment [s]."""
        return self.day(until - 1)


@dataclass(frozen=True, slots=True)
class CreditReport:
    """A monitoring report; times in [s], `until` exclusive."""

    number: int
    project: int
    body: ParticipantId
    since: int
    until: int
    vintage: int
    quantity_t: int
    reported_at: int


class CreditProjectsReplay(ContractReplay):
    """All projects and their reports."""

    contract = "Projects"

    def __init__(self) -> None:
        super().__init__()
        self.projects: dict[int, CreditProject] = {}
        self.reports: dict[int, CreditReport] = {}
        self._methods: dict[int, Any] = {}
        self._offsets: dict[int, int] = {}  # [s], by scheme

    @follows("Schemes")
    def _on_SchemeCreated(self, a: Args, _: Dated) -> None:
        self._offsets[a["scheme"]] = a["utcOffset"]

    @follows("Projects")
    def _on_MethodologySet(self, a: Args, _: Dated) -> None:
        self._methods[a["id"]] = a["methodology"]

    @follows("Projects")
    def _on_ProjectRegistered(self, a: Args, at: Dated) -> None:
        terms = self._methods[a["methodology"]]
        self.projects[a["id"]] = CreditProject(
            number=a["id"],
            developer=a["developer"],
            methodology=a["methodology"],
            activity=terms.activity,
            kind=terms.kind,
            country=a["hostCountry"],
            crediting_from=a["creditingFrom"],
            crediting_until=a["creditingUntil"],
            location=a["location"],
            document=a["documentHash"],
            registered_at=at.time,
            scheme=terms.scheme,
            utc_offset=self._offsets.get(terms.scheme, 0),
            status_at=at.time,
        )

    @follows("Projects")
    def _on_ProjectValidated(self, a: Args, at: Dated) -> None:
        project = self.projects[a["id"]]
        project.status, project.status_at, project.validated_at = VALIDATED, at.time, at.time
        project.yearly_cap_t = a["yearlyCapT"]

    @follows("Projects")
    def _on_ProjectSuspended(self, a: Args, at: Dated) -> None:
        project = self.projects[a["id"]]
        project.status = SUSPENDED if a["suspended"] else VALIDATED
        project.status_at = at.time

    @follows("Projects")
    def _on_ProjectRenewed(self, a: Args, _: Dated) -> None:
        self.projects[a["id"]].crediting_until = a["creditingUntil"]

    @follows("Projects")
    def _on_MonitoringReported(self, a: Args, at: Dated) -> None:
        report = a["report"]
        self.reports[a["reportId"]] = CreditReport(
            a["reportId"],
            a["project"],
            a["body"],
            report.periodFrom,
            report.periodUntil,
            report.vintage,
            report.quantityT,
            at.time,
        )


def local_day(time: int, utc_offset: int) -> date:
    """Day of a moment [s] at an offset [s] from UTC."""
    return EPOCH + timedelta(days=(time + utc_offset) // DAY_S)
