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
            help='Time in the scheme\'s zone: "2021-12-31 17:00", "+3d", "+2h" or Unix seconds.'
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
    """Move a test chain into the next trading session and open its day."""
    from tonne.chain import clock

    clock.next_session(session.chain, session.market)
    _show(session)


def _show(session: Session) -> None:
    now, block = session.chain.now(), session.chain.block_number()
    local = session.local_time(now)
    session.show(
        {"time": now, "localTime": local, "block": block}, f"It is {local}, block {block:,}."
    )
