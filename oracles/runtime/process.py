"""Command line of a daemon: shared options, connection, sender, logging.

One vocabulary of options for every oracle; a daemon adds those of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from tonne.chain.client import Chain
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.deployment import record
from tonne.errors import TonneError

Rpc = Annotated[str, typer.Option(help="JSON-RPC URL of the node.")]
Deployment = Annotated[Path, typer.Option(help="The deployments file, deployments/CHAINID.json.")]
Keystore = Annotated[
    Path | None,
    typer.Option(
        "--keystore", help="Ethereum keystore of the sender. Without one nothing is sent (dry run)."
    ),
]
Passphrase = Annotated[Path | None, typer.Option(help="File that holds the keystore's passphrase.")]
Interval = Annotated[float, typer.Option(help="Rest between two idle cycles [s].")]
Finality = Annotated[int, typer.Option(help="Blocks until a transaction is final.")]
MaxFee = Annotated[int, typer.Option(help="Never pay more per gas.")]
MetricsPort = Annotated[
    int | None, typer.Option(help="Serve /metrics, /live, /ready, /fresh on this port.")
]


def new_app() -> typer.Typer:
    return typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


def connect(rpc: str, deployment: Path) -> Chain:
    """The chain with the contracts of a deployments file. Raises if one of them is not there."""
    chain = Chain(rpc)
    record.attach(chain, path=deployment)
    return chain


def sender_of(keystore_file: Path | None, passphrase_file: Path | None) -> Account | None:
    """The account of a keystore; None without one: the daemon then sends nothing."""
    return keystore.read(keystore_file, passphrase_file) if keystore_file else None


def log_json() -> None:
    """Logs one JSON object a line to stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def run_app(app: typer.Typer) -> None:
    """Runs the command. A TonneError becomes one line with its code, and exit status 2."""
    try:
        app()
    except TonneError as error:
        typer.echo(f"{error.code}: {error.message} {error.remedy or ''}".rstrip(), err=True)
        sys.exit(2)
