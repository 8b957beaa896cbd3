"""Signed evidence as the EmissionsOracle and Projects take it: packed words and whole argument lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from tonne.crypto.eip712 import TypedDataError, compact, struct_hash
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle import leaf_hash
from tonne.evidence.report_encoding import opinion_word, report_word
from tonne.evidence.signed_types import (
    EmissionReport,
    MonitoringOpinion,
    MonitoringReport,
    ReportBatch,
    VerificationOpinion,
)


def batch_leaf(report: EmissionReport, operator_signature: bytes) -> bytes:
    """Leaf of one report in a batch, bound to the operator's signature: a forgery can be shown."""
    r, vs = compact(operator_signature)
    return leaf_hash(struct_hash(report) + keccak(r + vs))


def batch_item(
    report: EmissionReport, operator_signature: bytes
) -> tuple[int, bytes, bytes, bytes]:
    """`BatchItem` of the EmissionsOracle."""
    r, vs = compact(operator_signature)
    return report_word(report), report.linesRoot, report.evidenceRoot, keccak(r + vs)


def submit_args(
    scheme: int,
    report: EmissionReport,
    operator_signature: bytes,
    opinions: Sequence[tuple[VerificationOpinion, int, bytes, int, bytes]],
) -> tuple[int, int, bytes, bytes, int, list[bytes]]:
    """Arguments of `EmissionsOracle.submit`.

    An opinion comes as (opinion, lead, lead's signature, reviewer, reviewer's signature). Several
    bodies give one verdict: TypedDataError when their terms differ.
    """
    terms = {(o.assurance, o.materialityPpm, o.signedAt) for o, *_ in opinions}
    if len(terms) != 1:
        raise TypedDataError(
            "REPORT_OPINION_TERMS",
            f"The bodies do not sign the same assurance, materiality and time: {sorted(terms)}.",
            field="opinions",
            value=sorted(terms),
            remedy="Let every body sign the same terms, each in its own name.",
        )
    opinions = sorted(opinions, key=lambda signed: signed[0].body)
    signatures = list(compact(operator_signature))
    for _, _, lead_signature, _, reviewer_signature in opinions:
        signatures += [*compact(lead_signature), *compact(reviewer_signature)]
    persons = [(lead, reviewer) for _, lead, _, reviewer, _ in opinions]
    word = opinion_word(opinions[0][0], persons)
    return scheme, report_word(report), report.linesRoot, report.evidenceRoot, word, signatures


def batch_args(
    scheme: int,
    batch: ReportBatch,
    lead: int,
    lead_signature: bytes,
    reviewer: int,
    reviewer_signature: bytes,
    items: list[tuple[EmissionReport, bytes]],
) -> tuple[int, tuple[Any, ...], int, int, list[bytes], list[tuple[int, bytes, bytes, bytes]]]:
    """Arguments of `EmissionsOracle.submitBatch`; an item is (report, operator's signature)."""
    head = tuple(
        getattr(batch, field.name) for field in fields(batch) if field.name != "configDigest"
    )
    return (
        scheme,
        head,
        lead,
        reviewer,
        [*compact(lead_signature), *compact(reviewer_signature)],
        [batch_item(report, signature) for report, signature in items],
    )


def monitoring_args(
    report: MonitoringReport,
    opinion: MonitoringOpinion,
    lead: int,
    reviewer: int,
    signatures: tuple[bytes, bytes, bytes],
    hint: int,
) -> tuple[tuple[Any, ...], int, list[bytes], int]:
    """Arguments of `Projects.submit`; signatures of developer, lead verifier and reviewer."""
    body = tuple(
        getattr(report, field.name) for field in fields(report) if field.name != "configDigest"
    )
    words = [word for signature in signatures for word in compact(signature)]
    return body, opinion_word(opinion, [(lead, reviewer)]), words, hint
