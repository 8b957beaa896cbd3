"""`python -m oracles.meters`: the meter oracle as a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer

from oracles.meters import status
from oracles.meters.broker import EmbeddedBroker
from oracles.meters.cycle import MetersCycle
from oracles.meters.feeds import MAPS
from oracles.meters.journal import MeterJournal, roots_of
from oracles.meters.mqtt import MqttSource
from oracles.meters.news import MetersNews
from oracles.meters.posting import GAS_LIMIT, PostingSettings
from oracles.meters.registry import MeterRegistry
from oracles.runtime import backup, service, upkeep
from oracles.runtime.checkup import Checkup, Surroundings, tell
from oracles.runtime.effects import JobEffect, shown
from oracles.runtime.inbox import Inbox
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
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import TransactionManager, TransactionSettings
from oracles.runtime.watch import Watch
from tonne.chain.client import Chain
from tonne.constants import HOUR_S
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.meters.mqtt import BrokerSettings

app = new_app()

JOURNAL: Final = "journal.sqlite"

#: In place of a broker where nothing is taken.
UNREACHED: Final = "mqtt://127.0.0.1:1"


Folder = Annotated[Path, typer.Option(help="Journal, leaves and status; its `inbox` takes files.")]


@app.command("run")
def run_daemon(
    rpcs: Rpcs,
    deployment: Deployment,
    folder: Folder,
    broker: Annotated[
        str | None,
        typer.Option(help="mqtt:// or mqtts:// URL. Without one a broker is opened here."),
    ] = None,
    broker_port: Annotated[
        int, typer.Option(help="Port of the broker that is opened here.")
    ] = 1883,
    mqtt_version: Annotated[int, typer.Option(help="3 (3.1.1) or 5.", min=3, max=5)] = 3,
    mqtt_user: Annotated[str | None, typer.Option(help="User at the broker.")] = None,
    mqtt_password_file: Annotated[
        Path | None, typer.Option(help="File that holds the password.")
    ] = None,
    mqtt_ca: Annotated[
        Path | None, typer.Option(help="PEM file of the authority that vouches for the broker.")
    ] = None,
    mqtt_certificate: Annotated[
        Path | None, typer.Option(help="PEM file with this end's certificate.")
    ] = None,
    mqtt_key: Annotated[
        Path | None, typer.Option(help="PEM file with its key, if not in the same file.")
    ] = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    signer: SignerUrl = None,
    signer_certificate: SignerCertificate = None,
    interval: Interval = 0.5,
    grace: Annotated[
        int, typer.Option(help="Wait for missing meters after an interval's end [s].")
    ] = 300,
    final_lead: Annotated[
        int, typer.Option(help="Post corrections this long before their window closes [s].")
    ] = HOUR_S,
    finality: FinalityChoice = "auto",
    max_fee_gwei: MaxFee = 500,
    least_tip_wei: LeastTip = 1,
    max_tip_gwei: MaxTip = 50,
    workers: Annotated[
        int, typer.Option(help="Processes that check signatures; 0 for none of their own.")
    ] = 0,
    metrics_port: MetricsPort = None,
    silence: Silence = 300,
    notices: NoticeFile = None,
) -> None:
    """Takes readings to the chain until it is told to stop. Without a keystore nothing is sent."""
    fees = fee_policy(max_fee_gwei, least_tip_wei, max_tip_gwei)
    operation = Operation(finality, fees, interval, metrics_port, silence, notices)
    password = mqtt_password_file.read_text("utf-8").rstrip("\r\n") if mqtt_password_file else None
    _operate(
        rpcs,
        deployment,
        folder,
        _Broker(
            broker,
            broker_port,
            mqtt_version,
            mqtt_user,
            password,
            mqtt_ca,
            mqtt_certificate,
            mqtt_key,
        ),
        SenderChoice(keystore_file, passphrase_file, signer, signer_certificate).account(),
        PostingSettings(grace, final_lead),
        operation,
        workers,
    )


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
    """Finishes what is on its way, takes nothing new, and ends; 1 when something is left. A daemon that runs
    does the same on SIGUSR1."""
    fees = fee_policy(max_fee_gwei, least_tip_wei, max_tip_gwei)
    operation = Operation(finality, fees, drains_within_s=within)
    sender = SenderChoice(keystore_file, passphrase_file, signer, signer_certificate).account()
    _operate(rpcs, deployment, folder, _Broker(UNREACHED), sender, PostingSettings(), operation)


@dataclass(frozen=True, slots=True)
class _Broker:
    """Where readings come from; without a URL a broker is opened here."""

    url: str | None
    port: int = 1883
    version: int = 3
    user: str | None = None
    password: str | None = None
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def settings(self, url: str, name: str) -> BrokerSettings:
        """For the client of that name, at a broker of its own or at the one opened here."""
        return BrokerSettings(
            url,
            name,
            self.user,
            self.password,
            self.version,
            self.authority,
            self.certificate,
            self.key,
        )


def _operate(
    rpcs: list[str],
    deployment: Path,
    folder: Path,
    broker: _Broker,
    sender: Account | None,
    posting: PostingSettings,
    operation: Operation,
    workers: int = 0,
) -> None:
    log_json()
    stop = stop_on_signals()
    loop = LoopSettings(interval_s=operation.interval_s)
    pool = _pool(workers)  # before there are threads
    journal = MeterJournal(folder / JOURNAL)
    watched, courier = observed("meters", operation, journal)
    own: EmbeddedBroker | None = None
    url = broker.url
    if url is None:
        own = EmbeddedBroker(port=broker.port)
        own.start()
        url = own.url
    log = structlog.get_logger()

    service.tell("READY=1")
    watches: list[Watch] = []
    news: list[MetersNews] = []

    def begin() -> tuple[MqttSource, MetersCycle]:
        chain, nodes = connect(rpcs, deployment)
        contract = chain["MeterOracle"]
        journal.pin("oracle", contract.address)
        name = f"tonne-oracle-{contract.address[2:10].lower()}"
        source = MqttSource(broker.settings(url, name))
        settings = transaction_settings(chain, nodes, operation)
        manager = _manager(chain, nodes, sender, journal, settings) if sender else None
        number = nodes.settled("the oracle", lambda: _participant(chain, sender))
        inbox = Inbox(folder / "inbox")
        cycle = MetersCycle(
            chain,
            journal,
            source,
            inbox,
            folder,
            number,
            manager,
            posting,
            pool,
            nodes,
        )
        log.info(
            "started",
            chain=chain.chain_id,
            oracle=contract.address,
            dry_run=sender is None,
            nodes=len(rpcs),
            final=str(settings.finality),
        )
        watches.append(Watch(watched, nodes, settings.finality, sender, manager, journal, inbox))
        if courier is not None:
            news.append(MetersNews(chain, journal, number, cycle.registry, cycle.challenges))
        watched.health.silence_s = operation.silence_s or None if chain.kind == "other" else None
        return source, cycle

    begun, ended = until_reached(begin, stop, loop), 0
    if begun is not None:
        source, cycle = begun
        if operation.drains_within_s is None:
            source.start()
        draining = Draining(journal.open_count, operation.drains_within_s)
        cycle.draining = draining.__bool__

        def on_result(result: CycleResult) -> None:
            watched.health.saw(cycle.registry.head.time)
            watched.cycle(result)
            watched.counts(journal.job_counts(), {"accepted": journal.counts()["records"]})
            if watches[-1].look():
                now = cycle.registry.head.time
                status.observe(watched, cycle.parts, journal, source, now)
                if courier is not None:
                    tell_news(courier, watched, partial(news[-1].look, now))

        ended = draining.status(run(cycle, loop, stop, on_result, draining.over))
        service.tell("STOPPING=1")
        source.stop()
        status.write(
            folder / status.FILE,
            cycle.parts,
            journal,
            source,
            cycle.registry.head.time,
            force=True,
        )
    if own is not None:
        own.stop()
    journal.close()
    if pool is not None:
        pool.shutdown()
    log.info("stopped", status=ended)
    raise typer.Exit(ended)


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
    """Whether all is there that the daemon needs, a line each with the remedy; 1 where something is not."""
    checkup = Checkup()
    at = Surroundings(rpcs, deployment, checkup)
    sender = SenderChoice(keystore_file, passphrase_file, signer, signer_certificate)
    at.all(finality, sender, max_fee_gwei, GAS_LIMIT)
    at.disk(folder)
    at.journal(folder / JOURNAL)
    checkup.ask("role", lambda: _role(at.chain, at.sender))
    checkup.ask("bond", lambda: _bond(at.chain, at.sender))
    tell(checkup)


def _role(chain: Chain | None, sender: Account | None) -> str:
    """Nodes of the grid whose oracle the sender is."""
    if chain is None or sender is None:
        return "none is needed in a dry run"
    number = chain.call("Participants", "walletOf", sender)[0]
    registry = MeterRegistry(chain)
    registry.follow()
    nodes = [node.id for node in registry.nodes.values() if number and node.oracle == number]
    if not nodes:
        raise TonneError(
            "ORACLE_CHECK_ROLE",
            f"{sender.address} is the oracle of no node of the grid.",
            field="keystore",
            value=sender.address,
            remedy="Have an officer set it with `MeterOracle.setOracle`.",
        )
    return f"participant {number}, oracle of {len(nodes)} nodes"


def _bond(chain: Chain | None, sender: Account | None) -> str:
    if chain is None or sender is None:
        return "none is needed in a dry run"
    number = chain.call("Participants", "walletOf", sender)[0]
    bond, needed = (
        chain.call("MeterOracle", "bondOf", number)[0],
        chain.call("MeterOracle", "SLASH"),
    )
    if bond < needed:
        raise TonneError(
            "ORACLE_CHECK_BOND",
            f"The bond is {bond}; posting needs {needed}.",
            field="bond",
            value=bond,
            remedy="Deposit the rest with `MeterOracle.depositBond`.",
        )
    return f"{bond}, of which posting needs {needed}"


@app.command("inspect")
def inspect_file(
    file: Annotated[Path, typer.Argument(help="Name of a file, or path of a copy of it.")],
    folder: Folder,
) -> None:
    """Says where a file is, why, and what is known of its transaction; the daemon may be at work."""
    upkeep.print_inspected(file, Inbox(folder / "inbox"), folder / JOURNAL)


@app.command()
def retry(
    folder: Folder,
    names: Annotated[
        list[str] | None, typer.Argument(help="Refused files; without any, all.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="Only what was refused with this code.")] = None,
) -> None:
    """Has refused files looked at again, after the cause is gone; the daemon may be at work."""
    upkeep.print_retried(Inbox(folder / "inbox"), names, code)


@app.command("backup")
def save_backup(
    archive: Annotated[Path, typer.Argument(help="File that is written, or replaced whole.")],
    folder: Folder,
) -> None:
    """Copies journal and store into one file; the daemon may be at work."""
    upkeep.print_saved(backup.save(archive, folder / JOURNAL, folder, ("leaves", "inbox", MAPS)))


@app.command("restore")
def put_back(
    archive: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
    folder: Folder,
) -> None:
    """Puts journal and store back, where no journal is. Nothing is lost or sent twice."""
    upkeep.print_saved(backup.restore(archive, folder / JOURNAL, folder))


def _participant(chain: Chain, sender: Account | None) -> int:
    """The number that the sender posts under; 0 without one."""
    return int(chain.call("Participants", "walletOf", sender)[0]) if sender else 0


def _manager(
    chain: Chain,
    nodes: RpcPool,
    sender: Account,
    journal: MeterJournal,
    settings: TransactionSettings,
) -> TransactionManager:
    return TransactionManager(
        nodes,
        sender,
        journal,
        settings,
        lambda keys, block: shown(chain, [effect(key) for key in keys], block),
        explain_by(chain),
    )


#: `ChallengeState` of IMeterOracle that each act on a challenge brings about.
DONE: Final = {"answer": 2, "close": 3}


def effect(key: str) -> JobEffect:
    """What a job is to bring about."""
    kind, *numbers = key.split("/")
    if kind in DONE:
        view = ("MeterOracle", "challengeOf", (int(numbers[0]),))
        return JobEffect([view], lambda answers: answers[0].state >= DONE[kind])
    roots = roots_of(key)
    return JobEffect(
        [("MeterOracle", "stateOf", (node, start)) for node, start, _ in roots],
        lambda answers: all(a.run >= run for a, (_, _, run) in zip(answers, roots, strict=True)),
    )


def _pool(workers: int) -> Executor | None:
    if workers <= 0:
        return None
    context = multiprocessing.get_context("spawn")
    count = min(workers, os.cpu_count() or 1)
    return ProcessPoolExecutor(count, mp_context=context, initializer=_watch_parent)


def _watch_parent() -> None:
    """A daemon that was killed cannot end its workers: each ends by itself."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


if __name__ == "__main__":
    run_app(app)
