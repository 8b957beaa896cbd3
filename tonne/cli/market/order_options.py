"""Options of an order: price, time in force, limits of its execution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.options import AMOUNT
from tonne.cli.core.output import date_of, parse_date, parse_money
from tonne.constants import EPOCH
from tonne.errors import refused
from tonne.market.order_encoding import OrderRequest, SelfTrade, Side, TimeInForce
from tonne.types.ids import MarketId

if TYPE_CHECKING:
    from tonne.chain.client import Chain

BUY, SELL = Side.BUY, Side.SELL

Lots = Annotated[int, typer.Argument(help="Lots; one lot is a tonne.", min=1)]
Price = Annotated[
    str | None,
    typer.Option(
        help=f"Limit price, e.g. 48.20; default: a market order within the band. {AMOUNT}"
    ),
]
MostCost = Annotated[
    str | None, typer.Option(help="Most to pay in total, fee included, e.g. 4850.00.")
]
AtOnce = Annotated[
    bool, typer.Option("--at-once", help="Immediate or cancel: drop the unfilled rest.")
]
AllOrNothing = Annotated[
    bool, typer.Option("--all-or-nothing", help="Fill or kill: fill all lots at once, or none.")
]
Gtc = Annotated[
    bool, typer.Option("--gtc", help="Good till cancelled; only in markets without a price band.")
]
Until = Annotated[
    str | None,
    typer.Option(help="Good till the end of a day, e.g. 2021-07-30; only without a price band."),
]
PostOnly = Annotated[bool, typer.Option("--post-only", help="Rest without a fill, or do nothing.")]
Least = Annotated[
    int, typer.Option("--min", help="Least lots to fill at once, else none; 0 for no limit.", min=0)
]
Levels = Annotated[int, typer.Option(help="Most price levels to trade at; 0 for no limit.", min=0)]
Own = Annotated[
    str,
    typer.Option(help="Self-trade prevention: cancel-resting, cancel-incoming or decrement."),
]
Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        "--client-id",
        help="Your own name for the order, used once: a number, or up to 31 bytes of text.",
    ),
]
Replaces = Annotated[
    str | None,
    typer.Option(
        "--replaces", help="Name of an order of yours that this one replaces, in one transaction."
    ),
]
NoWait = Annotated[
    bool,
    typer.Option("--no-wait", help="Do not wait for the receipt; only for orders with a name."),
]
OWN_DEFAULT: Final = "cancel-resting"
OWN: Final = {mode.name.lower().replace("_", "-"): mode for mode in SelfTrade}


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """Options of one order besides side, lots and price."""

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
            raise refused(
                "ORDER_TWO_ENDS",
                force_name=", ".join(force.name.lower().replace("_", "-") for force in chosen),
            )
        return chosen[0] if chosen else TimeInForce.DAY

    @property
    def self_trade(self) -> SelfTrade:
        if self.own not in OWN:
            raise refused("ORDER_BAD_OWN", prevention=self.own, choices=", ".join(OWN))
        return OWN[self.own]

    def expiry(self, day_zero: int) -> int:
        """Last day of the order, in days since the market's day 0."""
        if self.until is None:
            return 0
        last = parse_date(self.until, "until", "ORDER_BAD_DATE")
        return max((last - EPOCH).days - day_zero, 0)


def side_of(text: str) -> Side:
    """Side of an order; raises ORDER_BAD_SIDE."""
    if text not in ("buy", "sell"):
        raise refused("ORDER_BAD_SIDE", side=text)
    return BUY if text == "buy" else SELL


def order_number(text: str) -> int:
    """Number of an order, decimal or 0x…; raises ORDER_UNREADABLE."""
    try:
        return int(text, 0)
    except ValueError:
        raise refused("ORDER_UNREADABLE", order=text) from None


def packed(
    chain: Chain, market: MarketId, side: int, lots: int, price: str | None, terms: OrderTerms
) -> int:
    """The order as the Exchange encodes it.

    Without a price it is a market order, limited by the edge of the day's band. It must not rest there:
    the unfilled part is dropped unless a time in force is named.
    """
    force = terms.time_in_force
    if price is None and terms.post_only:
        raise refused("ORDER_NO_PRICE")
    if price is None and force == TimeInForce.DAY:
        force = TimeInForce.IMMEDIATE_OR_CANCEL
    day: Any = None
    if price is None or terms.until is not None:
        day = chain.call("ExchangeLens", "market", market)
    if price is None:
        tick = day.highTick if side == BUY else day.lowTick
    else:
        tick = chain.call("ExchangeLens", "tickOf", market, parse_money(price, 4))
    return OrderRequest(
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
    """Time in force by the last day that the lens gives; 0 is good till cancelled."""
    return f"until {date_of(last_day)} ends" if last_day else "until it is cancelled"
