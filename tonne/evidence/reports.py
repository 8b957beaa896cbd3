"""Making and signing a report, step by step: the operator, then a body's lead and its reviewer.

A report travels as a draft until everybody has signed; then it becomes the file an oracle takes
(`tonne.evidence.report_files`). Each step checks the values it is about to sign against the draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from tonne import files
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import Domain, Struct, recover, struct_hash
from tonne.errors import TonneError
from tonne.evidence import manifest, report_files
from tonne.evidence.manifest import EvidenceFile, ReportLine
from tonne.evidence.report_encoding import ReportRecord
from tonne.evidence.report_files import (
    Bytes32,
    ReportFields,
    ReportFile,
    Signature,
    SignedOpinion,
    SignedReport,
    Whole,
)
from tonne.evidence.signed_types import EmissionReport, VerificationOpinion, emissions_domain
from tonne.types.installation_word import InstallationWord

REASONABLE: Final = 2
MATERIALITY_PPM: Final = 50_000
LEAD, REVIEWER = 1, 2


class DraftOpinion(BaseModel):
    """A body's opinion while its persons sign."""

    model_config = ConfigDict(extra="forbid")

    report: Bytes32
    installation: Whole
    year: Whole
    body: Whole
    assurance: Whole
    materialityPpm: Whole
    emissionsT: Whole
    configDigest: Bytes32
    signedAt: Whole
    leadSignature: Signature | None = None
    reviewerSignature: Signature | None = None

    def struct(self) -> VerificationOpinion:
        names = [n for n in type(self).model_fields if not n.endswith("Signature")]
        return VerificationOpinion(**{name: getattr(self, name) for name in names})


class Draft(BaseModel):
    """A signed report on its way to an inbox."""

    model_config = ConfigDict(extra="forbid")

    format: int = 1
    kind: str = Field(default="draft", pattern="^draft$")
    chainId: Whole
    contract: str
    signed: SignedReport
    opinions: list[DraftOpinion] = Field(default_factory=list)

    def domain(self) -> Domain:
        return emissions_domain(self.chainId, self.contract)


def load(path: Path) -> Draft:
    codes = ("REPORT_FILE_MISSING", "REPORT_DRAFT_UNREADABLE")
    return report_files.load(path, Draft, codes, "a report", "tonne report sign")


def save(path: Path, draft: Draft) -> None:
    files.write(path, draft.model_dump_json(indent=2) + "\n")


def write_report(
    chain: Chain,
    operator: Account,
    installation: int,
    year: int,
    lines: Sequence[ReportLine],
    files: Sequence[EvidenceFile] = (),
    revision: int | None = None,
    signed_at: int | None = None,
) -> Draft:
    """The operator's part: totals from the lines, roots, signature."""
    oracle = chain["EmissionsOracle"]
    word, standing, rights = _installation(chain, installation, year, operator)
    scheme = InstallationWord.unpack(word).scheme
    _, config, _ = chain.call(oracle, "configOf", scheme)
    if not rights & 8:
        raise TonneError(
            "REPORT_NOT_OPERATOR",
            f"This key may not report for installation {installation}.",
            field="keystore",
            value=operator.address,
            remedy="Use a wallet of its operator with the right to report.",
        )
    sums = manifest.totals(lines)
    report = EmissionReport(
        installation=installation,
        year=year,
        revision=revision or ReportRecord.unpack(standing).revision + 1,
        emissionsT=sums.emissions_t,
        powerMwh=sums.power_mwh,
        heatGj=sums.heat_gj,
        gwpSet=sums.gwp_set,
        lineCount=len(lines),
        linesRoot=manifest.lines_root(lines),
        evidenceRoot=manifest.manifest_root(files),
        configDigest=config,
        signedAt=signed_at or chain.now(),
    )
    domain = emissions_domain(chain.chain_id, oracle.address)
    return Draft(
        chainId=chain.chain_id,
        contract=oracle.address,
        signed=SignedReport(
            report=ReportFields(**_fields(report)),
            operatorSignature=operator.sign_typed(report, domain),
            lines=manifest.plain(lines),
            evidence=manifest.plain(files),
        ),
    )


def give_opinion(
    chain: Chain,
    draft: Draft,
    person: Account,
    role: int | None = None,
    assurance: int = REASONABLE,
    materiality_ppm: int = MATERIALITY_PPM,
    signed_at: int | None = None,
) -> str:
    """One person of a verification body signs; says as what ("lead" or "reviewer").

    The first makes the opinion, the second signs the same one. Without `role` the person signs
    as whatever it is accredited for and is still missing.
    """
    report = draft.signed.report.struct()
    check(chain, draft)
    word = chain.call("Participants", "installation", report.installation)
    signers = chain.call("EmissionsOracle", "signersOf", InstallationWord.unpack(word).scheme)
    accredited = next((s for s in signers if s.key == person.address), None)
    if accredited is None:
        raise TonneError(
            "REPORT_NOT_ACCREDITED",
            "This key is not in the scheme's signer set.",
            field="keystore",
            value=person.address,
            remedy="Use the key of an accredited lead verifier or reviewer.",
        )
    opinion = next((o for o in draft.opinions if o.body == accredited.body), None)
    if opinion is None:
        opinion = DraftOpinion(
            report=struct_hash(report),
            installation=report.installation,
            year=report.year,
            body=accredited.body,
            assurance=assurance,
            materialityPpm=materiality_ppm,
            emissionsT=report.emissionsT,
            configDigest=report.configDigest,
            signedAt=signed_at or chain.now(),
        )
        draft.opinions.append(opinion)
    name = _role_of(draft, opinion, accredited.roles, person, role)
    signature = person.sign_typed(opinion.struct(), draft.domain())
    setattr(opinion, f"{name}Signature", signature)
    return name


def check(chain: Chain, draft: Draft) -> list[str]:
    """Refuses a draft that cannot be what it claims; returns what has been checked, in words."""
    report = draft.signed.report.struct()
    oracle = chain["EmissionsOracle"]
    if (draft.chainId, draft.contract.lower()) != (chain.chain_id, oracle.address.lower()):
        raise TonneError(
            "REPORT_WRONG_CHAIN",
            f"The report is for chain {draft.chainId} and {draft.contract}.",
            field="contract",
            value=draft.contract,
            remedy="Connect to that chain, or sign a report for this one.",
        )
    lines = manifest.parse_lines(draft.signed.lines)
    files = manifest.parse_manifest(draft.signed.evidence)
    sums = manifest.totals(lines)
    told = (report.emissionsT, report.powerMwh, report.heatGj, report.gwpSet, report.lineCount)
    added = (sums.emissions_t, sums.power_mwh, sums.heat_gj, sums.gwp_set, len(lines))
    if told != added:
        raise _wrong("lines", "The lines do not add up to the report.")
    if manifest.lines_root(lines) != report.linesRoot:
        raise _wrong("linesRoot", "The lines are not those that were signed.")
    if manifest.manifest_root(files) != report.evidenceRoot:
        raise _wrong("evidenceRoot", "The evidence is not what was signed.")
    signer = recover(report, draft.domain(), draft.signed.operatorSignature)
    _, rights = chain.call("Participants", "reporterOf", report.installation, signer)
    if not rights & 8:
        raise _wrong("operatorSignature", "The signature is nobody's who may report for the plant.")
    return [
        f"{len(lines)} lines add up to {report.emissionsT:,} t CO2e, "
        f"{report.powerMwh:,} MWh, {report.heatGj:,} GJ",
        f"{len(files)} files of evidence in the manifest",
        f"signed by {signer} for installation {report.installation}, year {report.year}",
        *(
            f"body {o.body}: lead {'has' if o.leadSignature else 'has not'} signed, "
            f"reviewer {'has' if o.reviewerSignature else 'has not'}"
            for o in draft.opinions
        ),
    ]


def finished(draft: Draft) -> ReportFile:
    """The file an oracle takes; refused while a signature is missing."""
    if not draft.opinions:
        raise _missing("no verification body has given an opinion")
    for opinion in draft.opinions:
        for name in ("lead", "reviewer"):
            if getattr(opinion, f"{name}Signature") is None:
                raise _missing(f"the {name} of body {opinion.body} has not signed")
    return ReportFile(
        chainId=draft.chainId,
        contract=draft.contract,
        signed=draft.signed,
        opinions=[SignedOpinion(**dict(opinion)) for opinion in draft.opinions],
    )


def deliver(draft: Draft, inbox: Path, name: str | None = None) -> Path:
    """Puts the finished file into an oracle's inbox."""
    if not inbox.is_dir():
        raise TonneError(
            "REPORT_NO_INBOX",
            "There is no such inbox.",
            field="inbox",
            value=str(inbox),
            remedy="Name the folder the emission oracle watches.",
        )
    report = draft.signed.report
    stem = name or f"{report.installation}-{report.year}-r{report.revision}"
    path = inbox / f"{stem}{report_files.REPORT_SUFFIX}"
    report_files.write(path, finished(draft))
    return path


def _installation(
    chain: Chain, installation: int, year: int, operator: Account
) -> tuple[int, int, int]:
    """Word of the installation, standing record of the year, rights of the key."""
    (word, rights), standing = chain.call_many(
        [
            ("Participants", "reporterOf", (installation, operator)),
            ("EmissionsOracle", "record", (installation, year)),
        ]
    )
    if word == 0:
        raise TonneError(
            "REPORT_NO_INSTALLATION",
            "There is no installation of this number.",
            field="installation",
            value=installation,
            remedy="`tonne position` lists a participant's installations.",
        )
    return word, standing, rights


def _role_of(
    draft: Draft, opinion: DraftOpinion, roles: int, person: Account, role: int | None
) -> str:
    wanted = [(LEAD, "lead"), (REVIEWER, "reviewer")]
    domain = draft.domain()
    for bit, name in wanted:
        if role not in (None, bit) or not roles & bit:
            continue
        standing = getattr(opinion, f"{name}Signature")
        other = opinion.reviewerSignature if bit == LEAD else opinion.leadSignature
        if other is not None and recover(opinion.struct(), domain, other) == person.address:
            raise _wrong("keystore", "One person cannot be both lead and reviewer of a report.")
        if standing is None or recover(opinion.struct(), domain, standing) == person.address:
            return name
    raise _wrong("role", "Nothing is left for this person to sign in this role.")


def _fields(struct: Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in ReportFields.model_fields}


def _wrong(field: str, message: str) -> TonneError:
    return TonneError(
        "REPORT_REFUSED", message, field, None, "Have the report made and signed anew."
    )


def _missing(what: str) -> TonneError:
    return TonneError(
        "REPORT_SIGNATURE_MISSING",
        f"The report is not complete: {what}.",
        field="opinions",
        remedy="Sign with `tonne report verify FILE`.",
    )
