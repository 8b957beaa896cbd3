"""A market as CAD Trust's projects and units: every serial number in one row, with its fate.

Serial numbers attach to holders only at the exit, first in first out: rows of units in circulation name an
owner only where there is one alone, and otherwise the country that holds most of the batch, with the shares
of all countries beside it. The last of the units in circulation are the buffer's. Ex-ante batches are
promises, not units: they have no row before a report verifies them.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Final

from tonne.audit.compliance.article6 import (
    COMPLETED,
    LAPSED,
    NOT_REQUIRED,
    PENDING,
    Article6Replay,
    ItmoBlock,
)
from tonne.audit.export.cad_trust_records import (
    CadtEstimation,
    CadtIssuance,
    CadtLabel,
    CadtLocation,
    CadtProject,
    CadtUnit,
    ProjectStatusName,
    UnitStatus,
    counted,
)
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.units.credit_batches import (
    EXITS,
    FOREST,
    LAND,
    REMOVAL,
    BatchTraits,
    CreditBatch,
    CreditBatchesReplay,
    SerialRun,
    pieces,
)
from tonne.audit.units.credit_projects import (
    REGISTERED,
    SUSPENDED,
    CreditProject,
    CreditProjectsReplay,
    CreditReport,
)
from tonne.audit.units.offset_credits import EX_ANTE, INVALIDATED, LOCKED, SET_APART
from tonne.constants import DAY_S
from tonne.countries import country
from tonne.errors import refused
from tonne.evidence.profiles import Names
from tonne.evidence.project_sites import degrees
from tonne.rules import jurisdictions
from tonne.text import harmless
from tonne.types.ids import ParticipantId, UnitId

#: Number of this registry among the serials'.
OWN: Final = 1
#: Status of units, by their exit.
STATUSES: Final[dict[int, UnitStatus]] = {
    1: "Retired",  # given up against an obligation: used, and never again
    2: "Retired",
    3: "Cancelled",
    4: "Cancelled",
    5: "Expired",
    6: "Cancelled",
    7: "Cancelled",
    8: "Cancelled",
    9: "Exported",
}
#: Soil, rice and livestock are nature-based as forests are.
NATURE: Final = (FOREST, LAND)
#: Sector and type of a project, by `ProjectKind`.
SECTORS: Final = {
    1: ("Agriculture; forestry and fishing", "Forestry"),
    2: ("Electricity; gas, steam and air conditioning supply", "Wind"),
    3: ("Not elsewhere classified", "Energy Demand"),
    4: ("Electricity; gas, steam and air conditioning supply", "Renewable Energy"),
    5: ("Water supply; sewerage, waste management and remediation activities", "Waste"),
    6: ("Agriculture; forestry and fishing", "Soil, Rice and Livestock"),
    7: ("Transportation and storage", "Transport"),
    8: ("Manufacturing", "Industrial Gases"),
}
ELSEWHERE: Final = ("Not elsewhere classified", "Other")
APPROACH: Final = "Monitoring report verified by an accredited body, both signed"


@dataclass(slots=True)
class CadTrustSource:
    """What the records are made of, rebuilt from events."""

    batches: CreditBatchesReplay
    article6: Article6Replay
    chain_id: int
    projects: CreditProjectsReplay = field(default_factory=CreditProjectsReplay)
    parties: ParticipantsReplay = field(default_factory=ParticipantsReplay)
    owners: Mapping[UnitId, Mapping[ParticipantId, int]] = field(default_factory=dict)
    registries: Mapping[int, str] = field(default_factory=dict)  # names, by number
    labels: Mapping[UnitId, list[CadtLabel]] = field(default_factory=dict)
    now: int = 0  # [s]
    names: Names | None = None  # beside numbers

    @property
    def registry(self) -> str:
        """Name of this registry."""
        return f"tonne on eip155:{self.chain_id}"

    def party(self, number: int) -> str:
        """A participant, with its name where it has one."""
        plain = f"participant {number}"
        return plain if self.names is None else self.names.participant(number).beside(plain)

    def title(self, project: CreditProject) -> str:
        """A project, with its name where it has one."""
        plain = f"Project {project.number}"
        if self.names is None:
            return plain
        return self.names.project(project.number, project.developer).beside(plain)

    def link(self, what: str, number: int) -> str:
        """CAIP address of a project or batch."""
        return f"eip155:{self.chain_id}/{what}:{self.batches.credits}/{number}"

    def id_of(self, what: str, number: object) -> str:
        """The same UUID for the same thing, whenever it is exported."""
        name = f"eip155:{self.chain_id}/{self.batches.credits}/{what}/{number}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


# Units


def units(source: CadTrustSource) -> Iterator[CadtUnit]:
    """Every unit that was ever issued, once."""
    for unit, batch in sorted(source.batches.batches.items()):
        if batch.status == EX_ANTE:
            continue
        marks = source.article6.blocks.get(unit, {})
        for status, serials in _fates(batch):
            cuts = [cut for b in marks.values() for cut in (b.first, b.last + 1)]
            cuts += [cut for block, _ in batch.originals for cut in (block.first, block.last + 1)]
            for piece in pieces(serials, cuts):
                mark = next((b for b in marks.values() if b.first <= piece.first <= b.last), None)
                yield _unit(source, batch, status, piece, mark if piece.registry == OWN else None)


def _fates(batch: CreditBatch) -> Iterator[tuple[UnitStatus, SerialRun]]:
    """Units that left, by exit; of the rest the last are the buffer, before them those being released."""
    for gone in batch.gone:
        # What was set apart is in a row of its batch.
        if gone.exit != SET_APART:
            yield STATUSES[gone.exit], gone
    left = batch.left()
    if batch.status == INVALIDATED:
        yield from (("Cancelled", serials) for serials in left)
        return
    held = sum(serials.amount for serials in left) - batch.buffer - batch.leaving
    shares: list[tuple[UnitStatus, int]] = [
        ("Held", held),
        ("Pending Export", batch.leaving),
        ("Buffer", batch.buffer),
    ]
    for serials in left:
        rest: SerialRun | None = serials
        while rest is not None and shares:
            status, amount = shares[0]
            if amount == 0:
                shares.pop(0)
                continue
            parts = list(pieces(rest, [rest.first + amount]))
            shares[0] = (status, amount - parts[0].amount)
            yield status, parts[0]
            rest = parts[1] if len(parts) > 1 else None


def _unit(
    source: CadTrustSource,
    batch: CreditBatch,
    status: UnitStatus,
    serials: SerialRun,
    mark: ItmoBlock | None,
) -> CadtUnit:
    traits = _traits(batch)
    activity = "Removal" if traits.activity == REMOVAL else "Reduction"
    how = "nature" if traits.kind in NATURE else "technical"
    declaration, adjustment = _adjustment(source.article6, batch.unit, mark)
    owner, where, tags = _owner(source, batch, status, serials, traits)
    raw = batch.original_of(serials)
    if raw:
        tags = [f"original serial: {harmless(raw)}", *tags]
    project = source.projects.projects.get(batch.project)
    report = source.projects.reports.get(batch.report)
    return CadtUnit.model_validate(
        {
            "projectLocationId": source.id_of("location", project.number) if project else None,
            "unitOwner": owner,
            "countryJurisdictionOfOwner": where,
            "unitBlockStart": _serial(serials, serials.first, raw),
            "unitBlockEnd": _serial(serials, serials.last, raw),
            "unitCount": serials.amount,
            "vintageYear": batch.vintage,
            "unitType": f"{activity} - {how}",
            "unitTags": "; ".join(tags) or None,
            "unitStatus": status,
            "unitStatusReason": _reason(batch, serials),
            "unitRegistryLink": source.link("erc1155", batch.unit),
            "correspondingAdjustmentDeclaration": declaration,
            "correspondingAdjustmentStatus": adjustment,
            "issuance": _issuance(source, project, report) if project and report else None,
            # What was set apart keeps the labels that it had.
            "labels": source.labels.get(batch.source or batch.unit) or None,
        }
    )


def _traits(batch: CreditBatch) -> BatchTraits:
    if batch.traits is None:
        raise refused("EXPORT_ORIGIN_UNKNOWN", unit=batch.unit)
    return batch.traits


def _adjustment(article6: Article6Replay, unit: UnitId, mark: ItmoBlock | None) -> tuple[str, str]:
    if mark is None:
        return "Unknown", "Not Started"
    made = article6.status(unit, mark)
    # Lapsed, or ended without a first transfer.
    unneeded = mark.state == LAPSED or (made == NOT_REQUIRED and mark.evidence != 0)
    declaration = "Not Required" if unneeded else "Committed"
    return declaration, {PENDING: "Pending", COMPLETED: "Completed"}.get(made, "Not Started")


def _owner(
    source: CadTrustSource,
    batch: CreditBatch,
    status: UnitStatus,
    serials: SerialRun,
    traits: BatchTraits,
) -> tuple[str | None, str, list[str]]:
    """Owner of a run where there is one alone, his country, and the shares of several."""
    if serials.wallet:
        number = source.parties.seats.get(serials.wallet) or source.parties.owner_of(serials.wallet)
        if number:
            return source.party(number), _country_of(source, number, traits), []
    owners = source.owners.get(batch.unit, {})
    if status != "Held" or not owners:
        return None, _country(traits.country), []
    if len(owners) == 1:
        (number,) = owners
        return source.party(number), _country_of(source, number, traits), []
    shares: dict[str, int] = defaultdict(int)
    for number, amount in owners.items():
        shares[_country_of(source, number, traits)] += amount
    most = max(sorted(shares), key=lambda name: shares[name])
    told = [f"owners in {name}: {amount}" for name, amount in sorted(shares.items())]
    return None, most, told if len(shares) > 1 else []


def _country_of(source: CadTrustSource, number: ParticipantId, traits: BatchTraits) -> str:
    """Country of a participant; where its jurisdiction is none, the project's."""
    found = source.parties.participants.get(number)
    place = jurisdictions.country_of(found.jurisdiction) if found else None
    return _country(place or traits.country)


def _country(number: int) -> str:
    host = country(number)
    return host.picklist or host.name


def _serial(serials: SerialRun, number: int, raw: str) -> str:
    """One unit's serial: of another registry, its own text with the block narrowed to the number."""
    if not raw:
        return f"{serials.registry}-{serials.series}-{number}"
    for one, other in pairwise(re.finditer(r"\d+", raw)):
        if int(one.group()) <= serials.first and serials.last <= int(other.group()):
            between = raw[one.end() : other.start()]
            return f"{raw[: one.start()]}{number}{between}{number}{raw[other.end() :]}"
    return f"{raw}#{number}"


def _reason(batch: CreditBatch, serials: SerialRun) -> str | None:
    if not serials.exit:
        return {INVALIDATED: EXITS[7], LOCKED: "locked"}.get(batch.status)
    certificate = f", certificate {serials.ref}" if serials.exit == 2 else ""
    return EXITS[serials.exit] + certificate


def unfounded(rows: list[CadtUnit], found: list[CadtUnit]) -> list[str]:
    """Rows of a file that are none of the chain's, each with what the chain says of its first unit."""
    known = {row.model_dump_json() for row in found}
    told = []
    for row in rows:
        if row.model_dump_json() in known:
            continue
        other = next((r for r in found if _covers(r, row.unitBlockStart)), None)
        said = (
            "no unit"
            if other is None
            else f"{other.unitStatus}, {other.unitCount:,} t from {other.unitBlockStart}"
        )
        told.append(
            f"{row.unitBlockStart} to {row.unitBlockEnd} as {row.unitStatus}; on the chain: {said}"
        )
    return told


def _covers(row: CadtUnit, serial: str) -> bool:
    return 1 <= counted(row.unitBlockStart, serial) <= row.unitCount


# Projects


def projects(source: CadTrustSource) -> Iterator[CadtProject]:
    """Projects of this registry, then those of other registries whose units are here."""
    for project in source.projects.projects.values():
        yield _own(source, project)
    foreign: dict[tuple[int, str], CreditBatch] = {}
    for _, batch in sorted(source.batches.batches.items()):
        if batch.terms is not None:
            foreign.setdefault((batch.terms.registry, batch.terms.project), batch)
    for (registry, name), batch in foreign.items():
        yield _foreign(source, registry, name, batch)


def _own(source: CadTrustSource, project: CreditProject) -> CadtProject:
    reports = [r for r in source.projects.reports.values() if r.project == project.number]
    issued = {b.report: b for b in source.batches.batches.values() if b.report}
    own = [b.unit for b in source.batches.batches.values() if b.project == project.number]
    until = project.last_day(project.crediting_until)
    years = project.crediting_until - project.crediting_from
    estimation = CadtEstimation(
        id=source.id_of("estimation", project.number),
        creditingPeriodStart=project.day(project.crediting_from),
        creditingPeriodEnd=until,
        unitCount=project.yearly_cap_t * years // (365 * DAY_S),
    )
    sector, type_ = SECTORS.get(project.kind, ELSEWHERE)
    return CadtProject(
        currentRegistry=source.registry,
        projectId=str(project.number),
        originProjectId=str(project.number),
        registryOfOrigin=source.registry,
        projectName=source.title(project),
        projectLink=source.link("project", project.number),
        projectDeveloper=source.party(project.developer),
        sector=sector,
        projectType=type_,
        coveredByNDC="Unknown",
        projectStatus=_status(project, source.now),
        projectStatusDate=_status_date(project, source.now),
        methodology=f"{source.registry}, methodology {project.methodology}",
        validationDate=project.day(project.validated_at) if project.validated_at else None,
        description="Suspended." if project.status == SUSPENDED else None,
        projectLocations=[
            CadtLocation(
                id=source.id_of("location", project.number),
                country=_country(project.country),
                geographicIdentifier=degrees(project.location),
            )
        ],
        issuances=[_issuance(source, project, r) for r in reports if r.number in issued] or None,
        labels=[label for unit in own for label in source.labels.get(unit, [])] or None,
        estimations=[estimation] if project.yearly_cap_t else None,
    )


def _status(project: CreditProject, now: int) -> ProjectStatusName:
    if project.status in (REGISTERED, SUSPENDED):
        return "Listed"
    return "Completed" if now >= project.crediting_until else "Registered"


def _status_date(project: CreditProject, now: int) -> date:
    completed = _status(project, now) == "Completed"
    return project.day(project.crediting_until if completed else project.status_at)


def _foreign(source: CadTrustSource, registry: int, name: str, batch: CreditBatch) -> CadtProject:
    """A project of another registry: what its batch's terms say."""
    traits, terms = _traits(batch), batch.terms
    of = source.registries.get(registry, f"registry {registry}")
    sector, type_ = SECTORS.get(traits.kind, ELSEWHERE)
    own = [b.unit for b in source.batches.batches.values() if b.terms is not None]
    mine = [u for u in own if _same(source.batches.batches[u], registry, name)]
    return CadtProject(
        currentRegistry=of,
        projectId=harmless(name),
        originProjectId=harmless(name),
        registryOfOrigin=of,
        projectName=f"Project {harmless(name)} of {of}",
        projectLink=source.link("erc1155", batch.unit),
        projectDeveloper=f"as recorded by {of}",
        sector=sector,
        projectType=type_,
        coveredByNDC="Unknown",
        projectStatus="Registered",
        projectStatusDate=date(batch.vintage, 12, 31),
        methodology=harmless(terms.methodologyText) or f"as recorded by {of}",
        projectLocations=[
            CadtLocation(
                id=source.id_of("location of", f"{registry}/{name}"),
                country=_country(traits.country),
                geographicIdentifier=_country(traits.country),
            )
        ],
        labels=[label for unit in mine for label in source.labels.get(unit, [])] or None,
    )


def _same(batch: CreditBatch, registry: int, name: str) -> bool:
    return batch.terms is not None and (batch.terms.registry, batch.terms.project) == (
        registry,
        name,
    )


def _issuance(source: CadTrustSource, project: CreditProject, report: CreditReport) -> CadtIssuance:
    return CadtIssuance(
        id=source.id_of("issuance", report.number),
        startDate=project.day(report.since),
        endDate=project.last_day(report.until),
        verificationApproach=APPROACH,
        verificationBody=source.party(report.body),
        verificationReportDate=project.day(report.reported_at),
    )
