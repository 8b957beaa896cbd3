"""`tonne up`: a small market on a local chain, to act in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from tonne.cli.core.options import DEPLOYMENTS, Deployments
from tonne.cli.core.session import ACCOUNTS

PORT: Final = 8545
SAMPLE: Final = Path("sample")


def up(
    port: Annotated[int, typer.Option(help="TCP port of the node.")] = PORT,
    state: Annotated[
        Path | None,
        typer.Option(help="File that keeps the chain over a restart; default: not kept."),
    ] = None,
    folder: Deployments = DEPLOYMENTS,
    accounts: Annotated[
        Path,
        typer.Option(
            help="Folder for the keystores of the accounts.", show_default="build/accounts/"
        ),
    ] = ACCOUNTS,
    sample: Annotated[
        Path, typer.Option(help="Folder for evidence and drafts to work on.")
    ] = SAMPLE,
) -> None:
    """Start a small market with named accounts and keep it inside a trading session.

    Three plants, a verification body, an authority, a project developer, a trader and a town. Each has work
    to do: reports, an auction, a charge, a bill. Chain time moves one second with each block; `tonne clock`
    moves it further. Ctrl-C stops the node.
    """
    from tonne.cli.chain import local_market

    local_market.run(port, state, folder, accounts, sample)
