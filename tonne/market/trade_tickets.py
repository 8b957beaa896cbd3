"""Tickets of block trades, which seller and buyer sign."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Final

from tonne.crypto import eip712
from tonne.crypto.eip712 import Domain, Struct
from tonne.errors import TonneError, refused, why
from tonne.market.signed_papers import UNREADABLE, Paper, check, opened, place_of, signatures_in

BLOCK_TRADES: Final = "tonne BlockTrades"
SIDES: Final = ("seller", "buyer")


def block_trades_domain(chain_id: int, contract: str) -> Domain:
    """The domain of tickets."""
    return Domain(BLOCK_TRADES, chain_id, contract)


@dataclass(frozen=True, slots=True)
class BlockTicket(Struct):
    """A block trade that seller and buyer agreed on; both sign the same."""

    TYPES: ClassVar = (
        "uint16",
        "uint24",
        "address",
        "uint24",
        "address",
        "uint40",
        "uint64",
        "uint64",
        "uint64",
    )

    market: int
    seller: int  # participant number
    sellerWallet: str
    buyer: int  # participant number
    buyerWallet: str
    lots: int
    price: int  # [0.0001 currency a lot]
    nonce: int  # tells equal tickets apart
    deadline: int  # [s]

    def as_tuple(self) -> tuple[int | str, ...]:
        """`BlockTicket` of the contract."""
        return tuple(getattr(self, f.name) for f in fields(self))

    @property
    def turnover(self) -> int:
        """[0.0001 currency]"""
        return self.lots * self.price

    def wallet_of(self, side: str) -> str:
        return self.sellerWallet if side == "seller" else self.buyerWallet


@dataclass(frozen=True, slots=True)
class TicketFile(Paper):
    """A ticket of a block trade."""

    ticket: BlockTicket

    @property
    def keys(self) -> dict[str, str]:
        return {side: self.ticket.wallet_of(side) for side in SIDES}

    def as_json(self) -> dict[str, Any]:
        return {"ticket": eip712.as_json(self.ticket), **self._around()}


def read(path: Path) -> TicketFile:
    """Reads a ticket file; the hash in it must be the ticket's own."""
    try:
        raw = opened(path)
        domain = block_trades_domain(*place_of(raw))
        ticket = eip712.from_json(BlockTicket, raw["ticket"])
        found = TicketFile(ticket, domain, signatures_in(raw))
        check(found, raw)
    except UNREADABLE as error:
        raise _unreadable(path, why(error)) from error
    return found


def _unreadable(path: Path, said: str) -> TonneError:
    return refused("TICKET_UNREADABLE", path=str(path), reason=said)
