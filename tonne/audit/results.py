"""Results of audits, kept in the store with the digests of history and state.

An audit with nothing new reads no history again: who vouches for the last block is asked, and the kept
result is handed out. With each result the SQLite file for readers beside the store is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tonne.audit.replay.events import pin
from tonne.audit.store.database import Result
from tonne.audit.trust import Trust
from tonne.chain.client import Chain
from tonne.evidence import holders as holders_of_evidence
from tonne.evidence import statements
from tonne.evidence.statements import QualifiedReport
from tonne.evidence.store import EvidenceSource

if TYPE_CHECKING:
    from tonne.audit.reconcile import Audit

#: A result as JSON has it.
Body = dict[str, Any]


def run(
    chain: Chain,
    first_block: int,
    trust: Trust,
    block: int | None = None,
    on_progress: Callable[[str, int], None] = lambda _stage, _count: None,
) -> Body:
    """Audits, or gives the kept result where nothing is new under the same trust."""
    kept = _kept(chain, trust, block)
    from tonne.audit.store import published

    if kept is not None:
        if trust.store is not None and published.is_behind(trust.store):
            published.publish(trust.store)
        return kept
    from tonne.audit import reconcile  # the replay is slow to import

    found = reconcile.audit(chain, first_block, block, on_progress, trust)
    body = written(found)
    store, head = trust.store, found.head
    if store is not None and head is not None:
        known = store.block(head.number)
        if known is not None:
            text = json.dumps(body)
            body["historyDigest"] = known.digest.hex()
            result = Result(known.number, known.hash, known.digest, found.state, _key(trust), text)
            store.keep(result)
            published.publish(store)
    return body


def with_files(
    chain: Chain, body: Body, named: Mapping[bytes, str], holders: Sequence[EvidenceSource]
) -> Body:
    """A result with the files, and the statements of qualified opinions, that holders of evidence lack.

    They are asked for anew each time.
    """
    qualified = [QualifiedReport.of(plain) for plain in body.get("qualified", ())]
    lacking = holders_of_evidence.problems(named, holders)
    lacking += statements.problems(chain, qualified, holders)
    found = [{"code": code, "message": message, "block": None} for code, message in lacking]
    return {**body, "findings": body["findings"] + found, "sound": body["sound"] and not found}


def _kept(chain: Chain, trust: Trust, block: int | None) -> Body | None:
    """The result at the block that would be compared, if others still vouch for it as they did."""
    store = trust.store
    cursor = store.cursor() if store is not None else None
    if store is None or cursor is None:
        return None
    pinned = trust.checkpoint
    if pinned is not None and (block is None or block > pinned.number):
        block = pinned.number
    head = pin(chain, block)
    if head.number > cursor.block:
        return None
    result = store.result(bytes.fromhex(head.hash[2:]), _key(trust))
    if result is None:
        return None
    for other in trust.others:
        (told,) = other.batch([("eth_getBlockByNumber", [hex(head.number), False])])
        if not isinstance(told, dict) or told.get("hash") != head.hash:
            return None
    body: Body = json.loads(result.body)
    return {**body, "historyDigest": result.digest.hex()}


def _key(trust: Trust) -> str:
    """What was asked to vouch, as far as a result depends on it."""
    pinned = trust.checkpoint
    return json.dumps(
        {
            "checkpoint": f"{pinned.number}:{pinned.hash}" if pinned else None,
            "others": len(trust.others),
            "codes": sorted(trust.codes.items()),
            "genesis": trust.genesis,
        }
    )


def written(found: Audit) -> Body:
    """A result as JSON has it."""
    head, proof = found.head, found.proof
    return {
        "block": head.number if head else None,
        "blockHash": head.hash if head else None,
        "stateDigest": found.state or None,
        "proven": proof is not None and not found.findings,
        "trust": found.trust,
        "notProvenAfter": proof.last if proof else None,
        "vouchers": proof.vouchers if proof else [],
        "findings": [asdict(finding) for finding in found.findings],
        "events": found.events,
        "codes": found.codes,
        "compared": found.compared,
        "differences": [
            {
                "code": d.code,
                "contract": d.contract,
                "about": d.about,
                "events": str(d.expected),
                "chain": str(d.found),
            }
            for d in found.differences
        ],
        "lags": [{**asdict(lag), "text": str(lag)} for lag in found.lags],
        "surpluses": [{**asdict(s), "text": str(s)} for s in found.surpluses],
        "unchecked": [{**asdict(left), "text": str(left)} for left in found.unchecked],
        "evidence": {"named": found.evidence[0], "kept": found.evidence[1]},
        "qualified": [report.as_dict() for report in found.qualified],
        "sound": found.sound,
    }
