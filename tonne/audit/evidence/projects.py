"""Replay of Projects: methodologies, projects with place and meters, monitoring reports, claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final

from tonne.audit.evidence.emissions_oracle import EmissionsOracleReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.contract_signers import ContractSignersReplay
from tonne.audit.replay.events import Dated
from tonne.constants import ZERO_WORD
from tonne.evidence import custody, likeness, registered_plants
from tonne.evidence.project_sites import DATE_LINE, POLE, meters_root
from tonne.types.packing import places

#: `ProjectStatus` and `MonitoringStatus` of IProjects.
REGISTERED, VALIDATED, SUSPENDED = 1, 2, 3
REPORTED, DISPUTED, ANNULLED = 1, 2, 3
#: Most meters of a project, as {IProjects-register} takes them.
MAX_METERS: Final = 64
#: Methodologies of one scheme, and the highest number of a meter of the oracle.
MAX_METHODOLOGIES, MAX_METER_NUMBER = 64, 2**32 - 1

CREDIT, ZERO_EMISSION = 1, 3  # `ClaimKind`
Claim = tuple[int, int, int]  # kind, ref, until


class ProjectsReplay(AccessManagedReplay, ContractSignersReplay):
    """Projects and monitoring reports, and the claims on sources of reductions."""

    contract = "Projects"

    def __init__(
        self,
        node_scheme: Callable[[int], int | None] | None = None,
        plant_scheme: Callable[[int], int | None] | None = None,
        oracle: EmissionsOracleReplay | None = None,
    ) -> None:
        """Schemes of the node of an oracle's meter, and of an installation, by their numbers; the accredited
        persons."""
        super().__init__()
        self.node_scheme, self.plant_scheme, self.oracle = node_scheme, plant_scheme, oracle
        self.methodologies: dict[int, Any] = {}  # the newest terms of each
        self.terms: dict[tuple[int, int], Any] = {}  # by methodology and version
        self.projects: dict[int, dict[str, Any]] = {}
        self.sites: dict[int, dict[str, Any]] = {}
        self.reports: dict[int, Any] = {}  # `Monitoring` of IProjects
        self.periods: dict[int, tuple[int, int]] = {}  # of reports
        self.contract_signers: dict[int, tuple[str, ...]] = {}  # of reports
        self.plants: dict[int, int] = {}  # under a cap, by project, as stated
        self.sitings = 0  # of plants
        self._answered_for: dict[int, int] = {}  # sitings that the statement about a project covers
        #: Plant sited last, and when, by scheme and cell, by scheme and meter, by source.
        self._sited: dict[Any, tuple[int, int]] = {}
        self.claims: dict[bytes, dict[int, Claim]] = {}  # source -> from -> claim
        self.meter_sources: dict[bytes, bytes] = {}  # by the meter's name
        self.names: dict[bytes, int] = {}  # schemes, by the name of a source or a meter
        self.claimants: dict[str, bool] = {}
        self.desk: str | None = None  # which alone suspends projects
        self._claimed_by: dict[tuple[bytes, int], str] = {}  # by source and moment
        self._meters: dict[int, list[bytes]] = {}  # of projects
        self._registered: dict[int, Args] = {}
        self._names: dict[int, list[str]] = defaultdict(list)  # of projects
        self._validated: dict[int, int] = {}  # projects, each with its number among validations
        #: Project validated last, and when, by document and by cell.
        self._latest: dict[bytes | tuple[int, int], tuple[int, int]] = {}
        self._answers: dict[int, tuple[set[int], int]] = {}  # projects compared, validations seen
        self._evidence: dict[bytes, bytes] = {}  # source, by root
        #: Reports in words, by the root of their evidence.
        self.evidence: dict[bytes, str] = {}

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
        """The scheme of the node of an oracle's meter."""
        number = int.from_bytes(name, "big")
        return self.node_scheme(number) if self.node_scheme is not None else None

    def _on_ProjectRegistered(self, a: Args, _: Dated) -> None:
        number, at, meters = a["id"], a["location"], a["meters"]
        if number != len(self.projects) + 1 or a["methodology"] not in self.methodologies:
            self.faults.append(f"project {number} does not follow")
        bounded = abs(at.latitude) <= POLE and abs(at.longitude) <= DATE_LINE
        if not bounded or (at.latitude, at.longitude) == (0, 0):
            self.faults.append(f"place of project {number}")
        scheme = self.methodologies[a["methodology"]].scheme
        # A registration takes no name: one that no scheme has yet is in order.
        named = {self.names.get(name, scheme) for name in (a["source"], *filter(_is_name, meters))}
        own = named | {self._scheme_of_meter(m) for m in meters if not _is_name(m)}
        if list(meters) != sorted(set(meters) - {ZERO_WORD}) or len(meters) > MAX_METERS:
            self.faults.append(f"meters of project {number}")
        elif own != {scheme}:
            self.faults.append(f"source and meters of project {number} are of schemes {own}")
        names = ("developer", "methodology", "hostCountry", "creditingFrom", "creditingUntil")
        self.projects[number] = {name: a[name] for name in (*names, "source")}
        version = self._version(a["methodology"])
        self.projects[number] |= {"status": REGISTERED, "yearlyCapT": 0, "version": version}
        self._meters[number] = list(meters)
        self._registered[number] = a
        self.sites[number] = {
            "location": at,
            "meterCount": len(meters),
            "metersRoot": meters_root(meters),
        }

    def _on_MeterBound(self, a: Args, _: Dated) -> None:
        if a["meter"] in self.meter_sources:
            self.faults.append(f"meter {a['meter'].hex()} is bound a second time")
        self.meter_sources[a["meter"]] = a["source"]
        self._know_plant_by(a["source"], (self.names.get(a["source"], 0), a["meter"]))

    def _know_plant_by(self, source: bytes, key: Any) -> None:
        """A source is known to be at the plant of a meter, where that was sited later than another."""
        known = (self._sited.get(place, (0, 0)) for place in (source, key))
        self._sited[source] = max(known, key=lambda pair: pair[1])

    def _on_ProjectNamed(self, a: Args, _: Dated) -> None:
        if self.projects[a["id"]]["status"] != REGISTERED or not a["name"]:
            self.faults.append(f"name of project {a['id']}")
        self._names[a["id"]].append(a["name"])

    def _on_LikenessAnswered(self, a: Args, _: Dated) -> None:
        others = set(a["others"])
        if not others or not others <= self._validated.keys() or not a["reason"]:
            self.faults.append(f"answer for project {a['id']}")
        if a["validations"] > len(self._validated):
            self.faults.append(f"answer for project {a['id']} about validations to come")
        self._answers[a["id"]] = (others, a["validations"])

    def _on_ProjectValidated(self, a: Args, _: Dated) -> None:
        number = a["id"]
        self._turn(number, REGISTERED, VALIDATED)
        source, meters = self.projects[number]["source"], self._meters[number]
        if any(self.meter_sources.get(meter) != source for meter in meters):
            self.faults.append(f"meters of project {number} are not those of its source")
        scheme = self.methodologies[self.projects[number]["methodology"]].scheme
        taken = {self.names.get(name) for name in (source, *filter(_is_name, meters))}
        if taken != {scheme}:
            self.faults.append(f"source and meters of project {number} are of schemes {taken}")
        seen = self._answers[number][1] if number in self._answers else 0
        if self._latest_like(number)[1] > seen:
            self.faults.append(f"project {number} is validated without an answer")
        self._validated[number] = len(self._validated) + 1
        mine = self._registered[number]
        for key in (mine["documentHash"], likeness.cell(mine["location"])):
            self._latest[key] = (number, self._validated[number])
        self.projects[number]["yearlyCapT"] = a["yearlyCapT"]
        if not self.is_placed(number):
            self.faults.append(f"project {number} is validated near a plant without a statement")

    def _latest_like(self, number: int) -> tuple[int, int]:
        """The project validated last of those with its document or near it, and when; (0, 0) for none."""
        mine = self._registered[number]
        cells = _cells_around(mine["location"])
        keys: list[bytes | tuple[int, int]] = [mine["documentHash"], *cells]
        return max((self._latest.get(key, (0, 0)) for key in keys), key=lambda pair: pair[1])

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
        known = a["id"] in self.projects and a["sitings"] <= self.sitings
        self._require(known, f"project {a['id']} at a plant")
        self.plants[a["id"]], self._answered_for[a["id"]] = a["installation"], a["sitings"]

    def _on_PlantSited(self, a: Args, _: Dated) -> None:
        self.sitings += 1
        self._require(a["number"] == self.sitings, f"siting {a['number']} does not follow")
        scheme = self.plant_scheme(a["installation"]) if self.plant_scheme is not None else None
        sited = (a["installation"], self.sitings)
        self._sited[scheme, likeness.cell(a["location"])] = sited
        for meter in a["meters"]:
            self._sited[scheme, meter] = sited
            if source := self.meter_sources.get(meter):
                self._sited[source] = sited

    def near_plant(self, number: int) -> tuple[int, int]:
        """The plant sited last of those near a project, and when; (0, 0) for none."""
        project = self.projects[number]
        scheme = self.methodologies[project["methodology"]].scheme
        cells = [(scheme, cell) for cell in _cells_around(self._registered[number]["location"])]
        known = (self._sited.get(key, (0, 0)) for key in (project["source"], *cells))
        return max(known, key=lambda pair: pair[1])

    def is_placed(self, number: int) -> bool:
        """Whether an officer has answered for every plant near a project."""
        return self.near_plant(number)[1] <= self._answered_for.get(number, 0)

    # Reports and claims

    def _on_MonitoringReported(self, a: Args, _: Dated) -> None:
        number, monitoring, project = a["reportId"], a["monitoring"], self.projects[a["project"]]
        if number != len(self.reports) + 1 or project["status"] != VALIDATED:
            self.faults.append(f"report {number} does not follow")
        self.reports[number] = monitoring
        self.contract_signers[number] = self._signed(f"report {number}", self._signers_of(a))
        self.evidence.setdefault(a["report"].evidenceRoot, custody.monitoring_report(number))
        if (
            self._evidence.setdefault(a["report"].evidenceRoot, project["source"])
            != project["source"]
        ):
            self.faults.append(f"report {number} has the evidence of another source")
        self.periods[number] = (a["report"].periodFrom, a["report"].periodUntil)

    def _signers_of(self, a: Args) -> set[str]:
        """Wallets of the developer that have answered as contracts, and of the persons who signed."""
        if self.oracle is None:
            return set()
        developer, scheme = a["monitoring"].developer, a["monitoring"].scheme
        own = {w for w in self._contract_answers if self.oracle.parties.owner_of(w) == developer}
        return own | self.oracle.wallets(scheme, a["configVersion"], list(places(a["signers"])))

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
        if a["kind"] == ZERO_EMISSION and self._sited.get(a["source"], (0, 0))[0] != a["ref"]:
            self.sitings += 1
            self._sited[a["source"]] = (a["ref"], self.sitings)
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
        self._answered(tally)

    def _answered(self, tally: Tally) -> None:
        """Who validated a project that may be the plant of another named that one in the answer.

        The chain knows documents and places; that names are alike is known here alone.
        """
        plants = (
            registered_plants.plant(self._registered[n], self._names[n]) for n in self._validated
        )
        for one in likeness.find(plants):
            if not one.alike:
                continue
            earlier, later = sorted((one.first, one.second), key=self._validated.__getitem__)
            others, _ = self._answers.get(later, (set(), 0))
            about = f"answer for project {later}, which may be the plant of project {earlier}"
            tally.value(self.contract, f"{about} ({one.reasons})", True, earlier in others)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "projectCount", (), len(self.projects), "projects")
        yield Check(self.contract, "validationCount", (), len(self._validated), "validations")
        for number in sorted(self.projects):
            like = self._latest_like(number)
            yield Check(self.contract, "likenessOf", (number,), like, f"likeness of {number}")
            near = self.near_plant(number)
            yield Check(self.contract, "nearPlantOf", (number,), near, f"plant near {number}")
        yield Check(self.contract, "sitingCount", (), self.sitings, "sitings of plants")
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
            about = f"number of monitoring report {number} by its hash"
            yield Check(self.contract, "reportOf", (report.reportHash,), number, about)
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


def _cells_around(location: Any) -> list[tuple[int, int]]:
    """The cell of a place and the eight around it, as Projects compares them."""
    row, column = likeness.cell(location)
    steps = (-1, 0, 1)
    return [(row + north, (column + east) % likeness.COLUMNS) for north in steps for east in steps]


def _is_name(meter: bytes) -> bool:
    """Whether a meter is named, and not one of the oracle by its number."""
    return int.from_bytes(meter, "big") > MAX_METER_NUMBER
