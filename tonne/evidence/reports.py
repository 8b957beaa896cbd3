"""Making and signing a report, step by step: the operator, then a body's lead and its reviewer.

A report travels as a draft until everybody has signed; then it becomes the file an oracle takes
(`tonne.evidence.report_files`). Each step checks the values it is about to sign against the draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from tonne import files
from tonne.chain import clock
from tonne.chain.client import Chain
from tonne.chain.wallet_signers import signer_of
from tonne.crypto import wallet_signatures
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import Domain, Struct, struct_hash
from tonne.errors import TonneError, refused
from tonne.evidence import manifest, report_files
from tonne.evidence.manifest import EvidenceFile, ReportLine
from tonne.evidence.report_encoding import ReportRecord
from tonne.evidence.report_files import (
    Bytes32,
    DraftReport,
    DraftSignature,
    ReportFields,
    ReportFile,
    SignedOpinion,
    SignedReport,
    SignedStatement,
    StatementFields,
    Whole,
)
from tonne.evidence.signed_types import EmissionReport, VerificationOpinion, emissions_domain
from tonne.evidence.submissions import submit_args
from tonne.evidence.verdicts import (
    QUALIFIED,
    Verdict,
    VerifierFinding,
    is_qualified,
    require_fitting,
    require_told,
)
from tonne.types.installation_word import InstallationWord

REASONABLE: Final = 2
MATERIALITY_PPM: Final = 50_000
LEAD, REVIEWER = 1, 2
#: Bit of each role in the signer set, by the name that a command takes.
ROLES: Final = {"lead": LEAD, "reviewer": REVIEWER}


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
    leadSignature: DraftSignature | None = None
    reviewerSignature: DraftSignature | None = None

    def struct(self) -> VerificationOpinion:
        names = [n for n in type(self).model_fields if not n.endswith("Signature")]
        return VerificationOpinion(**{name: getattr(self, name) for name in names})


class DraftStatement(StatementFields):
    """A body's verdict while its persons sign."""

    model_config = ConfigDict(extra="forbid", frozen=False)

    leadSignature: DraftSignature | None = None
    reviewerSignature: DraftSignature | None = None


_Signed = TypeVar("_Signed", DraftOpinion, DraftStatement)


class Draft(BaseModel):
    """A signed report on its way to an inbox."""

    model_config = ConfigDict(extra="forbid")

    format: int = 1
    kind: str = Field(default="draft", pattern="^draft$")
    chainId: Whole
    contract: str
    signed: DraftReport
    opinions: list[DraftOpinion] = Field(default_factory=list)
    statements: list[DraftStatement] = Field(default_factory=list)

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
        raise refused(
            "REPORT_NOT_OPERATOR", operator_address=operator.address, installation=installation
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
        signed=DraftReport(
            report=ReportFields(**_fields(report)),
            operatorSignature=operator.sign_typed(report, domain),
            lines=manifest.plain(lines),
            evidence=manifest.plain(files),
        ),
    )


def require_over(chain: Chain, draft: Draft) -> None:
    """Raises REPORT_YEAR_RUNS where a report was signed before its year had ended in the scheme's local time.

    The contract refuses such a report, whatever is signed after it.
    """
    report = draft.signed.report
    word = chain.call("Participants", "installation", report.installation)
    zone = clock.zone_of(chain, InstallationWord.unpack(word).scheme)
    day = f"{report.year + 1}-01-01"
    if report.signedAt < clock.parse(day, 0, zone):
        raise refused(
            "REPORT_YEAR_RUNS",
            year=report.year,
            signed_at=clock.shown(report.signedAt, zone),
            day=day,
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a body's opinion on a report."""

    verdict: Verdict = "unqualified"
    findings: tuple[VerifierFinding, ...] = ()
    assurance: int = REASONABLE
    materiality_ppm: int = MATERIALITY_PPM
    #: [s] Bodies and persons have to name one moment; default: that of the opinions at hand, or now.
    signed_at: int | None = None

    @property
    def signed_assurance(self) -> int:
        """The level, and whether the opinion is qualified, as they are signed."""
        return self.assurance | (QUALIFIED if self.verdict == "qualified" else 0)


def give_opinion(
    chain: Chain, draft: Draft, person: Account, role: int | None = None, terms: Terms = Terms()
) -> str:
    """One person of a verification body signs; says as what ("lead" or "reviewer").

    The first makes the opinion, the second signs the same one. Without `role` the person signs
    as whatever it is accredited for and is still missing. An adverse opinion is a signed statement
    alone: nothing is signed that the chain would take.
    """
    check(chain, draft)
    report = draft.signed.report
    signer = accredited(chain, report.installation, person)
    require_fitting(terms.verdict, terms.findings, report.emissionsT, terms.materiality_ppm)
    statement = _statement_of(chain, draft, signer.body, terms)
    if terms.verdict == "adverse":
        return sign_as(chain, draft.domain(), statement, signer.roles, person, role)
    opinion = _opinion_of(chain, draft, signer.body, terms)
    name = sign_as(chain, draft.domain(), opinion, signer.roles, person, role)
    if statement.findings:
        again = LEAD if name == "lead" else REVIEWER
        sign_as(chain, draft.domain(), statement, signer.roles, person, again)
    else:
        draft.statements.remove(statement)
    return name


def accredited(chain: Chain, installation: int, person: Account) -> Any:
    """The person's entry in the signer set of the installation's scheme."""
    word = chain.call("Participants", "installation", installation)
    signers = chain.call("EmissionsOracle", "signersOf", InstallationWord.unpack(word).scheme)
    found = next((s for s in signers if s.key == person.address), None)
    if found is None:
        raise refused("REPORT_NOT_ACCREDITED", person_address=person.address)
    return found


def _opinion_of(chain: Chain, draft: Draft, body: int, terms: Terms) -> DraftOpinion:
    """The body's opinion in the draft, or a new one."""
    opinion = next((o for o in draft.opinions if o.body == body), None)
    if opinion is None:
        _require_one_verdict(draft, terms)
        report = draft.signed.report.struct()
        opinion = DraftOpinion(
            report=struct_hash(report),
            installation=report.installation,
            year=report.year,
            body=body,
            assurance=terms.signed_assurance,
            materialityPpm=terms.materiality_ppm,
            emissionsT=report.emissionsT,
            configDigest=report.configDigest,
            signedAt=_moment(chain, draft, terms),
        )
        draft.opinions.append(opinion)
    return opinion


def _require_one_verdict(draft: Draft, terms: Terms) -> None:
    """Several bodies give one verdict: the chain takes one assurance."""
    qualified = is_qualified(terms.signed_assurance)
    for other in draft.opinions:
        if is_qualified(other.assurance) != qualified:
            said = "an unqualified" if qualified else "a qualified"
            raise TonneError(
                "OPINION_DIFFERS",
                f"Body {other.body} has signed {said} opinion; the bodies of one report give one verdict.",
                field="verdict",
                value=terms.verdict,
                remedy="Agree on one verdict; each body then signs a copy of the operator's draft.",
            )


def _moment(chain: Chain, draft: Draft, terms: Terms) -> int:
    signed_at = draft.signed.report.signedAt
    if terms.signed_at is not None and terms.signed_at < signed_at:
        word = chain.call("Participants", "installation", draft.signed.report.installation)
        zone = clock.zone_of(chain, InstallationWord.unpack(word).scheme)
        raise refused(
            "OPINION_BEFORE_REPORT",
            signed_at=clock.shown(terms.signed_at, zone),
            operator_signed_at=clock.shown(signed_at, zone),
        )
    at_hand = [o.signedAt for o in draft.opinions] + [s.signedAt for s in draft.statements]
    return terms.signed_at or (at_hand[0] if at_hand else chain.now())


def _statement_of(chain: Chain, draft: Draft, body: int, terms: Terms) -> DraftStatement:
    """The body's statement in the draft, or a new one; both persons have to say the same."""
    statement = next((s for s in draft.statements if s.body == body), None)
    opinion = next((o for o in draft.opinions if o.body == body), None)
    said = (statement.verdict, tuple(statement.findings)) if statement else None
    if said is None and opinion is not None:
        said = ("unqualified", ())
    if said not in (None, (terms.verdict, terms.findings)):
        raise TonneError(
            "OPINION_DIFFERS",
            f"The other person of body {body} has signed another verdict or other findings.",
            field="verdict",
            value=terms.verdict,
            remedy="Agree on one verdict and its findings; each then signs a copy of the operator's draft.",
        )
    if statement is None:
        statement = DraftStatement(
            report=struct_hash(draft.signed.report.struct()),
            body=body,
            verdict=terms.verdict,
            findings=list(terms.findings),
            signedAt=_moment(chain, draft, terms),
        )
        draft.statements.append(statement)
    return statement


def check(chain: Chain, draft: Draft, folder: Path | None = None) -> list[str]:
    """Refuses a draft that cannot be what it claims; returns what has been checked, in words.

    With `folder` the files of evidence themselves are looked at.
    """
    report = draft.signed.report.struct()
    oracle = chain["EmissionsOracle"]
    if (draft.chainId, draft.contract.lower()) != (chain.chain_id, oracle.address.lower()):
        raise refused("REPORT_WRONG_CHAIN", contract=draft.contract, chain_id=draft.chainId)
    lines = manifest.parse_lines(draft.signed.lines)
    files = manifest.parse_manifest(draft.signed.evidence)
    if unlike := manifest.unlike_totals(lines, _fields(report)):
        raise _unlike(*unlike, signed=getattr(report, unlike[0]))
    if manifest.lines_root(lines) != report.linesRoot:
        raise _wrong("linesRoot", "The lines are not those that were signed.")
    if manifest.manifest_root(files) != report.evidenceRoot:
        raise _wrong("evidenceRoot", "The evidence is not what was signed.")
    if folder is not None and (changed := manifest.changed_files(files, folder)):
        raise refused(
            "REPORT_EVIDENCE_CHANGED",
            evidence=", ".join(changed[:5]),
            changed_count=len(changed),
            files_count=len(files),
        )
    _require_told(draft)
    signer = signer_of(chain, report, draft.domain(), draft.signed.operatorSignature)
    _, rights = chain.call("Participants", "reporterOf", report.installation, signer)
    if not rights & 8:
        raise _wrong("operatorSignature", "The signature is nobody's who may report for the plant.")
    return [
        f"{len(lines)} lines add up to {report.emissionsT:,} t CO2e, "
        f"{report.powerMwh:,} MWh, {report.heatGj:,} GJ",
        f"{len(files)} file{'' if len(files) == 1 else 's'} of evidence in the manifest"
        + (", each as it was signed" if folder is not None else ""),
        f"{_by(draft.signed.operatorSignature)} {signer}"
        f" for installation {report.installation}, year {report.year}",
        *(
            f"body {o.body}: lead {has_signed(o.leadSignature)}, "
            f"reviewer {has_signed(o.reviewerSignature)}"
            + (", qualified, which the chain tells" if is_qualified(o.assurance) else "")
            for o in draft.opinions
        ),
        *(f"body {s.body}: {s.verdict}, {len(s.findings)} findings" for s in draft.statements),
        *manifest.told_of_fuels(lines),
    ]


def _require_told(draft: Draft) -> None:
    require_told(
        {o.body: o.assurance for o in draft.opinions}, {s.body: s.verdict for s in draft.statements}
    )


def _by(signature: bytes) -> str:
    return "awaits" if wallet_signatures.awaited_wallet(signature) else "signed by"


def has_signed(signature: bytes | None) -> str:
    """Whether a place has its signature, in words."""
    if signature is None:
        return "has not signed"
    wallet = wallet_signatures.awaited_wallet(signature)
    return "has signed" if wallet is None else f"{wallet} is awaited"


def finished(draft: Draft) -> ReportFile:
    """The file an oracle takes; refused while a signature is missing or a body's opinion is adverse."""
    for statement in draft.statements:
        if statement.verdict == "adverse":
            raise refused(
                "REPORT_ADVERSE",
                about=statement.findings[0].about,
                body=statement.body,
                finding_text=statement.findings[0].text,
            )
    if wallet_signatures.awaited_wallet(draft.signed.operatorSignature):
        raise _missing("the operator has not signed")
    if not draft.opinions:
        raise _missing("no verification body has given an opinion")
    _require_told(draft)
    for opinion in draft.opinions:
        _require_both(opinion)
    for statement in draft.statements:
        _require_both(statement)
    return ReportFile(
        chainId=draft.chainId,
        contract=draft.contract,
        signed=SignedReport(**dict(draft.signed)),
        opinions=[SignedOpinion(**dict(opinion)) for opinion in draft.opinions],
        statements=[SignedStatement(**dict(statement)) for statement in draft.statements],
    )


def arguments(chain: Chain, draft: Draft) -> tuple[Any, ...]:
    """Arguments of `EmissionsOracle.submit`, once everybody has signed; see `submissions.entry`."""
    file = finished(draft)
    report = file.signed.report.struct()
    word = chain.call("Participants", "installation", report.installation)
    scheme = InstallationWord.unpack(word).scheme
    signers = chain.call("EmissionsOracle", "signersOf", scheme)
    places = {signer.key: place for place, signer in enumerate(signers)}
    opinions = []
    for signed in file.opinions:
        opinion = signed.struct()
        # A key that is accredited no longer stands behind the last place: the contract refuses it.
        lead, reviewer = (
            places.get(signer_of(chain, opinion, draft.domain(), signature), len(places))
            for signature in (signed.leadSignature, signed.reviewerSignature)
        )
        opinions.append((opinion, lead, signed.leadSignature, reviewer, signed.reviewerSignature))
    return submit_args(scheme, report, file.signed.operatorSignature, opinions)


def merge(drafts: Sequence[Draft]) -> Draft:
    """One draft with the signatures of all, which were made in several places on copies of one report.

    Refused as REPORT_MERGE_OTHER where a copy is of another report, as REPORT_MERGE_TERMS where the
    persons of a body signed different terms, or two persons the same role.
    """
    merged = drafts[0].model_copy(deep=True)
    for number, draft in enumerate(drafts[1:], start=2):
        same = ("chainId", "contract", "signed")
        if any(getattr(draft, name) != getattr(merged, name) for name in same):
            raise refused("REPORT_MERGE_OTHER", files=number)
        _merge_signed(merged.opinions, draft.opinions, number)
        _merge_signed(merged.statements, draft.statements, number)
    return merged


def _merge_signed(merged: list[_Signed], others: Sequence[_Signed], number: int) -> None:
    for other in others:
        mine = next((entry for entry in merged if entry.body == other.body), None)
        if mine is None:
            merged.append(other.model_copy(deep=True))
            continue
        for name in ("leadSignature", "reviewerSignature"):
            theirs, ours = getattr(other, name), getattr(mine, name)
            if theirs is None or theirs == ours or wallet_signatures.awaited_wallet(theirs):
                continue
            given = ours is not None and wallet_signatures.awaited_wallet(ours) is None
            if given or mine.struct() != other.struct():
                raise refused("REPORT_MERGE_TERMS", copy=number, body=mine.body, term=name)
            setattr(mine, name, theirs)


def deliver(draft: Draft, inbox: Path, name: str | None = None) -> Path:
    """Puts the finished file into an oracle's inbox."""
    report = draft.signed.report
    stem = name or f"{report.installation}-{report.year}-r{report.revision}"
    path = inbox_folder(inbox) / f"{stem}{report_files.REPORT_SUFFIX}"
    report_files.write(path, finished(draft))
    return path


def inbox_folder(inbox: Path) -> Path:
    """The folder; raises REPORT_NO_INBOX where there is none."""
    if inbox.is_dir():
        return inbox
    raise refused("REPORT_NO_INBOX", inbox=str(inbox))


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
        raise no_installation(installation)
    return word, standing, rights


def no_installation(installation: int) -> TonneError:
    """Error of an installation number that the register lacks."""
    return refused("REPORT_NO_INSTALLATION", installation=installation)


class SignedByTwo(Protocol):
    """A message that a body's lead and reviewer sign."""

    leadSignature: bytes | None
    reviewerSignature: bytes | None

    def struct(self) -> Struct: ...


def sign_as(
    chain: Chain,
    domain: Domain,
    signed: SignedByTwo,
    roles: int,
    person: Account,
    role: int | None,
) -> str:
    """Signs as the role that is asked for or still missing; says as which."""
    for bit, name, other_name in ((LEAD, "lead", "reviewer"), (REVIEWER, "reviewer", "lead")):
        if role not in (None, bit) or not roles & bit:
            continue
        standing = getattr(signed, f"{name}Signature")
        other = getattr(signed, f"{other_name}Signature")
        signers = [
            signer_of(chain, signed.struct(), domain, given) if given else None
            for given in (standing, other)
        ]
        if signers[1] == person.address:
            raise _wrong("keystore", "One person cannot be both lead and reviewer of a report.")
        if signers[0] in (None, person.address):
            setattr(signed, f"{name}Signature", person.sign_typed(signed.struct(), domain))
            return name
    raise _wrong("role", "Nothing is left for this person to sign in this role.")


def _fields(struct: Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in ReportFields.model_fields}


def _unlike(field: str, added: int, signed: int) -> TonneError:
    return TonneError(
        "REPORT_REFUSED",
        f"The lines do not add up to the report: they come to {field} {added:,}, signed are {signed:,}.",
        field=f"signed.report.{field}",
        value=signed,
        remedy="Correct the line that is wrong, or the figure, and have the report made and signed anew.",
    )


def _wrong(field: str, message: str) -> TonneError:
    return TonneError(
        "REPORT_REFUSED", message, field, None, "Have the report made and signed anew."
    )


def _require_both(signed: DraftOpinion | DraftStatement) -> None:
    for name in ("lead", "reviewer"):
        given = getattr(signed, f"{name}Signature")
        if given is None or wallet_signatures.awaited_wallet(given):
            raise _missing(f"the {name} of body {signed.body} has not signed")


def _missing(what: str) -> TonneError:
    return refused("REPORT_SIGNATURE_MISSING", detail=what)
