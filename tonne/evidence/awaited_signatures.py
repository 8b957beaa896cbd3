"""Signatures that a draft awaits of wallets elsewhere: what they sign, and how it is attached."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, TypeVar

from tonne.chain.client import Chain
from tonne.chain.wallet_signers import Awaited, not_awaited
from tonne.crypto import wallet_signatures
from tonne.crypto.eip712 import Struct
from tonne.evidence.inventories import InventoryFile
from tonne.evidence.monitoring_files import MonitoringDraft
from tonne.evidence.monthly import MonthFile
from tonne.evidence.profiles import ProfileFile
from tonne.evidence.report_batches import BatchDraft
from tonne.evidence.reports import Draft

D = TypeVar("D", Draft, MonitoringDraft, MonthFile, ProfileFile, BatchDraft, InventoryFile)

#: Files with places for signatures.
AwaitingFile = Draft | MonitoringDraft | MonthFile | ProfileFile | BatchDraft | InventoryFile

PERSONS: Final = ("leadSignature", "reviewerSignature")


def awaited_in(draft: AwaitingFile) -> list[Awaited]:
    """The messages that wallets have still to sign, in the order of the draft."""
    found = []
    for path, struct, signature in _places(draft):
        wallet = wallet_signatures.awaited_wallet(signature or b"")
        if wallet is not None:
            found.append(Awaited(wallet, struct, draft.domain(), path))
    return found


def _places(draft: AwaitingFile) -> Iterator[tuple[tuple[str | int, ...], Struct, bytes | None]]:
    """Every place of a signature, with the message signed there."""
    if isinstance(draft, MonthFile):
        yield ("operatorSignature",), draft.struct(), draft.operatorSignature
        return
    if isinstance(draft, InventoryFile):
        yield ("signature",), draft.struct(), draft.signature
        if draft.assurance is not None:
            for name in PERSONS:
                said = draft.assurance.struct()
                yield ("assurance", name), said, getattr(draft.assurance, name)
        return
    if isinstance(draft, ProfileFile):
        yield ("signature",), draft.struct(), draft.signature
        return
    if isinstance(draft, BatchDraft):
        for name in PERSONS:
            yield (name,), draft.struct(), getattr(draft, name)
        return
    report = draft.signed.report.struct()
    if isinstance(draft, MonitoringDraft):
        yield ("signed", "developerSignature"), report, draft.signed.developerSignature
        if draft.opinion is not None:
            for name in PERSONS:
                struct = draft.opinion.struct()
                yield ("opinion", name), struct, getattr(draft.opinion, name)
        return
    yield ("signed", "operatorSignature"), report, draft.signed.operatorSignature
    for kind in ("opinions", "statements"):
        for i, signed in enumerate(getattr(draft, kind)):
            for name in PERSONS:
                yield (kind, i, name), signed.struct(), getattr(signed, name)


def attach(chain: Chain, draft: D, signature: bytes) -> tuple[D, Awaited]:
    """The draft with one signature more, and which it was."""
    waiting = awaited_in(draft)
    for each in waiting:
        given = each.given(chain, signature)
        if given is not None:
            raw = json.loads(draft.model_dump_json())
            place = raw
            for step in each.path[:-1]:
                place = place[step]
            place[each.path[-1]] = "0x" + given.hex()
            return type(draft).model_validate(raw), each
    raise not_awaited(signature, bool(waiting))
