"""The meter oracle as a process of its own, with the broker that it opens."""

from __future__ import annotations

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
from tonne.simulation.energy_day.model.plan import CORRECTION_S, FINAL_LEAD_S, GRACE_S, INTERVAL_S

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
    deployment: Path
    folder: Path
    keystore: Path
    passphrase: Path
    runs: dict[tuple[int, int], int] = field(default_factory=dict)  # (node, start) -> run
    open: dict[tuple[int, int], int] = field(default_factory=dict)  # readings that are not settled
    _process: Process = field(init=False)
    _port: int = field(init=False)
    _next: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = Process(self.folder / "oracle.log")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]

    def start(self) -> None:
        self._next = self.chain.block_number()
        self._process.launch(
            "oracles.meters",
            (
                ("--rpc", self.chain.url),
                ("--deployment", self.deployment),
                ("--folder", self.folder),
                ("--keystore", self.keystore),
                ("--passphrase-file", self.passphrase),
                ("--broker-port", self._port),
                ("--interval", 0.02),
                ("--finality", "instant"),  # nothing reorganises a chain of one's own
                ("--grace", GRACE_S),
                ("--final-lead", FINAL_LEAD_S),
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
        """Until every root that is due for its last run tells of readings that are settled alone."""

        def done() -> bool:
            self.look()
            return not any(
                count and final_at(start) <= now for (_, start), count in self.open.items()
            )

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
            sums = Sums.of(event["sums"])
            self.open[place] = sums.count - sums.settled
        self._next = head + 1

    def leaves(self, node: int, start: int) -> IntervalLeaves:
        """Leaves of the run that stands, with what opens them: the oracle's own files."""
        path = leaves.path_of(self.folder / "leaves", node, start, self.runs[node, start])
        return IntervalLeaves.read(path)

    def stop(self) -> None:
        self._process.stop()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not holds():
            self._check()
            if time.monotonic() > deadline:
                raise self._failed(f"{what} for {WAIT_SECONDS} s")
            time.sleep(POLL_SECONDS)

    def _check(self) -> None:
        if not self._process.alive:
            raise self._failed("The meter oracle ended")

    def _failed(self, what: str) -> TonneError:
        return self._process.failed(
            "ENERGY_DAY_ORACLE", what, "Run again with --keep, and read its log and status.json."
        )


def final_at(start: int) -> int:
    """[s] When the oracle posts what changed since an interval's first run."""
    return start + INTERVAL_S + CORRECTION_S - FINAL_LEAD_S
