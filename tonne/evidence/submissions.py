"""Signed evidence as the EmissionsOracle and Projects take it: packed words and whole argument lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from tonne.crypto import wallet_signatures
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


class ContractSignatures(list[bytes]):
    """Signatures of wallets that are contracts, as the contracts take them: last of the arguments."""


def entry(function: str, args: Sequence[Any]) -> str:
    """The function that takes these arguments: another one where contracts signed."""
    by_contract = isinstance(args[-1], ContractSignatures)
    return f"{function}WithContractSignatures" if by_contract else function


def signature_words(
    signatures: Sequence[bytes],
) -> tuple[list[bytes], tuple[ContractSignatures, ...]]:
    """Two words for each signature, and the contracts' signatures beside, where there are any.

    The words of a contract are its address and the complement of its place beside.
    """
    words: list[bytes] = []
    beside = ContractSignatures()
    for signature in signatures:
        found = wallet_signatures.contract_signature(signature)
        if found is None:
            words += compact(signature)
            continue
        wallet, given = found
        words += [bytes.fromhex(wallet[2:]).rjust(32, b"\0"), _complement(len(beside))]
        beside.append(given)
    return words, (beside,) if beside else ()


def _complement(place: int) -> bytes:
    return bytes(byte ^ 0xFF for byte in place.to_bytes(32, "big"))


def _operator_hash(signature: bytes) -> bytes:
    """Hash of an operator's signature in a leaf: of the compact form of a key's, of a contract's own."""
    found = wallet_signatures.contract_signature(signature)
    return keccak(found[1] if found else b"".join(compact(signature)))


def batch_leaf(report: EmissionReport, operator_signature: bytes) -> bytes:
    """Leaf of one report in a batch, bound to the operator's signature: a forgery can be shown."""
    return leaf_hash(struct_hash(report) + _operator_hash(operator_signature))


def batch_item(
    report: EmissionReport, operator_signature: bytes
) -> tuple[int, bytes, bytes, bytes]:
    """`BatchItem` of the EmissionsOracle."""
    hashed = _operator_hash(operator_signature)
    return report_word(report), report.linesRoot, report.evidenceRoot, hashed


def submit_args(
    scheme: int,
    report: EmissionReport,
    operator_signature: bytes,
    opinions: Sequence[tuple[VerificationOpinion, int, bytes, int, bytes]],
) -> tuple[Any, ...]:
    """Arguments of `EmissionsOracle.submit`, see `entry`.

    An opinion comes as (opinion, lead, lead's signature, reviewer, reviewer's signature). Several
    bodies give one verdict: TypedDataError when their terms differ.
    """
    terms = {(o.assurance, o.materialityPpm, o.signedAt) for o, *_ in opinions}
    if len(terms) != 1:
        raise TypedDataError.of("REPORT_OPINION_TERMS", terms=sorted(terms))
    opinions = sorted(opinions, key=lambda signed: signed[0].body)
    signatures = [operator_signature]
    for _, _, lead_signature, _, reviewer_signature in opinions:
        signatures += [lead_signature, reviewer_signature]
    words, beside = signature_words(signatures)
    persons = [(lead, reviewer) for _, lead, _, reviewer, _ in opinions]
    word = opinion_word(opinions[0][0], persons)
    roots = (report.linesRoot, report.evidenceRoot)
    return scheme, report_word(report), *roots, word, words, *beside


def batch_args(
    scheme: int,
    batch: ReportBatch,
    lead: int,
    lead_signature: bytes,
    reviewer: int,
    reviewer_signature: bytes,
    items: list[tuple[EmissionReport, bytes]],
) -> tuple[Any, ...]:
    """Arguments of `EmissionsOracle.submitBatch`, see `entry`; an item is (report, operator's signature)."""
    head = tuple(
        getattr(batch, field.name) for field in fields(batch) if field.name != "configDigest"
    )
    words, beside = signature_words([lead_signature, reviewer_signature])
    taken = [batch_item(report, signature) for report, signature in items]
    return scheme, head, lead, reviewer, words, taken, *beside


def monitoring_args(
    report: MonitoringReport,
    opinion: MonitoringOpinion,
    lead: int,
    reviewer: int,
    signatures: tuple[bytes, bytes, bytes],
    hint: int,
) -> tuple[Any, ...]:
    """Arguments of `Projects.submit`, see `entry`; signatures of developer, lead verifier and reviewer."""
    body = tuple(
        getattr(report, field.name) for field in fields(report) if field.name != "configDigest"
    )
    words, beside = signature_words(signatures)
    return body, opinion_word(opinion, [(lead, reviewer)]), words, hint, *beside
