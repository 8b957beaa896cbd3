"""Flows of accounts of the Exchange's ledger as it stores them; see `contracts/types/PackedFlows.sol`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tonne.types.ids import AccountId
from tonne.types.packing import Layout

_SLOT: Final = Layout(account=40, _gap=208, tag=8)
_WIDTHS: Final = {"lots": 64, "cash": 76, "settled": 76, "since": 40}
_WORD: Final = Layout(**_WIDTHS)
#: Accounts of neighbouring participants whose lots share a word, where credits are not traded.
NEIGHBOURS: Final = 4
_LANES: Final = {f"lane{i}": _WIDTHS["lots"] for i in range(NEIGHBOURS)}
_SHARED: Final = Layout(**_LANES)

#: Tag of the storage slots of flows, see `contracts/book/BookStore.sol`.
_FLOWS_TAG: Final = 0xBD


def stored_slot(account: AccountId) -> int:
    """The storage slot of an account's flows."""
    return _SLOT.pack(account=account, tag=_FLOWS_TAG)


def first_neighbour(account: AccountId) -> AccountId:
    """The account whose slot has the lots of this one and its neighbours."""
    return AccountId(account - account % NEIGHBOURS)


def pack_lots(lots: Sequence[int]) -> int:
    """The word of the lots of four neighbours: a negative number borrows from the next."""
    return _SHARED.pack(**_borrowing(_LANES, lots))


def pack(lots: int, cash: int, settled: int, since: int) -> int:
    """The word of these fields: a negative one borrows from the next."""
    return _WORD.pack(**_borrowing(_WIDTHS, (lots, cash, settled, since)))


def _borrowing(widths: Mapping[str, int], values: Sequence[int]) -> dict[str, int]:
    """Fields by name, each in its width, from the lowest up."""
    fields, borrowed = {}, 0
    for (name, width), value in zip(widths.items(), values, strict=True):
        borrowed, fields[name] = divmod(value + borrowed, 2**width)
    return fields
