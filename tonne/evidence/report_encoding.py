"""Packed words of the EmissionsOracle and Projects: reports, opinions, records, accredited persons.

The layouts are documented in `interfaces/evidence/IEmissionsOracle.sol` and `contracts/lib/SignerSet.sol`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tonne.crypto.accounts import checksum
from tonne.crypto.eip712 import TypedDataError
from tonne.errors import TonneError
from tonne.evidence.signed_types import EmissionReport, MonitoringOpinion, VerificationOpinion
from tonne.types.ids import ParticipantId
from tonne.types.packing import Layout

#: `ReportWord`: everything of a signed report but roots and digest.
REPORT: Final = Layout(
    installation=32,
    year=16,
    revision=8,
    emissionsT=40,
    powerMwh=40,
    heatGj=40,
    gwpSet=8,
    lineCount=32,
    signedAt=40,
)

_OPINION: Final = Layout(signedAt=40, materialityPpm=32, assurance=8)
_PERSONS: Final = Layout(lead=8, reviewer=8)

_RECORD: Final = Layout(
    emissions_t=40,
    power_mwh=40,
    heat_gj=40,
    revision=8,
    status=8,
    submitted_at=32,
    final_at=32,
    config=16,
    body=24,
    bodies=8,
)

#: `terms` of `EmissionsReported`.
_TERMS: Final = Layout(
    final_at=32, config=16, body=24, bodies=8, persons=128, sequence=47, qualified=1
)

_SIGNER: Final = Layout(
    key=160, body=24, roles=8, scopes=24, ordinal=8, valid_from=16, valid_until=16
)

#: Words of a scheme's configuration before the bounds of its classes: digest and rules.
_HEAD: Final = 2
_RULES: Final = Layout(
    signers=8,
    classes=8,
    min_bodies=8,
    min_assurance=8,
    max_materiality=32,
    max_age=32,
    max_skew=32,
    report_days=16,
)


def report_word(report: EmissionReport) -> int:
    """`ReportWord` of a signed report."""
    try:
        return REPORT.pack(**{name: getattr(report, name) for name in REPORT.names})
    except TonneError as error:
        raise TypedDataError(
            "TYPED_DATA_RANGE",
            f"EmissionReport.{error.field}: {error.message}",
            field=error.field,
            value=error.value,
            remedy="The record on chain keeps no larger one.",
        ) from None


def opinion_word(
    opinion: VerificationOpinion | MonitoringOpinion, persons: Sequence[tuple[int, int]]
) -> int:
    """`OpinionWord`: the terms, and for each body the places of lead and reviewer in the signer set."""
    places = b"".join(
        _PERSONS.pack(lead=lead, reviewer=reviewer).to_bytes(2, "little")
        for lead, reviewer in persons
    )
    terms = _OPINION.pack(
        signedAt=opinion.signedAt,
        materialityPpm=opinion.materialityPpm,
        assurance=opinion.assurance,
    )
    return int.from_bytes(terms.to_bytes(_OPINION.width // 8, "little") + places, "little")


class OpinionTerms(NamedTuple):
    """The terms of an opinion of one body, and the places of its two persons in the signer set."""

    signed_at: int  # [s]
    materiality_ppm: int
    assurance: int
    lead: int
    reviewer: int

    @classmethod
    def unpack(cls, word: int) -> OpinionTerms:
        persons = _PERSONS.unpack(_OPINION.above(word))
        return cls._make([*_OPINION.unpack(word).values(), *persons.values()])


#: `ReportStatus` of records that can be final.
REPORTED, DETERMINED = 1, 4


class ReportRecord(NamedTuple):
    """`RecordWord`: the oracle's record of an installation and year."""

    emissions_t: int = 0
    power_mwh: int = 0
    heat_gj: int = 0
    revision: int = 0  # 0: nothing is on record
    status: int = 0
    submitted_at: int = 0  # [s]
    final_at: int = 0  # [s]
    config: int = 0  # version of the scheme's configuration
    body: ParticipantId = ParticipantId(0)  # the first that signed
    bodies: int = 0

    def pack(self) -> int:
        return _RECORD.pack(**self._asdict())

    def is_final(self, now: int) -> bool:
        """Whether the figure can no longer be disputed at that time [s]."""
        return self.status == DETERMINED or (self.status == REPORTED and now >= self.final_at)

    @classmethod
    def unpack(cls, word: int) -> ReportRecord:
        return cls._make(_RECORD.unpack(word).values())


class ReportTerms(NamedTuple):
    """`terms` of `EmissionsReported`."""

    final_at: int  # [s]
    config: int
    body: int
    bodies: int
    persons: int
    sequence: int  # of the batch; 0 for a report that came alone
    qualified: int  # 1: the opinion is qualified

    @classmethod
    def unpack(cls, word: int) -> ReportTerms:
        return cls._make(_TERMS.unpack(word).values())

    @property
    def places(self) -> list[int]:
        """The places in the signer set of lead verifier and reviewer of each body in turn."""
        return list(self.persons.to_bytes(16, "little")[: 2 * self.bodies])

    @property
    def leads(self) -> list[int]:
        """The place of each body's lead verifier in the signer set."""
        return self.places[::2]


class AccreditedSigner(NamedTuple):
    """`SignerWord`: an accredited person. Days since 1970-01-01."""

    key: str
    body: ParticipantId
    roles: int
    scopes: int
    ordinal: int  # of the body
    valid_from: int
    valid_until: int  # first day no longer

    @classmethod
    def unpack(cls, word: int) -> AccreditedSigner:
        key, *rest = _SIGNER.unpack(word).values()
        return cls._make([checksum("0x" + key.to_bytes(20, "big").hex()), *rest])


def signers_in(words: Sequence[int]) -> list[AccreditedSigner]:
    """The signer set of a scheme's configuration."""
    return [
        AccreditedSigner.unpack(word) for word in words[_HEAD + _RULES.get(words[1], "classes") :]
    ]


def report_days_in(words: Sequence[int]) -> int:
    """Days after the end of a year in which a scheme's configuration takes its reports."""
    return _RULES.get(words[1], "report_days")
