"""Accounts of the Exchange's ledger: `market 16 | participant 24`; its events are indexed by them."""

from __future__ import annotations

from typing import Final

from tonne.types.ids import AccountId, MarketId, ParticipantId
from tonne.types.packing import Layout

_ID: Final = Layout(participant=24, market=16)

#: Numbers of participants from here on are custody accounts of contracts.
FIRST_CUSTODY_ACCOUNT: Final = 0xFFFF00


def pack(market: MarketId, participant: ParticipantId) -> AccountId:
    return AccountId(_ID.pack(market=market, participant=participant))


def unpack(account: AccountId) -> tuple[MarketId, ParticipantId]:
    """Market and participant."""
    return market_of(account), participant_of(account)


def market_of(account: AccountId) -> MarketId:
    return MarketId(_ID.get(account, "market"))


def participant_of(account: AccountId) -> ParticipantId:
    return ParticipantId(_ID.get(account, "participant"))
