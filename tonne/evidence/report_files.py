"""Signed reports as files: what operators and verification bodies hand to an oracle's inbox.

`NAME.report.json` is one report with the opinions of one body or more; `NAME.batch.json` is many
reports under one body's signatures. Hashes and signatures are 0x-hex text, quantities whole
numbers. The classes here are the only definition of the form; whatever reads or writes such a file
uses them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
)

from tonne import files
from tonne.crypto import wallet_signatures
from tonne.errors import TonneError, why
from tonne.evidence.signed_types import EmissionReport, ReportBatch, VerificationOpinion
from tonne.evidence.verdicts import (
    VERDICTS,
    OpinionStatement,
    Verdict,
    VerifierFinding,
    findings_hash,
)
from tonne.files import MAX_FILE_BYTES

REPORT_SUFFIX: Final = ".report.json"
BATCH_SUFFIX: Final = ".batch.json"
FORMAT_VERSION: Final = 1

MAX_BATCH: Final = 200


def _to_bytes(value: Any) -> Any:
    if isinstance(value, str):
        if not value.startswith("0x"):
            raise ValueError("hex text begins with 0x")
        return bytes.fromhex(value[2:])
    return value


_FROM_HEX: Final = BeforeValidator(_to_bytes)
_TO_HEX: Final = PlainSerializer(lambda b: "0x" + b.hex(), return_type=str, when_used="json")

Bytes32 = Annotated[bytes, _FROM_HEX, Field(min_length=32, max_length=32), _TO_HEX]


def _signature(value: bytes) -> bytes:
    if len(value) != 65 and wallet_signatures.contract_signature(value) is None:
        raise ValueError("a signature is r, s, v of a key, or that of a contract")
    return value


def _draft_signature(value: bytes) -> bytes:
    return value if wallet_signatures.awaited_wallet(value) is not None else _signature(value)


#: Of a key (65 bytes) or of a contract; in a draft it may be awaited (`tonne.crypto.wallet_signatures`).
Signature = Annotated[bytes, _FROM_HEX, AfterValidator(_signature), _TO_HEX]
DraftSignature = Annotated[bytes, _FROM_HEX, AfterValidator(_draft_signature), _TO_HEX]
Whole = Annotated[int, Field(strict=True, ge=0, lt=2**64)]


_Kind = TypeVar("_Kind", bound=BaseModel)


class FileModel(BaseModel):
    """A part of such a file: known fields only, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReportFields(FileModel):
    """The signed fields of `tonne.evidence.signed_types.EmissionReport`."""

    installation: Whole
    year: Whole
    revision: Whole
    emissionsT: Whole
    powerMwh: Whole
    heatGj: Whole
    gwpSet: Whole
    lineCount: Whole
    linesRoot: Bytes32
    evidenceRoot: Bytes32
    configDigest: Bytes32
    signedAt: Whole

    def struct(self) -> EmissionReport:
        return EmissionReport(**{name: getattr(self, name) for name in type(self).model_fields})


class SignedReport(FileModel):
    """A report with its operator's signature, and behind it lines and evidence manifest as
    plain JSON."""

    report: ReportFields
    operatorSignature: Signature
    lines: list[dict[str, Any]]
    evidence: list[dict[str, Any]]


class DraftReport(SignedReport):
    """A report whose operator's signature may be awaited."""

    operatorSignature: DraftSignature


class SignedOpinion(FileModel):
    """A body's opinion with the signatures of its two persons."""

    report: Bytes32
    installation: Whole
    year: Whole
    body: Whole
    assurance: Whole
    materialityPpm: Whole
    emissionsT: Whole
    configDigest: Bytes32
    signedAt: Whole
    leadSignature: Signature
    reviewerSignature: Signature

    def struct(self) -> VerificationOpinion:
        names = [n for n in type(self).model_fields if not n.endswith("Signature")]
        return VerificationOpinion(**{name: getattr(self, name) for name in names})


class StatementFields(FileModel):
    """A body's verdict on a report and its findings."""

    report: Bytes32
    body: Whole
    verdict: Verdict
    findings: list[VerifierFinding]
    signedAt: Whole

    def struct(self) -> OpinionStatement:
        return OpinionStatement(
            self.report,
            self.body,
            VERDICTS.index(self.verdict) + 1,
            findings_hash(self.findings),
            self.signedAt,
        )


class SignedStatement(StatementFields):
    """A verdict with the signatures of the body's two persons."""

    leadSignature: Signature
    reviewerSignature: Signature


class BatchFields(FileModel):
    """The signed fields of `tonne.evidence.signed_types.ReportBatch`."""

    root: Bytes32
    count: Whole
    totalEmissionsT: Whole
    totalPowerMwh: Whole
    totalHeatGj: Whole
    body: Whole
    assurance: Whole
    materialityPpm: Whole
    configDigest: Bytes32
    sequence: Whole
    signedAt: Whole

    def struct(self) -> ReportBatch:
        return ReportBatch(**{name: getattr(self, name) for name in type(self).model_fields})


class Envelope(FileModel):
    """The chain and the contract a file is signed for."""

    format: Literal[1] = FORMAT_VERSION
    chainId: Whole
    contract: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]


class ReportFile(Envelope):
    """One report and the opinions on it; `statements` say why an opinion is qualified."""

    kind: Literal["report"] = "report"
    signed: SignedReport
    opinions: Annotated[list[SignedOpinion], Field(min_length=1, max_length=8)]
    statements: Annotated[list[SignedStatement], Field(max_length=8)] = []


class BatchFile(Envelope):
    """Many reports under one body's signatures."""

    kind: Literal["batch"] = "batch"
    batch: BatchFields
    leadSignature: Signature
    reviewerSignature: Signature
    reports: Annotated[list[SignedReport], Field(min_length=1, max_length=MAX_BATCH)]


def parse(name: str, content: bytes) -> ReportFile | BatchFile:
    """The file's content, or one error that names the field, the value and the remedy."""
    kind: type[ReportFile | BatchFile] = BatchFile if name.endswith(BATCH_SUFFIX) else ReportFile
    return parsed(name, content, kind, "REPORT", "tonne report sign")


def parsed(name: str, content: bytes, kind: type[_Kind], code: str, maker: str) -> _Kind:
    """A file of an inbox as `kind`; errors: `code`_FILE_TOO_LARGE, _MALFORMED, _SIGNATURE_MISSING."""
    if len(content) > MAX_FILE_BYTES:
        raise TonneError(
            f"{code}_FILE_TOO_LARGE",
            f"{name} has {len(content)} bytes.",
            field="file",
            value=name,
            remedy=f"Keep a file below {MAX_FILE_BYTES} bytes, a batch below {MAX_BATCH}.",
        )
    try:
        plain = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise TonneError(
            f"{code}_MALFORMED",
            f"{name} is not JSON in UTF-8 ({why(error)}).",
            field="file",
            value=name,
            remedy=f"Write the file with `{maker} --help`.",
        ) from None
    try:
        return kind.model_validate(plain)
    except ValidationError as error:
        raise _named(name, error, code) from None


def _named(name: str, error: ValidationError, prefix: str) -> TonneError:
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "file"
    missing = first["type"] == "missing"
    signature = field.lower().endswith("signature")
    kind = "SIGNATURE_MISSING" if missing and signature else "MALFORMED"
    shown = None if missing else str(first["input"])[:80]
    return TonneError(
        f"{prefix}_{kind}",
        f"{name}: {field}: {first['msg']}.",
        field=field,
        value=shown,
        remedy="Add the field." if missing else "Correct the field and sign again.",
    )


def load(path: Path, kind: type[_Kind], codes: tuple[str, str], what: str, maker: str) -> _Kind:
    """A file that goes from hand to hand, such as a draft; `maker` is the command that writes it.

    `codes` are those of a file that is missing and of one that is not such a file.
    """
    try:
        return kind.model_validate(files.read_json(path))
    except FileNotFoundError:
        raise TonneError(
            codes[0],
            "There is no such file.",
            field="file",
            value=str(path),
            remedy=f"Begin with `{maker} --help`.",
        ) from None
    except (OSError, ValueError, ValidationError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        where = (".".join(map(str, first["loc"])) if first else "") or "file"
        raise TonneError(
            codes[1],
            f"This is not {what} as `{maker}` writes it ({where}).",
            field=where,
            value=str(path),
            remedy=f"Begin again with `{maker} --help`.",
        ) from None


def write(path: Path, content: Envelope) -> None:
    """Writes the file whole or not at all: an inbox never shows half a file."""
    files.write(path, content.model_dump_json(indent=None) + "\n")
