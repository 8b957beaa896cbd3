"""Packed words of the Exchange's orders: requests, ids of resting orders.

The layouts are documented in `interfaces/types/BookTypes.sol`. Lots are whole, prices are ticks, cash is in
0.0001 of the currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from tonne.errors import refused
from tonne.types.ids import MarketId, OrderId
from tonne.types.packing import Layout


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


_REQUEST: Final = Layout(
    lots=32,
    tick=16,
    market=16,
    side=1,
    time_in_force=3,
    post_only=1,
    self_trade=2,
    _gap=1,
    maximum_fills=12,
    maximum_holes=12,
    minimum_lots=32,
    maximum_cost=52,
    expiry=12,
    maximum_levels=12,
)
_ID: Final = Layout(index=24, epoch=24, tick=16, side=8, market=16)
_RESTING: Final = Layout(id=128, lots=32, last_day=96)


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An incoming order. `pack` makes the word that `Exchange.place` takes."""

    market: MarketId
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
        for name in _REQUEST.names:
            value, most = int(getattr(self, name)), _REQUEST.largest(name)
            if not 0 <= value <= most:
                raise refused(
                    "ORDER_FIELD_WIDTH",
                    given=str(value),
                    part=name.replace("_", " "),
                    limit=most,
                    field=name,
                )

    def pack(self) -> int:
        return _REQUEST.pack(**{name: getattr(self, name) for name in _REQUEST.names})

    @classmethod
    def unpack(cls, word: int) -> OrderRequest:
        f = _REQUEST.unpack(word)
        return cls(
            market=MarketId(f["market"]),
            side=Side(f["side"]),
            tick=f["tick"],
            lots=f["lots"],
            time_in_force=TimeInForce(f["time_in_force"]),
            post_only=bool(f["post_only"]),
            self_trade=SelfTrade(f["self_trade"]),
            minimum_lots=f["minimum_lots"],
            maximum_cost=f["maximum_cost"],
            maximum_fills=f["maximum_fills"],
            maximum_holes=f["maximum_holes"],
            expiry=f["expiry"],
            maximum_levels=f["maximum_levels"],
        )


def side_of_request(word: int) -> Side:
    """The side of an `OrderRequest`, without the rest."""
    return Side(_REQUEST.get(word, "side"))


@dataclass(frozen=True, slots=True)
class OrderKey:
    """A resting order: its place in the queue of a price. Never used twice."""

    market: MarketId
    side: Side
    tick: int
    epoch: int  # which queue of the price, counted over all days
    index: int  # place in the queue

    def pack(self) -> OrderId:
        return OrderId(
            _ID.pack(
                index=self.index,
                epoch=self.epoch,
                tick=self.tick,
                side=self.side,
                market=self.market,
            )
        )

    @classmethod
    def unpack(cls, order: OrderId) -> OrderKey:
        f = _ID.unpack(order)
        return cls(MarketId(f["market"]), Side(f["side"]), f["tick"], f["epoch"], f["index"])


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """The `order` of `OrderPlaced` and `OrderCancelled`: an id, its lots and its last market day.

    The last day is 0 in day markets, for orders that are good till cancelled, and where one ended.
    """

    key: OrderKey
    lots: int
    last_day: int = 0

    @property
    def id(self) -> OrderId:
        return self.key.pack()

    @classmethod
    def unpack(cls, word: int) -> PlacedOrder:
        f = _RESTING.unpack(word)
        return cls(OrderKey.unpack(OrderId(f["id"])), f["lots"], f["last_day"])
