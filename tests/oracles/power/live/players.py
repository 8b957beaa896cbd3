"""Who takes part in a live run, each a process of its own, and what they hand to each other."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from oracles.power.settlement.papers import BOOKS, METERS, READINGS
from oracles.power.watcher.settled import LINES
from oracles.power.watcher.watching import RECEIPTS
from tests.oracles.power.aggregator.customers import settle_in
from tests.oracles.power.ground import DaemonProcess, Street, aggregators
from tests.oracles.power.live import habits
from tests.oracles.power.live.city import City
from tests.oracles.power.live.hostile import HostileMeter
from tests.oracles.power.live.outages import Broker
from tonne.crypto.accounts import Account
from tonne.meters.leaves import IntervalLeaves, path_of
from tonne.meters.mqtt import BrokerSettings
from tonne.meters.publisher import Publisher
from tonne.power.asked_lines import AskedLine

Make = Callable[..., DaemonProcess]

#: How often a daemon looks at the chain [s]: eleven of them share two cores with their node.
LOOKS: Final = ("--interval", "0.25")

#: The module of who settles falsely, by what is false: the totals of a run, the list of a day, or nothing but
#: that no request is answered.
FALSE: Final = {
    "totals": "tests.oracles.power.live.false_settlement",
    "list": "tests.oracles.power.live.false_list",
    "silence": "tests.oracles.power.live.silent_settlement",
}


def unhurried(make: Make) -> Make:
    """Makes daemons that look at the chain as `LOOKS` says."""

    def made(
        name: str, sender: Account | None, place: str = "", options: Sequence[str] = ()
    ) -> DaemonProcess:
        return make(name, sender, place, (*options, *LOOKS))

    return made


def bidders(street: Street, make: Make, firsts: Sequence[int]) -> dict[str, DaemonProcess]:
    """An aggregator at each node, with customers from its meter of `firsts` on, and two solvers; by name."""
    town = street.town
    found = {}
    for place, (name, first) in enumerate(zip(aggregators(town), firsts, strict=True)):
        process = found[name] = make("aggregator", town.people[name], name)
        meters = range(first, first + len(town.customers[place, place]))
        step = town.terms.interval_s
        told = {meter: habits.instruction(place, meter, step) for meter in meters}
        settle_in(process.folder / "work", street, told, place)
    for who in ("stranger", "grid"):
        name = f"solver {who}"
        found[name] = make("solver", town.people[who], name)
    return found


def start(processes: Collection[DaemonProcess]) -> None:
    """All begin; returns when each has told so."""
    for process in processes:
        process.run()
    for process in processes:
        process.until(lambda p=process: p.has_started)


@dataclass
class Players:
    """All daemons of a market, and its meters' gateway."""

    city: City
    make: Make
    all: dict[str, DaemonProcess] = field(default_factory=dict)
    false: str = "totals"  # of `FALSE`

    def __post_init__(self) -> None:
        town, self.make = self.city.street.town, unhurried(self.make)
        firsts = [customers.start for customers in self.city.customers]
        self.all |= bidders(self.street, self.make, firsts)
        delegate = Account.from_seed("tonne", "interval", "delegate")
        town.chain.fund([delegate])
        self.all["watcher"] = self.make("watcher", delegate)
        self.broker = Broker()
        options = ("--broker", self.broker.url)
        self.all["meters"] = self.make("oracles.meters", town.people["notary"], "meters", options)
        #: Who is killed at random: who settles is killed while it does.
        self.mortal = self.all.keys() - {"watcher"}
        self.all["settlement"] = self.make("settlement", town.people["operator"])
        for name in sorted({*town.terms.settlers.values()}):
            self.all[name] = self.make(FALSE[self.false], town.people[name], name)
        self.publisher = Publisher(
            list(self.city.meters.values()), BrokerSettings(self.broker.url, "street")
        )
        #: Of a customer who is not the one that is shown.
        self.hostile = HostileMeter(self.city.meters[self.own + 1])
        self.late_s = int(town.chain.call("PowerSettlement", "LATE"))

    @property
    def street(self) -> Street:
        return self.city.street

    @property
    def own(self) -> int:
        """The meter of a customer whose intervals are shown."""
        return self.city.customers[0].start

    def complain(self, place: int, interval: int) -> None:
        """A customer of a node asks for its line of an interval, and hands the request to the watcher."""
        town = self.street.town
        account = town.customers[place, place][0]
        made = AskedLine.make(town.chain, place, interval, account, by_key=False)
        sponsor = aggregators(town)[place]
        receipt = town.send(sponsor, "PowerSettlement", "ask", *made.about, *made.point)
        (asked,) = [e for e in town.chain.events(receipt) if e.name == "LineAsked"]
        name = f"{place}-{interval}.json"
        replace(made, deadline=asked["deadline"]).write(self._work("watcher") / LINES / name)

    def receipt(self, number: int) -> dict[str, Any] | None:
        """What the oracle hands that customer of an interval, as `tonne meters receipt --json` prints it.

        None where the node tells of no run: one that is mining may tell of it, of none, and of it again.
        """
        node, start = self.street.town.area(0), self.street.start(number)
        run = self.street.chain.call("MeterOracle", "stateOf", node, start).run
        if not run:
            return None
        kept = IntervalLeaves.read(path_of(self._work("meters") / "leaves", node, start, run))
        place = {"node": node, "start": start, "run": run, "root": kept.root.hex()}
        return kept.receipt(kept.index_of(self.own)) | place

    def start(self) -> None:
        """All begin; meters.toml and the leaves' folder are at hand."""
        rows = "\n".join(f"{meter} = {a}" for meter, a in self.city.standing().items())
        leaves = self._work("meters") / "leaves"
        leaves.mkdir(parents=True)
        for name in self.settlers:
            place = self._work(name)
            (place / METERS).parent.mkdir(parents=True, exist_ok=True)
            (place / METERS).write_text(f"[meters]\n{rows}\n")
            (place / READINGS).symlink_to(leaves)
        self.broker.start()
        start(self.all.values())
        self.publisher.start()

    def publish(self, index: int) -> None:
        """Each meter's record; a hostile one's come last, and stay at the broker as another's newest."""
        self.publisher.publish(index)
        for raw in self.hostile.records(index):
            self.publisher.send(self.hostile.of, raw)

    def hand_over(self) -> None:
        """Aggregators give their books to who settles, and customers their receipts to the watcher."""
        for name in aggregators(self.street.town):
            work = self._work(name)
            for settler in self.settlers:
                _copy(work / "books", self._work(settler) / BOOKS / name)
            _copy(work / "receipts", self._work("watcher") / RECEIPTS / name)

    def _work(self, name: str) -> Path:
        return self.all[name].folder / "work"

    @property
    def settlers(self) -> list[str]:
        """Daemons that settle nodes."""
        return ["settlement", *sorted({*self.street.town.terms.settlers.values()})]

    def reach(self, moment: int, skips: bool) -> None:
        """Chain time comes to a moment: it is set, or waited for."""
        if skips:
            self.street.town.at(moment)
        while self.street.chain.now() < moment:
            time.sleep(0.2)

    def has_root(self, number: int) -> bool:
        """Whether each node of the oracle has a root of an interval."""
        town, start = self.street.town, self.street.start(number)
        views = (
            ("MeterOracle", "stateOf", (town.area(place), start))
            for place in range(town.size.nodes)
        )
        return all(state.run for state in town.chain.call_many(views))

    def lost(self, intervals: range) -> int:
        """Readings of some intervals that the oracle's runs on the chain do not have as they were signed."""
        return self.city.lost(self._work("meters") / "leaves", intervals)

    def stop(self) -> None:
        """All end in order; those that have ended stay so."""
        for process in self.all.values():
            if process.process is not None and process.process.poll() is None:
                process.stop()
        self.publisher.stop()
        self.broker.stop()

    def said(self, event: str) -> dict[str, int]:
        """How often each logged something."""
        return {name: process.said(event) for name, process in self.all.items()}


def _copy(source: Path, to: Path) -> None:
    """Files that were not copied before, in folders that have changed since."""
    to.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir() if source.exists() else ():
        target = to / path.name
        if path.name.startswith("."):
            continue  # not written whole yet
        if not path.is_dir():
            if not target.exists():
                shutil.copy2(path, target)
        elif not target.exists() or target.stat().st_mtime <= path.stat().st_mtime:
            _copy(path, target)
