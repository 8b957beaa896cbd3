"""Receipts of bids: files that aggregators sign for customers, and who settles for aggregators.

A receipt of one bid makes its aggregator show that bid, or pay. A receipt of all bids tells that who settles
has those behind an aggregator's curves. The file has the terms in the open, with the wallet that signs
them; the contract checks the signature again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.crypto import eip712
from tonne.crypto.eip712 import Domain
from tonne.errors import refused, why
from tonne.market.signed_papers import (
    UNREADABLE,
    Paper,
    address_of,
    check,
    opened,
    place_of,
    signatures_in,
)
from tonne.power.bid_tree import BidReceipt, market_domain
from tonne.power.shown_bids import TreeReceipt, proofs_domain


@dataclass(frozen=True, slots=True)
class ReceiptKind:
    """A kind of receipt: its struct, the contract that takes it, and who signs it."""

    struct: type[BidReceipt] | type[TreeReceipt]
    contract: str
    domain: Callable[[int, str], Domain]  # of chain id and address
    side: str
    right: int  # bit of `WalletRights`
    may: str  # that right in words


KINDS: Final = {
    "bid": ReceiptKind(BidReceipt, "PowerMarket", market_domain, "aggregator", 1, "trade"),
    "bids": ReceiptKind(TreeReceipt, "BidProofs", proofs_domain, "operator", 8, "report"),
}


@dataclass(frozen=True, slots=True)
class ReceiptFile(Paper):
    """A receipt on its way from who signs it to who keeps it."""

    ticket: BidReceipt | TreeReceipt
    signer: str  # its wallet

    @property
    def kind(self) -> str:
        return "bid" if isinstance(self.ticket, BidReceipt) else "bids"

    @property
    def side(self) -> str:
        return KINDS[self.kind].side

    @property
    def keys(self) -> dict[str, str]:
        return {self.side: self.signer}

    @property
    def signature(self) -> bytes:
        """Empty while it is awaited."""
        return self.signatures.get(self.side, b"")

    def is_signed(self, chain: Chain) -> bool:
        """Whether the wallet signed, see `Paper.has_signed`."""
        return self.has_signed(chain, self.side)

    def as_json(self) -> dict[str, Any]:
        terms = eip712.as_json(self.ticket)
        return {self.kind: terms, "signer": self.signer, **self._around()}


def read(path: Path) -> ReceiptFile:
    """Reads a file; the hash in it must be the receipt's own."""
    try:
        raw = opened(path)
        kinds = [kind for kind in KINDS if kind in raw]
        if len(kinds) != 1:
            raise ValueError(f"it has not just one of {', '.join(KINDS)}")
        kind = kinds[0]
        here = KINDS[kind].domain(*place_of(raw))
        receipt: BidReceipt | TreeReceipt = eip712.from_json(KINDS[kind].struct, raw[kind])
        found = ReceiptFile(receipt, here, signatures_in(raw), address_of(raw["signer"]))
        check(found, raw)
    except UNREADABLE as error:
        raise refused("RECEIPT_UNREADABLE", path=str(path), reason=why(error)) from error
    return found
