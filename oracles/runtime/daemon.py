"""The commands of a daemon that works from a folder: run, drain, check, backup, restore.

A daemon says what its work is (`DaemonKind`); loop, journal, transactions, metrics and the operator's
commands are the same for all of this shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Generic, Protocol, TypeVar

import structlog
import typer

from oracles.runtime import backup, service, upkeep
from oracles.runtime.checkup import Checkup, Surroundings, tell
from oracles.runtime.effects import JobEffect, shown
from oracles.runtime.journal import Journal
from oracles.runtime.loop import (
    CycleResult,
    Draining,
    LoopSettings,
    guarded,
    run,
    stop_on_signals,
    until_reached,
)
from oracles.runtime.metrics import Metrics
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
    transaction_settings,
)
from oracles.runtime.refusal import explain_by
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import TransactionManager
from oracles.runtime.watch import Watch
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account

J = TypeVar("J", bound=Journal)

JOURNAL: Final = "journal.sqlite"

Folder = Annotated[Path, typer.Option(help="The daemon's folder: its journal and files.")]


@dataclass(frozen=True, slots=True)
class Workplace(Generic[J]):
    """What work is done with, once a node has answered. Without a sender nothing is sent."""

    chain: Chain
    nodes: RpcPool
    journal: J
    folder: Path
    sender: Account | None

    @property
    def dry(self) -> bool:
        """Whether nothing is sent."""
        return self.sender is None


class Work(Protocol):
    """What a daemon does beside sending; all of it is safe to repeat."""

    @property
    def now(self) -> int:
        """[s] Chain time of the newest block that was worked by."""
        ...

    def step(self, draining: bool) -> int:
        """Looks at the chain once; returns how much was done. Nothing new is begun while draining."""
        ...

    def left(self) -> int:
        """What was begun and is not over, beside transactions on their way."""
        ...

    def observe(self, watched: Metrics) -> None:
        """Puts the series of its own."""
        ...


@dataclass(frozen=True, slots=True)
class DaemonKind(Generic[J]):
    """What one daemon is: its memory, its work, what its transactions bring about."""

    name: str
    contract: str  # that its journal is bound to
    gas: int  # of its dearest transaction
    journal: Callable[[Path], J]
    work: Callable[[Workplace[J]], Work]
    effect: Callable[[J, str], JobEffect]  # of a job's key
    role: Callable[[Chain, Account], str]  # what the sender may do there; raises where it may not
    kept: Sequence[str] = ()  # folders that a backup holds beside the journal


def app_of(kind: DaemonKind[J]) -> typer.Typer:
    """The daemon's commands."""
    app = new_app()

    @app.command("run")
    def run_daemon(
        rpcs: Rpcs,
        deployment: Deployment,
        folder: Folder,
        keystore_file: Keystore = None,
        passphrase_file: Passphrase = None,
        signer: SignerUrl = None,
        signer_certificate: SignerCertificate = None,
        interval: Interval = 0.5,
        finality: FinalityChoice = "auto",
        max_fee_gwei: MaxFee = 500,
        least_tip_wei: LeastTip = 1,
        max_tip_gwei: MaxTip = 50,
        metrics_port: MetricsPort = None,
        silence: Silence = 300,
        notices: NoticeFile = None,
    ) -> None:
        """Works until it is told to stop. Without a key nothing is sent (dry run)."""
        fees = fee_policy(max_fee_gwei, least_tip_wei, max_tip_gwei)
        operation = Operation(finality, fees, interval, metrics_port, silence, notices)
        sender = SenderChoice(keystore_file, passphrase_file, signer, signer_certificate).account()
        _operate(kind, rpcs, deployment, folder, sender, operation)

    @app.command()
    def drain(
        rpcs: Rpcs,
        deployment: Deployment,
        folder: Folder,
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
        """Finishes what was begun, begins nothing new, and ends; 1 when something is left. A daemon that
        runs does the same on SIGUSR1."""
        fees = fee_policy(max_fee_gwei, least_tip_wei, max_tip_gwei)
        operation = Operation(finality, fees, drains_within_s=within)
        sender = SenderChoice(keystore_file, passphrase_file, signer, signer_certificate).account()
        _operate(kind, rpcs, deployment, folder, sender, operation)

    @app.command()
    def check(
        rpcs: Rpcs,
        deployment: Deployment,
        folder: Folder,
        keystore_file: Keystore = None,
        passphrase_file: Passphrase = None,
        signer: SignerUrl = None,
        signer_certificate: SignerCertificate = None,
        finality: FinalityChoice = "auto",
        max_fee_gwei: MaxFee = 500,
    ) -> None:
        """Whether all is there that it needs, a line each with the remedy; 1 where something is not."""
        checkup = Checkup()
        at = Surroundings(rpcs, deployment, checkup)
        sender = SenderChoice(keystore_file, passphrase_file, signer, signer_certificate)
        at.all(finality, sender, max_fee_gwei, kind.gas)
        at.disk(folder)
        at.journal(folder / JOURNAL)
        checkup.ask("role", lambda: _role(kind, at.chain, at.sender))
        tell(checkup)

    @app.command("backup")
    def save_backup(
        archive: Annotated[Path, typer.Argument(help="File that is written, or replaced whole.")],
        folder: Folder,
    ) -> None:
        """Copies journal and files into one file; the daemon may be at work."""
        upkeep.print_saved(backup.save(archive, folder / JOURNAL, folder, kind.kept))

    @app.command("restore")
    def put_back(
        archive: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
        folder: Folder,
    ) -> None:
        """Puts journal and files back, where no journal is. Nothing is lost or sent twice."""
        upkeep.print_saved(backup.restore(archive, folder / JOURNAL, folder))

    return app


def _role(kind: DaemonKind[Any], chain: Chain | None, sender: Account | None) -> str:
    if chain is None or sender is None:
        return "none is needed in a dry run"
    return kind.role(chain, sender)


@dataclass(slots=True)
class DaemonCycle(Generic[J]):
    """Sends, then works: two phases, of which neither starves the other."""

    work: Work
    nodes: RpcPool
    manager: TransactionManager | None
    draining: Callable[[], bool]

    def __call__(self) -> CycleResult:
        self.nodes.turn()
        return guarded((("send", self._send), ("work", self._work)))

    def _send(self) -> int:
        return self.manager.step() if self.manager is not None else 0

    def _work(self) -> int:
        return self.work.step(self.draining())


def manager_of(
    kind: DaemonKind[J], place: Workplace[J], operation: Operation
) -> TransactionManager | None:
    """What sends the daemon's transactions; None in a dry run."""
    if place.sender is None:
        return None
    chain, journal = place.chain, place.journal
    return TransactionManager(
        place.nodes,
        place.sender,
        journal,
        transaction_settings(chain, place.nodes, operation),
        lambda keys, block: shown(chain, [kind.effect(journal, key) for key in keys], block),
        explain_by(chain),
    )


def _operate(
    kind: DaemonKind[J],
    rpcs: list[str],
    deployment: Path,
    folder: Path,
    sender: Account | None,
    operation: Operation,
) -> None:
    log_json()
    log = structlog.get_logger()
    stop = stop_on_signals()
    loop = LoopSettings(interval_s=operation.interval_s)
    journal = kind.journal(folder / JOURNAL)
    watched, courier = observed(kind.name, operation, journal)
    service.tell("READY=1")

    def begin() -> tuple[Workplace[J], Work, TransactionManager | None, Watch]:
        chain, nodes = connect(rpcs, deployment)
        journal.pin("oracle", chain[kind.contract].address)
        place = Workplace(chain, nodes, journal, folder, sender)
        manager = manager_of(kind, place, operation)
        work = kind.work(place)
        finality = transaction_settings(chain, nodes, operation).finality
        log.info(
            "started",
            chain=chain.chain_id,
            contract=chain[kind.contract].address,
            dry_run=place.dry,
            nodes=len(rpcs),
            final=str(finality),
        )
        watched.health.silence_s = operation.silence_s or None if chain.kind == "other" else None
        watch = Watch(watched, nodes, finality, sender, manager, journal, None)
        return place, work, manager, watch

    begun, ended = until_reached(begin, stop, loop), 0
    if begun is not None:
        place, work, manager, watch = begun
        draining = Draining(lambda: journal.open_count() + work.left(), operation.drains_within_s)
        cycle: DaemonCycle[J] = DaemonCycle(work, place.nodes, manager, draining.__bool__)

        def on_result(result: CycleResult) -> None:
            watched.health.saw(work.now)
            watched.cycle(result)
            watched.counts(journal.job_counts(), {})
            if watch.look():
                work.observe(watched)
                if courier is not None:
                    tell_news(courier, watched, partial(iter, ()))

        ended = draining.status(run(cycle, loop, stop, on_result, draining.over))
        service.tell("STOPPING=1")
    journal.close()
    log.info("stopped", status=ended)
    raise typer.Exit(ended)
