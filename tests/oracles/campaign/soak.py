"""`make soak HOURS=8`: both daemons for hours at a chain of wall-clock blocks, and whether they grow.

Three nodes stand before the chain, one of which lies now and then; the others fail seldom. A report comes
every minute, a record of every meter each quarter of an hour, a small reorganisation every ten minutes.
Each minute the memory, the handles and the journal of each daemon are written down.
"""

from __future__ import annotations

import argparse
import csv
import logging
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from oracles.meters.broker import EmbeddedBroker
from tests.oracles.campaign.bad_node import BadNodes
from tests.oracles.campaign.campaign import DAEMONS, Daemon, command, free_port
from tests.oracles.campaign.dice import Dice
from tests.oracles.campaign.ground import FIRST_PLANT, PACK, PERIOD, Market, Street
from tests.oracles.meters.ground import NOTARY, OWNER, QUARTER
from tonne.chain.client import Chain
from tonne.meters.mqtt import BrokerSettings
from tonne.meters.publisher import Publisher
from tonne.meters.simulated_fleet import meters
from tonne.rules import pack as rule_packs
from tonne.sandbox import node, seed_market

#: [s] Between blocks, between reports, between reorganisations, between two looks.
BLOCK_S: Final = 5
REPORT_S: Final = 60
REORGANISED_S: Final = 600
SAMPLE_S: Final = 60

#: Blocks that a reorganisation takes back at most, and what the daemons wait for.
DEEPEST: Final = 3
FINALITY: Final = DEEPEST + 1

#: [s] Between two cycles of a daemon.
INTERVAL_S: Final = 5

#: Parts of the answers that are spoilt, and that the liar falsifies.
SHARE: Final = 0.02
LIES: Final = 0.05

#: Meters of the street.
METERS: Final = 40

#: [s] Nothing is handed in within the last of the time; what is not done by then is lost.
DRAIN_S: Final = 240

#: What grows between the first and the last third of the samples, the first tenth left out, has grown too
#: much: memory [bytes] beyond a tenth and this, handles beyond this number.
MEMORY_SLACK: Final = 8 * 2**20
HANDLES_SLACK: Final = 3

#: The journal keeps what is done, and so grows with it: by this factor more for each thing done in the second
#: half than in the first, beside a slack [bytes], is too much.
JOURNAL_FACTOR: Final = 1.5
JOURNAL_SLACK: Final = 256 * 2**10


@dataclass(frozen=True, slots=True)
class SoakSample:
    """One daemon at one minute."""

    daemon: str
    at_s: int  # since the beginning
    memory: int  # resident [bytes]
    handles: int
    threads: int
    journal: int  # with what SQLite keeps beside it [bytes]
    done: int  # reports, or intervals


@dataclass
class SoakResult:
    """What came of it."""

    seed: int
    hours: float
    samples: list[SoakSample] = field(default_factory=list)
    reports: int = 0
    intervals: int = 0
    calls: int = 0
    spoilt: int = 0
    reorganisations: int = 0
    fell: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def of(self, daemon: str) -> list[SoakSample]:
        """The samples that are judged: the first tenth is the start."""
        every = [sample for sample in self.samples if sample.daemon == daemon]
        return every[len(every) // 10 :]

    def wrong(self) -> list[str]:
        """What falls short: growth, a daemon that fell, anything lost, doubled or refused."""
        found = [f"{name} fell" for name in self.fell]
        if not self.reports:
            found.append("too short: no report was handed in")
        for daemon in DAEMONS:
            found += [f"{daemon}: {told}" for told in grown(self.of(daemon))]
        for name in ("lost", "twice", "refused"):
            count = len(getattr(self, name))
            found += [f"{count} {name}: {getattr(self, name)}"] if count else []
        return found

    def table(self) -> str:
        """What the documents show."""
        rows = [
            ("hours; seed", f"{self.hours:g}; {self.seed}"),
            ("reports; intervals of meters", f"{self.reports}; {self.intervals}"),
            ("calls; of them spoilt", f"{self.calls:,}; {self.spoilt / max(self.calls, 1):.1%}"),
            ("reorganisations", f"{self.reorganisations}"),
            (
                "lost; twice; refused",
                f"{len(self.lost)}; {len(self.twice)}; {len(self.refused)}",
            ),
        ]
        for daemon in DAEMONS:
            kept = self.of(daemon)
            for name, unit in (("memory", 2**20), ("handles", 1), ("journal", 2**10)):
                ends = [part(kept, name)[end] / unit for end in (0, 1)]
                most = max((getattr(s, name) for s in kept), default=0) / unit
                about = {"memory": "memory, MB", "journal": "journal, kB"}.get(name, name)
                told = f"{ends[0]:,.0f}; {ends[1]:,.0f}; {most:,.0f}"
                rows.append((f"{daemon}: {about}: first third, last third, most", told))
        return "| | |\n|---|---|\n" + "".join(f"| {name} | {value} |\n" for name, value in rows)


def part(samples: Sequence[SoakSample], name: str) -> tuple[float, float]:
    """The medians of the first and the last third."""
    third = max(len(samples) // 3, 1)
    values = [getattr(sample, name) for sample in samples] or [0]
    return statistics.median(values[:third]), statistics.median(values[-third:])


def grown(samples: Sequence[SoakSample]) -> list[str]:
    """What has grown, in words."""
    if not samples:
        return ["it was never looked at"]
    found = []
    before, after = part(samples, "memory")
    if after > before * 1.1 + MEMORY_SLACK:
        found.append(f"memory from {before / 2**20:.0f} to {after / 2**20:.0f} MB")
    before, after = part(samples, "handles")
    if after > before + HANDLES_SLACK:
        found.append(f"handles from {before:.0f} to {after:.0f}")
    first, middle, last = samples[0], samples[len(samples) // 2], samples[-1]
    each = (middle.journal - first.journal) / max(middle.done - first.done, 1)
    allowed = each * JOURNAL_FACTOR * max(last.done - middle.done, 1) + JOURNAL_SLACK
    if last.journal - middle.journal > allowed:
        found.append(
            f"journal by {last.journal - middle.journal:,} bytes in the second half,"
            f" {middle.journal - first.journal:,} in the first"
        )
    return found


class Soak:
    """Call `run` once."""

    def __init__(
        self, hours: float, seed: int, url: str, folder: Path, tell: Callable[[str], None]
    ) -> None:
        self.seconds, self.url, self.folder, self.tell = hours * 3600, url, folder, tell
        self.dice = Dice(seed)
        self.result = SoakResult(seed, hours)
        self.market = Market.found(Chain(url), folder, int(self.seconds / REPORT_S) + 1)
        self.street = Street.found(url, folder / "street", METERS)
        self.chain = self.market.chain
        self._next = FIRST_PLANT
        self._index = 0

    def run(self) -> SoakResult:
        host, port = self.url.removeprefix("http://").split(":")
        for sender in (self.market.sender, NOTARY):
            self._rpc("anvil_setBalance", sender.address, hex(10**24))
        broker = EmbeddedBroker(port=free_port())
        broker.start()
        self.publisher = Publisher(
            list(meters(self.street.fleet, OWNER)), BrokerSettings(broker.url, "street")
        )
        self.publisher.start()
        liar = self.dice.at("liar").randrange(3)
        with BadNodes(host, int(port), 3, liar, self.dice, DAEMONS) as nodes:
            self.nodes = nodes
            self.daemons = {
                name: Daemon(
                    name,
                    command(name, self.market, self.street, nodes.urls(name), INTERVAL_S, FINALITY)
                    + (["--broker", broker.url, "--grace", "120"] if name == "meters" else []),
                    folder=self.folder,
                )
                for name in DAEMONS
            }
            try:
                self._play()
                self._judge()
            finally:
                for daemon in self.daemons.values():
                    daemon.stop()
                self.publisher.stop(1)
                broker.stop()
        return self.result

    def _play(self) -> None:
        self._rpc("evm_setAutomine", False)
        self._rpc("evm_setIntervalMining", BLOCK_S)
        for daemon in self.daemons.values():
            daemon.start()
        self.nodes.weather.share, self.nodes.weather.lies = SHARE, LIES
        begun = time.monotonic()
        acts: dict[Callable[[float], None], float] = {
            self._hand_in: REPORT_S,
            self._reorganise: REORGANISED_S,
            self._sample: SAMPLE_S,
            self._publish: BLOCK_S,
        }
        due = {act: begun + every for act, every in acts.items()}
        while (now := time.monotonic()) - begun < self.seconds and not self.result.fell:
            for act, every in acts.items():
                if now >= due[act]:
                    due[act] += every
                    act(now - begun)
            time.sleep(max(min(min(due.values()) - time.monotonic(), 1.0), 0.05))

    # What happens

    def _rpc(self, method: str, *params: Any) -> Any:
        return self.chain.rpc.call(method, *params)

    def _hand_in(self, at: float) -> None:
        if at < self.seconds - DRAIN_S:
            self.market.hand_in([self._next])
            self._next += 1

    def _publish(self, at: float) -> None:
        """The next record of every meter, once its quarter of an hour is over."""
        moment = self.street.fleet.since + (self._index + 1) * QUARTER + 5
        if at < self.seconds - DRAIN_S and self.chain.now() >= moment:
            self.publisher.publish(self._index)
            self._index += 1

    def _reorganise(self, _: float) -> None:
        """The last blocks are replaced by empty ones; who sent sends again."""
        depth = self.dice.next("reorganisation").randint(1, DEEPEST)
        self._rpc("anvil_reorg", depth, [])
        self.result.reorganisations += 1

    def _sample(self, at: float) -> None:
        for name, daemon in self.daemons.items():
            if daemon.status is not None:
                self.result.fell.append(f"{name} ({daemon.status})")
                continue
            memory, handles, threads = _of_process(daemon.pid)
            done = self.market.done() if name == "emissions" else len(self.street.runs())
            journal = sum(
                path.stat().st_size
                for path in self._journal(name).parent.glob(f"{self._journal(name).name}*")
            )
            self.result.samples.append(
                SoakSample(name, int(at), memory, handles, threads, journal, done)
            )
            self.tell(
                f"{name}: {memory / 2**20:.1f} MB, {handles} handles, {threads} threads,"
                f" journal {journal / 2**10:,.0f} kB, {done} done"
            )
        write_samples(self.folder / "samples.csv", self.result.samples)

    def _journal(self, name: str) -> Path:
        if name == "emissions":
            return self.folder / "oracle.sqlite"
        return self.street.folder / "oracle" / "journal.sqlite"

    # Judging

    def _judge(self) -> None:
        result = self.result
        result.calls, result.spoilt = self.nodes.calls, self.nodes.spoilt
        for name, daemon in self.daemons.items():
            daemon.stop()
            if daemon.status != 0:
                result.fell.append(f"{name} at its end ({daemon.status})")
        reported = Counter(self.market.reported())
        plants = range(FIRST_PLANT, self._next)
        result.reports = len(plants)
        result.lost = [f"report {plant}" for plant in plants if not reported[plant]]
        result.twice = [f"report {plant}" for plant, count in reported.items() if count > 1]
        result.refused = self.market.rejected()
        runs = Counter((start, run) for start, run, _ in self.street.runs())
        starts = {start for start, _ in runs}
        wanted = [self.street.fleet.since + i * QUARTER for i in range(max(self._index - 1, 0))]
        result.intervals = len(wanted)
        result.lost += [f"interval {start}" for start in wanted if start not in starts]
        result.twice += [f"interval {start}" for (start, _), count in runs.items() if count > 1]


def write_samples(path: Path, samples: Sequence[SoakSample]) -> None:
    """All of them as a table of comma-separated values."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [one.name for one in fields(SoakSample)])
        writer.writeheader()
        writer.writerows(map(asdict, samples))


def _of_process(pid: int) -> tuple[int, int, int]:
    """Resident memory [bytes], open handles, threads (Linux)."""
    said = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    handles = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return int(said["VmRSS"].split()[0]) * 1024, handles, int(said["Threads"])


def played(hours: float, seed: int, folder: Path, tell: Callable[[str], None]) -> SoakResult:
    """One soak on a chain of its own."""
    pack = rule_packs.load(PACK)
    begin = seed_market.start_time(pack, pack.period(PERIOD))
    with node.start(timestamp=begin, keep_states=256) as running:
        return Soak(hours, seed, running.url, folder, tell).run()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=8)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    seed = asked.seed if asked.seed is not None else secrets.randbelow(2**32)
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    print(f"seed {seed}; samples, journals and logs are in {folder}", flush=True)
    begun = time.monotonic()

    def tell(text: str) -> None:
        print(f"{(time.monotonic() - begun) / 60:6.1f} min  {text}", flush=True)

    result = played(asked.hours, seed, folder, tell)
    print(result.table(), flush=True)
    wrong = result.wrong()
    for sentence in wrong:
        print(f"seed {seed}: {sentence}", file=sys.stderr)
    if not wrong:
        shutil.rmtree(folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
