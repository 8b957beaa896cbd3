"""A daemon's process: from its journal to its exit status, however long no node answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any, Generic, NoReturn, TypeVar

import structlog
import typer

from oracles.runtime import service
from oracles.runtime.daemon import Cycle, DaemonKind, DaemonPlace, Workplace, manager_of
from oracles.runtime.journal import Journal
from oracles.runtime.loop import (
    CycleResult,
    Draining,
    LoopSettings,
    run,
    stop_on_signals,
    until_reached,
)
from oracles.runtime.metrics import Metrics
from oracles.runtime.news import tell
from oracles.runtime.notices import Courier, Notice
from oracles.runtime.options import ChainAccess
from oracles.runtime.process import Operation, connect, log_json, observed, transaction_settings
from oracles.runtime.watch import Watch
from tonne.crypto.accounts import Account

J = TypeVar("J", bound=Journal)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Setup(Generic[J]):
    """The parts that exist before a node answers."""

    kind: DaemonKind[J]
    nodes: ChainAccess
    place: DaemonPlace
    sender: Account | None
    operation: Operation
    journal: J
    equipment: Any
    watched: Metrics
    courier: Courier | None

    def begin(self) -> _AtWork:
        """The rest, once one does; raises `RpcUnreachable` until then."""
        chain, nodes = connect(self.nodes.rpcs, self.nodes.deployment)
        address = chain[self.kind.contract].address
        self.journal.pin("oracle", address)
        finality = transaction_settings(chain, nodes, self.operation).finality
        place = Workplace(
            chain,
            nodes,
            self.journal,
            self.place.store,
            self.sender,
            finality,
            self.place.box,
            self.equipment,
        )
        manager = manager_of(self.kind, place, self.operation)
        cycle = self.kind.cycle(place, manager)
        log.info(
            "started",
            chain=chain.chain_id,
            contract=address,
            sender=self.sender.address if self.sender else None,
            dry_run=place.dry,
            nodes=len(self.nodes.rpcs),
            final=str(finality),
        )
        health = self.watched.health
        health.silence_s = self.operation.silence_s or None if chain.kind == "other" else None
        watch = Watch(self.watched, nodes, finality, self.sender, manager, self.journal, place.box)
        courier = self.courier
        news = None if courier is None else cycle.news(courier.settings.days_ahead)
        return _AtWork(cycle, watch, self.watched, self.journal, courier, news)


@dataclass(frozen=True, slots=True)
class _AtWork:
    """A daemon after its nodes have answered."""

    cycle: Cycle
    watch: Watch
    watched: Metrics
    journal: Journal
    courier: Courier | None
    news: Callable[[int], Iterator[Notice]] | None

    def on_result(self, result: CycleResult) -> None:
        """Logs and publishes the results of a cycle."""
        now = self.cycle.now
        self.watched.health.saw(now)
        self.watched.cycle(result)
        self.watched.counts(self.journal.job_counts(), self.journal.file_counts())
        if self.watch.look():
            self.cycle.observe(self.watched)
            if self.courier is not None and self.news is not None:
                tell(self.courier, self.watched, partial(self.news, now))

    def run(self, loop: LoopSettings, stop: Event, drains_within_s: float | None) -> int:
        """Runs until a signal or a completed drain; returns the exit status."""
        draining = Draining(lambda: self.journal.open_count() + self.cycle.left(), drains_within_s)
        self.cycle.draining = draining.__bool__
        if drains_within_s is None:
            self.cycle.begin()
        ended = run(self.cycle, loop, stop, self.on_result, draining.over)
        return draining.status(ended)


def operate(
    kind: DaemonKind[J],
    nodes: ChainAccess,
    place: DaemonPlace,
    options: Any,
    sender: Account | None,
    operation: Operation,
) -> NoReturn:
    """Runs the daemon until a signal or a completed drain; ends with its exit status."""
    log_json()
    stop = stop_on_signals()
    loop = LoopSettings(interval_s=operation.interval_s)
    with kind.equipped(options) as equipment:
        journal = kind.journal(place.memory)
        watched, courier = observed(kind.name, operation, journal)
        service.tell("READY=1")
        setup = _Setup(kind, nodes, place, sender, operation, journal, equipment, watched, courier)
        at_work, ended = until_reached(setup.begin, stop, loop), 0
        if at_work is not None:
            ended = at_work.run(loop, stop, operation.drains_within_s)
            service.tell("STOPPING=1")
            at_work.cycle.end()
        journal.close()
    log.info("stopped", status=ended)
    raise typer.Exit(ended)
