"""Many reports under one opinion: a body's lead and its reviewer sign a batch (`ReportBatch`) once.

A batch takes the operators' drafts of plants of one scheme. Its opinion is unqualified: a report with
findings goes by itself. The body's batches count one up; an oracle takes the file as it is once both have
signed, and so does the chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tonne import files
from tonne.chain.client import Chain
from tonne.chain.wallet_signers import signer_of
from tonne.crypto import wallet_signatures
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import Domain
from tonne.crypto.merkle import merkle_root
from tonne.errors import TonneError, refused
from tonne.evidence import report_files, reports
from tonne.evidence.report_files import (
    MAX_BATCH,
    BatchFields,
    BatchFile,
    DraftReport,
    DraftSignature,
    SignedReport,
    Whole,
)
from tonne.evidence.reports import Draft
from tonne.evidence.signed_types import ReportBatch, emissions_domain
from tonne.evidence.submissions import batch_args, batch_leaf
from tonne.types.installation_word import InstallationWord


class BatchDraft(BaseModel):
    """A batch while the body's persons sign; with both signatures it is the file an oracle takes."""

    model_config = ConfigDict(extra="forbid")

    format: Literal[1] = 1
    kind: Literal["batch"] = "batch"
    chainId: Whole
    contract: str
    batch: BatchFields
    leadSignature: DraftSignature | None = None
    reviewerSignature: DraftSignature | None = None
    reports: Annotated[list[SignedReport], Field(min_length=1, max_length=MAX_BATCH)]

    def struct(self) -> ReportBatch:
        return self.batch.struct()

    def domain(self) -> Domain:
        return emissions_domain(self.chainId, self.contract)


def load(path: Path) -> BatchDraft:
    codes = ("BATCH_FILE_MISSING", "BATCH_UNREADABLE")
    return report_files.load(path, BatchDraft, codes, "a batch", "tonne report batch make")


def save(path: Path, draft: BatchDraft) -> None:
    files.write(path, draft.model_dump_json(indent=2) + "\n")


def write_batch(
    chain: Chain, person: Account, drafts: Sequence[Draft], role: int | None = None
) -> tuple[BatchDraft, str]:
    """The batch of these drafts, signed by one person of a body; says as what it signed."""
    for draft in drafts:
        reports.check(chain, draft)
        if wallet := wallet_signatures.awaited_wallet(draft.signed.operatorSignature):
            raise _refused("operatorSignature", f"The operator's wallet {wallet} has not signed.")
    if len(drafts) > MAX_BATCH:
        raise _refused("reports", f"A batch has {MAX_BATCH} reports at most.")
    signed = [SignedReport(**dict(draft.signed)) for draft in drafts]
    accredited = reports.accredited(chain, signed[0].report.installation, person)
    scheme = _scheme(chain, signed)
    _, config, _ = chain.call("EmissionsOracle", "configOf", scheme)
    structs = [each.report.struct() for each in signed]
    batch = ReportBatch(
        root=_root(signed),
        count=len(signed),
        totalEmissionsT=sum(r.emissionsT for r in structs),
        totalPowerMwh=sum(r.powerMwh for r in structs),
        totalHeatGj=sum(r.heatGj for r in structs),
        body=accredited.body,
        assurance=reports.REASONABLE,
        materialityPpm=reports.MATERIALITY_PPM,
        configDigest=config,
        sequence=chain.call("EmissionsOracle", "lastSequence", scheme, accredited.body) + 1,
        signedAt=chain.now(),
    )
    made = BatchDraft(
        chainId=chain.chain_id,
        contract=chain["EmissionsOracle"].address,
        batch=BatchFields(**{name: getattr(batch, name) for name in BatchFields.model_fields}),
        reports=signed,
    )
    return made, sign(chain, made, person, role)


def sign(chain: Chain, draft: BatchDraft, person: Account, role: int | None = None) -> str:
    """One person of the body signs; says as what ("lead" or "reviewer")."""
    check(chain, draft)
    accredited = reports.accredited(chain, draft.reports[0].report.installation, person)
    if accredited.body != draft.batch.body:
        raise _refused("keystore", f"The batch is of body {draft.batch.body}, this key is not.")
    return reports.sign_as(chain, draft.domain(), draft, accredited.roles, person, role)


def check(chain: Chain, draft: BatchDraft) -> list[str]:
    """Refuses a batch that is not of its reports, or holds one that is not what its operator signed; returns
    what has been checked, in words."""
    batch, found = draft.batch, [each.report for each in draft.reports]
    for signed in draft.reports:
        whole = Draft(
            chainId=draft.chainId, contract=draft.contract, signed=DraftReport(**dict(signed))
        )
        reports.check(chain, whole)
    if len({(r.installation, r.year) for r in found}) < len(found):
        raise _refused("reports", "A plant's year is in the batch twice.")
    if any(r.configDigest != batch.configDigest for r in found):
        raise _refused("configDigest", "A report was signed for other rules than the batch.")
    told = (batch.count, batch.totalEmissionsT, batch.totalPowerMwh, batch.totalHeatGj)
    sums = [sum(getattr(r, name) for r in found) for name in ("emissionsT", "powerMwh", "heatGj")]
    if told != (len(found), *sums) or batch.root != _root(draft.reports):
        raise _refused("batch", "The reports are not those of the batch.")
    _scheme(chain, draft.reports)
    return [
        f"batch {batch.sequence} of body {batch.body}: {len(found)} reports, {sums[0]:,} t CO2e,"
        f" {sums[1]:,} MWh, {sums[2]:,} GJ",
        "each is signed by who may report for its plant",
        f"lead {reports.has_signed(draft.leadSignature)},"
        f" reviewer {reports.has_signed(draft.reviewerSignature)}",
    ]


def finished(draft: BatchDraft) -> BatchFile:
    """The file an oracle takes; BATCH_SIGNATURE_MISSING while a person has not signed."""
    for name in ("lead", "reviewer"):
        given = getattr(draft, f"{name}Signature")
        if given is None or wallet_signatures.awaited_wallet(given):
            raise refused("BATCH_SIGNATURE_MISSING", role=name, body=draft.batch.body)
    return BatchFile(**dict(draft))


def arguments(chain: Chain, draft: BatchDraft) -> tuple[Any, ...]:
    """Arguments of `EmissionsOracle.submitBatch`, once both have signed; see `submissions.entry`."""
    file, batch = finished(draft), draft.struct()
    scheme = _scheme(chain, file.reports)
    signers = chain.call("EmissionsOracle", "signersOf", scheme)
    places = {signer.key: place for place, signer in enumerate(signers)}
    # A key that is accredited no longer stands behind the last place: the contract refuses it.
    lead, reviewer = (
        places.get(signer_of(chain, batch, draft.domain(), signature), len(places))
        for signature in (file.leadSignature, file.reviewerSignature)
    )
    items = [(each.report.struct(), each.operatorSignature) for each in file.reports]
    return batch_args(
        scheme, batch, lead, file.leadSignature, reviewer, file.reviewerSignature, items
    )


def deliver(draft: BatchDraft, inbox: Path) -> Path:
    """Puts the finished file into an oracle's inbox."""
    name = f"{draft.batch.body}-{draft.batch.sequence}{report_files.BATCH_SUFFIX}"
    path = reports.inbox_folder(inbox) / name
    report_files.write(path, finished(draft))
    return path


def _scheme(chain: Chain, signed: Sequence[SignedReport]) -> int:
    """The one scheme of the plants."""
    words = chain.call_many(
        ("Participants", "installation", (each.report.installation,)) for each in signed
    )
    schemes = {InstallationWord.unpack(word).scheme for word in words}
    if len(schemes) > 1:
        raise _refused("reports", "The plants are of several schemes.")
    return int(schemes.pop())


def _root(signed: Sequence[SignedReport]) -> bytes:
    return merkle_root(
        [batch_leaf(each.report.struct(), each.operatorSignature) for each in signed]
    )


def _refused(field: str, message: str) -> TonneError:
    return TonneError(
        "BATCH_REFUSED",
        message,
        field=field,
        remedy="Make the batch anew of drafts that belong together: `tonne report batch make --help`.",
    )
