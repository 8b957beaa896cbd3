"""Why an opinion is qualified: the statements of reports that the chain tells are qualified, kept by the
report's hash beside the evidence, and checked by the signatures of the persons who signed the report.

```
statements/0123….json  a list of signed statements, one of each body
```
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tonne import files
from tonne.chain.client import Chain
from tonne.chain.wallet_signers import signer_of
from tonne.crypto.eip712 import struct_hash
from tonne.errors import TonneError, refused
from tonne.evidence.report_files import ReportFile, SignedStatement
from tonne.evidence.signed_types import emissions_domain
from tonne.evidence.store import EvidenceSource

_STATEMENTS = TypeAdapter(list[SignedStatement])


@dataclass(frozen=True, slots=True)
class OpinionSigners:
    """A body and the wallets of its two persons."""

    body: int
    lead: str
    reviewer: str


@dataclass(frozen=True, slots=True)
class QualifiedReport:
    """A report on record whose opinion is qualified; `report` is its struct hash."""

    installation: int
    year: int
    revision: int
    report: str  # 0x…
    signers: tuple[OpinionSigners, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, plain: dict[str, Any]) -> QualifiedReport:
        signers = tuple(OpinionSigners(**one) for one in plain["signers"])
        return cls(**{**plain, "signers": signers})

    def __str__(self) -> str:
        return (
            f"report of installation {self.installation} for {self.year}, revision {self.revision}"
        )


def keep(store: Path, file: ReportFile) -> Path:
    """Puts the statements of a signed report into a store; refused as REPORT_NOT_QUALIFIED without any."""
    if not file.statements:
        raise refused("REPORT_NOT_QUALIFIED")
    path = store / name_of(struct_hash(file.signed.report.struct()))
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, _STATEMENTS.dump_json(file.statements).decode() + "\n")
    return path


def name_of(report: bytes) -> str:
    """Place of a report's statements in the layout of a store."""
    return f"statements/{report.hex()}.json"


def problems(
    chain: Chain, reports: Sequence[QualifiedReport], holders: Sequence[EvidenceSource]
) -> Iterator[tuple[str, str]]:
    """Code and sentence of each report whose findings none of the holders can show."""
    for report in reports:
        told = [_fault(chain, report, holder) for holder in holders]
        if all(told):
            why = next((one for one in told if one != _MISSING), _MISSING)
            yield "REPORT_STATEMENT_UNKNOWN", f"The opinion on the {report} is qualified: {why}."


_MISSING = "no holder has its statement"


def _fault(chain: Chain, report: QualifiedReport, holder: EvidenceSource) -> str:
    """Faults of the statements that a holder has; empty where they are those that were signed."""
    hashed = bytes.fromhex(report.report[2:])
    try:
        body = holder.bytes_of(name_of(hashed))
    except TonneError:  # it does not answer: told with its evidence
        return _MISSING
    if body is None:
        return _MISSING
    try:
        kept = {one.body: one for one in _STATEMENTS.validate_python(json.loads(body))}
        fits = all(
            _is_of(chain, hashed, kept.get(signer.body), signer) for signer in report.signers
        )
    except (ValueError, ValidationError, TonneError):
        fits = False
    return "" if fits else f"what {holder} has is not what its body signed"


def _is_of(
    chain: Chain, report: bytes, statement: SignedStatement | None, signers: OpinionSigners
) -> bool:
    if statement is None or statement.report != report or statement.verdict != "qualified":
        return False
    domain = emissions_domain(chain.chain_id, chain["EmissionsOracle"].address)
    struct = statement.struct()
    persons = (
        (statement.leadSignature, signers.lead),
        (statement.reviewerSignature, signers.reviewer),
    )
    return all(signer_of(chain, struct, domain, given) == wallet for given, wallet in persons)
