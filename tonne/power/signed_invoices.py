"""Invoices that a seller signs and any account issues: one JSON file each, with the wallet that signs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Final

from tonne.crypto import eip712
from tonne.crypto.eip712 import Domain, Struct
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

CREDIT_BILLS: Final = "tonne CreditBills"


def bills_domain(chain_id: int, contract: str) -> Domain:
    """The domain of invoices."""
    return Domain(CREDIT_BILLS, chain_id, contract)


@dataclass(frozen=True, slots=True)
class InvoiceTerms(Struct):
    """`InvoiceTerms` of ICreditBills, which the seller signs."""

    TYPES: ClassVar = (
        *("uint24", "uint24", "uint24", "uint256", "uint64", "uint32"),
        *("uint40", "bytes32", "uint64"),
    )

    seller: int  # participant number
    buyer: int
    confirmer: int  # 0 for none
    credit: int  # unit id of the series
    amount: int  # [micro-credit]
    tariff: int  # divides the payment; 0 for none
    deadline: int  # [s]
    subject: bytes  # hash of the description
    nonce: int  # tells equal invoices apart

    def as_tuple(self) -> tuple[Any, ...]:
        """`InvoiceTerms` of the contract."""
        return tuple(getattr(self, f.name) for f in fields(self))


@dataclass(frozen=True, slots=True)
class InvoiceFile(Paper):
    """An invoice on its way from the seller's wallet to who issues it."""

    ticket: InvoiceTerms
    wallet: str  # of the seller

    @property
    def keys(self) -> dict[str, str]:
        return {"seller": self.wallet}

    def arguments(self) -> tuple[Any, ...]:
        """Of `issueSigned`."""
        return self.ticket.as_tuple(), self.wallet, self.signatures["seller"]

    def as_json(self) -> dict[str, Any]:
        return {"terms": eip712.as_json(self.ticket), "wallet": self.wallet, **self._around()}


def read(path: Path) -> InvoiceFile:
    """Reads an invoice file; the hash in it must be the invoice's own."""
    try:
        raw = opened(path)
        domain = bills_domain(*place_of(raw))
        terms = eip712.from_json(InvoiceTerms, raw["terms"])
        found = InvoiceFile(terms, domain, signatures_in(raw), address_of(raw["wallet"]))
        check(found, raw)
    except UNREADABLE as error:
        raise refused("INVOICE_UNREADABLE", path=str(path), reason=why(error)) from error
    return found
