"""Decodes the packed event that holds all fills of one order: `OrdersFilled(taker, request, fills)`.

`fills` is a row of records of 12 bytes, in the order in which the incoming order met the resting ones:

    tick 16 bits | ended 1 | index 23 | maker 24 | lots 32        high to low

`ended` = 0: `lots` changed hands at the price of `tick`, between the event's taker and `maker`.
`ended` = 1: the resting order of `maker` lost `lots` without a trade, because it was the taker's own, or
void, or expired, or would have taken its participant over the holding limit. `index` is the place of the
resting order in the queue of its price; with the event's market, the side opposite to the request's and the
epoch of the last `OrderPlaced` at that place it gives the order's id.

The direction of a trade is that of the event's `request` (`tonne.market.order_encoding.Order.unpack`):
the taker buys if it buys. A trade is worth `lots × (base price + tick × tick size)` in 0.0001 of the
currency. The fee of the taker is taken once on the whole turnover of the event, rounded up; the fee of
a maker is
F(r) − F(r − lots), with r the lots left in its order before the fill and F rounded up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tonne.errors import refused
from tonne.types.ids import ParticipantId
from tonne.types.packing import Layout

#: Bytes of one record.
RECORD: Final = 12

_FILL: Final = Layout(lots=32, maker=24, index=23, ended=1, tick=16)


@dataclass(frozen=True, slots=True)
class Fill:
    """One meeting of an incoming order with a resting one."""

    tick: int
    ended: bool  # the resting order lost `lots` without a trade
    index: int
    maker: ParticipantId
    lots: int

    def pack(self) -> bytes:
        word = _FILL.pack(
            lots=self.lots,
            maker=self.maker,
            index=self.index,
            ended=self.ended,
            tick=self.tick,
        )
        return word.to_bytes(RECORD, "big")


def decode(fills: bytes) -> list[Fill]:
    """All records of one event. `fills` is the event's only unindexed argument, ABI head removed."""
    return list(records(fills))


def records(fills: bytes) -> Iterator[Fill]:
    """As `decode`, one at a time."""
    if len(fills) % RECORD:
        raise refused("FILLS_LENGTH", fills=fills.hex(), record=RECORD, fills_count=len(fills))
    for start in range(0, len(fills), RECORD):
        word = int.from_bytes(fills[start : start + RECORD], "big")
        lots, maker, index, ended, tick = _FILL.unpack(word).values()
        yield Fill(tick, bool(ended), index, ParticipantId(maker), lots)
