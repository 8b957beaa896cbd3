"""Signed evidence as the EmissionsOracle and Projects take it: packed words and whole argument lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from tonne.crypto.eip712 import (
    EmissionReport,
    MonitoringOpinion,
    MonitoringReport,
    ReportBatch,
    TypedDataError,
    VerificationOpinion,
    compact,
    struct_hash,
)
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle import leaf_hash

#: (field, bits) of `ReportWord`, lowest first.
REPORT_WORD: Final = (
    ("installation", 32),
    ("year", 16),
    ("revision", 8),
    ("emissionsT", 40),
    ("powerMwh", 40),
    ("heatGj", 40),
    ("gwpSet", 8),
    ("lineCount", 32),
    ("signedAt", 40),
)


def report_word(report: EmissionReport) -> int:
    """`ReportWord` of the EmissionsOracle: everything but roots and digest in one word."""
    word, shift = 0, 0
    for name, bits in REPORT_WORD:
        value = getattr(report, name)
        if value >> bits:
            raise TypedDataError(
                "TYPED_DATA_RANGE",
                f"EmissionReport.{name} does not fit {bits} bits: {value}.",
                field=name,
                value=value,
                remedy=f"The record on chain keeps {bits} bits of {name}.",
            )
        word |= value << shift
        shift += bits
    return word


def unpack_report_word(word: int) -> dict[str, int]:
    """The fields of a `ReportWord`."""
    out: dict[str, int] = {}
    for name, bits in REPORT_WORD:
        out[name] = word & (1 << bits) - 1
        word >>= bits
    return out


def opinion_word(
    opinion: VerificationOpinion | MonitoringOpinion, persons: Sequence[tuple[int, int]]
) -> int:
    """`OpinionWord`: the terms, and for each body where lead and reviewer are in the signer set."""
    word = opinion.signedAt | opinion.materialityPpm << 40 | opinion.assurance << 72
    for number, (lead, reviewer) in enumerate(persons):
        word |= (lead | reviewer << 8) << 80 + 16 * number
    return word


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
