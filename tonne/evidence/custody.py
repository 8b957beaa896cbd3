"""Custody of evidence on record: which digests reports name, and whether two holders keep each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.constants import ZERO_WORD
from tonne.evidence.report_encoding import REPORT

#: `EvidenceStanding` of IEvidenceCustody.
STANDINGS: Final = ("not on record", "kept", "at risk", "lost")
LOST: Final = 3
#: Root of a report without files.
NO_FILES: Final = ZERO_WORD


@dataclass(frozen=True, slots=True)
class Custody:
    """Standing of a digest now; times in [s]."""

    standing: int
    deadline: int  # while it is at risk
    holders: tuple[Any, ...]  # `Holder` of IEvidenceCustody

    @property
    def name(self) -> str:
        return STANDINGS[self.standing]

    @property
    def lost(self) -> bool:
        return self.standing == LOST

    def __str__(self) -> str:
        return f"{self.name}, {len(self.holders)} holders" if self.standing else self.name


def standing_of(chain: Chain, digest: bytes) -> Custody:
    """Custody of a digest as the chain has it now; not on record where the market has no such contract."""
    if "EvidenceCustody" not in chain.contracts:
        return Custody(0, 0, ())
    (standing, deadline), holders = chain.call_many(
        [
            ("EvidenceCustody", "standingOf", (digest,)),
            ("EvidenceCustody", "holdersOf", (digest,)),
        ]
    )
    return Custody(standing, deadline, tuple(holders))


def named_roots(chain: Chain, first_block: int) -> dict[bytes, str]:
    """Evidence roots of all monitoring and emission reports, with the first report that names each."""
    found: dict[bytes, str] = {}
    for event in chain.logs("Projects", "MonitoringReported", first_block):
        found.setdefault(event["report"].evidenceRoot, monitoring_report(event["reportId"]))
    for event in chain.logs("EmissionsOracle", "EmissionsReported", first_block):
        found.setdefault(event["evidenceRoot"], emission_report(event["report"]))
    found.pop(NO_FILES, None)
    return found


def monitoring_report(number: int) -> str:
    """A monitoring report in words."""
    return f"monitoring report {number}"


def emission_report(word: int) -> str:
    """An emission report in words, by its packed form."""
    said = REPORT.unpack(word)
    return (
        f"emission report of installation {said['installation']} for {said['year']},"
        f" revision {said['revision']}"
    )
