"""Accounts of the Exchange's ledger as it stores them; see `contracts/types/PackedAccount.sol`."""

from __future__ import annotations

from typing import Final

from tonne.types.ids import MarketId, ParticipantId
from tonne.types.packing import Layout

_SLOT: Final = Layout(participant=24, market=16, _gap=208, tag=8)
_WORD: Final = Layout(cash=51, in_bids=51, lots=33)

#: Tag of the storage slots of accounts, see `contracts/book/BookStore.sol`.
_ACCOUNT_TAG: Final = 0xB4


def stored_slot(market: MarketId, participant: ParticipantId) -> int:
    """The storage slot of an account."""
    return _SLOT.pack(participant=participant, market=market, tag=_ACCOUNT_TAG)


def cash_of(word: int) -> int:
    """Cash [0.0001 currency], reserved or not."""
    return _WORD.get(word, "cash")


def lots_of(word: int) -> int:
    """Lots, reserved or not."""
    return _WORD.get(word, "lots")
