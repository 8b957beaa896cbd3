"""The description of a daemon: folders, memory, cycle, and the effects of its transactions.

`oracles.runtime.commands` makes the operator's commands of it, `oracles.runtime.operating` its process.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Generic, Protocol, TypeVar

import typer

from oracles.runtime.effects import JobEffect, shown
from oracles.runtime.finality import Finality
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.loop import CycleResult, guarded
from oracles.runtime.metrics import Metrics
from oracles.runtime.notices import Notice
from oracles.runtime.process import Operation, transaction_settings
from oracles.runtime.refusal import explain_by
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import TransactionManager
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account

J = TypeVar("J", bound=Journal)

JOURNAL: Final = "journal.sqlite"

Folder = Annotated[Path, typer.Option(help="The daemon's folder: its journal and files.")]


class DaemonPlace(Protocol):
    """Where a daemon's memory and files are; its fields are options of every command."""

    @property
    def memory(self) -> Path:
        """Its journal."""
        ...

    @property
    def store(self) -> Path:
        """The folder that its files are in."""
        ...

    @property
    def box(self) -> Inbox | None:
        """Where files arrive, if any do."""
        ...


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """All in one folder."""

    folder: Folder

    @property
    def memory(self) -> Path:
        """Its journal."""
        return self.folder / JOURNAL

    @property
    def store(self) -> Path:
        """The folder itself."""
        return self.folder

    @property
    def box(self) -> Inbox | None:
        """None: no files arrive."""
        return None


@dataclass(frozen=True, slots=True)
class Workplace(Generic[J]):
    """What work is done with, once a node has answered. Without a sender nothing is sent."""

    chain: Chain
    nodes: RpcPool
    journal: J
    folder: Path
    sender: Account | None
    finality: Finality
    box: Inbox | None = None
    equipment: Any = None  # of `DaemonKind.equipped`

    @property
    def dry(self) -> bool:
        """Whether nothing is sent."""
        return self.sender is None


class Cycle(ABC):
    """What a daemon does again and again; all of it is safe to repeat."""

    def __init__(self) -> None:
        self.draining: Callable[[], bool] = lambda: False  # nothing new is begun then

    @abstractmethod
    def __call__(self) -> CycleResult:
        """Each phase is guarded: a fault in one does not stop the others."""

    @property
    @abstractmethod
    def now(self) -> int:
        """[s] Chain time of the newest block that was worked by."""

    def left(self) -> int:
        """Unfinished work, in addition to pending transactions."""
        return 0

    def begin(self) -> None:
        """Before the first cycle; not where it drains from the start."""

    def end(self) -> None:
        """After the last cycle."""

    def observe(self, watched: Metrics) -> None:
        """Sets the daemon's own metrics."""

    def news(self, days: Sequence[int]) -> Callable[[int], Iterator[Notice]]:
        """Notices at a chain time [s]; future dates are included `days` ahead."""
        return lambda _: iter(())


class Work(Protocol):
    """Work of a daemon without phases, in addition to sending; all of it is safe to repeat."""

    @property
    def now(self) -> int:
        """[s] Chain time of the newest block that was worked by."""
        ...

    def step(self, draining: bool) -> int:
        """Looks at the chain once; returns how much was done. Nothing new is begun while draining."""
        ...

    def left(self) -> int:
        """Unfinished work, in addition to pending transactions."""
        ...

    def observe(self, watched: Metrics) -> None:
        """Sets the daemon's own metrics."""
        ...


class WorkCycle(Cycle):
    """Sends, then works: two phases, of which neither starves the other."""

    def __init__(self, work: Work, nodes: RpcPool, manager: TransactionManager | None) -> None:
        super().__init__()
        self.work = work
        self._nodes = nodes
        self._manager = manager

    def __call__(self) -> CycleResult:
        self._nodes.turn()
        return guarded((("send", self._send), ("work", self._work)))

    def _send(self) -> int:
        return self._manager.step() if self._manager is not None else 0

    def _work(self) -> int:
        return self.work.step(self.draining())

    @property
    def now(self) -> int:
        """[s] As the work has it."""
        return self.work.now

    def left(self) -> int:
        """As the work has it."""
        return self.work.left()

    def observe(self, watched: Metrics) -> None:
        """Puts the work's series."""
        self.work.observe(watched)


def working(
    work: Callable[[Workplace[J]], Work],
) -> Callable[[Workplace[J], TransactionManager | None], WorkCycle]:
    """The cycle of a daemon that has a work."""
    return lambda place, manager: WorkCycle(work(place), place.nodes, manager)


@dataclass(frozen=True, slots=True)
class NoEquipment:
    """Only the options that all daemons share."""


@dataclass(frozen=True, slots=True)
class DaemonKind(Generic[J]):
    """One kind of daemon: its memory, its work, the effects of its transactions.

    `needs` are further questions of `check`, each with the sender; `stored` are further questions with the
    folder of the store. They raise where something is missing. `equipped` opens the parts that are
    needed before a node answers, by the options of `run` (`options`); it gets no options if the daemon
    drains from the start.
    """

    name: str
    contract: str  # that its journal is bound to
    gas: int  # of its dearest transaction
    journal: Callable[[Path], J]
    cycle: Callable[[Workplace[J], TransactionManager | None], Cycle]
    effect: Callable[[J, str], JobEffect]  # of a job's key
    needs: Mapping[str, Callable[[Chain, Account], str]]
    stored: Mapping[str, Callable[[Path], str]] = field(default_factory=dict)
    kept: Sequence[str] = ()  # folders and files of the store that a backup holds too
    place: type[DaemonPlace] = FolderPlace
    desk: type[Any] = FolderPlace  # options by which `retry` finds files: with a `box`
    takes_files: bool = False
    options: type[Any] = NoEquipment
    equipped: Callable[[Any], AbstractContextManager[Any]] = field(default=nullcontext)


def manager_of(
    kind: DaemonKind[J], place: Workplace[J], operation: Operation
) -> TransactionManager | None:
    """The sender of the daemon's transactions; None in a dry run."""
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
