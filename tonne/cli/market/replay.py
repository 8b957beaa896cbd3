"""`tonne market replay`: order flow of a file on a fresh exchange, compared trade by trade."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import Printer, errors, table
from tonne.errors import TonneError
from tonne.market import order_flow
from tonne.market.order_flow import FlowOutcome

if TYPE_CHECKING:
    from tonne.sandbox.order_replay import ReplayRun

MGAS: Final = 1_000_000
BLOCK: Final = 10 * MGAS

Commands = Annotated[
    Path, typer.Argument(help="CSV file of commands: seq, cmd, order_id, side, price, qty.")
]
Expected = Annotated[
    Path | None,
    typer.Option(
        "--expect", help="CSV file of expected trades: seq, taker_order, maker_order, price, qty."
    ),
]
ExpectedBook = Annotated[
    Path | None,
    typer.Option(
        "--expect-book", help="CSV file of expected levels at the end: side, price, orders, qty."
    ),
]


@command(needs=Printer)
def replay(
    session: Printer, file: Commands, expect: Expected = None, expect_book: ExpectedBook = None
) -> None:
    """Replay order flow on a chain started for it, and compare every trade.

    Without files of expected trades and levels, a plain book in memory gives them.
    """
    from tonne.progress import counted
    from tonne.sandbox import order_replay as replaying
    from tonne.sandbox import trial_market

    commands = order_flow.read_commands(file)
    expected = order_flow.match(commands)
    if expect is not None:
        expected = _replaced(expected, trades=order_flow.read_trades(expect))
    if expect_book is not None:
        expected = _replaced(expected, book=order_flow.read_book(expect_book))
    started = time.monotonic()
    with (
        trial_market.standing("replay") as stage,
        counted(errors, "orders", len(commands), hidden=session.as_json) as count,
    ):
        run = replaying.run(stage, commands, on_progress=count)
    told = list(replaying.differences(run.outcome, expected))
    data = _data(run, len(commands), told, time.monotonic() - started)
    session.show(data, *_lines(run, data))
    if told:
        raise TonneError(
            "REPLAY_DIFFERS",
            f"The exchange differs from the expected trades: {told[0]}",
            field="trades",
            remedy="All differences are listed above." if len(told) > 1 else "",
        )


def _replaced(expected: FlowOutcome, **parts: Any) -> FlowOutcome:
    trades, book = parts.get("trades", expected.trades), parts.get("book", expected.book)
    return FlowOutcome(trades, expected.refused, book)


def _data(run: ReplayRun, commands: int, told: list[str], seconds: float) -> dict[str, Any]:
    trades = run.outcome.trades
    return {
        "commands": commands,
        "trades": len(trades),
        "lots": sum(trade.lots for trade in trades),
        "refused": len(run.outcome.refused),
        "levels": len(run.outcome.book),
        "equal": not told,
        "differences": told,
        "gas": {
            kind: {"commands": gas.commands, "mean": gas.mean, "total": gas.total}
            for kind, gas in sorted(run.gas.items())
        },
        "totalGas": run.total_gas,
        "commandsPerSecond": round(commands / run.seconds),
        "seconds": round(seconds, 1),
    }


def _lines(run: ReplayRun, data: dict[str, Any]) -> list[Any]:
    rows = [
        (kind, f"{gas['commands']:,}", f"{gas['mean']:,}", f"{gas['total']:,}")
        for kind, gas in data["gas"].items()
    ]
    per_block = BLOCK * data["commands"] // max(data["totalGas"], 1)
    verdict = (
        "Trades and book are as expected." if data["equal"] else "\n".join(data["differences"])
    )
    return [
        table("", ["commands that", ">number", ">gas each", ">gas"], rows),
        f"{data['commands']:,} commands gave {data['trades']:,} trades of {data['lots']:,} lots for "
        f"{data['totalGas'] / MGAS:,.1f} Mgas: {per_block:,} commands per 10 Mgas. The chain took "
        f"{data['commandsPerSecond']:,} commands/s.",
        f"Price = {run.grid.base:,} + tick × {run.grid.step:,}. {verdict}",
    ]
