"""`tonne clock`: chain time, read anywhere and moved on test chains."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.session import Session

app = typer.Typer(help="Read chain time; move it on test chains.", no_args_is_help=True)


@app.command("show")
@command(needs=Session, scheme=1)
def show_time(session: Session) -> None:
    """Show chain time in the scheme's time zone."""
    _show(session)


@app.command("set")
@command(needs=Session, scheme=1)
def set_time(
    session: Session,
    moment: Annotated[
        str,
        typer.Argument(
            help='Time in the scheme\'s zone: 2021-12-31, "2021-12-31 17:00", 17:00 (the next), +3d, +2h or'
            " Unix seconds."
        ),
    ],
) -> None:
    """Move a test chain to a later time."""
    from tonne.chain import clock

    chain = session.chain
    chain.set_time(clock.parse(moment, chain.now(), session.zone))
    _show(session)


@app.command("next-session")
@command(needs=Session, scheme=1, market=1)
def next_session(session: Session) -> None:
    """Move a test chain into the next trading session and open its day; an open market stays where it is."""
    from tonne.chain import clock

    was_open = session.chain.call("ExchangeLens", "market", session.market).open
    clock.next_session(session.chain, session.market)
    stays = f" Market {session.market} is open: the clock was not moved." if was_open else ""
    _show(session, stays, wasOpen=was_open)


def _show(session: Session, addition: str = "", **facts: bool) -> None:
    now, block = session.chain.now(), session.chain.block_number()
    local = session.local_time(now)
    session.show(
        {"time": now, "localTime": local, "block": block, **facts},
        f"It is {local}, block {block:,}.{addition}",
    )
