"""`python -m oracles.emissions`: the emission oracle's process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from oracles.emissions.checks import Checker, effect
from oracles.emissions.cycle import GAS_LIMIT, EmissionsCycle
from oracles.runtime.commands import app_of
from oracles.runtime.daemon import DaemonKind, Workplace
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.process import run_app
from oracles.runtime.transactions import TransactionManager
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account

InboxFolder = Annotated[Path, typer.Option(help="Folder where signed files arrive.")]
JournalFile = Annotated[Path, typer.Option(help="The daemon's memory, one SQLite file.")]


@dataclass(frozen=True, slots=True)
class InboxPlace:
    """Where signed files are."""

    inbox: InboxFolder

    @property
    def box(self) -> Inbox:
        """The folders of the files."""
        return Inbox(self.inbox)


@dataclass(frozen=True, slots=True)
class EmissionsPlace(InboxPlace):
    """With the daemon's memory apart from them."""

    journal: JournalFile

    @property
    def memory(self) -> Path:
        """The file that `--journal` names."""
        return self.journal

    @property
    def store(self) -> Path:
        """The inbox, with its folders."""
        return self.inbox


def cycle(place: Workplace[Journal], manager: TransactionManager | None) -> EmissionsCycle:
    """The daemon's cycle; without a manager it logs the transactions that it would send."""
    assert place.box is not None
    return EmissionsCycle(
        place.chain,
        place.box,
        place.journal,
        Checker(place.chain),
        place.sender,
        manager,
        place.finality,
        place.nodes,
    )


def role(chain: Chain, sender: Account) -> str:
    """Any sender will do."""
    return "no right is needed: any account may submit signed files"


KIND: Final = DaemonKind(
    name="emissions",
    contract="EmissionsOracle",
    gas=GAS_LIMIT,
    journal=Journal,
    cycle=cycle,
    effect=lambda _, key: effect(key),
    needs={"role": role},
    kept=("",),
    place=EmissionsPlace,
    desk=InboxPlace,
    takes_files=True,
)

app = app_of(KIND)

if __name__ == "__main__":
    run_app(app)
