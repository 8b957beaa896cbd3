"""A market's day from the events: previous close, open, high, low, last, volume, turnover.

The chain's state holds the last price, the band, the volume and the turnover of the day that runs
(`ExchangeLens.market`); the first, the highest and the lowest price stand in the fills alone, and so does
everything of a day that is over.
"""

from __future__ import annotations

from dataclasses import dataclass

from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.errors import refused
from tonne.market import fills
from tonne.types.account_id import market_of


@dataclass(frozen=True, slots=True)
class TradingDay:
    """Listed trades of one market on one day. Prices [0.0001 currency a lot]; None: nothing traded."""

    day: int  # local days since 1970-01-01
    previous: int  # close of the day opened before; on a market's first day its reference price
    floor: int  # of the band; where the market has none, its first tick
    ceiling: int
    open: int | None
    high: int | None
    low: int | None
    last: int | None
    volume: int  # [lots]
    turnover: int  # [0.0001 currency]
    trades: int  # meetings of two orders


def trading_day(chain: Chain, market: int, first_block: int, day: int | None = None) -> TradingDay:
    """The day named, or the last that was opened. `first_block`: no event of the market lies before."""
    topic = "0x" + market.to_bytes(32, "big").hex()
    opened = chain.logs("Exchange", "DayOpened", first_block, topics=[topic])
    at = next((i for i, e in enumerate(opened) if e["day"] == day), None) if day else -1
    if not opened or at is None:
        raise refused("DAY_NOT_TRADED", day=day, market=market)
    begun = opened[at]
    after = opened[at + 1] if at + 1 and at + 1 < len(opened) else None
    base, step = _grid(chain, market)
    traded = [
        (base + fill.tick * step, fill.lots)
        for event in _filled(chain, market, begun, after)
        for fill in fills.records(event["fills"])
        if not fill.ended
    ]
    prices = [price for price, _ in traded]
    return TradingDay(
        day=begun["day"],
        previous=base + begun["closeTick"] * step,
        floor=base + begun["lowTick"] * step,
        ceiling=base + begun["highTick"] * step,
        open=prices[0] if prices else None,
        high=max(prices, default=None),
        low=min(prices, default=None),
        last=prices[-1] if prices else None,
        volume=sum(lots for _, lots in traded),
        turnover=sum(price * lots for price, lots in traded),
        trades=len(traded),
    )


def _grid(chain: Chain, market: int) -> tuple[int, int]:
    """A market's base price and price step [0.0001 currency a lot]: fixed when it is created."""
    config, _ = chain.call("ExchangeLens", "marketConfig", market)
    return config.basePrice, config.tickSize


def _filled(chain: Chain, market: int, begun: Event, after: Event | None) -> list[Event]:
    """The market's fills of a day. A block has one time: with the next day's opening it is that day's."""
    last = after.block - 1 if after else "latest"
    found = chain.logs("Exchange", "OrdersFilled", begun.block, last)
    return [event for event in found if market_of(event["taker"]) == market]
