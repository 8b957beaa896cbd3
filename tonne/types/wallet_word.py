"""Wallets and deliveries as contracts store them, in one word each; see `IParticipants`."""

from __future__ import annotations

from typing import Final

from tonne.types.ids import ParticipantId
from tonne.types.packing import Layout

_DELIVERY: Final = Layout(wallet=160, seat=24)
_REMEMBERED: Final = Layout(participant=24, rights=8, status=8)
_REMEMBERED_SLOT: Final = Layout(wallet=160, _gap=88, tag=8)

#: Tag of the storage slots in which the Exchange remembers wallets, see `contracts/book/BookStore.sol`.
_WALLET_TAG: Final = 0xB1


def delivery(wallet: str, seat: int) -> int:
    """`DeliveryWord`: where a participant's units are delivered."""
    return _DELIVERY.pack(wallet=int(wallet, 16), seat=seat)


def remembered(participant: ParticipantId, rights: int, status: int) -> int:
    """What the Exchange remembers of a wallet."""
    return _REMEMBERED.pack(participant=participant, rights=rights, status=status)


def remembered_slot(wallet: str) -> int:
    """The storage slot in which it does."""
    return _REMEMBERED_SLOT.pack(wallet=int(wallet, 16), tag=_WALLET_TAG)
