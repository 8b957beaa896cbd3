"""A project on a desk's chain, and monitoring reports of it, right or wrong in one point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.oracles.emissions.desk import Desk
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import struct_hash
from tonne.crypto.hashing import keccak
from tonne.evidence import manifest, monitoring_files
from tonne.evidence.signed_types import MonitoringOpinion, MonitoringReport, projects_domain

DAY_S = 86_400
#: Long before a desk's time, so that periods are over.
FIRST_S = 1_577_808_000  # 2020-01-01 in Beijing
CAP_T = 100_000
AMOUNTS = [
    {"kind": "baseline", "name": "grid", "tonnes": 1200, "document": "meters/export.csv"},
    {"kind": "project", "name": "own use", "tonnes": 200, "document": "meters/export.csv"},
]
EVIDENCE = manifest.manifest_of({"meters/export.csv": b"hours"})


def found(desk: Desk, place: tuple[int, int] = (41_200_000, 114_700_000)) -> int:
    """A validated wind project of the developer; returns its number."""
    chain, people = desk.chain, desk.people
    methodology = (desk.pack.scheme.number, 1, 2, 1, 0, 0, True)
    chain.send(people["authority"], "Projects", "setMethodology", 1, methodology, keccak(b"wind"))
    terms = (1, 156, FIRST_S, FIRST_S + 3000 * DAY_S, keccak(b"farm"), place, [], keccak(b"design"))
    chain.send(people["developer"], "Projects", "register", *terms)
    number = chain.call("Projects", "projectCount")
    chain.send(people["authority"], "Projects", "validate", number, CAP_T, keccak(b"validation"))
    return number


def signed(
    desk: Desk,
    days: tuple[int, int] = (0, 100),
    *,
    by: str | Account = "developer",
    lead: str | Account = "lead",
    reviewer: str | Account = "reviewer",
    opinion: Mapping[str, Any] | None = None,
    **changes: Any,
) -> monitoring_files.MonitoringFile:
    """A report of so many days; `changes` are made before the developer signs, `opinion` before the body."""
    amounts, parameters = monitoring_files.calculation(AMOUNTS, [], EVIDENCE)
    report = MonitoringReport(
        project=1,
        periodFrom=FIRST_S + days[0] * DAY_S,
        periodUntil=FIRST_S + days[1] * DAY_S,
        vintage=2020,
        quantityT=1000,
        bufferPpm=0,
        linesRoot=monitoring_files.lines_root(amounts, parameters),
        evidenceRoot=manifest.manifest_root(EVIDENCE),
        configDigest=desk.config,
        signedAt=desk.chain.now() - DAY_S,
    )
    report = replace(report, **changes)
    verdict = MonitoringOpinion(
        report=struct_hash(report),
        project=report.project,
        body=desk.body,
        assurance=2,
        materialityPpm=20_000,
        quantityT=report.quantityT,
        configDigest=report.configDigest,
        signedAt=desk.chain.now() - 3_600,
    )
    verdict = replace(verdict, **(opinion or {}))
    contract = desk.chain["Projects"].address
    domain = projects_domain(desk.chain.chain_id, contract)
    return monitoring_files.MonitoringFile(
        chainId=desk.chain.chain_id,
        contract=contract,
        signed=monitoring_files.SignedMonitoring(
            report=monitoring_files.MonitoringFields(**_plain(report)),
            developerSignature=desk.key(by).sign_typed(report, domain),
            amounts=AMOUNTS,
            parameters=[],
            evidence=manifest.plain(EVIDENCE),
        ),
        opinion=monitoring_files.SignedMonitoringOpinion(
            **_plain(verdict),
            leadSignature=desk.key(lead).sign_typed(verdict, domain),
            reviewerSignature=desk.key(reviewer).sign_typed(verdict, domain),
        ),
    )


def _plain(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in type(struct).__slots__}
