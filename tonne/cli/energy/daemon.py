"""`tonne energy run`: a daemon of the power market."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.core import daemon_process
from tonne.cli.core.options import (
    DEFAULT_RPC,
    DEPLOYMENTS,
    As,
    Deployments,
    Keystore,
    PassphraseFile,
    Rpc,
)


class PowerDaemon(StrEnum):
    """Daemons of the power market."""

    aggregator = "aggregator"
    settlement = "settlement"
    solver = "solver"
    watcher = "watcher"


def run(
    context: typer.Context,
    daemon: Annotated[PowerDaemon, typer.Argument(help="Daemon, see docs/power.md.")],
    place: Annotated[
        Path | None,
        typer.Option("--folder", help="Folder of its journal and files; default: its name."),
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Deployments = DEPLOYMENTS,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Run a daemon of the power market until Ctrl-C; without a key it sends no transactions.

    Further options are passed on to the daemon, e.g. `--finality instant`; `python -m
    oracles.power.DAEMON run --help` lists them.
    """
    daemon_process.execute(
        f"oracles.power.{daemon}",
        place or Path(daemon),
        *(rpc, folder, name, keystore_file, passphrase_file),
        context.args,
    )
