"""`tonne market maker`: market makers, their duties and their measured presence."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import ON_RECORD, WHO, Reason
from tonne.cli.core.output import date_of, many, money, parse_day, parse_money, table
from tonne.cli.core.session import Keeper, Session, Signer, participant_named, text_hash
from tonne.cli.market.order_options import order_number
from tonne.constants import DAY_S, PPM, ZERO_WORD
from tonne.errors import refused
from tonne.market.order_encoding import OrderKey

app = typer.Typer(help="Appoint market makers, and measure their presence.", no_args_is_help=True)

QUARTER_S: Final = 900

Maker = Annotated[str, typer.Argument(help=f"Market maker. {WHO}")]
Day = Annotated[str | None, typer.Option(help="Local day, e.g. 2021-07-30; default: today.")]
FirstDay = Annotated[
    str | None, typer.Option("--from", help="First day, e.g. 2021-07-30; default: tomorrow.")
]


@app.command()
@command(needs=Signer, market=1)
def appoint(
    session: Signer,
    maker: Maker,
    spread: Annotated[str, typer.Option(help="Widest spread between bid and ask, e.g. 0.50.")],
    lots: Annotated[int, typer.Option(help="Least lots of each of the two orders.", min=1)],
    presence: Annotated[
        int, typer.Option(help="Least share of a day's session time [%].", min=1, max=100)
    ],
    first: FirstDay = None,
    last: Annotated[
        str | None, typer.Option("--until", help="Last day; default: until further notice.")
    ] = None,
    benefit: Annotated[str | None, typer.Option(help=f"Benefit granted. {ON_RECORD}")] = None,
) -> None:
    """Appoint a market maker or change its duties, as a market officer."""
    number = participant_named(session, maker, "maker")
    from_day = _day(session, session.market, first, "from", 1)
    duties = (
        _steps(session, session.market, spread),
        lots,
        presence * PPM // 100,
        from_day,
        parse_day(last, "until") if last else 0,
    )
    hashed = text_hash(benefit) if benefit else ZERO_WORD
    session.send("MarketMakers", "appoint", session.market, number, duties, hashed)
    session.show(
        {
            "market": session.market,
            "maker": number,
            "from": str(date_of(from_day)),
            "benefitHash": hashed,
        },
        f"Participant {number} is a market maker of market {session.market} from"
        f" {date_of(from_day)} on.",
        f"On each day it presents its orders: `tonne market maker present BUY-ORDER SELL-ORDER"
        f" --market {session.market}`.",
    )


@app.command()
@command(needs=Signer, market=1)
def dismiss(
    session: Signer,
    maker: Maker,
    reason: Reason,
    first: FirstDay = None,
) -> None:
    """End a market maker's duties from a later day on, as a market officer."""
    number = participant_named(session, maker, "maker")
    day, hashed = _day(session, session.market, first, "from", 1), text_hash(reason)
    session.send("MarketMakers", "dismiss", session.market, number, day, hashed)
    session.show(
        {
            "market": session.market,
            "maker": number,
            "from": str(date_of(day)),
            "reasonHash": hashed,
        },
        f"Participant {number} has no duties in market {session.market} from {date_of(day)} on.",
    )


@app.command()
@command(needs=Signer, market=1)
def present(
    session: Signer,
    bid: Annotated[str, typer.Argument(help="Your buy order, from `market orders`.")],
    ask: Annotated[str, typer.Argument(help="Your sell order, from `market orders`.")],
) -> None:
    """Present two of your open orders: their presence is measured from now on."""
    number = session.participant
    args = (session.market, order_number(bid), order_number(ask))
    session.send("MarketMakers", "present", *args)
    data = _measured(session, session.market, number, _day(session, session.market, None, "day", 0))
    session.show(data, *_lines(data))


@app.command()
@command(needs=Keeper, market=1)
def check(session: Keeper, maker: Maker) -> None:
    """Count a maker's presence up to now; due before the day ends. Open to all."""
    number = participant_named(session, maker, "maker")
    receipt = session.send("MarketMakers", "check", session.market, number)
    data = _measured(session, session.market, number, _day(session, session.market, None, "day", 0))
    told = {event.name for event in session.chain.events(receipt)}
    ended = ["The orders it presented do not meet the duties any more."]
    said = ended if "QuotesEnded" in told else []
    session.show({**data, "ended": bool(said)}, *said, *_lines(data))


@app.command("show")
@command(needs=Session, market=1)
def show_(
    session: Session,
    maker: Annotated[str | None, typer.Argument(help=f"Market maker; default: all. {WHO}")] = None,
    day: Day = None,
) -> None:
    """Show duties, counted presence and spread of a market's makers on a day."""
    on = _day(session, session.market, day, "day", 0)
    if maker is not None:
        data = _measured(session, session.market, participant_named(session, maker, "maker"), on)
        session.show(data, *_lines(data))
        return
    topic = "0x" + session.market.to_bytes(32, "big").hex()
    first = session.first_block
    told = session.chain.logs("MarketMakers", "MarketMakerAppointed", first, topics=[topic])
    begins = {e["participant"]: e["duties"].fromDay for e in told}
    found = [
        {**_measured(session, session.market, n, on), "lastBegins": str(date_of(begins[n]))}
        for n in sorted(begins)
    ]
    columns = (">maker", ">max spread", ">lots", ">presence", ">so far", ">spread now", "met")
    rows = [_row(made) for made in found]
    session.show(
        {"market": session.market, "day": str(date_of(on)), "makers": found},
        table(f"Market {session.market} on {date_of(on)}", columns, rows)
        if rows
        else f"Market {session.market} never had a market maker.",
    )


def _day(session: Session, market: int, text: str | None, field: str, later: int) -> int:
    """The given day, else `later` days after the market's local day."""
    if text is not None:
        return parse_day(text, field)
    config, _ = session.chain.call("ExchangeLens", "marketConfig", market)
    local: int = session.chain.now() + config.utcQuarters * QUARTER_S
    return local // DAY_S + later


def _steps(session: Session, market: int, text: str) -> int:
    """A spread in ticks of the market."""
    config, _ = session.chain.call("ExchangeLens", "marketConfig", market)
    spread = parse_money(text, 4)
    step: int = config.tickSize
    if spread % step or not 0 < spread // step < 2**16:
        raise refused("MAKERS_BAD_SPREAD", spread=text, step=money(step))
    return spread // step


def _measured(session: Session, market: int, maker: int, day: int) -> dict[str, Any]:
    """Duties and counted presence of a maker on a day, and its present quotes."""
    made, (bid, ask, since), (config, _) = session.chain.call_many(
        [
            ("MarketMakers", "dutyOf", (market, maker, day)),
            ("MarketMakers", "quotesOf", (market, maker)),
            ("ExchangeLens", "marketConfig", (market,)),
        ]
    )
    steps = OrderKey.unpack(ask).tick - OrderKey.unpack(bid).tick
    duties = made.duties
    return {
        "market": market,
        "maker": maker,
        "day": str(date_of(day)),
        "duties": {
            "spread": money(duties.maximumSpread * config.tickSize),
            "lots": duties.minimumLots,
            "presencePercent": duties.presencePpm * 100 // PPM,
            "from": str(date_of(duties.fromDay)),
            "until": str(date_of(duties.untilDay)) if duties.untilDay else None,
        }
        if duties.fromDay
        else None,
        "presentSeconds": made.presentSeconds,
        "sessionSeconds": made.sessionSeconds,
        "met": made.met,
        "bid": hex(bid) if since else None,
        "ask": hex(ask) if since else None,
        "spread": money(steps * config.tickSize) if since else None,
        "countedUntil": session.local_time(since) if since else None,
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
