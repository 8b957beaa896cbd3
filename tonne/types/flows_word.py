"""Flows of accounts of the Exchange's ledger as it stores them; see `contracts/types/PackedFlows.sol`."""

from __future__ import annotations

from typing import Final

from tonne.types.ids import AccountId
from tonne.types.packing import Layout

_SLOT: Final = Layout(account=40, _gap=208, tag=8)
_WIDTHS: Final = {"lots": 64, "cash": 76, "settled": 76, "since": 40}
_WORD: Final = Layout(**_WIDTHS)

#: Tag of the storage slots of flows, see `contracts/book/BookStore.sol`.
_FLOWS_TAG: Final = 0xBD


def stored_slot(account: AccountId) -> int:
    """The storage slot of an account's flows."""
    return _SLOT.pack(account=account, tag=_FLOWS_TAG)


def pack(lots: int, cash: int, settled: int, since: int) -> int:
    """The word of these fields: a negative one borrows from the next."""
    fields, borrowed = {}, 0
    given = {"lots": lots, "cash": cash, "settled": settled, "since": since}
    for name, width in _WIDTHS.items():
        borrowed, fields[name] = divmod(given[name] + borrowed, 2**width)
    return _WORD.pack(**fields)
