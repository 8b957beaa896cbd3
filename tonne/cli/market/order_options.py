"""What an order asks for: how long it rests, what it must not do, where it stops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final

import typer

from tonne.chain.client import Chain
from tonne.cli.core.session import parse_money
from tonne.errors import TonneError
from tonne.market.order_encoding import Order, SelfTrade, Side, TimeInForce
from tonne.rules.pack import day_number

BUY, SELL = Side.BUY, Side.SELL
EPOCH: Final = date(1970, 1, 1)

Price = Annotated[
    str | None,
    typer.Option(help="Limit, e.g. 48.20; without it what the band admits, at once."),
]
MostCost = Annotated[
    str | None, typer.Option(help="Never pay more than this in all, fee included.")
]
AtOnce = Annotated[bool, typer.Option("--at-once", help="Cancel what cannot be filled at once.")]
AllOrNothing = Annotated[
    bool, typer.Option("--all-or-nothing", help="Fill all at once, or nothing.")
]
Gtc = Annotated[
    bool, typer.Option("--gtc", help="Rest until it is cancelled; only in markets without a band.")
]
Until = Annotated[
    str | None,
    typer.Option(help="Rest until the end of a day, e.g. 2021-07-30; only without a band."),
]
PostOnly = Annotated[bool, typer.Option("--post-only", help="Rest, or do nothing; never fill.")]
Least = Annotated[int, typer.Option("--min", help="Fill this many at once, or nothing.", min=0)]
Levels = Annotated[int, typer.Option(help="Trade at no more than so many prices.", min=0)]
Own = Annotated[
    str,
    typer.Option(help="When it meets your own order: cancel-resting, cancel-incoming, decrement."),
]
OWN_DEFAULT: Final = "cancel-resting"
OWN: Final = {mode.name.lower().replace("_", "-"): mode for mode in SelfTrade}


@dataclass(frozen=True, slots=True)
class Terms:
    """The choices of one order besides side, lots and price."""

    at_once: bool = False
    all_or_nothing: bool = False
    gtc: bool = False
    until: str | None = None
    post_only: bool = False
    least: int = 0
    levels: int = 0
    own: str = OWN_DEFAULT
    max_cost: str | None = None

    @property
    def time_in_force(self) -> TimeInForce:
        chosen = [
            force
            for force, wanted in (
                (TimeInForce.IMMEDIATE_OR_CANCEL, self.at_once),
                (TimeInForce.FILL_OR_KILL, self.all_or_nothing),
                (TimeInForce.GOOD_TILL_CANCELLED, self.gtc),
                (TimeInForce.GOOD_TILL_DATE, self.until is not None),
            )
            if wanted
        ]
        if len(chosen) > 1:
            raise TonneError(
                "ORDER_TWO_ENDS",
                "An order ends in one way.",
                field="until",
                value=", ".join(force.name.lower().replace("_", "-") for force in chosen),
                remedy="Give one of --at-once, --all-or-nothing, --gtc and --until.",
            )
        return chosen[0] if chosen else TimeInForce.DAY

    @property
    def self_trade(self) -> SelfTrade:
        if self.own not in OWN:
            raise TonneError(
                "ORDER_BAD_OWN",
                "There is no such way to meet an order of your own.",
                field="own",
                value=self.own,
                remedy=f"Write one of {', '.join(OWN)}.",
            )
        return OWN[self.own]

    def expiry(self, day_zero: int) -> int:
        """The last day as a market day: days since the market's day 0."""
        if self.until is None:
            return 0
        try:
            day = day_number(date.fromisoformat(self.until))
        except ValueError:
            raise TonneError(
                "ORDER_BAD_DATE", "This is not a day.", "until", self.until, "Write 2021-07-30."
            ) from None
        return max(day - day_zero, 0)


def side_of(text: str) -> Side:
    if text not in ("buy", "sell"):
        raise TonneError(
            "ORDER_BAD_SIDE", "An order buys or sells.", "side", text, "Write buy or sell."
        )
    return BUY if text == "buy" else SELL


def order_number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise TonneError(
            "ORDER_UNREADABLE",
            "This is not the number of an order.",
            "order",
            text,
            "`tonne market orders` lists yours.",
        ) from None


def packed(chain: Chain, market: int, side: int, lots: int, price: str | None, terms: Terms) -> int:
    """The order as the Exchange takes it.

    Without a price it is a market order: limited by the edge of the day's band, where it must never be
    left to rest, so that what is not filled at once is dropped unless its end is named.
    """
    force = terms.time_in_force
    if price is None and terms.post_only:
        raise TonneError(
            "ORDER_NO_PRICE",
            "An order that only rests needs a price to rest at.",
            field="price",
            remedy="Give --price, or leave --post-only out.",
        )
    if price is None and force == TimeInForce.DAY:
        force = TimeInForce.IMMEDIATE_OR_CANCEL
    day: Any = None
    if price is None or terms.until is not None:
        day = chain.call("ExchangeLens", "market", market)
    if price is None:
        tick = day.highTick if side == BUY else day.lowTick
    else:
        tick = chain.call("ExchangeLens", "tickOf", market, parse_money(price, 4))
    return Order(
        market,
        Side(side),
        tick,
        lots,
        force,
        post_only=terms.post_only,
        self_trade=terms.self_trade,
        minimum_lots=terms.least,
        maximum_cost=parse_money(terms.max_cost, 4) if terms.max_cost else 0,
        expiry=terms.expiry(day.dayZero) if terms.until else 0,
        maximum_levels=terms.levels,
    ).pack()


def how_long(last_day: int) -> str:
    """How long an order rests, by the last day that the lens gives (0 = until cancelled)."""
    return f"until {day_of(last_day)} ends" if last_day else "until it is cancelled"


def day_of(number: int) -> date:
    return EPOCH + timedelta(days=number)
