"""Monitoring reports as files: a developer's form, the draft that is signed, the file an oracle takes.

`NAME.form.toml` has the period, the amounts and the parameters behind them; `NAME.draft.json` is signed from
hand to hand; `NAME.monitoring.json` goes to an inbox. The classes here are the only definition of the three.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tonne import files
from tonne.crypto.eip712 import Domain
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.errors import TonneError, refused, why
from tonne.evidence import report_files
from tonne.evidence.manifest import MAX_LINES, EvidenceFile, Text, canonical_json
from tonne.evidence.monthly import Parameter
from tonne.evidence.report_files import (
    Bytes32,
    DraftSignature,
    Envelope,
    FileModel,
    Signature,
    Whole,
)
from tonne.evidence.signed_types import MonitoringOpinion, MonitoringReport, projects_domain

MONITORING_SUFFIX: Final = ".monitoring.json"
FORM_SUFFIX: Final = ".form.toml"
DRAFT_SUFFIX: Final = ".draft.json"

#: Kinds of amounts that add to the mitigation; the others are taken off.
GAINS: Final = ("baseline", "removal")
MAX_AMOUNT_T: Final = 10**12


class Amount(BaseModel):
    """One amount of the calculation [t CO2e], rounded against the developer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["baseline", "removal", "project", "leakage"]
    name: Text
    tonnes: Annotated[int, Field(strict=True, ge=0, le=MAX_AMOUNT_T)]
    document: Text  # path in the manifest


class MonitoringForm(BaseModel):
    """A form, filled in by the developer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: Annotated[int, Field(strict=True, ge=1, lt=2**32)]
    first_day: date
    last_day: date
    vintage: Annotated[int, Field(strict=True, ge=1990, lt=2**16)]
    buffer_percent: Annotated[str, Field(pattern=r"^\d{1,3}(\.\d{1,4})?$")]
    amounts: Annotated[list[Amount], Field(min_length=1, max_length=MAX_LINES)]
    parameters: Annotated[list[Parameter], Field(max_length=MAX_LINES)] = []

    @property
    def buffer_ppm(self) -> int:
        whole, _, part = self.buffer_percent.partition(".")
        return int(whole) * 10_000 + int(part.ljust(4, "0"))


class MonitoringFields(FileModel):
    """The signed fields of `tonne.evidence.signed_types.MonitoringReport`."""

    project: Whole
    periodFrom: Whole
    periodUntil: Whole
    vintage: Whole
    quantityT: Whole
    bufferPpm: Whole
    linesRoot: Bytes32
    evidenceRoot: Bytes32
    configDigest: Bytes32
    signedAt: Whole

    def struct(self) -> MonitoringReport:
        return MonitoringReport(**{name: getattr(self, name) for name in type(self).model_fields})


class SignedMonitoring(FileModel):
    """A monitoring report with its developer's signature, its calculation and its evidence manifest."""

    report: MonitoringFields
    developerSignature: Signature
    amounts: list[dict[str, Any]]
    parameters: list[dict[str, Any]]
    evidence: list[dict[str, Any]]


class DraftMonitoring(SignedMonitoring):
    """A report whose developer's signature may be awaited."""

    developerSignature: DraftSignature


class _OpinionFields(FileModel):
    """The signed fields of `tonne.evidence.signed_types.MonitoringOpinion`."""

    report: Bytes32
    project: Whole
    body: Whole
    assurance: Whole
    materialityPpm: Whole
    quantityT: Whole
    configDigest: Bytes32
    signedAt: Whole

    def struct(self) -> MonitoringOpinion:
        names = _OpinionFields.model_fields
        return MonitoringOpinion(**{name: getattr(self, name) for name in names})


class MonitoringDraftOpinion(_OpinionFields):
    """A body's opinion while its two persons sign."""

    leadSignature: DraftSignature | None = None
    reviewerSignature: DraftSignature | None = None


class SignedMonitoringOpinion(_OpinionFields):
    """A body's opinion with both signatures."""

    leadSignature: Signature
    reviewerSignature: Signature


class MonitoringDraft(Envelope):
    """A report on its way from the developer to both persons of a verification body."""

    kind: Literal["monitoring draft"] = "monitoring draft"
    signed: DraftMonitoring
    opinion: MonitoringDraftOpinion | None = None

    def domain(self) -> Domain:
        return projects_domain(self.chainId, self.contract)


class MonitoringFile(Envelope):
    """A report that everybody has signed."""

    kind: Literal["monitoring"] = "monitoring"
    signed: SignedMonitoring
    opinion: SignedMonitoringOpinion


# Reading and writing


def parse(name: str, content: bytes) -> MonitoringFile:
    """The content of an inbox's file, or one error that names the field, the value and the remedy."""
    return report_files.parsed(name, content, MonitoringFile, "MONITORING", "tonne monitoring sign")


def load_draft(path: Path) -> MonitoringDraft:
    codes = ("MONITORING_FILE_MISSING", "MONITORING_DRAFT_UNREADABLE")
    return report_files.load(
        path, MonitoringDraft, codes, "a signed report", "tonne monitoring sign"
    )


def save_draft(path: Path, draft: MonitoringDraft) -> None:
    files.write(path, draft.model_dump_json(indent=2) + "\n")


def load_form(path: Path) -> MonitoringForm:
    """A filled-in form; one error with the field and its value."""
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise refused("MONITORING_FILE_MISSING", path=str(path)) from None
    except ValueError as error:
        raise refused("MONITORING_FORM_UNREADABLE", path=str(path), reason=why(error)) from None
    try:
        form = MonitoringForm.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        missing = first["type"] == "missing"
        raise _form(
            field, None if missing else str(first["input"])[:80], f"{field}: {first['msg']}."
        ) from None
    if form.last_day < form.first_day:
        raise _form("last_day", form.last_day.isoformat(), "The last day is before the first.")
    return form


def _form(field: str, value: object, message: str) -> TonneError:
    remedy = (
        "Correct it in the form; `tonne monitoring new --help` says how to write one, with every field"
        " explained."
    )
    return TonneError("MONITORING_FORM", message, field, value, remedy)


# The calculation


def net_t(amounts: Sequence[Amount]) -> int:
    """Mitigation [t CO2e]: baseline and removals less the project's own emissions and leakage."""
    return sum(a.tonnes if a.kind in GAINS else -a.tonnes for a in amounts)


def calculation(
    raw_amounts: Any, raw_parameters: Any, evidence: Sequence[EvidenceFile]
) -> tuple[tuple[Amount, ...], tuple[Parameter, ...]]:
    """Amounts and parameters as read from a file; each rests on a document of the manifest."""
    amounts = _all(Amount, "amounts", raw_amounts)
    parameters = _all(Parameter, "parameters", raw_parameters)
    if not amounts or len(amounts) + len(parameters) > MAX_LINES:
        raise _line(
            "amounts",
            len(amounts),
            f"A report has an amount at least, and at most {MAX_LINES} lines.",
        )
    names = Counter([*(f"{a.kind} {a.name}" for a in amounts), *(p.name for p in parameters)])
    for name, count in names.items():
        if count > 1:
            raise _line(
                "name", name, f"{name} comes {count} times; each line has a name of its own."
            )
    there = {file.path for file in evidence}
    for line in (*amounts, *parameters):
        if line.document is None and isinstance(line, Parameter) and line.basis == "default":
            continue
        if line.document not in there:
            raise refused(
                "MONITORING_DOCUMENT",
                document=line.document,
                line_name=line.name,
                named_document=line.document or "no document",
            )
    return amounts, parameters


def lines_root(amounts: Sequence[Amount], parameters: Sequence[Parameter]) -> bytes:
    """Merkle root over the amounts, then the parameters, in their order."""
    lines = [line.model_dump() for line in (*amounts, *parameters)]
    return merkle_root([leaf_hash(canonical_json(line)) for line in lines])


def _all(kind: type[Any], field: str, raw: Any) -> tuple[Any, ...]:
    if not isinstance(raw, list):
        raise _line(field, raw, f"{field} is no list.")
    found = []
    for place, entry in enumerate(raw):
        try:
            found.append(kind.model_validate(entry))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in (field, place, *first["loc"]))
            raise _line(where, str(first["input"])[:80], f"{where}: {first['msg']}.") from None
    return tuple(found)


def _line(field: str, value: object, message: str) -> TonneError:
    remedy = "Correct the line in the form and sign it anew."
    return TonneError("MONITORING_LINES", message, field, value, remedy)


# The form as it is handed out


def form_text(
    project: int,
    first_day: date,
    last_day: date,
    zone: str,
    most_t: int,
    buffer: tuple[str, str],
    written: datetime,
) -> str:
    """A form of a project and period with every field explained."""
    gains = '"baseline" (emissions without the project), "removal" (taken out of the air)'
    return f"""\
# Monitoring report of project {project}, written {written:%Y-%m-%d}. Fill in the amounts and sign:
#   tonne monitoring sign {project}-{first_day}{FORM_SUFFIX} --evidence FOLDER

project = {project}
first_day = {first_day}  # first day monitored; days are those of {zone}
last_day = {last_day}  # last day monitored
vintage = {first_day.year}  # a year that the period touches: the units' vintage
buffer_percent = "{buffer[0]}"  # share for the buffer; the methodology allows {buffer[0]} to {buffer[1]}

# Amounts [t CO2e], whole tonnes rounded against the developer: gains down, the rest up.
# They come to more than 0 t and at most {most_t:,} t: the most that is plausible in the period.
# kind: {gains},
#       "project" (the project's own emissions), "leakage" (caused elsewhere); these two are taken off.
# document: the file below the folder of evidence that the amount rests on.
[[amounts]]
kind = "baseline"
name = ""
tonnes = 0
document = ""

# Parameters behind the amounts, if any: value as text, basis "measured" (with a document) or "default".
# [[parameters]]
# name = "net electricity delivered"
# value = "41250.5"
# unit = "MWh"
# basis = "measured"
# document = "meters/export.csv"
"""
