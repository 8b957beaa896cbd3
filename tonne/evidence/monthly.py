"""Monthly evidence: a plant's key parameters of one month, signed by its operator, its digest on record.

A package is one file: activity data as lines, the parameters behind them, the manifest of the documents. It
stays with the operator; MonthlyEvidence has the digest and the moment it came. Twelve of them must add up to
the year's report, but for the rounding of each month's figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tonne import files
from tonne.chain.client import Chain
from tonne.chain.wallet_signers import signer_of
from tonne.crypto import wallet_signatures
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import Domain, Struct, digest
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.errors import TonneError, refused
from tonne.evidence import manifest as evidence
from tonne.evidence import report_files
from tonne.evidence.manifest import EvidenceFile, ReportLine, Text
from tonne.evidence.report_files import Bytes32, DraftSignature, Whole
from tonne.rules.engine import figures
from tonne.rules.pack import RulePack

KEY: Final = "mrv.monthly_evidence"
SUFFIX: Final = ".month.json"
MOST_PARAMETERS: Final = 200
MONTHS: Final = range(1, 13)

#: A month's whole figure is off by half a unit at most: those of a year by six.
ROUNDING: Final = 6


@dataclass(frozen=True, slots=True)
class MonthPackage(Struct):
    """A month's figures as the operator signs them."""

    TYPES: ClassVar = (
        "uint32",
        "uint16",
        "uint8",
        "uint64",
        "uint64",
        "uint64",
        "bytes32",
        "bytes32",
        "bytes32",
        "uint64",
    )

    installation: int
    year: int
    month: int
    emissionsKg: int  # [kg CO2e], rounded up once
    powerMwh: int  # [MWh] made
    heatGj: int  # [GJ] made
    linesRoot: bytes
    parametersRoot: bytes
    evidenceRoot: bytes
    signedAt: int  # [s]


class Parameter(BaseModel):
    """A key parameter of the month: calorific value, carbon content, oxidation rate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    value: Annotated[
        str, Field(pattern=r"^-?\d{1,15}(\.\d{1,9})?$")
    ]  # as it is written, not rounded
    unit: Text
    basis: Literal["measured", "default"]
    document: str | None = None  # path in the manifest; one that is measured has one


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    installation: Whole
    year: Whole
    month: Annotated[int, Field(strict=True, ge=1, le=12)]
    emissionsKg: Whole
    powerMwh: Whole
    heatGj: Whole
    linesRoot: Bytes32
    parametersRoot: Bytes32
    evidenceRoot: Bytes32
    signedAt: Whole


class MonthFile(BaseModel):
    """A package as a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    kind: Literal["month"] = "month"
    chainId: Whole
    contract: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
    package: _Fields
    operatorSignature: DraftSignature
    lines: list[dict[str, Any]]
    parameters: list[dict[str, Any]]
    evidence: list[dict[str, Any]]

    def struct(self) -> MonthPackage:
        return MonthPackage(**{name: getattr(self.package, name) for name in _Fields.model_fields})

    def domain(self) -> Domain:
        return months_domain(self.chainId, self.contract)

    def digest(self) -> bytes:
        """What was signed, and goes on record."""
        return digest(self.struct(), self.domain())

    @property
    def about(self) -> str:
        p = self.package
        return f"installation {p.installation}, {p.year}-{p.month:02}"


_PARAMETERS = TypeAdapter(list[Parameter])


def months_domain(chain_id: int, contract: str) -> Domain:
    """The domain of monthly packages."""
    return Domain("tonne MonthlyEvidence", chain_id, contract)


# Files


def load(path: Path) -> MonthFile:
    codes = ("MONTH_FILE_MISSING", "MONTH_FILE_UNREADABLE")
    return report_files.load(path, MonthFile, codes, "a package", "tonne report month make")


def save(path: Path, package: MonthFile) -> None:
    files.write(path, package.model_dump_json(indent=2) + "\n")


def parse_parameters(raw: Any, files: Sequence[EvidenceFile]) -> tuple[Parameter, ...]:
    """Parameters as read from a file; a measured one names its document in the package."""
    try:
        found = tuple(_PARAMETERS.validate_python(raw))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in ("parameters", *first["loc"]))
        raise _wrong("MONTH_PARAMETERS_FORMAT", place, f"{place}: {first['msg']}.") from None
    names = [parameter.name for parameter in found]
    if len(names) > MOST_PARAMETERS or len(set(names)) < len(names):
        raise _wrong(
            "MONTH_PARAMETERS_TWICE",
            "parameters",
            f"A package has at most {MOST_PARAMETERS} parameters, each once.",
        )
    there = {file.path for file in files}
    for parameter in found:
        if parameter.document is None and parameter.basis == "default":
            continue
        if parameter.document not in there:
            raise _wrong(
                "MONTH_PARAMETER_DOCUMENT",
                "parameters.document",
                f"{parameter.name} rests on {parameter.document or 'no document'}, which is not among"
                " the evidence.",
            )
    return found


# Making, checking


def make(
    chain: Chain,
    operator: Account,
    installation: int,
    year: int,
    month: int,
    lines: Sequence[ReportLine],
    parameters: Sequence[Parameter] = (),
    files: Sequence[EvidenceFile] = (),
) -> MonthFile:
    """The operator's package, signed; of a wallet elsewhere the signature is awaited."""
    contract = chain["MonthlyEvidence"]
    _, rights = chain.call("Participants", "reporterOf", installation, operator)
    if not rights & 8:
        raise refused(
            "REPORT_NOT_OPERATOR", operator_address=operator.address, installation=installation
        )
    sums = evidence.totals(lines)
    package = MonthPackage(
        installation=installation,
        year=year,
        month=month,
        emissionsKg=_kg(lines),
        powerMwh=sums.power_mwh,
        heatGj=sums.heat_gj,
        linesRoot=evidence.lines_root(lines),
        parametersRoot=_root(parameters),
        evidenceRoot=evidence.manifest_root(files),
        signedAt=chain.now(),
    )
    return MonthFile(
        chainId=chain.chain_id,
        contract=contract.address,
        package=_Fields(**{name: getattr(package, name) for name in _Fields.model_fields}),
        operatorSignature=operator.sign_typed(
            package, months_domain(chain.chain_id, contract.address)
        ),
        lines=evidence.plain(lines),
        parameters=[parameter.model_dump() for parameter in parameters],
        evidence=evidence.plain(files),
    )


def check(chain: Chain, file: MonthFile, folder: Path | None = None) -> list[str]:
    """Refuses a package that cannot be what was signed; returns what has been checked, in words.

    With `folder` the documents themselves are looked at.
    """
    contract = chain["MonthlyEvidence"]
    if (file.chainId, file.contract.lower()) != (chain.chain_id, contract.address.lower()):
        raise refused("MONTH_WRONG_CHAIN", contract=file.contract, chain_id=file.chainId)
    package = file.struct()
    lines = evidence.parse_lines(file.lines)
    files = evidence.parse_manifest(file.evidence)
    parameters = parse_parameters(file.parameters, files)
    sums = evidence.totals(lines)
    told = (package.emissionsKg, package.powerMwh, package.heatGj)
    if told != (_kg(lines), sums.power_mwh, sums.heat_gj):
        raise _wrong("MONTH_REFUSED", "lines", "The lines do not add up to the month.")
    for name, found in (
        ("linesRoot", evidence.lines_root(lines)),
        ("parametersRoot", _root(parameters)),
        ("evidenceRoot", evidence.manifest_root(files)),
    ):
        if getattr(package, name) != found:
            raise _wrong("MONTH_REFUSED", name, f"{name} is not of what the package holds.")
    kept = chain.call(contract, "monthOf", package.installation, package.year, package.month)
    on_record = kept.digest == file.digest()
    signer = _signer(chain, file, on_record)
    _, rights = chain.call("Participants", "reporterOf", package.installation, signer)
    # The record was put there by a wallet of the plant's operator at that time.
    if not rights & 8 and not on_record:
        raise _wrong(
            "MONTH_REFUSED",
            "operatorSignature",
            "The signature is nobody's who may report for the plant.",
        )
    said = [
        f"{len(lines)} lines add up to {package.emissionsKg:,} kg CO2e, {package.powerMwh:,} MWh,"
        f" {package.heatGj:,} GJ",
        f"{len(parameters)} parameters, {len(files)} document{'' if len(files) == 1 else 's'}",
        f"{_signed(file)} {signer} for {file.about}",
    ]
    if folder is not None:
        changed = evidence.changed_files(files, folder)
        if changed:
            raise refused(
                "MONTH_EVIDENCE_CHANGED",
                evidence=", ".join(changed[:5]),
                changed_count=len(changed),
                first_document=changed[0],
            )
        said.append("every document is the one that was signed")
    return said


def require_signed(file: MonthFile) -> None:
    """Refuses a package whose operator's wallet has still to sign."""
    wallet = wallet_signatures.awaited_wallet(file.operatorSignature)
    if wallet is not None:
        raise refused("MONTH_SIGNATURE_MISSING", wallet=wallet, about=file.about)


def _signer(chain: Chain, file: MonthFile, on_record: bool) -> str:
    """Who signed. A contract whose package is on record is not asked again: its owners may have changed."""
    by_contract = wallet_signatures.contract_signature(file.operatorSignature)
    if on_record and by_contract:
        return by_contract[0]
    return signer_of(chain, file.struct(), file.domain(), file.operatorSignature)


def _signed(file: MonthFile) -> str:
    awaited = wallet_signatures.awaited_wallet(file.operatorSignature) is not None
    return "to be signed by" if awaited else "signed by"


# When it was due


def deadline(pack: RulePack, year: int, month: int) -> int:
    """First moment a month's evidence is late [s]; of a pack that does not say: an error."""
    following = date(year + month // 12, month % 12 + 1, 1)
    if not pack.has(KEY, following):
        raise refused(
            "MONTH_NO_RULE", month=f"{year}-{month:02}", scheme_name=pack.scheme.name, key=KEY
        )
    days = int(figures.figure(pack, KEY, following))
    return pack.start_of(following + timedelta(days=days))


def standing(kept: Any, late_from: int, now: int) -> str:
    """ "on time", "late", "missing" or "not due", by the record of a month."""
    if kept.revision:
        return "on time" if kept.firstAt < late_from else "late"
    return "missing" if now >= late_from else "not due"


# Twelve months and the year


def differences(
    installation: int, year: int, lines: Sequence[ReportLine], months: Iterable[MonthFile]
) -> list[str]:
    """Differences between a year's months and its report, beyond rounding; each in words."""
    months = list(months)
    counted = Counter((m.package.installation, m.package.year, m.package.month) for m in months)
    found = [
        f"no package of {year}-{month:02}"
        for month in MONTHS
        if not counted.pop((installation, year, month), 0)
    ]
    found += [f"a package of installation {i}, {y}-{m:02}" for i, y, m in counted]
    doubled = Counter(m.package.month for m in months if m.package.installation == installation)
    found += [f"{n} packages of {year}-{month:02}" for month, n in doubled.items() if n > 1]
    theirs = _amounts(line for m in months for line in evidence.parse_lines(m.lines))
    ours = _amounts(lines)
    for key in sorted(ours | theirs):
        off = theirs[key] - ours[key]
        if abs(off) > ROUNDING:
            category, product, source, unit = key
            found.append(
                f"{category} {product} ({source}): the months come to {theirs[key]:,} {unit},"
                f" the year says {ours[key]:,}: {abs(off):,} {'more' if off > 0 else 'less'}"
            )
    return found


def _amounts(lines: Iterable[ReportLine]) -> Counter[tuple[str, str, str, str]]:
    """Quantities, and kilograms of each gas, by what and where."""
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for line in lines:
        what = (line.category, line.product, line.source)
        sums[*what, line.unit] += line.quantity
        for gas, kg in line.gases.items():
            sums[*what, f"kg {gas}"] += kg
    return sums


# Inside


def _kg(lines: Sequence[ReportLine]) -> int:
    return -(-sum(line.tenths_of_kg for line in lines) // 10)


def _root(parameters: Sequence[Parameter]) -> bytes:
    return merkle_root([leaf_hash(evidence.canonical_json(p.model_dump())) for p in parameters])


def _wrong(code: str, field: str, message: str) -> TonneError:
    return TonneError(code, message, field, None, "Correct it and have the package made anew.")
