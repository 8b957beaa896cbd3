"""`tonne market`: look at a book, ask what an order would do, and act in it."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

import typer
from rich.console import Group
from rich.live import Live

from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    connect,
    console,
    key,
    many,
    money,
    parse_day,
    participant_of,
    show,
    table,
)
from tonne.cli.market import funds, replay
from tonne.cli.market.funds import unit_contract
from tonne.cli.market.order_options import (
    BUY,
    OWN_DEFAULT,
    SELL,
    AllOrNothing,
    AtOnce,
    Gtc,
    Least,
    Levels,
    MostCost,
    Own,
    PostOnly,
    Price,
    Terms,
    Until,
    day_of,
    order_number,
    packed,
    side_of,
)
from tonne.cli.market.order_results import in_prices, open_orders, send_order, show_outcome
from tonne.crypto.accounts import Account
from tonne.deployment import record
from tonne.deployment.scheme_setup import currency_of_market
from tonne.errors import TonneError
from tonne.market.permits import PermitDomain
from tonne.market.trading_day import trading_day

app = typer.Typer(help="Watch a market and act in it.", no_args_is_help=True)

LEDGER_PER_CENT: Final = 100
PERMIT_SECONDS: Final = 3600

#: `QuoteStop` of the lens, for people.
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

Lots = Annotated[int, typer.Argument(help="Lots; one lot is a tonne.", min=1)]
Deposit = Annotated[
    bool, typer.Option("--deposit", help="Deposit what is short from the wallet, in one go.")
]


@app.command()
def watch(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    levels: Annotated[int, typer.Option(help="Prices of each side.", min=1, max=100)] = 5,
    follow: Annotated[bool, typer.Option("--follow", help="Keep looking until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the day and the best prices of a market."""
    desk = connect(rpc, folder)
    if not follow:
        data = _book(desk, market, levels)
        show(data, as_json, *_book_lines(desk, data))
        return
    with Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(Group(*_book_lines(desk, _book(desk, market, levels))), refresh=True)
            time.sleep(1)


@app.command("day")
def day_(
    day: Annotated[
        str | None, typer.Argument(help="A local day, e.g. 2021-07-16; else the last one opened.")
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    as_json: AsJson = False,
) -> None:
    """Tell a day's open, high, low, last, previous close, volume and turnover, from the events."""
    desk = connect(rpc, folder)
    number = parse_day(day, "day") if day else None
    found = trading_day(desk.chain, market, desk.deployment.first_block, number)
    prices = {
        name: None if price is None else money(price)
        for name in ("previous", "floor", "ceiling", "open", "high", "low", "last")
        for price in [getattr(found, name)]
    }
    data = {
        "market": market,
        "day": str(day_of(found.day)),
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
    show(
        data,
        as_json,
        f"Market {market} on {data['day']}: previous close {prices['previous']},"
        f" band {prices['floor']} to {prices['ceiling']}.",
        told,
    )


@app.command()
def quote(
    side: Annotated[str, typer.Argument(help="buy or sell.")],
    lots: Lots,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    price: Price = None,
    max_cost: MostCost = None,
    levels: Levels = 0,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Say what an order would fill now, at what cost, and why not more.

    Without a key it is anybody's: what an account has, owes or may hold is not looked at.
    """
    desk = connect(rpc, folder)
    known = name is not None or keystore_file is not None
    account = key(name, keystore_file, passphrase_file) if known else None
    participant = participant_of(desk, account) if account else 0
    buys = side_of(side)
    terms = Terms(at_once=True, levels=levels, max_cost=max_cost)
    request = packed(desk.chain, market, buys, lots, price, terms)
    found = desk.chain.call("ExchangeLens", "quote", request, participant)
    why = STOPS[found.stop]
    if found.refusal:
        refusal = desk.chain.errors.error("0x" + found.refusal.hex(), "quote")
        why = in_prices(desk, market, refusal).message.removesuffix(".")
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
    show(
        data,
        as_json,
        f"{found.filled:,} of {many(lots, 'lot')} now, from {many(found.makers, 'order')}, mean {mean};"
        f" you {verb} {money(found.cash)}, fee {money(found.fee)} in it.",
        f"Why not more: {why}." if found.filled < lots else "All of it would be filled.",
    )


@app.command()
def buy(
    lots: Lots,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    price: Price = None,
    max_cost: MostCost = None,
    at_once: AtOnce = False,
    all_or_nothing: AllOrNothing = False,
    gtc: Gtc = False,
    until: Until = None,
    post_only: PostOnly = False,
    least: Least = 0,
    levels: Levels = 0,
    own: Own = OWN_DEFAULT,
    deposit: Deposit = False,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Buy; what is not filled rests until the day ends, unless told otherwise.

    With --deposit what is short comes from the wallet, in the same transaction.
    """
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    terms = Terms(at_once, all_or_nothing, gtc, until, post_only, least, levels, own, max_cost)
    request = packed(desk.chain, market, BUY, lots, price, terms)
    _place(desk, account, request, lots, as_json, deposit)


@app.command()
def sell(
    lots: Lots,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    price: Price = None,
    at_once: AtOnce = False,
    all_or_nothing: AllOrNothing = False,
    gtc: Gtc = False,
    until: Until = None,
    post_only: PostOnly = False,
    least: Least = 0,
    levels: Levels = 0,
    own: Own = OWN_DEFAULT,
    deposit: Deposit = False,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Sell; what is not filled rests until the day ends, unless told otherwise.

    With --deposit what is short comes from the wallet, in the same transaction.
    """
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    terms = Terms(at_once, all_or_nothing, gtc, until, post_only, least, levels, own)
    request = packed(desk.chain, market, SELL, lots, price, terms)
    _place(desk, account, request, lots, as_json, deposit)


@app.command()
def orders(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """List your open orders, found in the chain's events."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    found = open_orders(desk, market, participant_of(desk, account))
    rows = [
        (hex(o["order"]), o["side"], o["price"], f"{o['lots']:,}", o["until"] or "cancelled")
        for o in found
    ]
    show(
        {"orders": [{**o, "order": hex(o["order"])} for o in found]},
        as_json,
        table("", ("order", "side", ">price", ">lots left", "until"), rows)
        if rows
        else "No open order.",
    )


@app.command()
def cancel(
    order: Annotated[str | None, typer.Argument(help="Its number, from `market orders`.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All your open orders.")] = False,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Cancel one open order, or all of yours in a market."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    desk.chain.fund([account])
    if everything:
        numbers = [o["order"] for o in open_orders(desk, market, participant_of(desk, account))]
        if numbers:
            desk.chain.send(account, "Exchange", "batch", numbers, [])
    elif order is None:
        raise TonneError(
            "ORDER_MISSING",
            "Which order?",
            field="order",
            remedy="Give its number, or --all. `tonne market orders` lists yours.",
        )
    else:
        numbers = [order_number(order)]
        desk.chain.send(account, "Exchange", "cancel", numbers[0])
    show(
        {"cancelled": [hex(n) for n in numbers]},
        as_json,
        f"{many(len(numbers), 'order')} cancelled.",
    )


app.command()(funds.deposit)
app.command()(funds.withdraw)
app.command("replay")(replay.command)


# Inside


def _book(desk: Desk, market: int, levels: int) -> dict[str, Any]:
    chain = desk.chain
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


def _book_lines(desk: Desk, data: dict[str, Any]) -> list[Any]:
    if data["open"]:
        state = "open"
    else:
        state = data["phase"]
        if data["opensAt"]:
            state += f"; opens {desk.when(data['opensAt'])}"
    rows = [("ask", x["price"], f"{x['lots']:,}", x["orders"]) for x in reversed(data["asks"])]
    rows += [("bid", x["price"], f"{x['lots']:,}", x["orders"]) for x in data["bids"]]
    return [
        f"Market {data['market']}: {state}. Last {data['last']}, band {data['low']} to"
        f" {data['high']}; volume {data['volume']:,}, turnover {data['turnover']}.",
        table("", ("", ">price", ">lots", ">orders"), rows) if rows else "The book is empty.",
    ]


def _place(
    desk: Desk, account: Account, request: int, lots: int, as_json: bool, deposit: bool = False
) -> None:
    chain = desk.chain
    chain.fund([account])
    market = request >> 48 & 0xFFFF
    participant = participant_of(desk, account)
    call = ("Exchange", "place", (request,))
    if deposit:
        call = _with_deposit(desk, account, participant, market, request, lots) or call
    contract, function, args = call
    receipt = send_order(desk, account, market, contract, function, *args)
    show_outcome(desk, receipt, market, participant, lots, as_json)


def _with_deposit(
    desk: Desk, account: Account, participant: int, market: int, request: int, lots: int
) -> tuple[str, str, tuple[Any, ...]] | None:
    """The call that deposits what the order is short of and places it; None when nothing is."""
    chain = desk.chain
    price, (config, _), held, assets = chain.call_many(
        [
            ("ExchangeLens", "priceOf", (market, request >> 32 & 0xFFFF)),
            ("ExchangeLens", "marketConfig", (market,)),
            ("Exchange", "account", (participant, market)),
            ("Exchange", "marketAssets", (market,)),
        ]
    )
    if request >> 64 & 1 == SELL:
        if held.lotsFree >= lots:
            return None
        units = (lots - held.lotsFree) * assets.lotSize
        order = request.to_bytes(32, "big")
        to = chain["Exchange"]
        args = (account, to, assets.unit, units, order)
        return unit_contract(assets.unit), "safeTransferFrom", args
    fee = max(config.rules.takerFeePpm, config.rules.makerFeePpm)
    needed = price * lots + -(-price * lots * fee // 1_000_000)
    short = -(-(needed - held.cashFree) // LEDGER_PER_CENT)
    if short <= 0:
        return None
    permit = _permit(desk, market, account, short)
    return "ExchangeGateway", "depositAndPlace", (market, short, permit, [request])


def _permit(
    desk: Desk, market: int, account: Account, amount: int
) -> tuple[int, int, bytes, bytes]:
    """Lets the exchange take exactly this much [0.01 currency], once, within the hour."""
    chain = desk.chain
    currency = currency_of_market(chain, market)
    title, nonce = chain.call_many([(currency, "name", ()), (currency, "nonces", (account,))])
    domain = PermitDomain.of(
        title, chain.chain_id, currency.address_bytes, chain["Exchange"].address_bytes
    )
    return domain.sign(account, amount, nonce, chain.now() + PERMIT_SECONDS)
