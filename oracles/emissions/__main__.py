"""`python -m oracles.emissions`: the emission oracle as a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from oracles.emissions.checks import Checker
from oracles.emissions.cycle import EmissionsCycle, explain_by
from oracles.runtime import metrics as watching
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.loop import LoopSettings, run, stop_on_signals
from oracles.runtime.transactions import TransactionManager, TransactionSettings
from tonne.chain.client import Chain
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.deployment import record
from tonne.errors import TonneError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Rpc = Annotated[str, typer.Option(help="JSON-RPC URL of the node.")]
Deployment = Annotated[Path, typer.Option(help="The deployments file, deployments/CHAINID.json.")]
InboxFolder = Annotated[Path, typer.Option(help="Folder where signed files arrive.")]
Keystore = Annotated[
    Path | None,
    typer.Option(
        "--keystore", help="Ethereum keystore of the sender. Without one nothing is sent (dry run)."
    ),
]
Passphrase = Annotated[Path | None, typer.Option(help="File that holds the keystore's passphrase.")]


@app.command("run")
def run_daemon(
    rpc: Rpc,
    deployment: Deployment,
    inbox: InboxFolder,
    journal: Annotated[Path, typer.Option(help="The daemon's memory, one SQLite file.")],
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    interval: Annotated[float, typer.Option(help="Rest between two idle cycles [s].")] = 1.0,
    finality: Annotated[int, typer.Option(help="Blocks until a transaction is final.")] = 1,
    max_fee_gwei: Annotated[int, typer.Option(help="Never pay more per gas.")] = 500,
    metrics_port: Annotated[
        int | None, typer.Option(help="Serve /metrics, /live, /ready, /fresh on this port.")
    ] = None,
) -> None:
    """Takes signed files from the inbox to the chain until it is told to stop."""
    log_as_json()
    stop = stop_on_signals()
    chain = connected(rpc, deployment)
    sender = _sender(keystore_file, passphrase_file)
    book = Journal(journal)
    book.pin("oracle", chain["EmissionsOracle"].address)
    checker = Checker(chain)
    settings = TransactionSettings(finality_blocks=finality, max_fee_wei=max_fee_gwei * 10**9)
    manager = (
        TransactionManager(chain.rpc, sender, book, settings, checker.is_done, explain_by(chain))
        if sender
        else None
    )
    watched = watching.Metrics("emissions")
    if metrics_port is not None:
        watching.serve(watched, metrics_port, lambda: watched.last_success > 0)
    structlog.get_logger().info(
        "started",
        chain=chain.chain_id,
        oracle=chain["EmissionsOracle"].address,
        sender=sender.address if sender else None,
        dry_run=sender is None,
    )
    cycle = EmissionsCycle(chain, Inbox(inbox), book, checker, sender, manager)

    def on_result(result) -> None:
        watched.cycle(result)
        watched.counts(book.job_counts(), book.file_counts())

    status = run(cycle, LoopSettings(interval_s=interval), stop, on_result)
    book.close()
    structlog.get_logger().info("stopped", status=status)
    raise typer.Exit(status)


@app.command()
def check(
    rpc: Rpc,
    deployment: Deployment,
    inbox: InboxFolder,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
) -> None:
    """The operator's first hour: node, contract, clock, key, balance and folder, a line each."""
    chain = connected(rpc, deployment)
    typer.echo(
        f"node       {chain.client}, chain {chain.chain_id}, "
        f"block {chain.block_number()}, time {chain.now()}"
    )
    typer.echo(f"contract   {chain['EmissionsOracle'].address}")
    sender = _sender(keystore_file, passphrase_file)
    if sender is None:
        typer.echo("sender     none: dry run, nothing will be sent")
    else:
        typer.echo(f"sender     {sender.address}, balance {chain.balance(sender)} wei")
    typer.echo(f"inbox      {inbox}, {len(Inbox(inbox).arrivals())} files waiting")


def connected(rpc: str, deployment: Path) -> Chain:
    """The chain with its contracts known; refused when they are not there."""
    chain = Chain(rpc)
    record.attach(chain, path=deployment)
    return chain


def _sender(keystore_file: Path | None, passphrase_file: Path | None) -> Account | None:
    return keystore.read(keystore_file, passphrase_file) if keystore_file else None


def log_as_json() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def main() -> None:
    """Runs the command; a refusal is one line with its code, and status 2."""
    try:
        app()
    except TonneError as error:
        typer.echo(f"{error.code}: {error.message} {error.remedy or ''}".rstrip(), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
