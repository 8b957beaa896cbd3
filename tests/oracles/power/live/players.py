"""Who takes part in a live run, each a process of its own, and what they hand to each other."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oracles.power.settlement.papers import BOOKS, METERS, READINGS
from oracles.power.watcher.watching import RECEIPTS
from tests.oracles.power.aggregator.customers import settle_in
from tests.oracles.power.ground import DaemonProcess, Street, aggregators
from tests.oracles.power.live.city import City
from tonne.crypto.accounts import Account
from tonne.meters.leaves import IntervalLeaves, path_of
from tonne.meters.mqtt import BrokerSettings
from tonne.meters.publisher import Publisher

Make = Callable[..., DaemonProcess]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def bidders(street: Street, make: Make, firsts: Sequence[int]) -> dict[str, DaemonProcess]:
    """An aggregator at each node, with customers from its meter of `firsts` on, and two solvers; by name."""
    town = street.town
    found = {}
    for place, (name, first) in enumerate(zip(aggregators(town), firsts, strict=True)):
        process = found[name] = make("aggregator", town.people[name], name)
        sells = "0.10" if place else "0.4"
        settle_in(process.folder / "work", street, node=place, sells=sells, first=first)
    for who in ("stranger", "grid"):
        name = f"solver {who}"
        found[name] = make("solver", town.people[who], name)
    return found


def start(processes: Collection[DaemonProcess]) -> None:
    """All begin; returns when each has told so."""
    for process in processes:
        process.run()
    for process in processes:
        process.until(lambda p=process: p.said("started") == 1)


@dataclass
class Players:
    """All daemons of a market, and its meters' gateway."""

    city: City
    make: Make
    all: dict[str, DaemonProcess] = field(default_factory=dict)

    def __post_init__(self) -> None:
        town = self.city.street.town
        firsts = [customers.start for customers in self.city.customers]
        self.all |= bidders(self.street, self.make, firsts)
        delegate = Account.from_seed("tonne", "interval", "delegate")
        town.chain.fund([delegate])
        self.all["watcher"] = self.make("watcher", delegate)
        port = _free_port()
        options = ("--broker-port", str(port))
        self.all["meters"] = self.make("oracles.meters", town.people["notary"], "meters", options)
        self.all["settlement"] = self.make("settlement", town.people["operator"])
        self.publisher = Publisher(
            list(self.city.meters.values()), BrokerSettings(f"mqtt://127.0.0.1:{port}", "street")
        )

    @property
    def street(self) -> Street:
        return self.city.street

    @property
    def own(self) -> int:
        """The meter of a customer whose intervals are shown."""
        return self.city.customers[0].start

    def receipt(self, number: int) -> dict[str, Any]:
        """What the oracle hands that customer of an interval, as `tonne meters receipt --json` prints it."""
        node, start = self.street.town.area(0), self.street.start(number)
        run = self.street.chain.call("MeterOracle", "stateOf", node, start).run
        kept = IntervalLeaves.read(path_of(self._work("meters") / "leaves", node, start, run))
        place = {"node": node, "start": start, "run": run, "root": kept.root.hex()}
        return kept.receipt(kept.index_of(self.own)) | place

    def start(self) -> None:
        """All begin; meters.toml and the leaves' folder are at hand."""
        settlement = self._work("settlement")
        rows = "\n".join(f"{meter} = {a}" for meter, a in self.city.standing().items())
        (settlement / METERS).parent.mkdir(parents=True, exist_ok=True)
        (settlement / METERS).write_text(f"[meters]\n{rows}\n")
        leaves = self._work("meters") / "leaves"
        leaves.mkdir(parents=True)
        (settlement / READINGS).symlink_to(leaves)
        start(self.all.values())
        self.publisher.start()

    def hand_over(self) -> None:
        """Aggregators give their books to who settles, and customers their receipts to the watcher."""
        for name in aggregators(self.street.town):
            work = self._work(name)
            _copy(work / "books", self._work("settlement") / BOOKS / name)
            _copy(work / "receipts", self._work("watcher") / RECEIPTS / name)

    def _work(self, name: str) -> Path:
        return self.all[name].folder / "work"

    def said(self, event: str) -> dict[str, int]:
        """How often each logged something."""
        return {name: process.said(event) for name, process in self.all.items()}


def _copy(source: Path, to: Path) -> None:
    """Files, or folders of an interval, that were not copied before."""
    to.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir() if source.exists() else ():
        target = to / path.name
        if not target.exists() and not path.name.startswith("."):
            (shutil.copytree if path.is_dir() else shutil.copy2)(path, target)
