"""`tonne auction show`: terms, stage and bids of an auction."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.session import Session

Number = Annotated[int, typer.Argument(help="Auction number.", min=1)]
BidFiles = Annotated[
    Path,
    typer.Option(
        "--sealed",
        envvar="TONNE_SEALED",
        help="Folder with the openings of your commitments.",
        show_default="build/sealed/",
    ),
]


@command(needs=Session)
def show(session: Session, number: Number) -> None:
    """Show terms, stage and bids of an auction."""
    from tonne.cli.auction import state

    terms = state.terms_of(session, number)
    data = state.summary(session, terms, number)
    session.show(data, *state.lines_of(session, terms, data))
