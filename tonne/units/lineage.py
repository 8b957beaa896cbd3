"""Where a unit comes from: certificate, serial numbers, batch, report, who signed, evidence, project.

The lineage is a tree of plain nodes; a command prints it and `tonne.units.lineage_drawing` draws it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from tonne import countries
from tonne.chain.client import Chain
from tonne.chain.clock import zone_of
from tonne.chain.contract import topic
from tonne.constants import EPOCH
from tonne.errors import TonneError
from tonne.evidence import custody, manifest, monitoring
from tonne.evidence.holders import Holders
from tonne.evidence.manifest import EvidenceFile
from tonne.evidence.monitoring import Monitoring
from tonne.evidence.profiles import Names
from tonne.evidence.project_sites import degrees, meters_root
from tonne.evidence.store import EvidenceSource, EvidenceStore
from tonne.evidence.verification import EvidenceCheck, sound
from tonne.types import unit_id
from tonne.types.ids import SchemeId, UnitId
from tonne.types.unit_id import AUTHORISED, EX_ANTE, IMMOBILISED
from tonne.units import (
    foreign_serials,
    registry_descriptors,
    retirement_certificates,
    serial_lookup,
)
from tonne.units.immobilisation_state import Use
from tonne.units.retirement_certificates import Certificate, Opening
from tonne.units.serial_lookup import Block, Found

#: Numbers of batches: below this the report's own, then ex-ante ones, then other registries' blocks.
ACTIVITIES: Final = ("-", "reduction", "removal")
KINDS: Final = (
    *("-", "forest", "wind", "efficiency", "renewable energy"),
    *("waste", "land", "transport", "industry", "other"),
)
PROJECT_STATUS: Final = ("-", "registered", "validated", "suspended")
#: What units of a class measure, by its number.
MEASURES: Final = {1: "t", 2: "t", 3: "micro-credit", 4: "Wh"}
BATCH_STATUS: Final = ("-", "active", "locked", "invalidated", "ex ante")

#: `ItmoPurpose` of IArticle6.
PURPOSES: Final = (
    "-",
    "another Party's contribution",
    "other purposes",
    "a contribution or other purposes",
)


@dataclass(slots=True)
class LineageNode:
    """One record in the lineage: its kind, known facts and checks."""

    kind: str
    title: str
    facts: dict[str, str] = field(default_factory=dict)
    checks: list[EvidenceCheck] = field(default_factory=list)
    children: list[LineageNode] = field(default_factory=list)

    def walk(self) -> Iterator[LineageNode]:
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def sound(self) -> bool:
        return sound(check for node in self.walk() for check in node.checks)

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "title": self.title,
            "facts": self.facts,
            "checks": [check.as_dict() for check in self.checks],
            "children": [child.as_dict() for child in self.children],
        }


class Tracer:
    """Builds lineages on one chain; with holders of evidence, the manifest is compared with their files.

    One holder may be a plain folder of the files.
    """

    def __init__(
        self,
        chain: Chain,
        first_block: int,
        holders: Sequence[EvidenceSource] = (),
        names: Names | None = None,
    ) -> None:
        self.chain = chain
        self.first_block = first_block
        self.holders = Holders(holders)
        self.names = names
        self._zones: dict[SchemeId, tzinfo] = {}

    def _zone(self, scheme: SchemeId) -> tzinfo:
        """The scheme's zone, whose days its vintages and periods are."""
        if scheme not in self._zones:
            self._zones[scheme] = zone_of(self.chain, scheme)
        return self._zones[scheme]

    def _stretch(self, first: int, until: int, scheme: SchemeId) -> str:
        zone = self._zone(scheme)
        return f"{moment(first, zone)} until {moment(until, zone)}"

    # Where a lineage can begin

    def certificate(self, number: int, opening: Opening | None = None) -> LineageNode:
        """From a certificate down."""
        found = retirement_certificates.read(self.chain, number, self.first_block)
        node = LineageNode(
            "certificate",
            f"Certificate {number}",
            certificate_facts(found, self._zone(unit_id.scheme_of(UnitId(found.unit))), opening)
            | self._holder(found),
            retirement_certificates.check(self.chain, found, self.first_block, opening),
        )
        if found.is_credit:
            marked, party = self.chain.call("RetirementRegistry", "markOf", number)
            if marked:
                whose = f"the contribution of {_country(party)}" if party else "other purposes"
                node.facts["Article 6"] = f"authorised outcomes, used for {whose}"
            batch = self.batch(UnitId(found.unit))
            node.children = [self._block(block, None, batch) for block in found.blocks]
        return node

    def _holder(self, found: Certificate) -> dict[str, str]:
        """The certificate's holder, with the participant it is."""
        holder = found.record.holder
        number, _, _ = self.chain.call("Participants", "walletOf", holder)
        return {
            "holder": f"{holder}, participant {self._participant(number)}" if number else holder
        }

    def serial(self, wanted: Block) -> list[LineageNode]:
        """From a serial number or block, a tree for each part of it."""
        nodes = []
        for found in serial_lookup.find(self.chain, wanted, self.first_block):
            number = found.left.certificate if found.left else 0
            if number:
                nodes.append(self.certificate(number))
            else:
                nodes.append(self._block(found.block, found, self.batch(UnitId(found.unit))))
        uses = serial_lookup.used_elsewhere(self.chain, wanted, self.first_block)
        return [*nodes, *(self._use(use) for use in uses)]

    def _use(self, use: Use) -> LineageNode:
        """A block that ended in its own registry."""
        facts = {
            "registry": self._registry(use.place[0]),
            "where": serial_lookup.told(use),
            "serial number": use.serial,
            "recorded by": use.officer,
        }
        title = f"Serial numbers {use.first:,} to {use.last:,}"
        return LineageNode("used elsewhere", title, facts)

    # Down from there

    def _block(self, block: Block, found: Found | None, batch: LineageNode) -> LineageNode:
        facts = {"registry": self._registry(block.registry)}
        if block.series:
            facts["issuance series"] = str(block.series)
        facts["units"] = f"{block.size:,} t"
        if found is not None:
            facts["where"] = found.left.how if found.left else "still in its batch"
        title = f"Serial numbers {block.first:,} to {block.last:,}"
        return LineageNode("serial numbers", title, facts, [], [batch])

    def _registry(self, number: int) -> str:
        contract = self.chain.contracts.get("Immobilisation")
        if number == serial_lookup.THIS_REGISTRY or contract is None:
            return "this registry" if number == serial_lookup.THIS_REGISTRY else str(number)
        found: str = self.chain.call(contract, "registryOf", number).name
        return found

    def batch(self, unit: UnitId) -> LineageNode:
        """A batch, and what it was made from."""
        source = unit
        if unit_id.is_authorised(unit):
            source = self.chain.call("Issuance", "outcomeOf", unit).source
        number = unit_id.batch_of(source)
        status = self.chain.call("OffsetCredits", "batch", unit).status
        blocks = [b for b, of in serial_lookup.issued(self.chain, self.first_block) if of == unit]
        facts = {
            "unit": hex(unit),
            "vintage": str(unit_id.vintage_of(unit)),
            "status": BATCH_STATUS[status],
            "issued": f"{sum(block.size for block in blocks):,} t",
        }
        node = LineageNode("batch", f"Batch {_batch_name(unit_id.batch_of(unit))}", facts)
        if number >= IMMOBILISED:
            node.children = [self._immobilised(unit)]
        else:
            report = self._report_of(source, number)
            if report:
                node.children = [self.report(report, source if number < EX_ANTE else None)]
        if source != unit:
            node.facts["set apart from"] = f"batch {_batch_name(number)}"
            node.children = [self._authorisation(unit), *node.children]
        # What was set apart keeps the labels that it had.
        of = (unit,) if source == unit else (source, unit)
        node.children = [*(one for u in of for one in self._labels(u)), *node.children]
        return node

    def _labels(self, unit: UnitId) -> list[LineageNode]:
        """The latest label of each programme with dates and evidence, if it ever held."""
        if "Labels" not in self.chain.contracts:
            return []
        granted = {
            event["programme"]: event["detail"]
            for event in self.chain.logs("Labels", "LabelGranted", self.first_block)
            if event["unit"] == unit
        }
        named = self.chain.logs("Labels", "LabelProgrammeSet", self.first_block)
        names = {event["programme"]: event["name"] for event in named}
        nodes = []
        for number, detail in sorted(granted.items()):
            label = self.chain.call("Labels", "labelOf", number, unit)
            if label.untilDay >= label.fromDay:
                facts = {
                    "from": day_of(label.fromDay),
                    "until": day_of(label.untilDay),
                    "evidence": "0x" + label.evidence.hex(),
                }
                if detail:
                    facts["detail"] = detail
                nodes.append(LineageNode("label", names[number], facts))
        return nodes

    def _authorisation(self, unit: UnitId) -> LineageNode:
        """An authorisation and the acts of its Parties since, each in a year of its own."""
        apart = self._outcome_events("OutcomeSetApart", unit)[0]
        number = apart["authorisation"]
        a = self.chain.call("Article6", "authorisationOf", number)
        zone = self._zone(unit_id.scheme_of(unit))
        facts = {
            "host Party": _country(a.party),
            "approach": a.approach.rstrip(b"\0").decode("ascii", "replace"),
            "for": PURPOSES[a.purpose],
            "authorised": moment(a.authorisedAt, zone),
        }
        if a.acquirer:
            facts["towards"] = f"the contribution of {_country(a.acquirer)}"
        for name, said in (
            ("OutcomeTransferred", "first transferred"),
            ("OutcomeAcquired", "acquired"),
            ("OutcomeLapsed", "lapsed"),
        ):
            for event in self._outcome_events(name, unit):
                facts[said] = moment(self.chain.block(hex(event.block)).time, zone)
        made = [
            f"{event['amount']:,} t from {event['first']:,} by {_country(event['party'])} for {event['year']}"
            for event in self._outcome_events("AdjustmentRecorded", unit)
        ]
        facts["corresponding adjustment"] = "; ".join(made) or "none recorded"
        return LineageNode("authorisation", f"Authorisation {number}", facts)

    def _outcome_events(self, name: str, unit: UnitId) -> list[Any]:
        found = self.chain.logs("Article6", name, self.first_block)
        return [event for event in found if event["unit"] == unit]

    def _report_of(self, unit: int, number: int) -> int:
        """The monitoring report behind a batch of this registry; 0 for one not verified yet."""
        if number < EX_ANTE:
            return number
        found = self.chain.logs(
            "Issuance", "ExAnteVerified", self.first_block, topics=[topic(unit)]
        )
        return found[0]["reportId"] if found else 0

    def _immobilised(self, unit: int) -> LineageNode:
        """A batch of another registry's blocks: what an officer said of it, and each block as written."""
        terms = self.chain.call("Immobilisation", "termsOf", unit)
        facts = {
            "registry": self._registry(terms.registry),
            "activity": f"{ACTIVITIES[terms.activity]}, {KINDS[terms.kind]}",
            "methodology": terms.methodologyText or "not told",
            "host country": _country(terms.hostCountry),
        }
        node = LineageNode("project elsewhere", f"Project {terms.project}", facts)
        asked = self._events("ImmobilisationRequested", unit)
        serials = {event["request"]: event["serial"] for event in asked}
        for event in self._events("BlockImmobilised", unit):
            raw = event["serial"] or serials.get(event["request"], "")
            facts = {"evidence": "0x" + event["evidence"].hex(), "finalised by": event["officer"]}
            checks = [self._serial_agrees(raw, terms)]
            node.children.append(LineageNode("immobilised", raw, facts, checks))
        return node

    def _serial_agrees(self, raw: str, terms: Any) -> EvidenceCheck:
        """The serial number, read by its registry's descriptor, against what its batch says."""
        about = "its serial number says the country, vintage and project of its batch"
        registry = self.chain.call("Immobilisation", "registryOf", terms.registry)
        descriptor = registry_descriptors.known().get(registry.name)
        if descriptor is None or descriptor.digest != registry.descriptor:
            detail = f"the descriptor of {registry.name} on record is not at hand"
            return EvidenceCheck(about, None, detail)
        try:
            block = foreign_serials.parse_as(descriptor, raw)
        except TonneError as error:
            return EvidenceCheck(about, False, error.message)
        said = (terms.hostCountry, terms.vintage, terms.project)
        wrong = foreign_serials.contradictions(block, *said)
        return EvidenceCheck(about, not wrong, "; ".join(error.message for error in wrong))

    def _events(self, name: str, unit: int) -> list[Any]:
        found = self.chain.logs("Immobilisation", name, self.first_block)
        return [event for event in found if event["id"] == unit]

    def report(self, number: int, unit: int | None = None) -> LineageNode:
        """A monitoring report with who signed, its evidence and its project; `unit` was made from it."""
        found = monitoring.read(self.chain, number, self.first_block)
        report, record = found.report, found.record
        checks = list(found.checks)
        if unit is not None:
            checks.append(self._issue(unit, record.reportHash, report.quantityT))
        facts = {
            "period": self._stretch(report.periodFrom, report.periodUntil, record.scheme),
            "quantity": f"{report.quantityT:,} t",
            "buffer": f"{report.bufferPpm / 10_000:g} %",
            "status": "final" if found.final else monitoring.STATUS[record.status],
            "report hash": "0x" + record.reportHash.hex(),
        }
        children = [
            *(self._person(person) for person in found.people),
            self._evidence(found),
            self._project(found),
        ]
        return LineageNode(
            "monitoring report", f"Monitoring report {number}", facts, checks, children
        )

    def _issue(self, unit: int, report_hash: bytes, reported_t: int) -> EvidenceCheck:
        """The batch was issued for this report, once, and not beyond it."""
        found = self.chain.logs(
            "OffsetCredits", "UnitsIssued", self.first_block, topics=[topic(unit)]
        )
        issued = sum(event["amount"] for event in found)
        for_it = all(event["evidence"] == report_hash for event in found)
        about = "the batch was issued for this report and not beyond it"
        return EvidenceCheck(
            about, for_it and 0 < issued <= reported_t, f"{issued:,} of {reported_t:,} t"
        )

    def _evidence(self, found: Monitoring) -> LineageNode:
        report = found.report
        facts = {
            "manifest root": "0x" + report.evidenceRoot.hex(),
            "lines root": "0x" + report.linesRoot.hex(),
        }
        about = "the files are those of the signed manifest"
        custody = self._custody(report.evidenceRoot, self._zone(found.record.scheme))
        sources = self.holders.sources
        if not sources:
            check = EvidenceCheck(about, None, "the evidence is not at hand")
            return LineageNode("evidence", "Evidence manifest", facts, [check, custody])
        if len(sources) == 1 and isinstance(sources[0], EvidenceStore) and not sources[0].roots():
            files = manifest.manifest_of_folder(sources[0].folder)
            checks = [EvidenceCheck(about, manifest.manifest_root(files) == report.evidenceRoot)]
        else:
            held = self.holders.files(report.evidenceRoot)
            checks = [EvidenceCheck(about, not held.missing, held.problem if held.missing else "")]
            if len(sources) > 1:
                both = not held.missing and not held.single
                checks.append(EvidenceCheck("two holders have each file", both, held.problem))
            files = () if held.missing else held.listed
        nodes = [_file(f) for f in files]
        return LineageNode("evidence", "Evidence manifest", facts, [*checks, custody], nodes)

    def _custody(self, root: bytes, zone: tzinfo) -> EvidenceCheck:
        """Two holders keep the evidence on record; evidence without a record is neither kept nor lost."""
        found = custody.standing_of(self.chain, root)
        holds = False if found.lost else True if found.name == "kept" else None
        detail = str(found)
        if found.deadline:
            detail += f"; another can take custody until {moment(found.deadline, zone)}"
        return EvidenceCheck("two holders keep the evidence", holds, detail)

    def _project(self, found: Monitoring) -> LineageNode:
        number = found.record.project
        project = self.chain.call("Projects", "project", number)
        registered, validated = (
            self.chain.logs("Projects", name, self.first_block, topics=[topic(number)])
            for name in ("ProjectRegistered", "ProjectValidated")
        )
        facts = {
            "developer": f"participant {self._participant(project.developer)}",
            "host country": _country(project.hostCountry),
            "crediting period": self._stretch(
                project.creditingFrom, project.creditingUntil, found.record.scheme
            ),
            "status": PROJECT_STATUS[project.status],
            "design document": "0x" + registered[0]["documentHash"].hex(),
        }
        if validated:
            facts["validation"] = "0x" + validated[-1]["documentHash"].hex()
        children = [self._source(found, project, registered[0]), self._methodology(found)]
        title = f"Project {number}"
        if self.names is not None:
            title = self.names.project(number, project.developer).beside(title)
        return LineageNode("project", title, facts, [], children)

    def _participant(self, number: int) -> str:
        """A participant's number, with its name beside it."""
        plain = str(number)
        return plain if self.names is None else self.names.participant(number).beside(plain)

    def _person(self, person: monitoring.Person) -> LineageNode:
        facts = {"participant": self._participant(person.participant), "key": person.address}
        return LineageNode("signer", person.role.capitalize(), facts, [person.check])

    def _source(self, found: Monitoring, project: Any, registered: Any) -> LineageNode:
        """The place with its meters, as registered and on record; one moment of it can be claimed once."""
        report = found.report
        kind, ref, until = self.chain.call("Projects", "claimAt", project.source, report.periodFrom)
        own = (kind, ref, until) == (1, found.number, report.periodUntil)
        site = self.chain.call("Projects", "siteOf", found.record.project)
        place, meters = registered["location"], registered["meters"]
        told = (place, len(meters), meters_root(meters))
        checks = [
            EvidenceCheck("its period is claimed by this report and nothing else", own),
            EvidenceCheck("place and meters are those on record", told == tuple(site)),
            self._one_source(found.record.project, project.source, set(meters)),
        ]
        facts = {
            "latitude, longitude": degrees(place),
            "source": self._source_name(project),
            "meters": str(len(meters)) if meters else "none",
        }
        facts |= {f"meter {n}": "0x" + meter.hex() for n, meter in enumerate(meters, 1)}
        return LineageNode("meters", "Place and meters", facts, checks)

    def _source_name(self, project: Any) -> str:
        word: str = "0x" + project.source.hex()
        if self.names is None:
            return word
        return self.names.source(project.source, project.developer).beside(word)

    def _one_source(self, number: int, source: bytes, meters: set[bytes]) -> EvidenceCheck:
        """Two names of one plant would be two sets of periods: its meters tell.

        A registration that no officer validated is not counted: any developer can make one.
        """
        registered, validated = (
            self.chain.logs("Projects", name, self.first_block)
            for name in ("ProjectRegistered", "ProjectValidated")
        )
        stand = {event["id"] for event in validated} - {number}
        others = [
            str(event["id"])
            for event in registered
            if event["id"] in stand and event["source"] != source and meters & {*event["meters"]}
        ]
        about = "no validated project of another source names one of its meters"
        return EvidenceCheck(about, not others, f"project {', '.join(others)}" if others else "")

    def _methodology(self, found: Monitoring) -> LineageNode:
        """The terms in force when the project was registered, or last renewed before the report."""
        number = found.record.methodology
        registered, renewed = (
            self.chain.logs(
                "Projects", name, self.first_block, topics=[topic(found.record.project)]
            )
            for name in ("ProjectRegistered", "ProjectRenewed")
        )
        came_under = [e for e in [*registered, *renewed] if _order(e) < _order(found.event)][-1]
        events = self.chain.logs(
            "Projects", "MethodologySet", self.first_block, topics=[topic(number)]
        )
        then = [event for event in events if _order(event) < _order(came_under)][-1]
        terms = then["methodology"]
        facts = {
            "terms": f"version {then['version']}",
            "activity": f"{ACTIVITIES[terms.activity]}, {KINDS[terms.kind]}",
            "document": "0x" + then["documentHash"].hex(),
        }
        return LineageNode("methodology", f"Methodology {number}", facts)


def _order(event: Any) -> tuple[int, int]:
    return event.block, event.log_index


def certificate_facts(
    found: Certificate, zone: tzinfo, opening: Opening | None = None
) -> dict[str, str]:
    """The fields of a certificate as people read them; words as they were written."""
    record, claim = found.record, found.claim
    named = claim.beneficiary or "0x" + claim.commitment.hex() + " (commitment)"
    if opening is not None and found.committed and opening.commitment == claim.commitment:
        named = f"{opening.name} (opened)"
    return {
        "beneficiary": named,
        "named by": f"participant {found.event['participant']}, who retired",
        "purpose": claim.purpose,
        "amount": f"{record.amount:,} {MEASURES.get(unit_id.class_of(UnitId(found.unit)), 'units')}",
        "claimed for": f"{day_of(record.periodStart)} to {day_of(record.periodEnd)}",
        "country": record.country.decode("ascii", "replace"),
        "retired": moment(record.retiredAt, zone),
        "unit": hex(found.unit),
        "holder": record.holder,
        "claim hash": "0x" + record.claimHash.hex(),
        "transaction": found.event.tx_hash,
    }


def moment(time: int, zone: tzinfo) -> str:
    """[s] as people of a zone read it: 2020-01-01 00:00 UTC+08:00."""
    return f"{datetime.fromtimestamp(time, zone):%Y-%m-%d %H:%M} {zone}"


def day_of(number: int) -> str:
    """[days since 1970-01-01] as a day."""
    return (EPOCH + timedelta(days=number)).isoformat()


def _file(file: EvidenceFile) -> LineageNode:
    kind = "meter" if file.path.startswith("meters/") else "file"
    return LineageNode(kind, file.path, {"bytes": f"{file.bytes:,}", "sha256": file.sha256})


def _batch_name(number: int) -> str:
    if AUTHORISED <= number < EX_ANTE:
        return f"{number - AUTHORISED} set apart for use abroad"
    if number >= IMMOBILISED:
        return f"{number - IMMOBILISED} of other registries' blocks"
    return f"{number - EX_ANTE} ex ante" if number >= EX_ANTE else str(number)


def _country(numeric: int) -> str:
    try:
        return countries.country(numeric).name
    except TonneError:
        return f"{numeric:03d} (ISO 3166-1)"


def all_sound(nodes: Sequence[LineageNode]) -> bool:
    return all(node.sound for node in nodes)
