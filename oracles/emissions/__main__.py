"""`python -m oracles.emissions`: the emission oracle as a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import structlog
import typer

from oracles.emissions.checks import Checker
from oracles.emissions.cycle import EmissionsCycle
from oracles.runtime import metrics
from oracles.runtime.finality import chosen
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.loop import (
    CycleResult,
    LoopSettings,
    run,
    stop_on_signals,
    until_reached,
)
from oracles.runtime.process import (
    Deployment,
    FinalityChoice,
    Interval,
    Keystore,
    LeastTip,
    MaxFee,
    MaxTip,
    MetricsPort,
    Passphrase,
    Rpcs,
    connect,
    fee_policy,
    log_json,
    new_app,
    run_app,
    sender_of,
)
from oracles.runtime.refusal import explain_by
from oracles.runtime.transactions import TransactionManager, TransactionSettings

app = new_app()

InboxFolder = Annotated[Path, typer.Option(help="Folder where signed files arrive.")]


@app.command("run")
def run_daemon(
    rpcs: Rpcs,
    deployment: Deployment,
    inbox: InboxFolder,
    journal: Annotated[Path, typer.Option(help="The daemon's memory, one SQLite file.")],
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    interval: Interval = 1.0,
    finality: FinalityChoice = "auto",
    max_fee_gwei: MaxFee = 500,
    least_tip_wei: LeastTip = 1,
    max_tip_gwei: MaxTip = 50,
    metrics_port: MetricsPort = None,
) -> None:
    """Takes signed files from the inbox to the chain until it is told to stop."""
    log_json()
    stop = stop_on_signals()
    loop = LoopSettings(interval_s=interval)
    sender = sender_of(keystore_file, passphrase_file)
    fees = fee_policy(max_fee_gwei, least_tip_wei, max_tip_gwei)
    box, book = Inbox(inbox), Journal(journal)
    watched = metrics.Metrics("emissions")
    if metrics_port is not None:
        metrics.serve(watched, metrics_port)

    def begin() -> EmissionsCycle:
        chain, pool = connect(rpcs, deployment)
        ends = chosen(chain, finality)
        book.pin("oracle", chain["EmissionsOracle"].address)
        checker = Checker(chain)
        settings = TransactionSettings(finality=ends, fees=fees)
        manager = (
            TransactionManager(pool, sender, book, settings, checker.is_done, explain_by(chain))
            if sender
            else None
        )
        structlog.get_logger().info(
            "started",
            chain=chain.chain_id,
            oracle=chain["EmissionsOracle"].address,
            sender=sender.address if sender else None,
            dry_run=sender is None,
            nodes=len(rpcs),
            final=str(ends),
        )
        return EmissionsCycle(chain, box, book, checker, sender, manager, ends, pool)

    cycle = until_reached(begin, stop, loop)

    def on_result(result: CycleResult) -> None:
        watched.health.saw(cycle.head.time if cycle else 0)
        watched.cycle(result)
        watched.counts(book.job_counts(), book.file_counts())

    status = run(cycle, loop, stop, on_result) if cycle else 0
    book.close()
    structlog.get_logger().info("stopped", status=status)
    raise typer.Exit(status)


@app.command()
def check(
    rpcs: Rpcs,
    deployment: Deployment,
    inbox: InboxFolder,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    finality: FinalityChoice = "auto",
) -> None:
    """The operator's first hour: node, contract, clock, key, balance and folder, a line each."""
    chain, _ = connect(rpcs, deployment)
    typer.echo(
        f"node       {chain.client}, chain {chain.chain_id}, "
        f"block {chain.block_number()}, time {chain.now()}"
    )
    typer.echo(f"finality   {chosen(chain, finality)}")
    typer.echo(f"contract   {chain['EmissionsOracle'].address}")
    sender = sender_of(keystore_file, passphrase_file)
    if sender is None:
        typer.echo("sender     none: dry run, nothing will be sent")
    else:
        typer.echo(f"sender     {sender.address}, balance {chain.balance(sender)} wei")
    typer.echo(f"inbox      {inbox}, {len(Inbox(inbox).arrivals())} files waiting")


if __name__ == "__main__":
    run_app(app)
