"""`tonne market maker`: who quotes both sides of a market, on what duties, and for how long it did."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne.cli.core.session import (
    DEFAULT_RPC,
    WHO,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    connect,
    key,
    many,
    money,
    parse_day,
    parse_money,
    participant_named,
    participant_of,
    show,
    table,
)
from tonne.cli.market.open_day import anybody
from tonne.cli.market.order_options import day_of, order_number
from tonne.crypto.accounts import keccak
from tonne.deployment import record
from tonne.errors import TonneError

app = typer.Typer(help="Appoint market makers, and measure their presence.", no_args_is_help=True)

DAY_S: Final = 86_400
QUARTER_S: Final = 900
PPM: Final = 1_000_000

Maker = Annotated[str, typer.Argument(help=f"The market maker. {WHO}")]
Day = Annotated[str | None, typer.Option(help="A local day, e.g. 2021-07-30; else today.")]
FirstDay = Annotated[
    str | None, typer.Option("--from", help="First day, e.g. 2021-07-30; else tomorrow.")
]


@app.command()
def appoint(
    maker: Maker,
    spread: Annotated[str, typer.Option(help="Ask less bid at most, e.g. 0.50.")],
    lots: Annotated[int, typer.Option(help="Lots of each of the two orders, at least.", min=1)],
    presence: Annotated[
        int, typer.Option(help="Share of a day's session time, at least [%].", min=1, max=100)
    ],
    first: FirstDay = None,
    last: Annotated[
        str | None, typer.Option("--until", help="Last day; else until further notice.")
    ] = None,
    benefit: Annotated[
        str | None, typer.Option(help="What it gets; the text's hash goes on record.")
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Make a participant a market maker, or change its duties. For market officers."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    number = participant_named(desk, maker, "maker")
    from_day = _day(desk, market, first, "from", 1)
    duties = (
        _steps(desk, market, spread),
        lots,
        presence * PPM // 100,
        from_day,
        parse_day(last, "until") if last else 0,
    )
    hashed = keccak(benefit.encode()) if benefit else bytes(32)
    desk.chain.fund([account])
    desk.chain.send(account, "MarketMakers", "appoint", market, number, duties, hashed)
    show(
        {"market": market, "maker": number, "from": str(day_of(from_day)), "benefitHash": hashed},
        as_json,
        f"Participant {number} is a market maker of market {market} from {day_of(from_day)} on.",
        f"On each day it presents its orders: `tonne market maker present BUY-ORDER SELL-ORDER"
        f" --market {market}`.",
    )


@app.command()
def dismiss(
    maker: Maker,
    reason: Annotated[str, typer.Option(help="Why; its hash goes on record.")],
    first: FirstDay = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """End a market maker's duties from a later day on. For market officers."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    number = participant_named(desk, maker, "maker")
    day, hashed = _day(desk, market, first, "from", 1), keccak(reason.encode())
    desk.chain.fund([account])
    desk.chain.send(account, "MarketMakers", "dismiss", market, number, day, hashed)
    show(
        {"market": market, "maker": number, "from": str(day_of(day)), "reasonHash": hashed},
        as_json,
        f"Participant {number} has no duties in market {market} from {day_of(day)} on.",
    )


@app.command()
def present(
    bid: Annotated[str, typer.Argument(help="Your buy order, from `market orders`.")],
    ask: Annotated[str, typer.Argument(help="Your sell order.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Present two of your open orders: from now on they are what is measured."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    number = participant_of(desk, account)
    desk.chain.fund([account])
    args = (market, order_number(bid), order_number(ask))
    desk.chain.send(account, "MarketMakers", "present", *args)
    data = _measured(desk, market, number, _day(desk, market, None, "day", 0))
    show(data, as_json, *_lines(data))


@app.command()
def check(
    maker: Maker,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Have a maker's presence counted up to now. Anybody; at the latest before the day ends."""
    desk = connect(rpc, folder)
    sender = anybody(name, keystore_file, passphrase_file)
    number = participant_named(desk, maker, "maker")
    desk.chain.fund([sender])
    receipt = desk.chain.send(sender, "MarketMakers", "check", market, number)
    data = _measured(desk, market, number, _day(desk, market, None, "day", 0))
    told = {event.name for event in desk.chain.events(receipt)}
    ended = ["The orders it presented do not meet the duties any more."]
    said = ended if "QuotesEnded" in told else []
    show({**data, "ended": bool(said)}, as_json, *said, *_lines(data))


@app.command("show")
def show_(
    maker: Annotated[str | None, typer.Argument(help=f"Else all of them. {WHO}")] = None,
    day: Day = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    as_json: AsJson = False,
) -> None:
    """Show duties, presence and spread of a market's makers on a day, as far as counted."""
    desk = connect(rpc, folder)
    on = _day(desk, market, day, "day", 0)
    if maker is not None:
        data = _measured(desk, market, participant_named(desk, maker, "maker"), on)
        show(data, as_json, *_lines(data))
        return
    topic = "0x" + market.to_bytes(32, "big").hex()
    first = desk.deployment.first_block
    told = desk.chain.logs("MarketMakers", "MarketMakerAppointed", first, topics=[topic])
    begins = {e["participant"]: e["duties"].fromDay for e in told}
    found = [
        {**_measured(desk, market, n, on), "lastBegins": str(day_of(begins[n]))}
        for n in sorted(begins)
    ]
    columns = (">maker", ">spread at most", ">lots", ">presence", ">so far", ">spread now", "met")
    rows = [_row(made) for made in found]
    show(
        {"market": market, "day": str(day_of(on)), "makers": found},
        as_json,
        table(f"Market {market} on {day_of(on)}", columns, rows)
        if rows
        else f"Nobody was ever a market maker of market {market}.",
    )


# Inside


def _day(desk: Desk, market: int, text: str | None, field: str, later: int) -> int:
    """The day named, or the market's local day and so many days later."""
    if text is not None:
        return parse_day(text, field)
    config, _ = desk.chain.call("ExchangeLens", "marketConfig", market)
    return (desk.chain.now() + config.utcQuarters * QUARTER_S) // DAY_S + later


def _steps(desk: Desk, market: int, text: str) -> int:
    """A spread in the market's price steps."""
    config, _ = desk.chain.call("ExchangeLens", "marketConfig", market)
    spread, step = parse_money(text, 4), config.tickSize
    if spread % step or not 0 < spread // step < 1 << 16:
        raise TonneError(
            "MAKERS_BAD_SPREAD",
            f"A spread is a multiple of the price step, {money(step)}, and more than 0.",
            field="spread",
            value=text,
            remedy="Round it to a step.",
        )
    return spread // step


def _measured(desk: Desk, market: int, maker: int, day: int) -> dict[str, Any]:
    """Duties of a maker on a day, what was counted on it, and what it quotes now."""
    made, (bid, ask, since), (config, _) = desk.chain.call_many(
        [
            ("MarketMakers", "dutyOf", (market, maker, day)),
            ("MarketMakers", "quotesOf", (market, maker)),
            ("ExchangeLens", "marketConfig", (market,)),
        ]
    )
    steps = (ask >> 48 & 0xFFFF) - (bid >> 48 & 0xFFFF)
    duties = made.duties
    return {
        "market": market,
        "maker": maker,
        "day": str(day_of(day)),
        "duties": {
            "spread": money(duties.maximumSpread * config.tickSize),
            "lots": duties.minimumLots,
            "presencePercent": duties.presencePpm * 100 // PPM,
            "from": str(day_of(duties.fromDay)),
            "until": str(day_of(duties.untilDay)) if duties.untilDay else None,
        }
        if duties.fromDay
        else None,
        "presentSeconds": made.presentSeconds,
        "sessionSeconds": made.sessionSeconds,
        "met": made.met,
        "bid": hex(bid) if since else None,
        "ask": hex(ask) if since else None,
        "spread": money(steps * config.tickSize) if since else None,
        "countedUntil": desk.when(since) if since else None,
    }


def _share(made: dict[str, Any]) -> str:
    """Presence so far, in percent of the day's sessions."""
    if not made["sessionSeconds"]:
        return "-"
    tenths = made["presentSeconds"] * 1_000 // made["sessionSeconds"]
    return f"{tenths // 10}.{tenths % 10} %"


def _row(made: dict[str, Any]) -> tuple[Any, ...]:
    duties = made["duties"]
    spread = made["spread"] or "-"
    if duties is None:
        begins = made["lastBegins"]
        later = f"from {begins} on" if begins > made["day"] else "no duties"
        return made["maker"], "-", "-", "-", _share(made), spread, later
    met = "yes" if made["met"] else "not yet"
    asked = (duties["spread"], f"{duties['lots']:,}", f"{duties['presencePercent']} %")
    return made["maker"], *asked, _share(made), spread, met


def _lines(made: dict[str, Any]) -> list[str]:
    who = f"Participant {made['maker']} in market {made['market']} on {made['day']}"
    duties = made["duties"]
    if duties is None:
        lines = [f"{who} has no duties."]
    else:
        until = duties["until"] or "further notice"
        lines = [
            f"{who}: {many(duties['lots'], 'lot')} or more on both sides, at most"
            f" {duties['spread']} apart, {duties['presencePercent']} % of the sessions; from"
            f" {duties['from']} until {until}."
        ]
    if made["sessionSeconds"]:
        met = "met" if made["met"] else "not met yet"
        minutes, whole = made["presentSeconds"] // 60, made["sessionSeconds"] // 60
        lines.append(f"Present {minutes} of {whole} minutes, {_share(made)}: {met}.")
    else:
        lines.append("Nothing has been counted on this day.")
    if made["bid"]:
        lines.append(
            f"Measured: orders {made['bid']} and {made['ask']}, {made['spread']} apart; counted"
            f" until {made['countedUntil']}."
        )
    return lines
