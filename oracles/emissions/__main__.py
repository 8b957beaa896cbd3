"""`python -m oracles.emissions`: the emission oracle as a process of its own."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import structlog
import typer

from oracles.emissions.checks import Checker
from oracles.emissions.cycle import GAS_LIMIT, EmissionsCycle
from oracles.emissions.news import EmissionsNews
from oracles.runtime import backup, service, upkeep
from oracles.runtime.checkup import Checkup, Surroundings, tell
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.loop import (
    CycleResult,
    Draining,
    LoopSettings,
    run,
    stop_on_signals,
    until_reached,
)
from oracles.runtime.news import tell as tell_news
from oracles.runtime.process import (
    Deployment,
    FinalityChoice,
    Interval,
    Keystore,
    LeastTip,
    MaxFee,
    MaxTip,
    MetricsPort,
    NoticeFile,
    Operation,
    Passphrase,
    Rpcs,
    SenderChoice,
    SignerCertificate,
    SignerUrl,
    Silence,
    Within,
    connect,
    fee_policy,
    log_json,
    new_app,
    observed,
    run_app,
    transaction_settings,
)
from oracles.runtime.refusal import explain_by
from oracles.runtime.transactions import TransactionManager
from oracles.runtime.watch import Watch
from tonne.crypto.accounts import Account

app = new_app()

InboxFolder = Annotated[Path, typer.Option(help="Folder where signed files arrive.")]
JournalFile = Annotated[Path, typer.Option(help="The daemon's memory, one SQLite file.")]


@app.command("run")
def run_daemon(
    rpcs: Rpcs,
    deployment: Deployment,
    inbox: InboxFolder,
    journal: JournalFile,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    signer: SignerUrl = None,
    signer_certificate: SignerCertificate = None,
    interval: Interval = 1.0,
    finality: FinalityChoice = "auto",
    max_fee_gwei: MaxFee = 500,
    least_tip_wei: LeastTip = 1,
    max_tip_gwei: MaxTip = 50,
    metrics_port: MetricsPort = None,
    silence: Silence = 300,
    notices: NoticeFile = None,
) -> None:
    """Takes signed files from the inbox to the chain until it is told to stop."""
    fees = fee_policy(max_fee_gwei, least_tip_wei, max_tip_gwei)
    operation = Operation(finality, fees, interval, metrics_port, silence, notices)
    sender = SenderChoice(keystore_file, passphrase_file, signer, signer_certificate).account()
    _operate(rpcs, deployment, inbox, journal, sender, operation)


@app.command()
def drain(
    rpcs: Rpcs,
    deployment: Deployment,
    inbox: InboxFolder,
    journal: JournalFile,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    signer: SignerUrl = None,
    signer_certificate: SignerCertificate = None,
    finality: FinalityChoice = "auto",
    max_fee_gwei: MaxFee = 500,
    least_tip_wei: LeastTip = 1,
    max_tip_gwei: MaxTip = 50,
    within: Within = 600,
) -> None:
    """Finishes what is on its way, takes nothing new, and ends; 1 when something is left. A daemon that runs
    does the same on SIGUSR1."""
    fees = fee_policy(max_fee_gwei, least_tip_wei, max_tip_gwei)
    operation = Operation(finality, fees, drains_within_s=within)
    sender = SenderChoice(keystore_file, passphrase_file, signer, signer_certificate).account()
    _operate(rpcs, deployment, inbox, journal, sender, operation)


def _operate(
    rpcs: list[str],
    deployment: Path,
    inbox: Path,
    journal: Path,
    sender: Account | None,
    operation: Operation,
) -> None:
    log_json()
    stop = stop_on_signals()
    loop = LoopSettings(interval_s=operation.interval_s)
    box, book = Inbox(inbox), Journal(journal)
    watched, courier = observed("emissions", operation, book)

    service.tell("READY=1")
    watches: list[Watch] = []
    news: list[EmissionsNews] = []

    def begin() -> EmissionsCycle:
        chain, pool = connect(rpcs, deployment)
        book.pin("oracle", chain["EmissionsOracle"].address)
        checker = Checker(chain)
        settings = transaction_settings(chain, pool, operation)
        manager = (
            TransactionManager(pool, sender, book, settings, checker.shown, explain_by(chain))
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
            final=str(settings.finality),
        )
        watches.append(Watch(watched, pool, settings.finality, sender, manager, book, box))
        if courier is not None:
            news.append(EmissionsNews(chain, book, box, courier.settings.days_ahead))
        watched.health.silence_s = operation.silence_s or None if chain.kind == "other" else None
        return EmissionsCycle(chain, box, book, checker, sender, manager, settings.finality, pool)

    cycle, status = until_reached(begin, stop, loop), 0
    if cycle is not None:
        draining = Draining(cycle.open_work, operation.drains_within_s)
        cycle.draining = draining.__bool__

        def on_result(result: CycleResult) -> None:
            watched.health.saw(cycle.head.time)
            watched.cycle(result)
            watched.counts(book.job_counts(), book.file_counts())
            if watches[-1].look() and courier is not None:
                tell_news(courier, watched, partial(news[-1].look, cycle.head.time))

        status = draining.status(run(cycle, loop, stop, on_result, draining.over))
    service.tell("STOPPING=1")
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
    signer: SignerUrl = None,
    signer_certificate: SignerCertificate = None,
    journal: Annotated[Path | None, typer.Option(help="The daemon's memory.")] = None,
    finality: FinalityChoice = "auto",
    max_fee_gwei: MaxFee = 500,
) -> None:
    """Whether all is there that the daemon needs, a line each with the remedy; 1 where something is not."""
    checkup = Checkup()
    at = Surroundings(rpcs, deployment, checkup)
    sender = SenderChoice(keystore_file, passphrase_file, signer, signer_certificate)
    at.all(finality, sender, max_fee_gwei, GAS_LIMIT)
    at.disk(inbox, *([journal.parent] if journal else []))
    if journal is not None:
        at.journal(journal)
    checkup.ask(
        "role", lambda: "any account may hand in what is signed; the chain asks for no right"
    )
    checkup.ask("inbox", lambda: f"{inbox}, {len(Inbox(inbox).arrivals())} files waiting")
    tell(checkup)


@app.command("inspect")
def inspect_file(
    file: Annotated[Path, typer.Argument(help="Name of a file, or path of a copy of it.")],
    inbox: InboxFolder,
    journal: JournalFile,
) -> None:
    """Says where a file is, why, and what is known of its transaction; the daemon may be at work."""
    upkeep.print_inspected(file, Inbox(inbox), journal)


@app.command()
def retry(
    inbox: InboxFolder,
    names: Annotated[
        list[str] | None, typer.Argument(help="Refused files; without any, all.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="Only what was refused with this code.")] = None,
) -> None:
    """Has refused files looked at again, after the cause is gone; the daemon may be at work."""
    upkeep.print_retried(Inbox(inbox), names, code)


@app.command("backup")
def save_backup(
    archive: Annotated[Path, typer.Argument(help="File that is written, or replaced whole.")],
    inbox: InboxFolder,
    journal: JournalFile,
) -> None:
    """Copies journal and store into one file; the daemon may be at work."""
    upkeep.print_saved(backup.save(archive, journal, inbox, ("",)))


@app.command("restore")
def put_back(
    archive: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
    inbox: InboxFolder,
    journal: JournalFile,
) -> None:
    """Puts journal and store back, where no journal is. Nothing is lost or sent twice."""
    upkeep.print_saved(backup.restore(archive, journal, inbox))


if __name__ == "__main__":
    run_app(app)
