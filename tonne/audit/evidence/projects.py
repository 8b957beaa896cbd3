"""Replay of Projects: methodologies, projects with place and meters, monitoring reports, claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.events import Dated
from tonne.constants import ZERO_WORD
from tonne.evidence.project_sites import meters_root

#: `ProjectStatus` and `MonitoringStatus` of IProjects.
REGISTERED, VALIDATED, SUSPENDED = 1, 2, 3
REPORTED, DISPUTED, ANNULLED = 1, 2, 3
#: Most meters of a project, as {IProjects-register} takes them.
MAX_METERS: Final = 64
#: [1e-6 degrees]
POLE, DATE_LINE = 90_000_000, 180_000_000
#: Methodologies of one scheme, and the highest number of a meter of the oracle.
MAX_METHODOLOGIES, MAX_METER_NUMBER = 64, 2**32 - 1

CREDIT, ZERO_EMISSION = 1, 3  # `ClaimKind`
Claim = tuple[int, int, int]  # kind, ref, until


class ProjectsReplay(AccessManagedReplay):
    """Projects and monitoring reports, and the claims on sources of reductions."""

    contract = "Projects"

    def __init__(self, node_scheme: Callable[[int], int | None] | None = None) -> None:
        """`node_scheme` gives the scheme of the node of an oracle's meter, by its number."""
        super().__init__()
        self.node_scheme = node_scheme
        self.methodologies: dict[int, Any] = {}  # the newest terms of each
        self.terms: dict[tuple[int, int], Any] = {}  # by methodology and version
        self.projects: dict[int, dict[str, Any]] = {}
        self.sites: dict[int, dict[str, Any]] = {}
        self.reports: dict[int, Any] = {}  # `Monitoring` of IProjects
        self.periods: dict[int, tuple[int, int]] = {}  # of reports
        self.plants: dict[int, int] = {}  # under a cap, by project
        self.claims: dict[bytes, dict[int, Claim]] = {}  # source -> from -> claim
        self.meter_sources: dict[bytes, bytes] = {}  # by the meter's name
        self.names: dict[bytes, int] = {}  # schemes, by the name of a source or a meter
        self.claimants: dict[str, bool] = {}
        self.desk: str | None = None  # which alone suspends projects
        self._claimed_by: dict[tuple[bytes, int], str] = {}  # by source and moment
        self._meters: dict[int, list[bytes]] = {}  # of projects

    def _on_MethodologySet(self, a: Args, _: Dated) -> None:
        before = self.methodologies.get(a["id"])
        if before is not None and before.scheme != a["methodology"].scheme:
            self.faults.append(f"methodology {a['id']} goes to another scheme")
        if a["version"] != self._version(a["id"]) + 1:
            self.faults.append(f"terms {a['version']} of methodology {a['id']} do not follow")
        self.terms[a["id"], a["version"]] = self.methodologies[a["id"]] = a["methodology"]
        own = [m for m in self.methodologies.values() if m.scheme == a["scheme"]]
        if len(own) > MAX_METHODOLOGIES:
            self.faults.append(f"scheme {a['scheme']} has {len(own)} methodologies")

    def _version(self, methodology: int) -> int:
        return max((version for of, version in self.terms if of == methodology), default=0)

    def _on_NameTaken(self, a: Args, _: Dated) -> None:
        if a["name"] in self.names:
            self.faults.append(f"name {a['name'].hex()} is taken a second time")
        self.names[a["name"]] = a["scheme"]

    def _scheme_of_meter(self, name: bytes) -> int | None:
        """The scheme of a meter's node, or the one in which its name was registered first."""
        number = int.from_bytes(name, "big")
        if number > MAX_METER_NUMBER:
            return self.names.get(name)
        return self.node_scheme(number) if self.node_scheme is not None else None

    def _on_ProjectRegistered(self, a: Args, _: Dated) -> None:
        number, at, meters = a["id"], a["location"], a["meters"]
        if number != len(self.projects) + 1 or a["methodology"] not in self.methodologies:
            self.faults.append(f"project {number} does not follow")
        bounded = abs(at.latitude) <= POLE and abs(at.longitude) <= DATE_LINE
        if not bounded or (at.latitude, at.longitude) == (0, 0):
            self.faults.append(f"place of project {number}")
        scheme = self.methodologies[a["methodology"]].scheme
        own = {self.names.get(a["source"]), *map(self._scheme_of_meter, meters)}
        if list(meters) != sorted(set(meters) - {ZERO_WORD}) or len(meters) > MAX_METERS:
            self.faults.append(f"meters of project {number}")
        elif own != {scheme}:
            self.faults.append(f"source and meters of project {number} are of schemes {own}")
        names = ("developer", "methodology", "hostCountry", "creditingFrom", "creditingUntil")
        self.projects[number] = {name: a[name] for name in (*names, "source")}
        version = self._version(a["methodology"])
        self.projects[number] |= {"status": REGISTERED, "yearlyCapT": 0, "version": version}
        self._meters[number] = list(meters)
        self.sites[number] = {
            "location": at,
            "meterCount": len(meters),
            "metersRoot": meters_root(meters),
        }

    def _on_MeterBound(self, a: Args, _: Dated) -> None:
        if a["meter"] in self.meter_sources:
            self.faults.append(f"meter {a['meter'].hex()} is bound a second time")
        self.meter_sources[a["meter"]] = a["source"]

    def _on_ProjectValidated(self, a: Args, _: Dated) -> None:
        self._turn(
            a["id"],  #: `ProjectStatus` and `MonitoringStatus` of IProjects.
            REGISTERED,
            VALIDATED,
        )
        source = self.projects[a["id"]]["source"]
        if any(self.meter_sources.get(meter) != source for meter in self._meters[a["id"]]):
            self.faults.append(f"meters of project {a['id']} are not those of its source")
        self.projects[a["id"]]["yearlyCapT"] = a["yearlyCapT"]

    def _on_ProjectSuspended(self, a: Args, _: Dated) -> None:
        way = (VALIDATED, SUSPENDED) if a["suspended"] else (SUSPENDED, VALIDATED)
        self._turn(a["id"], *way)

    def _turn(self, number: int, before: int, after: int) -> None:
        project = self.projects[number]
        if project["status"] != before:
            self.faults.append(f"status of project {number}")
        project["status"] = after

    def _on_ProjectRenewed(self, a: Args, _: Dated) -> None:
        project = self.projects[a["id"]]
        if not a["oldUntil"] == project["creditingUntil"] < a["creditingUntil"]:
            self.faults.append(f"crediting period of project {a['id']}")
        project["creditingUntil"] = a["creditingUntil"]
        project["version"] = self._version(project["methodology"])

    def _on_ProjectPlaced(self, a: Args, _: Dated) -> None:
        self._require(a["id"] in self.projects, f"project {a['id']} at a plant")
        self.plants[a["id"]] = a["installation"]

    # Reports and claims

    def _on_MonitoringReported(self, a: Args, _: Dated) -> None:
        number, monitoring, project = a["reportId"], a["monitoring"], self.projects[a["project"]]
        if number != len(self.reports) + 1 or project["status"] != VALIDATED:
            self.faults.append(f"report {number} does not follow")
        self.reports[number] = monitoring
        self.periods[number] = (a["report"].periodFrom, a["report"].periodUntil)

    def _on_MonitoringDisputed(self, a: Args, _: Dated) -> None:
        self._restate(a["reportId"], REPORTED, status=DISPUTED)

    def _on_MonitoringResolved(self, a: Args, at: Dated) -> None:
        decided = {"status": ANNULLED} if a["upheld"] else {"status": REPORTED, "finalAt": at.time}
        self._restate(a["reportId"], DISPUTED, **decided)

    def _restate(self, number: int, before: int, **change: int) -> None:
        if self.reports[number].status != before:
            self.faults.append(f"dispute of report {number}")
        self.reports[number] = self.reports[number]._replace(**change)

    def _on_DeskSet(self, a: Args, _: Dated) -> None:
        if self.desk is not None:
            self.faults.append("desk set twice")
        self.desk = a["desk"]

    def _on_ClaimantSet(self, a: Args, _: Dated) -> None:
        self.claimants[a["claimant"]] = a["allowed"]

    def _on_SourceClaimed(self, a: Args, _: Dated) -> None:
        own = a["kind"] in (CREDIT, ZERO_EMISSION)
        if not own and not self.claimants.get(a["by"], False):
            self.faults.append(f"source {a['source'].hex()} is claimed by {a['by']}, no claimant")
        self._claimed_by[a["source"], a["from"]] = a["by"]
        mine = self.claims.setdefault(a["source"], {})
        for start, claim in mine.items():
            until = claim[2]
            if start < a["until"] and a["from"] < until:
                self.faults.append(f"source {a['source'].hex()} is claimed twice at {a['from']}")
        mine[a["from"]] = (a["kind"], a["ref"], a["until"])

    def _on_SourceReleased(self, a: Args, _: Dated) -> None:
        gone = self.claims.get(a["source"], {}).pop(a["from"], None)
        other = a["kind"] != CREDIT and self._claimed_by.get((a["source"], a["from"])) != a["by"]
        if other or gone != (a["kind"], a["ref"], a["until"]):
            self.faults.append(f"source {a['source'].hex()} is released as it was not claimed")

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        for number, report in sorted(self.reports.items()):
            source = self.projects[report.project]["source"]
            start, until = self.periods[number]
            own = self.claims.get(source, {}).get(start) == (CREDIT, number, until)
            about = f"the period of report {number} is claimed"
            tally.value(self.contract, about, report.status != ANNULLED, own)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "projectCount", (), len(self.projects), "projects")
        yield Check(self.contract, "reportCount", (), len(self.reports), "monitoring reports")
        for number, methodology in sorted(self.methodologies.items()):
            about = f"methodology {number}"
            yield Check(self.contract, "methodology", (number,), methodology._asdict(), about)
            yield Check(self.contract, "versionOf", (number,), self._version(number), about)
        for (number, version), terms in sorted(self.terms.items()):
            about = f"terms {version} of methodology {number}"
            yield Check(self.contract, "termsAt", (number, version), terms._asdict(), about)
        for number, project in sorted(self.projects.items()):
            yield Check(self.contract, "project", (number,), project, f"project {number}")
            yield Check(self.contract, "siteOf", (number,), self.sites[number], f"site of {number}")
        for number, plant in sorted(self.plants.items()):
            yield Check(self.contract, "plantOf", (number,), plant, f"plant of project {number}")
        for number, report in sorted(self.reports.items()):
            final = report.status == REPORTED and now >= report.finalAt
            yield Check(
                self.contract, "monitoring", (number,), tuple(report), f"monitoring report {number}"
            )
            yield Check(
                self.contract, "isFinal", (number,), final, f"whether report {number} is final"
            )
        for meter, source in sorted(self.meter_sources.items()):
            about = f"source of meter {meter.hex()}"
            yield Check(self.contract, "sourceOfMeter", (meter,), source, about)
        for name, scheme in sorted(self.names.items()):
            about = f"scheme of {name.hex()}"
            yield Check(self.contract, "schemeOfName", (name,), scheme, about)
        for source, mine in sorted(self.claims.items()):
            for start, claim in sorted(mine.items()):
                about = f"claim on {source.hex()} at {start}"
                yield Check(self.contract, "claimAt", (source, start), claim, about)
