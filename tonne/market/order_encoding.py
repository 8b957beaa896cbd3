"""Words that the Exchange packs: orders as they come in, ids of resting ones, ids of accounts.

The layouts are documented in `interfaces/types/BookTypes.sol`. Lots are whole, prices are ticks, cash is in
0.0001 of the currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from tonne.errors import TonneError


class Side(IntEnum):
    BUY = 0
    SELL = 1


class TimeInForce(IntEnum):
    DAY = 0
    IMMEDIATE_OR_CANCEL = 1
    FILL_OR_KILL = 2
    GOOD_TILL_CANCELLED = 3
    GOOD_TILL_DATE = 4


class SelfTrade(IntEnum):
    """What happens when an order meets one of the same participant."""

    CANCEL_RESTING = 0
    CANCEL_INCOMING = 1
    DECREMENT = 2


#: Fields of an `OrderRequest`: name, lowest bit, width.
_REQUEST: Final = (
    ("lots", 0, 32),
    ("tick", 32, 16),
    ("market", 48, 16),
    ("side", 64, 1),
    ("time_in_force", 65, 3),
    ("post_only", 68, 1),
    ("self_trade", 69, 2),
    ("maximum_fills", 72, 12),
    ("maximum_holes", 84, 12),
    ("minimum_lots", 96, 32),
    ("maximum_cost", 128, 52),
    ("expiry", 180, 12),
    ("maximum_levels", 192, 12),
)


@dataclass(frozen=True, slots=True)
class Order:
    """An incoming order. `pack` makes the word that `Exchange.place` takes."""

    market: int
    side: Side
    tick: int  # worst price
    lots: int
    time_in_force: TimeInForce = TimeInForce.DAY
    post_only: bool = False
    self_trade: SelfTrade = SelfTrade.CANCEL_RESTING
    minimum_lots: int = 0  # revert when less is filled at once
    maximum_cost: int = 0  # of a buy's fills with fee [0.0001 currency]; 0 = no maximum
    maximum_fills: int = 0  # fill records the call may write; 0 = 200
    maximum_holes: int = 0  # cancelled orders the call may step over; 0 = 200
    expiry: int = 0  # last market day of a good-till-date order
    maximum_levels: int = 0  # prices the call may trade at; 0 = as many as the market allows

    def __post_init__(self) -> None:
        for name, _, width in _REQUEST:
            value = int(getattr(self, name))
            if value < 0 or value >> width:
                raise TonneError(
                    "ORDER_FIELD_WIDTH",
                    f"{name.replace('_', ' ')} must be a number from 0 to {(1 << width) - 1}.",
                    field=name,
                    value=str(value),
                    remedy="Give a value within the range.",
                )

    def pack(self) -> int:
        return sum(int(getattr(self, name)) << low for name, low, _ in _REQUEST)

    @classmethod
    def unpack(cls, word: int) -> Order:
        values = {name: word >> low & (1 << width) - 1 for name, low, width in _REQUEST}
        return cls(
            **values
            | {
                "side": Side(values["side"]),
                "time_in_force": TimeInForce(values["time_in_force"]),
                "post_only": bool(values["post_only"]),
                "self_trade": SelfTrade(values["self_trade"]),
            }
        )


@dataclass(frozen=True, slots=True)
class OrderId:
    """A resting order: its place in the queue of a price. Never used twice."""

    market: int
    side: Side
    tick: int
    epoch: int  # which queue of the price, counted over all days
    index: int  # which place in it

    def pack(self) -> int:
        return (
            self.index
            | self.epoch << 24
            | self.tick << 48
            | int(self.side) << 64
            | self.market << 72
        )

    @classmethod
    def unpack(cls, word: int) -> OrderId:
        return cls(
            market=word >> 72 & 0xFFFF,
            side=Side(word >> 64 & 0xFF),
            tick=word >> 48 & 0xFFFF,
            epoch=word >> 24 & 0xFFFFFF,
            index=word & 0xFFFFFF,
        )


@dataclass(frozen=True, slots=True)
class Resting:
    """The `order` of `OrderPlaced` and `OrderCancelled`: an id, its lots and its last market day.

    The last day is 0 in day markets, for orders that are good till cancelled, and where one ended.
    """

    id: OrderId
    lots: int
    last_day: int = 0

    @classmethod
    def unpack(cls, word: int) -> Resting:
        return cls(OrderId.unpack(word & (1 << 128) - 1), word >> 128 & 0xFFFFFFFF, word >> 160)


@dataclass(frozen=True, slots=True)
class AccountId:
    """One account of the ledger; what events of the Exchange are indexed by."""

    market: int
    participant: int

    def pack(self) -> int:
        return self.market << 24 | self.participant

    @classmethod
    def unpack(cls, word: int) -> AccountId:
        return cls(word >> 24 & 0xFFFF, word & 0xFFFFFF)
