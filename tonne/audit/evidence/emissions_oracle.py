"""Replay of the EmissionsOracle: the report on record for each installation and year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check, in_groups
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.contract_signers import ContractSignersReplay
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import SchemesReplay
from tonne.constants import ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.eip712 import struct_hash
from tonne.evidence import custody, report_encoding
from tonne.evidence.signed_types import EmissionReport
from tonne.evidence.statements import OpinionSigners, QualifiedReport
from tonne.types.ids import InstallationId, ParticipantId, SchemeId

#: `RecordStatus` of IEmissionsOracle.
REPORTED, DISPUTED, ANNULLED, DETERMINED = 1, 2, 3, 4


@dataclass(slots=True)
class EmissionsRecord:
    """The report on record for an installation and year."""

    emissions_t: int = 0
    power_mwh: int = 0
    heat_gj: int = 0
    revision: int = 0
    status: int = 0
    submitted_at: int = 0
    final_at: int = 0
    config: int = 0
    body: int = 0
    bodies: int = 0
    # No part of the word:
    leads: Sequence[int] = ()  # places in the signer set, one of each body
    contracts: Sequence[str] = ()  # wallets among those who signed that are contracts
    qualified: QualifiedReport | None = None  # where its opinion is

    def is_final(self, now: int) -> bool:
        """Whether nothing can change it any more."""
        return self.status == DETERMINED or (self.status == REPORTED and now >= self.final_at)

    def word(self) -> int:
        """`RecordWord`."""
        names = report_encoding.ReportRecord._fields
        return report_encoding.ReportRecord._make(getattr(self, name) for name in names).pack()


class EmissionsOracleReplay(ContractSignersReplay):
    """Reports, disputes, determinations, and interests of verification bodies."""

    contract = "EmissionsOracle"

    def __init__(self, schemes: SchemesReplay, parties: ParticipantsReplay) -> None:
        super().__init__()
        self.schemes, self.parties = schemes, parties
        self.records: dict[tuple[int, int], EmissionsRecord] = defaultdict(EmissionsRecord)
        self.sequences: dict[tuple[int, int], int] = {}
        #: The last report of a year whose objection was upheld, as it was then.
        self.fallen: dict[tuple[int, int], EmissionsRecord] = {}
        #: Wallet of the open dispute, by installation and year; the zero address once it ended.
        self.disputed_by: dict[tuple[int, int], str] = {}
        #: Version, digest and code contract of a scheme's configuration.
        self.configs: dict[int, tuple[int, bytes, str]] = {}
        self._digests: dict[tuple[SchemeId, int], bytes] = {}  # of configurations, by version
        #: Bodies and wallets of the persons of a signer set, by scheme and version of its configuration.
        self.signers: dict[tuple[SchemeId, int], list[ParticipantId]] = {}
        self._wallets: dict[tuple[SchemeId, int], list[str]] = {}
        self._batched: set[str] = set()  # wallets of the persons of the reports of a batch
        #: Whether a body has an interest in a participant, by scheme, body, participant.
        self.interests: dict[tuple[int, int, int], bool] = {}
        #: Reports in words, by the root of their evidence.
        self.evidence: dict[bytes, str] = {}

    def _on_OracleConfigured(self, a: Args, _: Dated) -> None:
        version, digest = self.configs.get(a["scheme"], (0, ZERO_WORD, ""))[:2]
        follows = (a["version"], a["oldDigest"]) == (version + 1, digest)
        self._require(follows, f"configuration {a['version']} of scheme {a['scheme']}")
        self.configs[a["scheme"]] = (a["version"], a["digest"], a["pointer"])
        self._digests[a["scheme"], a["version"]] = a["digest"]
        signers = report_encoding.signers_in(a["words"])
        self.signers[a["scheme"], a["version"]] = [signer.body for signer in signers]
        self._wallets[a["scheme"], a["version"]] = [signer.key for signer in signers]

    def _on_InterestSet(self, a: Args, _: Dated) -> None:
        self.interests[a["scheme"], a["body"], a["participant"]] = a["interested"]

    def signed(self, scheme: SchemeId, record: EmissionsRecord) -> list[ParticipantId]:
        """Verification bodies that signed a report."""
        bodies = self.signers[scheme, record.config]
        return [bodies[place] for place in record.leads]

    def _on_EmissionsReported(self, a: Args, at: Dated) -> None:
        said = report_encoding.REPORT.unpack(a["report"])
        terms = report_encoding.ReportTerms.unpack(a["terms"])
        key = (a["installation"], said["year"])
        if said["installation"] != a["installation"]:
            self.faults.append(f"report of {a['installation']} is about {said['installation']}")
        if a["evidenceRoot"] != custody.NO_FILES:
            self.evidence.setdefault(a["evidenceRoot"], custody.emission_report(a["report"]))
        before = self.records.get(key)
        if before and before.is_final(at.time):
            self.faults.append(f"report of {key[0]} for {key[1]} replaces a final one")
        self.records[key] = EmissionsRecord(
            emissions_t=said["emissionsT"],
            power_mwh=said["powerMwh"],
            heat_gj=said["heatGj"],
            revision=said["revision"],
            status=REPORTED,
            submitted_at=at.time,
            final_at=terms.final_at,
            config=terms.config,
            body=terms.body,
            bodies=terms.bodies,
            leads=terms.leads,
            contracts=self._contracts(a, terms),
            qualified=self._qualified(a, terms) if terms.qualified else None,
        )

    def _qualified(self, a: Args, terms: report_encoding.ReportTerms) -> QualifiedReport | None:
        """The report as its statement names it, and who has to have signed that."""
        plant = self.parties.installations.get(InstallationId(a["installation"]))
        config = (plant.scheme, terms.config) if plant else None
        self._require(
            config in self._digests, f"report of {a['installation']}: rules that it names"
        )
        if config is None or config not in self._digests:
            return None
        said = report_encoding.REPORT.unpack(a["report"])
        report = EmissionReport(
            **said,
            linesRoot=a["linesRoot"],
            evidenceRoot=a["evidenceRoot"],
            configDigest=self._digests[config],
        )
        wallets, bodies = self._wallets[config], self.signers[config]
        persons = zip(terms.places[::2], terms.places[1::2], strict=True)
        signers = tuple(
            OpinionSigners(bodies[lead], wallets[lead], wallets[reviewer])
            for lead, reviewer in persons
        )
        hashed = "0x" + struct_hash(report).hex()
        return QualifiedReport(a["installation"], said["year"], said["revision"], hashed, signers)

    def qualified(self) -> list[QualifiedReport]:
        """Reports that stand under a qualified opinion, by plant and year."""
        standing = [self.records[key] for key in sorted(self.records)]
        return [r.qualified for r in standing if r.qualified and r.status != ANNULLED]

    def _contracts(self, a: Args, terms: report_encoding.ReportTerms) -> tuple[str, ...]:
        """Contracts that signed a report; those of a batch's persons come with the batch."""
        plant = self.parties.installations.get(InstallationId(a["installation"]))
        persons = self.wallets(plant.scheme, terms.config, terms.places) if plant else set()
        if terms.sequence:
            self._batched |= persons
            return ()
        own = {w for w in self._contract_answers if self.parties.owner_of(w) == a["operator"]}
        return self._signed(f"report of {a['installation']}", persons | own)

    def wallets(self, scheme: SchemeId, config: int, places: Collection[int]) -> set[str]:
        """Wallets of the persons at these places of a configuration's signer set."""
        known = self._wallets.get((scheme, config), [])
        return {known[place] for place in places if place < len(known)}

    def _on_ReportBatchAccepted(self, a: Args, _: Dated) -> None:
        key = (a["scheme"], a["body"])
        if a["sequence"] != self.sequences.get(key, 0) + 1:
            self.faults.append(f"batch {a['sequence']} of body {a['body']} leaves a gap")
        self.sequences[key] = a["sequence"]
        self._signed(f"batch {a['sequence']} of body {a['body']}", self._batched)
        self._batched = set()

    def _on_BatchItemSkipped(self, a: Args, _: Dated) -> None:
        """An item of a batch that a later report on record has overtaken."""
        key = (a["installation"], a["year"])
        right = self.records[key].word() == a["standing"] != 0
        self._require(right, f"report of {key[0]} for {key[1]} was skipped")

    def _on_ReportDisputed(self, a: Args, _: Dated) -> None:
        self.disputed_by[a["installation"], a["year"]] = a["by"]
        self._dispute(a, REPORTED).status = DISPUTED

    def _on_DisputeResolved(self, a: Args, at: Dated) -> None:
        self.disputed_by[a["installation"], a["year"]] = ZERO_ADDRESS
        record = self._dispute(a, DISPUTED)
        if a["upheld"]:
            record.status = ANNULLED
            self.fallen[a["installation"], a["year"]] = replace(record)
        else:
            record.status, record.final_at = REPORTED, at.time

    def _dispute(self, a: Args, before: int) -> EmissionsRecord:
        record = self.records[a["installation"], a["year"]]
        about = f"dispute of the report of {a['installation']} for {a['year']}"
        self._require(record.status == before, about)
        return record

    def _on_EmissionsDetermined(self, a: Args, at: Dated) -> None:
        self.disputed_by[a["installation"], a["year"]] = ZERO_ADDRESS
        self.records[a["installation"], a["year"]] = EmissionsRecord(
            emissions_t=a["emissionsT"],
            power_mwh=a["powerMwh"],
            heat_gj=a["heatGj"],
            revision=a["revision"],
            status=DETERMINED,
            submitted_at=at.time,
            final_at=at.time,
        )

    # Views for other replays

    def verified(self, installation: int, first_year: int, last_year: int) -> EmissionsRecord:
        """Sum of the records of the years of a period."""
        total = EmissionsRecord()
        for year in range(first_year, last_year + 1):
            record = self.records[installation, year]
            total.emissions_t += record.emissions_t
            total.power_mwh += record.power_mwh
            total.heat_gj += record.heat_gj
        return total

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        by_year: dict[int, list[int]] = defaultdict(list)
        for installation, year in sorted(self.records):
            by_year[year].append(installation)
        for year, installations in by_year.items():
            for group in in_groups(installations, 500):
                words = [self.records[i, year].word() for i in group]
                yield Check(self.contract, "records", (group, year), words, f"records of {year}")
        for (installation, year), record in sorted(self.records.items()):
            figures = (record.emissions_t, record.power_mwh, record.heat_gj)
            answer = (True, *figures) if record.is_final(now) else (False, 0, 0, 0)
            about = f"final report of {installation} for {year}"
            yield Check(self.contract, "finalReport", (installation, year), answer, about)
        for key, fallen in sorted(self.fallen.items()):
            about = f"report of {key[0]} for {key[1]} that fell"
            yield Check(self.contract, "fallenReport", key, fallen.word(), about)
        for key, wallet in sorted(self.disputed_by.items()):
            about = f"dispute of the report of {key[0]} for {key[1]}"
            yield Check(self.contract, "disputedBy", key, wallet, about)
        signing = {(scheme, body) for (scheme, _), all_ in self.signers.items() for body in all_}
        for scheme, body in sorted({*signing, *self.sequences}):
            sequence = self.sequences.get((scheme, body), 0)
            about = f"last batch of body {body}"
            yield Check(self.contract, "lastSequence", (scheme, body), sequence, about)
        for scheme in sorted(self.schemes.schemes):
            config = self.configs.get(scheme, (0, ZERO_WORD, ZERO_ADDRESS))
            about = f"oracle configuration of scheme {scheme}"
            yield Check(self.contract, "configOf", (scheme,), config, about)
        for interest, held in sorted(self.interests.items()):
            about = f"interest of body {interest[1]} in participant {interest[2]}"
            yield Check(self.contract, "hasInterest", interest, held, about)
