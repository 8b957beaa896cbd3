"""The meter oracle as a process of its own, with the broker that it opens."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tonne.chain.client import Chain
from tonne.crypto.merkle_sum import Sums
from tonne.errors import TonneError
from tonne.meters import leaves
from tonne.meters.leaves import IntervalLeaves
from tonne.meters.mqtt import BrokerSettings
from tonne.sandbox.processes import Process
from tonne.simulation.energy_day.model.plan import DayTimeline
from tonne.simulation.energy_day.steps.city_broker import CityBroker, free_port

WAIT_SECONDS = 180
POLL_SECONDS = 0.03
#: `ChallengeState` of IMeterOracle.
ANSWERED = 2
#: Blocks that are read again: a node may tell of a block before it tells of what happened in it.
OVERLAP = 20


@dataclass(slots=True)
class MeterDaemon:
    """`python -m oracles.meters run`, and what it has posted so far."""

    chain: Chain
    line: DayTimeline
    deployment: Path
    folder: Path
    keystore: Path
    passphrase: Path
    runs: dict[tuple[int, int], int] = field(default_factory=dict)  # (node, start) -> run
    open: dict[tuple[int, int], int] = field(default_factory=dict)  # readings that are not settled
    due: dict[tuple[int, int], int] = field(default_factory=dict)  # [s] next correction
    roots: dict[tuple[int, int], tuple[bytes, int]] = field(default_factory=dict)  # with their sums
    city: CityBroker | None = None  # in place of the oracle's own broker
    _process: Process = field(init=False)
    _port: int = field(init=False)
    _next: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = Process(self.folder / "oracle.log")
        self._port = self.city.port if self.city else free_port()

    def start(self) -> None:
        self._next = self.chain.block_number()
        if self.city is not None:
            self.city.start()
        at = ("--broker", self.broker("").url) if self.city else ("--broker-port", self._port)
        self._process.launch(
            "oracles.meters",
            (
                ("--rpc", self.chain.url),
                ("--deployment", self.deployment),
                ("--folder", self.folder),
                ("--keystore", self.keystore),
                ("--passphrase-file", self.passphrase),
                at,
                ("--interval", 0.02),
                ("--finality", "instant"),  # nothing reorganises a chain of one's own
                ("--grace", self.line.grace_s),
                ("--final-lead", self.line.final_lead_s),
            ),
        )

    def broker(self, client: str) -> BrokerSettings:
        return BrokerSettings(f"mqtt://127.0.0.1:{self._port}", client)

    def ready(self) -> None:
        """Until the broker answers."""
        self._until(self._answers, "The broker of the meter oracle does not answer")

    def posted(self, intervals: Iterable[tuple[int, int]]) -> None:
        """Until these (node, start) have a root on the chain."""
        wanted = set(intervals)

        def done() -> bool:
            self.look()
            wanted.difference_update(self.runs)
            return not wanted

        self._until(done, "The meter oracle does not post")

    def corrected(self, now: int) -> None:
        """Until every root that is due for a correction tells of readings that are settled alone."""

        def done() -> bool:
            self.look()
            return not any(count and self.due[place] <= now for place, count in self.open.items())

        self._until(done, "The meter oracle does not correct")

    def answered(self, challenge: int) -> None:
        """Until a challenge has an answer among the chain's events, which come after its state."""

        def done() -> bool:
            topics = [f"0x{challenge:064x}"]
            return bool(self.chain.logs("MeterOracle", "LeafAnswered", topics=topics))

        self._until(done, "The meter oracle does not answer")

    def look(self) -> None:
        """Reads what was posted since the last time."""
        head = self.chain.block_number()
        if head < self._next:
            return
        first = max(self._next - OVERLAP, 0)
        for event in self.chain.logs("MeterOracle", "IntervalPosted", first, head):
            place = event["node"], event["start"]
            self.runs[place] = event["run"]
            self.roots[place] = event["root"], event["sums"]
            sums = Sums.of(event["sums"])
            self.open[place] = sums.count - sums.settled
            self.due[place] = self._due(event["start"], event["run"])
        self._next = head + 1

    def _due(self, start: int, run: int) -> int:
        """[s] When a run may be corrected: the oracle waits half of the window's rest after a corrected one.

        On a busy machine a corrected run may go out before all late records came.
        """
        if run == 1:
            return self.line.final_at(start)
        now, close = self.chain.now(), start + self.line.interval_s + self.line.correction_s
        return now + (close - now) // 2

    def leaves(self, node: int, start: int) -> IntervalLeaves:
        """Leaves of the run that stands, with what opens them: the oracle's own files."""
        path = leaves.path_of(self.folder / "leaves", node, start, self.runs[node, start])
        return IntervalLeaves.read(path)

    def stop(self) -> None:
        self._process.stop()
        if self.city is not None:
            self.city.stop()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline, before = time.monotonic() + WAIT_SECONDS, self._taken()
        while not holds():
            self._check()
            if time.monotonic() > deadline:
                if (now := self._taken()) == before:
                    raise self._failed(f"{what} for {WAIT_SECONDS} s")
                # It is at work: a city's records take longer on a busy machine.
                deadline, before = time.monotonic() + WAIT_SECONDS, now
            time.sleep(POLL_SECONDS)

    def _taken(self) -> tuple[int, int]:
        """How far it has come: records that it has taken, and roots that are on the chain."""
        path = self.folder / "status.json"
        if not path.exists():
            return 0, len(self.runs)
        return json.loads(path.read_text("utf-8"))["counts"]["records"], len(self.runs)

    def _check(self) -> None:
        if not self._process.alive:
            raise self._failed("The meter oracle ended")

    def _failed(self, what: str) -> TonneError:
        return self._process.failed(
            "ENERGY_DAY_ORACLE", what, "Run again with --keep, and read its log and status.json."
        )
