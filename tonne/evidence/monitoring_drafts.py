"""Making and signing a monitoring report, step by step: the developer, then a body's lead and its reviewer.

The checklist of a report has a point for each thing looked at; a report with a failed point is not signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from tonne.chain import clock
from tonne.chain.client import Chain
from tonne.chain.wallet_signers import signer_of
from tonne.constants import DAY_S, ZERO_ADDRESS
from tonne.crypto import wallet_signatures
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import SignatureError, Struct, struct_hash
from tonne.errors import TonneError, refused
from tonne.evidence import manifest, monitoring_files, report_files
from tonne.evidence.manifest import EvidenceFile
from tonne.evidence.monitoring_files import (
    DraftMonitoring,
    MonitoringDraft,
    MonitoringDraftOpinion,
    MonitoringFields,
    MonitoringFile,
    MonitoringForm,
    SignedMonitoring,
    SignedMonitoringOpinion,
)
from tonne.evidence.reports import LEAD, MATERIALITY_PPM, REASONABLE, REVIEWER
from tonne.evidence.signed_types import MonitoringReport
from tonne.evidence.submissions import entry, monitoring_args
from tonne.evidence.verification import EvidenceCheck
from tonne.types.packing import has_bit

REPORT_RIGHT: Final = 8
VALIDATED: Final = 2
CLAIM_KINDS: Final = ("-", "credits", "a certificate", "a zero-emission claim")
YEAR_S: Final = 365 * DAY_S
#: Claims of a source that a hint is looked for among.
MOST_CLAIMS: Final = 100_000

#: Points of a verification that no tool answers.
JUDGED: Final = (
    "the site was visited, or the reason for not visiting it is in the report",
    "the meters were calibrated in the period, and their certificates are among the evidence",
    "each amount and parameter was traced to its document",
    "the baseline still holds under the methodology",
    "leakage was assessed, and all sources of the boundary are in the amounts",
    "the period was not credited, certified or claimed in another programme",
)


@dataclass(frozen=True)
class Ground:
    """A project as the chain has it, and the rules that a report of it has to meet."""

    chain: Chain
    number: int

    @cached_property
    def project(self) -> Any:
        count = self.chain.call("Projects", "projectCount")
        if not 0 < self.number <= count:
            raise refused("PROJECT_UNKNOWN", project=self.number, count=count)
        return self.chain.call("Projects", "project", self.number)

    @cached_property
    def methodology(self) -> Any:
        return self.chain.call("Projects", "methodology", self.project.methodology)

    @cached_property
    def scheme(self) -> int:
        found: int = self.methodology.scheme
        return found

    @cached_property
    def zone(self) -> timezone:
        return clock.zone_of(self.chain, self.scheme)

    @cached_property
    def config(self) -> bytes:
        found: bytes = self.chain.call("EmissionsOracle", "configOf", self.scheme)[1]
        return found

    @cached_property
    def signers(self) -> Any:
        return self.chain.call("EmissionsOracle", "signersOf", self.scheme)

    def most_t(self, seconds: int) -> int:
        """The quantity that is plausible in a period [t CO2e], as the contract counts it."""
        most: int = self.project.yearlyCapT * seconds // YEAR_S
        return most

    def start_of(self, day: Any) -> int:
        """First moment of a local day [s]."""
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def day(self, moment: int) -> str:
        return datetime.fromtimestamp(moment, UTC).astimezone(self.zone).date().isoformat()

    def hint(self, start: int) -> int:
        """Start of the last claim on the source before a moment; 0 for none."""
        args = (self.project.source, start, MOST_CLAIMS)
        found: int = self.chain.call("Projects", "claimBefore", *args)
        return found

    def claims(self, first_block: int) -> Iterator[tuple[int, int, int, int]]:
        """(kind, number, from, until) of each claim that stands on the source."""
        found = self.chain.logs(
            "Projects",
            first=first_block,
            events=("SourceClaimed", "SourceReleased"),
            topics=["0x" + self.project.source.hex()],
        )
        standing: dict[int, tuple[int, int, int, int]] = {}
        for event in found:
            start = event["from"]
            if event.name == "SourceClaimed":
                standing[start] = (event["kind"], event["ref"], start, event["until"])
            else:
                standing.pop(start, None)
        yield from standing.values()


def form_of(ground: Ground, first_day: Any, last_day: Any) -> str:
    """A form to fill in; refused for a project that takes no reports."""
    if ground.project.status != VALIDATED:
        raise refused("MONITORING_PROJECT_STATUS", ground_number=ground.number)
    start, until = ground.start_of(first_day), ground.start_of(last_day + timedelta(days=1))
    span = EvidenceCheck("", *_within(ground, start, until))
    if span.passed is False:
        raise refused("MONITORING_PERIOD", given=f"{first_day} to {last_day}", reason=span.detail)
    terms = ground.methodology
    bounds = (_percent(terms.minBufferPpm), _percent(terms.maxBufferPpm))
    now = datetime.fromtimestamp(ground.chain.now(), UTC).astimezone(ground.zone)
    return monitoring_files.form_text(
        *(ground.number, first_day, last_day, str(ground.zone)),
        *(ground.most_t(until - start), bounds, now),
    )


def sign_report(
    chain: Chain, developer: Account, form: MonitoringForm, files: Sequence[EvidenceFile]
) -> MonitoringDraft:
    """The developer's part: quantity from the amounts, roots, signature."""
    ground = Ground(chain, form.project)
    owner, rights, _ = chain.call("Participants", "walletOf", developer)
    if owner != ground.project.developer or not rights & REPORT_RIGHT:
        raise refused(
            "MONITORING_NOT_DEVELOPER",
            developer_address=developer.address,
            project=form.project,
            developer=ground.project.developer,
        )
    raw = [amount.model_dump() for amount in form.amounts]
    further = [parameter.model_dump() for parameter in form.parameters]
    amounts, parameters = monitoring_files.calculation(raw, further, files)
    quantity = monitoring_files.net_t(amounts)
    if quantity <= 0:
        raise refused("MONITORING_QUANTITY", quantity=quantity)
    report = MonitoringReport(
        project=form.project,
        periodFrom=ground.start_of(form.first_day),
        periodUntil=ground.start_of(form.last_day + timedelta(days=1)),
        vintage=form.vintage,
        quantityT=quantity,
        bufferPpm=form.buffer_ppm,
        linesRoot=monitoring_files.lines_root(amounts, parameters),
        evidenceRoot=manifest.manifest_root(files),
        configDigest=ground.config,
        signedAt=chain.now(),
    )
    contract = chain["Projects"].address
    names = MonitoringFields.model_fields
    draft = MonitoringDraft(
        chainId=chain.chain_id,
        contract=contract,
        signed=DraftMonitoring(
            report=MonitoringFields(**{name: getattr(report, name) for name in names}),
            developerSignature=bytes(65),
            amounts=raw,
            parameters=further,
            evidence=manifest.plain(files),
        ),
    )
    signature = developer.sign_typed(report, draft.domain())
    signed = draft.signed.model_copy(update={"developerSignature": signature})
    return draft.model_copy(update={"signed": signed})


def give_opinion(
    chain: Chain, draft: MonitoringDraft, person: Account, role: int | None = None
) -> tuple[MonitoringDraft, str]:
    """One person of a body signs; returns the draft and the role: "lead" or "reviewer".

    The first makes the opinion, the second signs the same one. Without `role` the person signs as
    whatever it is accredited for and is still missing.
    """
    report = draft.signed.report.struct()
    ground = Ground(chain, report.project)
    accredited = next((s for s in ground.signers if s.key == person.address), None)
    if accredited is None:
        raise refused("MONITORING_NOT_ACCREDITED", person_address=person.address)
    opinion = draft.opinion or MonitoringDraftOpinion(
        report=struct_hash(report),
        project=report.project,
        body=accredited.body,
        assurance=REASONABLE,
        materialityPpm=MATERIALITY_PPM,
        quantityT=report.quantityT,
        configDigest=report.configDigest,
        signedAt=chain.now(),
    )
    if opinion.body != accredited.body:
        raise refused(
            "MONITORING_OTHER_BODY",
            person_address=person.address,
            body=opinion.body,
            own_body=accredited.body,
        )
    name = _role_of(chain, draft, opinion, accredited.roles, person, role)
    signature = person.sign_typed(opinion.struct(), draft.domain())
    signed = opinion.model_copy(update={f"{name}Signature": signature})
    return draft.model_copy(update={"opinion": signed}), name


def _role_of(
    chain: Chain,
    draft: MonitoringDraft,
    opinion: MonitoringDraftOpinion,
    roles: int,
    person: Account,
    role: int | None,
) -> str:
    for bit, name, other in (
        (LEAD, "lead", opinion.reviewerSignature),
        (REVIEWER, "reviewer", opinion.leadSignature),
    ):
        if role not in (None, bit) or not roles & bit:
            continue
        if other is not None and _signer(chain, draft, opinion.struct(), other) == person.address:
            raise refused("MONITORING_ONE_PERSON", person_address=person.address)
        standing = getattr(opinion, f"{name}Signature")
        own = standing and _signer(chain, draft, opinion.struct(), standing)
        if own in (None, person.address):
            return name
    raise refused("MONITORING_ROLE_TAKEN", role={LEAD: "lead", REVIEWER: "reviewer"}.get(role or 0))


# The checklist


def content(signed: SignedMonitoring) -> tuple[EvidenceFile, ...]:
    """The evidence of a report whose calculation and roots are those that were signed; else an error."""
    report = signed.report
    evidence = manifest.parse_manifest(signed.evidence)
    amounts, parameters = monitoring_files.calculation(signed.amounts, signed.parameters, evidence)
    net = monitoring_files.net_t(amounts)
    if net != report.quantityT:
        raise _changed(
            "quantityT",
            report.quantityT,
            f"The amounts come to {net:,} t, not to the signed quantity.",
        )
    if monitoring_files.lines_root(amounts, parameters) != report.linesRoot:
        raise _changed(
            "linesRoot", "0x" + report.linesRoot.hex(), "The lines are not those that were signed."
        )
    if manifest.manifest_root(evidence) != report.evidenceRoot:
        raise _changed(
            "evidenceRoot",
            "0x" + report.evidenceRoot.hex(),
            "The evidence is not what was signed.",
        )
    return evidence


def _changed(field: str, value: object, message: str) -> TonneError:
    remedy = "Deliver what was signed, or have the report signed anew."
    return TonneError("MONITORING_CHANGED", message, field, value, remedy)


def require_sound(checks: Sequence[EvidenceCheck], path: Path | None) -> None:
    """Refuses a report with a failed point, before it is signed or submitted; `path` of its draft, if any."""
    wrong = [check for check in checks if check.passed is False]
    if wrong:
        raise TonneError(
            "MONITORING_REFUSED",
            f"{len(wrong)} points of the checklist fail; the first: {wrong[0].about}: {wrong[0].detail}.",
            field=wrong[0].about,
            value=wrong[0].detail,
            remedy="Correct the form and sign it again: " + "; ".join(c.about for c in wrong) + "."
            if path is None
            else f"See all with `tonne monitoring check {path}`; have the report made and signed again.",
        )


def checklist(
    chain: Chain, draft: MonitoringDraft, first_block: int, folder: Path | None = None
) -> list[EvidenceCheck]:
    """The verifier's checklist: content, project, signatures, then what is left to judge."""
    there = (draft.chainId, draft.contract.lower())
    here = (chain.chain_id, chain["Projects"].address.lower())
    about = "it is for this chain and this contract"
    if there != here:
        return [EvidenceCheck(about, False, f"chain {draft.chainId}, {draft.contract}")]
    checks = [EvidenceCheck(about, True, f"chain {draft.chainId}"), *_content(draft, folder)]
    ground = Ground(chain, draft.signed.report.project)
    checks += _project(ground, draft.signed.report, first_block)
    checks += _signatures(ground, draft)
    checks.append(_simulated(ground, draft))
    return [*checks, *(EvidenceCheck(point, None, "for the verifier") for point in JUDGED)]


def _content(draft: MonitoringDraft, folder: Path | None) -> Iterator[EvidenceCheck]:
    report = draft.signed.report
    about = "amounts, parameters and evidence are those that were signed"
    try:
        evidence = content(draft.signed)
    except TonneError as error:
        yield EvidenceCheck(about, False, error.message.rstrip("."))
        return
    lines = len(draft.signed.amounts), len(draft.signed.parameters)
    yield EvidenceCheck(
        about,
        True,
        f"{lines[0]} amounts and {lines[1]} parameters come to {report.quantityT:,} t",
    )
    about = f"the {len(evidence)} files are those of the manifest"
    if folder is None:
        yield EvidenceCheck(about, None, "name their folder with --evidence")
        return
    changed = manifest.changed_files(evidence, folder)
    yield EvidenceCheck(
        about,
        not changed,
        f"missing or other: {', '.join(changed[:5])}" if changed else str(folder),
    )


def _project(ground: Ground, report: MonitoringFields, first_block: int) -> Iterator[EvidenceCheck]:
    project, terms = ground.project, ground.methodology
    yield EvidenceCheck(
        f"project {ground.number} is validated",
        project.status == VALIDATED,
        "see `tonne project show`",
    )
    yield EvidenceCheck(
        "its methodology is active", terms.active, f"methodology {project.methodology}"
    )
    start, until = report.periodFrom, report.periodUntil
    yield EvidenceCheck(
        "the period is over and within the crediting period", *_within(ground, start, until)
    )
    others = [
        f"{CLAIM_KINDS[kind]} {number}, {ground.day(begun)} to {ground.day(end - 1)}"
        for kind, number, begun, end in ground.claims(first_block)
        if begun < until and start < end and number != _number(ground, report)
    ]
    yield EvidenceCheck(
        "nothing else claims the source in the period", not others, "; ".join(others)
    )
    years = (datetime.fromtimestamp(moment, UTC).year for moment in (start, max(until - 1, 0)))
    first, last = years
    yield EvidenceCheck(
        "the vintage is a year of the period", first <= report.vintage <= last, str(report.vintage)
    )
    most = ground.most_t(max(until - start, 0))
    yield EvidenceCheck(
        "the quantity is plausible",
        0 < report.quantityT <= most,
        f"{report.quantityT:,} of at most {most:,} t",
    )
    least, share = terms.minBufferPpm, report.bufferPpm
    yield EvidenceCheck(
        "the buffer share is within the methodology's bounds",
        least <= share <= terms.maxBufferPpm,
        f"{_percent(share)} of {_percent(least)} to {_percent(terms.maxBufferPpm)}",
    )


def _within(ground: Ground, start: int, until: int) -> tuple[bool, str]:
    project = ground.project
    over = until <= ground.chain.now()
    inside = project.creditingFrom <= start < until <= project.creditingUntil
    detail = f"{ground.day(start)} to {ground.day(until - 1)}, credited {ground.day(project.creditingFrom)}"
    detail += f" to {ground.day(project.creditingUntil - 1)}" + ("" if over else ", not over yet")
    return inside and over, detail


def _number(ground: Ground, report: MonitoringFields) -> int:
    """The report's number on chain; 0 while it is not there."""
    found: int = ground.chain.call("Projects", "reportOf", struct_hash(report.struct()))
    return found


def _signatures(ground: Ground, draft: MonitoringDraft) -> Iterator[EvidenceCheck]:
    chain, report = ground.chain, draft.signed.report
    yield EvidenceCheck(
        "it was signed for the rules and persons of today",
        report.configDigest == ground.config,
        "" if report.configDigest == ground.config else "sign it anew",
    )
    key = _signer(ground.chain, draft, report.struct(), draft.signed.developerSignature)
    owner, rights, _ = chain.call("Participants", "walletOf", key or ZERO_ADDRESS)
    may = owner == ground.project.developer and bool(rights & REPORT_RIGHT)
    yield EvidenceCheck("the developer signed", key is not None and may, key or "no key gives it")
    opinion = draft.opinion
    if opinion is None:
        yield EvidenceCheck("a verification body has given an opinion", None, "not yet")
        return
    told = (opinion.report, opinion.project, opinion.quantityT, opinion.configDigest)
    ours = (struct_hash(report.struct()), report.project, report.quantityT, report.configDigest)
    yield EvidenceCheck(f"body {opinion.body} judges this report and no other", told == ours)
    interested = opinion.body == ground.project.developer or chain.call(
        "EmissionsOracle", "hasInterest", ground.scheme, opinion.body, ground.project.developer
    )
    yield EvidenceCheck("the body has no interest in the developer", not interested)
    for name, bit, signature in (
        ("lead verifier", LEAD, opinion.leadSignature),
        ("reviewer", REVIEWER, opinion.reviewerSignature),
    ):
        yield _person(ground, draft, opinion, name, bit, signature)


def _person(
    ground: Ground,
    draft: MonitoringDraft,
    opinion: MonitoringDraftOpinion,
    name: str,
    bit: int,
    signature: bytes | None,
) -> EvidenceCheck:
    about = f"the {name} signed and is accredited for this"
    if signature is None:
        return EvidenceCheck(about, None, "has not signed yet")
    key = _signer(ground.chain, draft, opinion.struct(), signature)
    person = next((s for s in ground.signers if s.key == key), None)
    if person is None:
        return EvidenceCheck(about, False, f"{key or 'no key'} is not in the signer set")
    day = opinion.signedAt // DAY_S
    good = (
        person.body == opinion.body
        and bool(person.roles & bit)
        and has_bit(person.scopes, ground.methodology.scope)
        and person.validFrom <= day < person.validUntil
    )
    return EvidenceCheck(about, good, person.key)


def _simulated(ground: Ground, draft: MonitoringDraft) -> EvidenceCheck:
    """The contract's own verdict on a report that everybody has signed."""
    about = "the contract takes it"
    if missing(draft):
        return EvidenceCheck(about, None, "once all have signed")
    if number := _number(ground, draft.signed.report):
        return EvidenceCheck(about, True, f"it is on chain, as report {number}")
    try:
        args = arguments(ground, draft)
        ground.chain.call("Projects", entry("submit", args), *args)
    except TonneError as error:
        return EvidenceCheck(about, False, f"{error.code}: {error.message.rstrip('.')}")
    return EvidenceCheck(about, True)


def _signer(chain: Chain, draft: MonitoringDraft, struct: Struct, signature: bytes) -> str | None:
    try:
        return signer_of(chain, struct, draft.domain(), signature)
    except SignatureError:
        return None


# On its way


def missing(draft: MonitoringDraft) -> str:
    """Who has still to sign; empty when all have."""
    opinion = draft.opinion
    if wallet_signatures.awaited_wallet(draft.signed.developerSignature):
        return "the developer has not signed"
    if opinion is None:
        return "no verification body has given an opinion"
    for name in ("lead", "reviewer"):
        given = getattr(opinion, f"{name}Signature")
        if given is None or wallet_signatures.awaited_wallet(given):
            return f"the {name} of body {opinion.body} has not signed"
    return ""


def finished(draft: MonitoringDraft) -> MonitoringFile:
    """The file an oracle takes; refused while a signature is missing."""
    if left := missing(draft):
        raise refused("MONITORING_SIGNATURE_MISSING", remaining=left)
    assert draft.opinion is not None
    return MonitoringFile(
        chainId=draft.chainId,
        contract=draft.contract,
        signed=SignedMonitoring(**dict(draft.signed)),
        opinion=SignedMonitoringOpinion(**dict(draft.opinion)),
    )


def arguments(ground: Ground, draft: MonitoringDraft) -> tuple[Any, ...]:
    """Arguments of `Projects.submit`, of a report that everybody has signed."""
    file = finished(draft)
    report, opinion = file.signed.report.struct(), file.opinion
    places = {signer.key: place for place, signer in enumerate(ground.signers)}
    persons = [
        places.get(_signer(ground.chain, draft, opinion.struct(), signature) or "", len(places))
        for signature in (opinion.leadSignature, opinion.reviewerSignature)
    ]
    signatures = (file.signed.developerSignature, opinion.leadSignature, opinion.reviewerSignature)
    hint = ground.hint(report.periodFrom)
    return monitoring_args(report, opinion.struct(), persons[0], persons[1], signatures, hint)


def file_name(draft: MonitoringDraft, zone: timezone) -> str:
    """The name of a report's file in an inbox: its project and first day."""
    report = draft.signed.report
    day = datetime.fromtimestamp(report.periodFrom, UTC).astimezone(zone).date()
    return f"{report.project}-{day}{monitoring_files.MONITORING_SUFFIX}"


def deliver(draft: MonitoringDraft, inbox: Path, zone: timezone) -> Path:
    """Puts the finished file into an oracle's inbox."""
    if not inbox.is_dir():
        raise refused("MONITORING_NO_INBOX", inbox=str(inbox))
    path = inbox / file_name(draft, zone)
    report_files.write(path, finished(draft))
    return path


def _percent(ppm: int) -> str:
    """[ppm] as a percentage, exactly: `2.5`."""
    whole, part = divmod(ppm, 10_000)
    return f"{whole}.{part:04}".rstrip("0").rstrip(".")
