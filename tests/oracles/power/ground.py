"""A small power market, and desks at which one daemon's work is done step by step."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oracles.runtime.daemon import JOURNAL, DaemonKind, Workplace, manager_of
from oracles.runtime.fees import FeePolicy
from oracles.runtime.loop import CycleResult
from oracles.runtime.process import GWEI, Operation, transaction_settings
from oracles.runtime.rpc_pool import RpcPool
from tests.gas.power_town import PowerTown, Size, TownTerms, standing
from tests.patience import HANGING_S
from tests.starvation import starved_s
from tonne import files
from tonne.chain.client import Chain
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.power.bid_tree import commitment
from tonne.power.encoding import CurveStep, curve_words
from tonne.types.ids import PowerAccountId

ROOT = Path(__file__).resolve().parents[3]
PASSPHRASE = "a passphrase nobody prints"
#: A daemon that runs is waited for so long; a command that ends by itself hangs after that.
WAIT_SECONDS, HANG_SECONDS = HANGING_S, 900
SALT = b"\x09" * 32

#: A daemon that is aborted writes the stacks of its threads.
TELLS_STACK = os.environ | {"PYTHONFAULTHANDLER": "1"}

#: Two nodes joined by a line, an aggregator of twenty customers at each.
SMALL = Size(households=40, nodes=2, arcs=2, aggregators=2, at_node=1, steps=4)

OPERATION = Operation("instant", FeePolicy(500 * GWEI, 1, 50 * GWEI), 0.05)


@contextmanager
def power_market(size: Size = SMALL, terms: TownTerms | None = None) -> Iterator[PowerTown]:
    """The town with what its aggregators set aside for silence."""
    with standing(size, terms) as town:
        town.send_all((who, "PowerMarket", "deposit", 10**11) for who in aggregators(town))
        yield town


def aggregators(town: PowerTown) -> list[str]:
    return [f"aggregator {i}" for i in range(town.size.aggregators)]


@dataclass
class Street:
    """The market of one test: its intervals from the first of a day on."""

    town: PowerTown
    openings: dict[int, dict[str, tuple[Any, ...]]] = field(default_factory=dict)

    @property
    def chain(self) -> Chain:
        return self.town.chain

    def interval(self, number: int = 0) -> int:
        return self.town.day * self.town.terms.per_day + number

    def start(self, number: int = 0) -> int:
        return self.interval(number) * self.town.terms.interval_s

    def gate(self, number: int = 0) -> int:
        return self.start(number) - self.town.terms.gate_s

    def commit(
        self,
        number: int = 0,
        who: Sequence[str] | None = None,
        curves: Mapping[int, Sequence[tuple[int, int, int, int]]] | None = None,
    ) -> None:
        """Aggregators commit to the curves that the town draws, or to some (node, side, limit, price)."""
        interval, town = self.interval(number), self.town
        if self.chain.now() < self.gate(number) - 100:
            town.at(self.gate(number) - 100)
        made: dict[str, tuple[Any, ...]] = {}
        drawn = town.curves(interval) if curves is None else self._steps(curves)
        for aggregator, steps in drawn.items():
            name = f"aggregator {aggregator}"
            if who is None or name in who:
                made[name] = self._committed(name, interval, steps)
        self.openings[interval] = made

    def _steps(
        self, curves: Mapping[int, Sequence[tuple[int, int, int, int]]]
    ) -> dict[int, list[CurveStep]]:
        bidders = {a: PowerAccountId(self.town.numbers[f"aggregator {a}"]) for a in curves}
        return {a: [CurveStep(bidders[a], *step) for step in own] for a, own in curves.items()}

    def _committed(self, name: str, interval: int, steps: list[CurveStep]) -> tuple[Any, ...]:
        opening = (SALT, 0, 0, curve_words(steps))
        hash_ = commitment(interval, opening, PowerAccountId(self.town.numbers[name]))
        energy = sum(step.limit for step in steps)
        self.town.send(name, "PowerMarket", "commit", interval, hash_, energy)
        return opening

    def open(self, number: int = 0, who: Sequence[str] | None = None) -> None:
        """They open them, all or some."""
        self.town.at(self.gate(number))
        interval = self.interval(number)
        for name, opening in self.openings[interval].items():
            if who is None or name in who:
                args = (interval, self.town.numbers[name], opening)
                self.town.send(name, "PowerMarket", "open", *args)

    def round(self, number: int = 0) -> Any:
        return self.chain.call("PowerMarket", "roundOf", self.interval(number))

    def account(self, who: str) -> Any:
        return self.chain.call("PowerMarket", "accountOf", self.town.numbers[who])


class Desk:
    """One daemon's work, a cycle at a time; `start` is as after a kill."""

    def __init__(
        self, chain: Chain, kind: DaemonKind[Any], folder: Path, sender: Account | None
    ) -> None:
        self.chain, self.kind, self.folder, self.sender = chain, kind, folder, sender
        self.journal: Any = None
        self.start()

    def start(self) -> None:
        if self.journal is not None:
            self.journal.close()
        self.journal = self.kind.journal(self.folder / JOURNAL)
        rpc = self.chain.rpc
        pool = rpc if isinstance(rpc, RpcPool) else RpcPool([rpc])
        finality = transaction_settings(self.chain, pool, OPERATION).finality
        place = Workplace(self.chain, pool, self.journal, self.folder, self.sender, finality)
        self.manager = manager_of(self.kind, place, OPERATION)
        self.drains = False
        self.cycle: Any = self.kind.cycle(place, self.manager)
        self.cycle.draining = lambda: self.drains
        self.work = self.cycle.work

    def run(self, cycles: int = 4) -> list[CycleResult]:
        """Cycles; each sees what the one before it sent, which the node mines a moment later."""
        found = []
        for _ in range(cycles):
            found.append(self.cycle())
            self.chain._let_pool_empty()
        return found

    def states(self) -> dict[str, str]:
        """The state of each job by key."""
        rows = self.journal._db.execute("SELECT key, state FROM jobs ORDER BY key")
        return dict(rows.fetchall())


class DaemonProcess:
    """A daemon as a process of its own: `python -m oracles.power.NAME run`, or another module's."""

    def __init__(
        self,
        town: PowerTown,
        name: str,
        folder: Path,
        sender: Account | None,
        options: Sequence[str] = (),
    ) -> None:
        self.town, self.folder, self.options = town, folder, options
        self.module = name if "." in name else f"oracles.power.{name}"
        self.sends = sender is not None
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "log"
        if sender is not None:
            keystore.write(folder / "key.json", sender, PASSPHRASE, keystore.WEAK)
            files.write(folder / "passphrase.txt", PASSPHRASE + "\n", files.PRIVATE)
        self.process: subprocess.Popen[bytes] | None = None
        self._starts_before = 0  # told before the process that runs

    def command(self, what: str, *further: str) -> list[str]:
        deployment = self.town.deployments / f"{self.town.chain.chain_id}.json"
        command = [sys.executable, "-m", self.module, what]
        command += ["--rpc", self.town.chain.url, "--deployment", str(deployment)]
        command += ["--folder", str(self.folder / "work"), *further]
        if self.sends:
            command += ["--keystore", str(self.folder / "key.json")]
            command += ["--passphrase-file", str(self.folder / "passphrase.txt")]
        return command

    @property
    def has_started(self) -> bool:
        """Whether it runs and has told that it started; who was killed on the way to that never told."""
        runs = self.process is not None and self.process.poll() is None
        return runs and self.said("started") > self._starts_before

    def run(self) -> None:
        self._starts_before = self.said("started") if self.log.exists() else 0
        options = ("--interval", "0.05", "--finality", "instant", *self.options)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("run", *options), cwd=ROOT, stdout=log, stderr=log, env=TELLS_STACK
            )

    def said(self, event: str) -> int:
        lines = self.log.read_text().rpartition("\n")[0].splitlines()
        return sum(json.loads(line)["event"] == event for line in lines if line[:1] == "{")

    def until(self, true: Callable[[], bool]) -> None:
        """Waits for something; a daemon with which it does not come is ended, and tells where it was.

        Time in which the machine gave it no core is not its own: beside others it may be most of all.
        """
        assert self.process is not None
        end = time.monotonic() + WAIT_SECONDS - starved_s(self.process.pid)
        while not true():
            assert self.process.poll() is None, self.log.read_text()
            if time.monotonic() >= end + starved_s(self.process.pid):
                self.process.send_signal(signal.SIGABRT)
                self.process.wait(HANG_SECONDS)
                raise AssertionError(self.log.read_text()[-6_000:])
            time.sleep(0.02)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(HANG_SECONDS)

    def end(self) -> None:
        """After a test: what still runs is ended."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
