"""`tonne market watch`, `day` and `quote`: the book, a day's figures, the result of an order now."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

import typer
from rich.console import Group
from rich.live import Live

from tonne.cli.core.command import command
from tonne.cli.core.output import console, date_of, many, money, parse_day, table
from tonne.cli.core.session import Session, Signer
from tonne.cli.market.order_options import (
    BUY,
    SELL,
    Levels,
    Lots,
    MostCost,
    OrderTerms,
    Price,
    packed,
    side_of,
)
from tonne.types.ids import MarketId

#: `QuoteStop` of the lens.
STOPS: Final = (
    "all of it would be filled",
    "the book has no more orders on that side",
    "the next price is beyond the limit",
    "the maximum cost is reached",
    "one call does no more fills; order again",
    "the next order is your own",
    "nothing can be done now",
    "as many prices as allowed are reached; order again",
)

#: `MarketPhase` of the lens.
PHASES: Final = ("closed", "pre-open", "trading", "break")


@command(needs=Session, market=1)
def watch(
    session: Session,
    levels: Annotated[int, typer.Option(help="Price levels of each side.", min=1, max=100)] = 5,
    follow: Annotated[
        bool, typer.Option("--follow", help="Refresh every second until Ctrl-C.")
    ] = False,
) -> None:
    """Show a market's phase, band, last price and best price levels."""
    if not follow:
        data = _book(session, session.market, levels)
        session.show(data, *_book_lines(session, data))
        return
    with Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(
                Group(*_book_lines(session, _book(session, session.market, levels))), refresh=True
            )
            time.sleep(1)


@command(needs=Session, market=1)
def day_(
    session: Session,
    day: Annotated[
        str | None, typer.Argument(help="Local day, e.g. 2021-07-16; default: the last opened.")
    ] = None,
) -> None:
    """Show a day's open, high, low, last, previous close, volume and turnover, from the events."""
    from tonne.market.trading_day import trading_day

    number = parse_day(day, "day") if day else None
    found = trading_day(session.chain, session.market, session.first_block, number)
    prices = {
        name: None if price is None else money(price)
        for name in ("previous", "floor", "ceiling", "open", "high", "low", "last")
        for price in [getattr(found, name)]
    }
    data = {
        "market": session.market,
        "day": str(date_of(found.day)),
        **prices,
        "volume": found.volume,
        "turnover": money(found.turnover),
        "trades": found.trades,
    }
    told = "Nothing traded."
    if found.trades:
        told = (
            f"Open {prices['open']}, high {prices['high']}, low {prices['low']}, last {prices['last']};"
            f" volume {found.volume:,}, turnover {data['turnover']}, in {many(found.trades, 'trade')}."
        )
    session.show(
        data,
        f"Market {session.market} on {data['day']}: previous close {prices['previous']},"
        f" band {prices['floor']} to {prices['ceiling']}.",
        told,
    )


@command(needs=Signer, market=1)
def quote(
    session: Signer,
    side: Annotated[str, typer.Argument(help="Side: buy or sell.")],
    lots: Lots,
    price: Price = None,
    max_cost: MostCost = None,
    levels: Levels = 0,
) -> None:
    """Quote an order: the lots it would fill now, their cost, and the reason for any rest.

    Without a key the balances and limits of an account are not considered.
    """
    from tonne.cli.market.order_results import in_prices

    participant = session.participant if session.has_key else 0
    buys = side_of(side)
    terms = OrderTerms(at_once=True, levels=levels, max_cost=max_cost)
    request = packed(session.chain, MarketId(session.market), buys, lots, price, terms)
    found = session.chain.call("ExchangeLens", "quote", request, participant)
    why = STOPS[found.stop]
    if found.refusal:
        refusal = session.chain.errors.error("0x" + found.refusal.hex(), "quote")
        why = in_prices(session, session.market, refusal).message.removesuffix(".")
    mean = money(found.turnover // found.filled) if found.filled else "-"
    data = {
        "filled": found.filled,
        "meanPrice": mean,
        "fee": money(found.fee),
        "cash": money(found.cash),
        "makers": found.makers,
        "why": why,
    }
    verb = "pay" if buys == BUY else "receive"
    session.show(
        data,
        f"{found.filled:,} of {many(lots, 'lot')} now, from {many(found.makers, 'order')}, mean {mean};"
        f" you {verb} {money(found.cash)}, fee {money(found.fee)} in it.",
        f"Why not more: {why}." if found.filled < lots else "All of it would be filled.",
    )


def _book(session: Session, market: int, levels: int) -> dict[str, Any]:
    chain = session.chain
    day, bids, asks = chain.call_many(
        [
            ("ExchangeLens", "market", (market,)),
            ("ExchangeLens", "depth", (market, BUY, levels)),
            ("ExchangeLens", "depth", (market, SELL, levels)),
        ]
    )
    ticks = [day.lastTick, day.lowTick, day.highTick]
    last, low, high = chain.call_many(("ExchangeLens", "priceOf", (market, t)) for t in ticks)
    plain = [
        [{"price": money(x.price), "lots": x.lots, "orders": x.orders} for x in side]
        for side in (bids, asks)
    ]
    return {
        "market": market,
        "open": day.open,
        "opensAt": day.opensAt,
        "phase": PHASES[day.phase],
        "last": money(last) if day.lastTick else None,
        "low": money(low) if day.lowTick else None,
        "high": money(high) if day.highTick else None,
        "volume": day.volume,
        "turnover": money(day.turnover),
        "bids": plain[0],
        "asks": plain[1],
    }


def _book_lines(session: Session, data: dict[str, Any]) -> list[Any]:
    if data["open"]:
        state = "open"
    else:
        state = data["phase"]
        if data["opensAt"]:
            state += f"; opens {session.local_time(data['opensAt'])}"
    rows = [("ask", x["price"], f"{x['lots']:,}", x["orders"]) for x in reversed(data["asks"])]
    rows += [("bid", x["price"], f"{x['lots']:,}", x["orders"]) for x in data["bids"]]
    return [
        f"Market {data['market']}: {state}. Last {data['last']}, band {data['low']} to"
        f" {data['high']}; volume {data['volume']:,}, turnover {data['turnover']}.",
        table("", ("", ">price", ">lots", ">orders"), rows) if rows else "The book is empty.",
    ]
