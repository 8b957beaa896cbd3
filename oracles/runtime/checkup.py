"""Whether a daemon can run: one line for each thing it needs, with the remedy where it is missing."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import typer

from oracles.runtime.fees import FeePolicy
from oracles.runtime.finality import chosen
from oracles.runtime.journal import Journal
from oracles.runtime.process import GWEI, REQUEST_S, SenderChoice, urls
from oracles.runtime.rpc_pool import RpcPool
from tonne.chain.client import Chain
from tonne.chain.rpc import Rpc, masked, quantity
from tonne.crypto.accounts import Account
from tonne.deployment import record
from tonne.errors import TonneError, why

#: [bytes] Room that a journal and a day of files need at least.
LEAST_ROOM: Final = 2**30

#: [s] The machine's clock may differ from the newest block by so much where blocks come all the time.
CLOCK_S: Final = 120

#: Transactions that the balance has to pay for, each at its gas limit and the dearest fee.
LEAST_TRANSACTIONS: Final = 10


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One thing that is needed."""

    name: str
    good: bool
    said: str
    remedy: str = ""

    def __str__(self) -> str:
        mark = "ok  " if self.good else "FAIL"
        return f"{mark} {self.name:<10} {self.said}" + (f" {self.remedy}" if self.remedy else "")


class Checkup:
    """Asks one thing after the other; a fault in one hides no other."""

    def __init__(self) -> None:
        self.lines: list[CheckLine] = []

    def ask(self, name: str, question: Callable[[], str]) -> bool:
        """Adds the line of a question that answers with a sentence, or raises."""
        try:
            line = CheckLine(name, True, question())
        except TonneError as error:
            line = CheckLine(name, False, f"{error.code}: {error.message}", error.remedy or "")
        except OSError as error:
            line = CheckLine(
                name, False, f"ORACLE_FILE: {why(error)}.", "See to the file's path and rights."
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            line = CheckLine(
                name,
                False,
                f"RPC_ANSWER: {why(error)}.",
                "The node answers otherwise than a node does.",
            )
        self.lines.append(line)
        return line.good

    @property
    def good(self) -> bool:
        return all(line.good for line in self.lines)


class Surroundings:
    """What both daemons need: nodes, chain, finality, contracts, key, balance, clock, disk, journal."""

    def __init__(self, rpcs: Sequence[str], deployment: Path, checkup: Checkup) -> None:
        self._rpcs = urls(rpcs)
        self._deployment = deployment
        self._checkup = checkup
        self.chain: Chain | None = None
        self.sender: Account | None = None
        self._is_dry = False

    def without_sender(self) -> str:
        """The answer to a question about the sender without a sender."""
        return "a dry run needs no key" if self._is_dry else "not checked: there is no key"

    def all(
        self,
        finality: str,
        sender: SenderChoice,
        max_fee_gwei: int,
        gas: int,
    ) -> None:
        """What hangs on no folder; `gas` is the most that a transaction of the daemon takes."""
        self.nodes()
        self.contracts()
        self.finality(finality)
        self.key(sender)
        self.balance(FeePolicy(max_fee_gwei * GWEI), gas)
        self.clock()

    def nodes(self) -> None:
        """Each node alone: does it answer, and is it of the chain?"""
        known: list[record.Deployment] = []

        def read() -> str:
            known.append(record.load(self._deployment))
            return f"chain {known[0].chain_id}, {len(known[0].contracts)} contracts"

        self._checkup.ask("deployment", read)
        for url in self._rpcs:
            self._checkup.ask("node", partial(_node, url, known[0] if known else None))

    def contracts(self) -> None:
        """All of them have the code that the other nodes show, on the chain of the file."""

        def ask() -> str:
            pool = RpcPool([Rpc(url, REQUEST_S) for url in self._rpcs])
            chain = Chain(pool.url, rpc=pool)
            found = record.attach(chain, path=self._deployment)
            addresses = [entry.address for entry in found.contracts.values()]

            def codes() -> str:
                return str(hash(tuple(map(str, pool.batch_or_raise(
                    ("eth_getCode", [address, "latest"]) for address in addresses
                )))))  # fmt: skip

            pool.agreed("the contracts' code", codes)
            self.chain = chain
            return f"{len(addresses)} have code, the same at {pool.quorum} of {len(pool.endpoints)} nodes"

        self._checkup.ask("contracts", ask)

    def finality(self, wanted: str) -> None:
        self._checkup.ask("finality", lambda: str(chosen(self._known(), wanted)))

    def key(self, sender: SenderChoice) -> None:
        def ask() -> str:
            self.sender = sender.account()
            self._is_dry = self.sender is None
            return self.sender.address if self.sender else "none: dry run, nothing will be sent"

        self._checkup.ask("key", ask)

    def balance(self, fees: FeePolicy, gas: int) -> None:
        def ask() -> str:
            if self.sender is None:
                return self.without_sender()
            chain = self._known()
            offer = fees.offer(chain.rpc)
            balance = chain.balance(self.sender)
            if offer is None:
                raise _missing(
                    "balance",
                    "Gas is dearer than --max-fee-gwei.",
                    balance,
                    "Wait, or allow a higher fee.",
                )
            need = LEAST_TRANSACTIONS * gas * offer.price
            if balance < need:
                raise _missing(
                    "balance",
                    f"{balance} wei do not pay {LEAST_TRANSACTIONS} transactions ({need} wei).",
                    balance,
                    f"Send coin to {self.sender.address}.",
                )
            return f"{balance} wei; {LEAST_TRANSACTIONS} transactions cost {need} at most"

        self._checkup.ask("balance", ask)

    def clock(self) -> None:
        def ask() -> str:
            chain = self._known()
            apart = round(time.time()) - chain.now()
            if chain.kind == "other" and abs(apart) > CLOCK_S:
                raise _missing(
                    "clock",
                    f"The newest block is {apart} s behind this machine's clock.",
                    apart,
                    "Set the machine's clock (NTP); where it is right, the node is behind.",
                )
            return f"{apart} s from the newest block" + (
                "" if chain.kind == "other" else ", a chain with an adjustable clock"
            )

        self._checkup.ask("clock", ask)

    def disk(self, *folders: Path) -> None:
        for folder in folders:
            self._checkup.ask("disk", partial(_room, folder))

    def journal(self, path: Path) -> None:
        def ask() -> str:
            if not path.exists():
                return f"{path} will be made"
            reader = Journal(path, reads=True)
            try:
                return f"{path}, {reader.open_count()} transactions on their way"
            finally:
                reader.close()

        self._checkup.ask("journal", ask)

    def _known(self) -> Chain:
        if self.chain is None:
            raise _missing("rpc", "No chain was reached.", "", "See the lines above.")
        return self.chain


def tell(checkup: Checkup) -> NoReturn:
    """Prints the lines and ends the command: 0, or 1 where something is missing."""
    for line in checkup.lines:
        typer.echo(str(line))
    raise typer.Exit(0 if checkup.good else 1)


def _node(url: str, known: record.Deployment | None) -> str:
    with Chain(url, REQUEST_S) as chain:
        head = chain.head()
        if known is not None and chain.chain_id != known.chain_id:
            raise _missing(
                "rpc",
                f"{masked(url)} is of chain {chain.chain_id}, not {known.chain_id}.",
                chain.chain_id,
                "Name a node of the deployment's chain.",
            )
        syncing: Any = chain.rpc.call("eth_syncing")
        if syncing:
            behind = quantity(syncing["highestBlock"], "eth_syncing") - head.number
            raise _missing(
                "rpc", f"{masked(url)} is {behind} blocks behind.", behind, "Wait for it."
            )
        return f"{masked(url)}, {chain.client}, chain {chain.chain_id}, block {head.number}"


def _room(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".check-") as file:
        file.write(b"x")
        file.flush()
        os.fsync(file.fileno())
    free = shutil.disk_usage(folder).free
    if free < LEAST_ROOM:
        raise _missing(
            "disk", f"{folder} has {free // 2**20} MiB left.", free, "Make room: 1 GiB at least."
        )
    return f"{folder} can be written, {free // 2**30} GiB free"


def _missing(field: str, said: str, value: object, remedy: str) -> TonneError:
    return TonneError(
        f"ORACLE_CHECK_{field.upper()}", said, field=field, value=value, remedy=remedy
    )
