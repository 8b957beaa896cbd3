"""The commands of a daemon: run, drain, check, backup, restore; inspect and retry where it takes files.

`DaemonKind` describes a daemon. Loop, journal, transactions, metrics and the operator's commands
are the same for all.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from oracles.runtime import backup, upkeep
from oracles.runtime.checkup import Checkup, Surroundings, tell
from oracles.runtime.daemon import DaemonKind, DaemonPlace
from oracles.runtime.inbox import Inbox
from oracles.runtime.operating import operate
from oracles.runtime.options import ChainAccess, DrainingTime, Running, Sending, spread
from oracles.runtime.process import FinalityChoice, MaxFee, SenderChoice, new_app

ArchiveToWrite = Annotated[Path, typer.Argument(help="File that is written, or replaced whole.")]
ArchiveToRead = Annotated[Path, typer.Argument(help="A file that `backup` wrote.")]


def app_of(kind: DaemonKind[Any]) -> typer.Typer:
    """The daemon's commands."""
    app = new_app()

    def run(
        nodes: ChainAccess,
        place: DaemonPlace,
        options: Any,
        sender: SenderChoice,
        sending: Sending,
        running: Running,
    ) -> None:
        """Works until a signal stops it. Without a key it sends nothing (dry run)."""
        operate(kind, nodes, place, options, sender.account(), running.operation(sending))

    def drain(
        nodes: ChainAccess,
        place: DaemonPlace,
        sender: SenderChoice,
        sending: Sending,
        time: DrainingTime,
    ) -> None:
        """Finishes open work, begins no other, and ends; status 1 if work remains. A running daemon
        does the same on SIGUSR1."""
        operate(kind, nodes, place, None, sender.account(), time.operation(sending))

    def check(
        nodes: ChainAccess,
        place: DaemonPlace,
        sender: SenderChoice,
        finality: FinalityChoice = "auto",
        max_fee_gwei: MaxFee = 500,
    ) -> None:
        """Whether all is there that it needs, a line each with the remedy; 1 where something is not."""
        checkup = Checkup()
        at = Surroundings(nodes.rpcs, nodes.deployment, checkup)
        at.all(finality, sender, max_fee_gwei, kind.gas)
        at.disk(*dict.fromkeys((place.store, place.memory.parent)))
        at.journal(place.memory)
        for name, question in kind.needs.items():
            checkup.ask(name, partial(_of_sender, question, at))
        for name, asked in kind.stored.items():
            checkup.ask(name, partial(asked, place.store))
        if kind.takes_files:
            checkup.ask("inbox", lambda: _waiting(place.box))
        tell(checkup)

    app.command("run")(spread(run, place=kind.place, options=kind.options))
    app.command("drain")(spread(drain, place=kind.place))
    app.command("check")(spread(check, place=kind.place))
    if kind.takes_files:
        _add_files(app, kind)
    _add_backup(app, kind)
    return app


def _add_files(app: typer.Typer, kind: DaemonKind[Any]) -> None:
    def inspect(
        file: Annotated[Path, typer.Argument(help="Name of a file, or path of a copy of it.")],
        place: DaemonPlace,
    ) -> None:
        """Shows the folder of a file, the reason, and the state of its transaction; the daemon may run."""
        assert place.box is not None
        upkeep.print_inspected(file, place.box, place.memory)

    def retry(
        desk: Any,
        names: Annotated[
            list[str] | None, typer.Argument(help="Refused files; without any, all.")
        ] = None,
        code: Annotated[str | None, typer.Option(help="Only files refused with this code.")] = None,
    ) -> None:
        """Has refused files looked at again, after the cause is gone; the daemon may be at work."""
        upkeep.print_retried(desk.box, names, code)

    app.command("inspect")(spread(inspect, place=kind.place))
    app.command("retry")(spread(retry, desk=kind.desk))


def _add_backup(app: typer.Typer, kind: DaemonKind[Any]) -> None:
    def save(archive: ArchiveToWrite, place: DaemonPlace) -> None:
        """Copies journal and files into one file; the daemon may be at work."""
        upkeep.print_saved(backup.save(archive, place.memory, place.store, kind.kept))

    def put_back(archive: ArchiveToRead, place: DaemonPlace) -> None:
        """Puts journal and files back, where no journal is. Nothing is lost or sent twice."""
        upkeep.print_saved(backup.restore(archive, place.memory, place.store))

    app.command("backup")(spread(save, place=kind.place))
    app.command("restore")(spread(put_back, place=kind.place))


def _of_sender(question: Any, at: Surroundings) -> str:
    if at.sender is None:
        return at.without_sender()
    if at.chain is None:
        return "not checked: no node returns the contracts"
    return str(question(at.chain, at.sender))


def _waiting(box: Inbox | None) -> str:
    assert box is not None
    return f"{box.folder}, {len(box.arrivals())} files waiting"
