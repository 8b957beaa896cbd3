"""`tonne market month`: reference price of a month."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import cents, money
from tonne.cli.core.session import Session
from tonne.errors import refused


@command(needs=Session, market=1)
def month(
    session: Session, month: Annotated[str, typer.Argument(help="Month, e.g. 2021-07.")]
) -> None:
    """Show a month's reference price: turnover over volume of listed and block trades."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", month)
    if found is None:
        raise refused("MONTH_UNREADABLE", month=month)
    year, number = int(found[1]), int(found[2])
    price, blocks = session.chain.call_many(
        [
            ("BlockTrades", "monthPrice", (session.market, year, number)),
            ("BlockTrades", "monthStatistics", (session.market, year, number)),
        ]
    )
    value, lots, turnover, over = price
    data = {
        "month": month,
        "price": cents(value),
        "lots": lots,
        "turnover": money(turnover),
        "blockLots": blocks.lots,
        "blockTurnover": money(blocks.turnover),
        "blockTrades": blocks.trades,
        "over": over,
    }
    share = blocks.lots * 1000 // lots
    session.show(
        data,
        f"{month}: {cents(value)} a unit, from {lots:,} lots for {money(turnover)};"
        f" {share // 10}.{share % 10} % of them in {blocks.trades:,} block trades.",
        "The month is over." if over else "The month still runs; this changes with every trade.",
    )
