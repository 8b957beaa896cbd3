"""A market on validators with copies of the emission oracle beside it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.consortium.wall_clock import WallClockPeriod
from tests.oracles.emissions.desk import Desk
from tonne import files
from tonne.chain.client import Chain
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.sandbox.consortium.network import Consortium
from tonne.sandbox.processes import Process

#: Blocks that make one final under Clique with four signers, its own counted.
FINAL = 3
PASSPHRASE = "a passphrase that is not printed"


@dataclass
class Drill:
    """The network, the market on it, and three copies of the emission oracle on nodes 1, 2 and 3."""

    network: Consortium
    period: WallClockPeriod
    folder: Path
    desks: list[Desk] = field(default_factory=list)
    oracles: list[Process] = field(default_factory=list)
    files: list[tuple[str, Any]] = field(default_factory=list)  # names and reports

    @property
    def chain(self) -> Chain:
        return self.period.chain

    def launch_oracle(self, urls: list[str]) -> None:
        """One more copy, with a key, an inbox and a journal of its own."""
        number = len(self.oracles)
        folder = self.folder / f"oracle {number + 1}"
        folder.mkdir()
        files.write(folder / "passphrase.txt", PASSPHRASE + "\n", files.PRIVATE)
        keystore.write(folder / "key.json", oracle_key(number), PASSPHRASE, keystore.WEAK)
        desk = self.period.desk(folder)
        desk.inbox.mkdir()
        self.desks.append(desk)
        copy = Process(folder / "log")
        options = [
            *(("--rpc", url) for url in urls),
            ("--deployment", self.period.record),
            ("--inbox", desk.inbox),
            ("--journal", folder / "journal.sqlite"),
            ("--keystore", folder / "key.json"),
            ("--passphrase-file", folder / "passphrase.txt"),
            ("--interval", 0.3),
            ("--finality", FINAL),
        ]
        copy.launch("oracles.emissions", options)
        self.oracles.append(copy)

    def reported(self) -> Counter[int]:
        """How many reports each plant has on the chain."""
        return Counter(self.period.desk(self.folder).reported())


def oracle_key(number: int) -> Account:
    return Account.from_seed("drill", "oracle", number)
