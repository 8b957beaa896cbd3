"""The campaign: a fault-free stretch, the faults, and what is left to drain after them."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from oracles.meters.broker import EmbeddedBroker
from tests.oracles.campaign import crash_points
from tests.oracles.campaign.bad_node import BadNodes
from tests.oracles.campaign.dice import Dice, kills_planned, sooner
from tests.oracles.campaign.ground import FIRST_PLANT, ROOT, Market, Street
from tests.oracles.meters.ground import NOTARY, OWNER, QUARTER
from tonne.chain.client import Chain
from tonne.crypto.accounts import Fees
from tonne.meters.mqtt import BrokerSettings
from tonne.meters.publisher import Publisher
from tonne.meters.simulated_fleet import meters

DAEMONS: Final = ("emissions", "meters")

#: Blocks are this far apart [s], and a reorganisation takes back so many of them at most.
BLOCK_S: Final = 0.25
DEEPEST: Final = 12

#: [s] Between two cycles of a daemon.
CYCLE_S: Final = 0.05

#: The daemons wait for one block more than can be taken back.
FINALITY: Final = DEEPEST + 1

#: [s] A daemon with an armed crash point lives so long at most; then it is killed where it stands.
LIFE_S: Final = 8.0

#: [s] A chain on which nothing ends any more has lost something.
STALLED_S: Final = 60.0

#: Reports handed in ahead of the kills, the least that wait, and the spare ones for each kill.
PORTION: Final = 60
LEAST_WAITING: Final = 10
SPARE: Final = 30

#: A rate is taken while so many wait at least: with fewer, it is the finality that sets it.
BUSY: Final = 30

#: [wei] The base fee goes about between these.
BASE_FEE: Final = (10**9, 40 * 10**9)

#: The emission oracle's, per 1,000 waiting [s]: the bar.
DRAINED_S: Final = 120
#: [s] However few wait: until they are final.
DRAINED_AT_LEAST_S: Final = 30

#: Quarters of an hour in which the last correction of a meter's interval comes.
CORRECTED_WITHIN: Final = 60


@dataclass(frozen=True)
class Plan:
    """How much of everything."""

    reports: int
    kills: int
    reorganisations: int
    waiting: int  # handed in after the last fault
    before: int  # reports of the fault-free stretch
    longest_s: float  # of the faults; what takes longer has failed
    share: float = 0.16
    lies: float = 0.3


@dataclass
class Result:
    """What came of it; `table` is what the documents show."""

    seed: int
    plan: Plan
    liar: int = 0
    reports: int = 0  # within the faults
    spare: int = 0  # of them beyond the plan, until each crash point was hit
    bad: int = 0  # files handed in that are to be refused
    seconds: float = 0.0
    processor_s: float = 0.0
    calls: int = 0
    spoilt: int = 0
    told: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    wanted: list[str] = field(default_factory=list)  # crash points of the plan
    depths: list[int] = field(default_factory=list)
    dropped: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)  # bad files that went through
    in_vain: int = 0  # transactions of the daemons that reverted
    intervals: int = 0
    corrected: int = 0  # runs after the first: readings had come late
    readings: int = 0
    rate_before: float = 0.0
    rate_within: float = 0.0
    busy_s: float = (
        0.0  # with the daemon up and BUSY reports waiting; `rate_within` is of this time
    )
    drained_s: float = 0.0

    @property
    def share(self) -> float:
        return self.spoilt / max(self.calls, 1)

    def wrong(self, timed: bool = True) -> list[str]:
        """What falls short of the bar; figures of speed where they are `timed`."""
        unhit = sorted(set(self.wanted) - set(self.kills))
        found = [
            (bool(self.lost), f"{len(self.lost)} lost"),
            (bool(self.twice), f"{len(self.twice)} twice"),
            (bool(self.refused), f"{len(self.refused)} good ones refused: {self.refused}"),
            (bool(self.accepted), f"{len(self.accepted)} bad ones accepted"),
            (self.share < 0.2, f"only {self.share:.1%} of the calls were spoilt"),
            (bool(unhit), f"never killed at {', '.join(unhit)}"),
            (timed and self.rate_within < self.rate_before / 2, "slower than half"),
            (timed and self.drained_s > self._drained_by(), "drained too slowly"),
        ]
        return [sentence for falls_short, sentence in found if falls_short]

    def _drained_by(self) -> float:
        """[s] The bar for as many as wait."""
        return max(DRAINED_AT_LEAST_S, DRAINED_S * self.plan.waiting / 1000)

    def table(self) -> str:
        liar = ("first", "second", "third")[self.liar]
        hit = {name for name in self.kills if "/" in name}
        meters_told = f"{self.intervals}; {self.corrected}; {self.readings:,}"
        rates = f"{self.rate_before:.1f}; {self.rate_within:.1f}"
        rows = [
            ("seed; which of three nodes lies", f"{self.seed}; the {liar}"),
            ("reports within the faults; bad files beside them", f"{self.reports:,}; {self.bad}"),
            ("intervals of meters; corrected; readings", meters_told),
            ("calls; of them spoilt", f"{self.calls:,}; {self.share:.1%}"),
            ("kill −9; named crash points hit", f"{sum(self.kills.values())}; {len(hit)}"),
            ("reorganisations; depths", f"{len(self.depths)}; {_spans(self.depths)}"),
            ("transactions dropped from the pool", f"{self.dropped}"),
            ("**lost**", f"**{len(self.lost)}**"),
            ("**twice**", f"**{len(self.twice)}**"),
            ("**good files or readings refused**", f"**{len(self.refused)}**"),
            ("bad files accepted", f"{len(self.accepted)}"),
            ("transactions that reverted", f"{self.in_vain}"),
            ("reports a second without faults; within, outside restarts", rates),
            (f"seconds within that this is of: up, {BUSY} waiting", f"{self.busy_s:.0f}"),
            (f"{self.plan.waiting:,} waiting, drained after", f"{self.drained_s:.0f} s"),
            ("wall; processor", f"{self.seconds:.0f} s; {self.processor_s:.0f} s"),
        ]
        return "| | |\n|---|---|\n" + "".join(f"| {name} | {value} |\n" for name, value in rows)


class Daemon:
    """One of the two, as a process; started again with the next crash point when it dies."""

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        self.name = name
        self._command = [sys.executable, "-m", "tests.oracles.campaign.victim", *command]
        self.log = folder / f"{name}.log"
        self._out: IO[bytes] = self.log.open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        self.armed = ""
        self.since = 0.0
        self._read = 0
        self.away_s = 0.0  # between a kill and the next start's first word
        self._down_since: float | None = None

    def start(self, point: str = "") -> None:
        self.armed, self.since = point, time.monotonic()
        self._down_since = self._down_since or time.monotonic()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), crash_points.VARIABLE: point}
        self._read = self.log.stat().st_size
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=environment, stdout=self._out, stderr=self._out
        )

    def look(self) -> None:
        """Notes when it has come up."""
        if self._down_since is None:
            return
        with self.log.open("rb") as log:
            log.seek(self._read)
            if b'"started"' in log.read():
                self.away_s += time.monotonic() - self._down_since
                self._down_since = None
                self.since = time.monotonic()

    @property
    def up(self) -> bool:
        return self._down_since is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def status(self) -> int | None:
        return self._process.poll() if self._process else None

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self.fell()

    def fell(self) -> None:
        assert self._process is not None
        self._process.wait()
        self._down_since = self._down_since or time.monotonic()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._out.close()


def command(
    name: str, market: Market, street: Street, urls: Sequence[str], cycle_s: float, finality: int
) -> list[str]:
    """The command line of a daemon at these nodes."""
    folder = market.folder if name == "emissions" else street.folder
    options = [name, "run", "--interval", str(cycle_s), "--finality", str(finality)]
    for url in urls:
        options += ["--rpc", url]
    options += ["--keystore", str(folder / "oracle.json")]
    options += ["--passphrase-file", str(folder / "passphrase.txt")]
    if name == "emissions":
        options += ["--deployment", str(market.desk.deployments)]
        options += ["--inbox", str(market.desk.inbox)]
        return [*options, "--journal", str(folder / "oracle.sqlite")]
    options += ["--deployment", str(folder / "deployment.json")]
    return [*options, "--folder", str(folder / "oracle")]


class Campaign:
    """Call `run` once."""

    def __init__(
        self, plan: Plan, seed: int, url: str, folder: Path, tell: Callable[[str], None]
    ) -> None:
        self.plan, self.seed, self.folder, self.tell = plan, seed, folder, tell
        self.dice = Dice(seed)
        self.result = Result(seed, plan)
        self.result.liar = self.dice.at("liar").randrange(3)
        count = plan.before + plan.reports + plan.waiting + SPARE * plan.kills
        self.market = Market.found(Chain(url), folder, count)
        self.street = Street.found(url, folder / "street")
        self.chain = self.market.chain
        for sender in (self.market.sender, NOTARY):
            self._rpc("anvil_setBalance", sender.address, hex(10**24))
        self.url = url
        self._blocks = self._base = 0
        self._next_block = 0.0
        self._index = 0  # of the records published
        self._foreign = 0
        self._foreign_at = 0.0
        self._next = 0  # the first plant that has not reported
        self._bad: list[int] = []
        self._busy_done = 0
        self._clock_waits = False

    # The whole

    def run(self) -> Result:
        begun, spent = time.monotonic(), _spent()
        host, port = self.url.removeprefix("http://").split(":")
        broker = EmbeddedBroker(port=free_port())
        broker.start()
        self.publisher = Publisher(
            list(meters(self.street.fleet, OWNER)), BrokerSettings(broker.url, "street")
        )
        self.publisher.start()
        with BadNodes(host, int(port), 3, self.result.liar, self.dice, DAEMONS) as nodes:
            self.nodes = nodes
            self.emissions = self._daemon("emissions")
            self.meters = self._daemon("meters", "--broker", broker.url, "--grace", "80000")
            try:
                self._play()
                self._judge()
            finally:
                self.emissions.stop()
                self.meters.stop()
                self.publisher.stop(1)
                broker.stop()
        self.result.seconds = time.monotonic() - begun
        self.result.processor_s = _spent() - spent
        return self.result

    def _daemon(self, name: str, *further: str) -> Daemon:
        urls = self.nodes.urls(name)
        options = command(name, self.market, self.street, urls, CYCLE_S, FINALITY)
        return Daemon(name, [*options, *further], self.folder)

    def _play(self) -> None:
        plan, result = self.plan, self.result
        first = FIRST_PLANT
        self._rpc("evm_setAutomine", False)
        self.emissions.start()
        self.meters.start()
        self._until(lambda: self.emissions.up and self.meters.up)
        self.market.hand_in(range(first, first + plan.before))
        before = time.monotonic()
        self._until(lambda: self.market.done() >= plan.before)
        result.rate_before = plan.before / (time.monotonic() - before)
        self.tell(f"without faults {result.rate_before:.1f} reports/s")
        calls, spoilt = self.nodes.calls, self.nodes.spoilt

        self._next = first + plan.before
        self.nodes.weather.share, self.nodes.weather.lies = plan.share, plan.lies
        self._faults()
        result.rate_within = self._busy_done / max(result.busy_s, 1e-9)
        self.nodes.weather.share = self.nodes.weather.lies = 0.0
        result.calls, result.spoilt = self.nodes.calls - calls, self.nodes.spoilt - spoilt
        result.told = self.nodes.told()
        self.tell(f"within {result.rate_within:.1f} reports/s, {result.share:.1%} of calls spoilt")

        everything = plan.before + result.reports + plan.waiting
        self.market.hand_in(range(self._next, self._next + plan.waiting))
        waited = time.monotonic()
        self._until(lambda: self.market.done() >= everything)
        result.drained_s = time.monotonic() - waited
        self.tell(f"{plan.waiting} drained after {result.drained_s:.0f} s")
        settled_by = self._index + CORRECTED_WITHIN
        self._until(lambda: self._corrected() or self._index > settled_by, lambda: self._index)
        self._until(lambda: self._all_posted() and self._nothing_open() and self._all_read())

    def _all_read(self) -> bool:
        path = self.street.folder / "oracle" / "status.json"
        return bool(json.loads(path.read_text())["meters"]["missingRecords"] == 0)

    def _corrected(self) -> bool:
        """Whether the runs that stand have all the energy: a correction comes hours of the chain later."""
        starts = {start: energy for start, _, energy in self.street.runs()}
        return bool(starts) and sum(starts.values()) == self._meant(len(starts))

    def _meant(self, intervals: int) -> int:
        """[Wh] that the meters took in the first intervals."""
        return sum(m.registers(intervals)[0] for m in meters(self.street.fleet, OWNER))

    def _all_posted(self) -> bool:
        """All intervals up to the one that runs; the chain's clock waits meanwhile."""
        self._clock_waits = True
        return len({start for start, _, _ in self.street.runs()}) >= self._index - 1

    def _faults(self) -> None:
        """Kills and reorganisations, spread over the reports; until all reports are done and all was hit."""
        plan, result = self.plan, self.result
        points = self._points()
        all_points = sum(map(len, points.values()))
        reorgs = [
            place / (plan.reorganisations + 1) for place in range(1, plan.reorganisations + 1)
        ]
        for daemon in (self.emissions, self.meters):
            daemon.kill()
            result.kills[f"{daemon.name}: outside"] += 1
            self._rearm(daemon, points)
        begun = seen = time.monotonic()
        told, before, busy = -1, 0, False

        def over() -> bool:
            nonlocal seen, told, before, busy
            done = self.market.done() - plan.before
            self._deaths(points)
            left = sum(map(len, points.values()))
            share = min(done / plan.reports, 1.0)
            self._supply(done, max(share, 1 - left / max(all_points, 1)), bool(left))
            now = time.monotonic()
            if busy and self.emissions.up:
                result.busy_s += now - seen
                self._busy_done += done - before
            seen, before = now, done
            busy = self.emissions.up and result.reports - done >= BUSY
            if now - begun > plan.longest_s:
                raise AssertionError(f"after {plan.longest_s:.0f} s these are left: {points}")
            while reorgs and share >= reorgs[0]:
                reorgs.pop(0)
                self._reorganise()
            if done // 100 > told:
                told = done // 100
                self.tell(
                    f"{done} done, {sum(result.kills.values())} kills, {len(result.depths)} reorganisations"
                )
            settled = (
                done >= result.reports >= plan.reports and len(self.market.rejected()) >= result.bad
            )
            up = self.emissions.up and self.meters.up
            return settled and not reorgs and not left and up

        self._until(over, lambda: (self.market.done(), sum(result.kills.values())))

    def _supply(self, done: int, share: float, more: bool) -> None:
        """Reports come as the kills do: each finds the daemon at work, on spare ones if need be."""
        result = self.result
        if result.reports - done >= LEAST_WAITING:
            return
        wanted = min(int(share * self.plan.reports) + PORTION, self.plan.reports)
        if more and wanted <= result.reports and result.spare < SPARE * self.plan.kills:
            wanted = result.reports + LEAST_WAITING
            result.spare += LEAST_WAITING
        if not more:
            wanted = max(wanted, self.plan.reports)
        plants = range(self._next, self._next + wanted - result.reports)
        if not plants:
            return
        self.market.hand_in(plants)
        self.market.hand_in_bad(plants[:1])
        self._bad += plants[:1]
        result.bad += 1
        result.reports += len(plants)
        self._next += len(plants)

    # Killing

    def _points(self) -> dict[str, list[str]]:
        """The crash points of each daemon with the call that kills, as many as kills are to be."""
        found = kills_planned(self.seed, self.plan.kills)
        for daemon, points in found.items():
            self.result.wanted += [f"{daemon}: {point.rpartition('/')[0]}" for point in points]
        return found

    def _rearm(self, daemon: Daemon, points: dict[str, list[str]]) -> None:
        daemon.start(next(iter(points[daemon.name]), ""))

    def _deaths(self, points: dict[str, list[str]]) -> None:
        """Starts again what fell, and kills what has lived long enough without reaching its point."""
        for daemon in (self.emissions, self.meters):
            daemon.look()
            left = points[daemon.name]
            if daemon.status is not None:
                assert daemon.status == -signal.SIGKILL, (daemon.armed, _tail(daemon))
                daemon.fell()
                self.result.kills[f"{daemon.name}: {daemon.armed.rpartition('/')[0]}"] += 1
                left.pop(0)
                self._rearm(daemon, points)
            elif left and daemon.up and time.monotonic() - daemon.since > LIFE_S:
                daemon.kill()
                self.result.kills[f"{daemon.name}: outside"] += 1
                left.append(sooner(left.pop(0)))
                self._rearm(daemon, points)
            elif daemon is self.emissions and daemon.up and "requeue" in daemon.armed:
                self._take_nonce()

    def _take_nonce(self) -> None:
        """Another transaction of the oracle's key takes the nonce of one of its own that waits."""
        if self._foreign_at == self.emissions.since:
            return
        sender = self.market.sender
        pool = self._rpc("txpool_content")["pending"]
        waiting = {
            nonce for key in pool if key.lower() == sender.address.lower() for nonce in pool[key]
        }
        nonce = int(self._rpc("eth_getTransactionCount", sender.address, "latest"), 16)
        if str(nonce) not in waiting:
            return
        self._foreign_at = self.emissions.since  # once in each life
        signed = sender.sign_transaction(
            self.chain.chain_id, nonce, bytes(20), b"", 21_000, Fees(10**13, 10**12)
        )
        self._foreign += 1
        self._rpc("eth_sendRawTransaction", signed.raw)

    # The chain

    def _rpc(self, method: str, *params: Any) -> Any:
        return self.chain.rpc.call(method, *params)

    def _mine(self) -> None:
        """A block, now and then one that begins a quarter of an hour."""
        now = time.monotonic()
        if now < self._next_block:
            return
        self._next_block = now + BLOCK_S
        self._blocks += 1
        low, high = BASE_FEE
        change = self.dice.at("fee", self._blocks).uniform(0.8, 1.25)
        self._base = min(max(int((self._base or low) * change), low), high)
        self._rpc("anvil_setNextBlockBaseFeePerGas", hex(self._base))
        if self._blocks % QUARTER_BLOCKS == 0 and not self._clock_waits:
            moment = self.street.fleet.since + (self._index + 1) * QUARTER + 5
            if moment > self.chain.now():
                self._rpc("evm_setNextBlockTimestamp", moment)
            self._rpc("evm_mine")
            self.publisher.publish(self._index)
            self._index += 1
        else:
            self._rpc("evm_mine")
        if self.nodes.weather.share and self._blocks % DROP_BLOCKS == 0:
            self._drop()

    def _drop(self) -> None:
        """The pool forgets a transaction."""
        pending = self._rpc("txpool_content")["pending"]
        hashes = sorted(tx["hash"] for txs in pending.values() for tx in txs.values())
        if hashes:
            self._rpc("anvil_dropTransaction", self.dice.next("drop").choice(hashes))
            self.result.dropped += 1

    def _reorganise(self) -> None:
        """The last blocks are replaced; what was in them is in none, or in another order of blocks."""
        depth, die = (len(self.result.depths) % DEEPEST) + 1, self.dice.next("reorganisation")
        head = int(self._rpc("eth_blockNumber"), 16)
        back = []
        if die.random() < 0.5:
            blocks = [
                self._rpc("eth_getBlockByNumber", hex(n), False)
                for n in range(head - depth + 1, head + 1)
            ]
            raws = [
                self._rpc("eth_getRawTransactionByHash", tx)
                for block in blocks
                for tx in block["transactions"]
            ]
            keep = raws[: die.randint(0, len(raws))]
            places = sorted(die.randrange(depth) for _ in keep)
            back = [[raw, place] for raw, place in zip(keep, places, strict=True)]
        self._rpc("anvil_reorg", depth, back)
        self.result.depths.append(depth)

    def _until(self, holds: Callable[[], bool], moved: Callable[[], Any] | None = None) -> None:
        """Goes on mining until something holds; what stalls is told with the daemons' last words."""
        mark = moved or self.market.done
        since, last = time.monotonic(), mark()
        while not holds():
            self._mine()
            for daemon in (self.emissions, self.meters):
                daemon.look()
            if (now := mark()) != last:
                since, last = time.monotonic(), now
            if time.monotonic() - since > STALLED_S:
                raise AssertionError(
                    f"nothing moves: {_tail(self.emissions)}\n{_tail(self.meters)}"
                )
            time.sleep(0.02)

    # Judging

    def _nothing_open(self) -> bool:
        return all(int(count, 16) == 0 for count in self._rpc("txpool_status").values())

    def _judge(self) -> None:
        plan, result = self.plan, self.result
        self.emissions.stop()
        self.meters.stop()
        plants = range(FIRST_PLANT, FIRST_PLANT + plan.before + result.reports + plan.waiting)
        reported = Counter(self.market.reported())
        done = {path.name for path in (self.market.desk.inbox / "done").iterdir()}
        for plant in plants:
            if not reported[plant] or f"{plant:06d}.report.json" not in done:
                result.lost.append(f"report {plant}")
        result.twice += [f"report {plant}" for plant, count in reported.items() if count > 1]
        bad = {name: code for name, code in self.market.rejected().items() if "-bad" in name}
        result.refused |= {n: c for n, c in self.market.rejected().items() if "-bad" not in n}
        for plant in self._bad:
            name = f"{plant:06d}-bad.report.json"
            if bad.get(name) != "REPORT_UNACCREDITED":
                result.accepted.append(name)
        self._judge_meters()
        result.in_vain = self._reverted()

    def _judge_meters(self) -> None:
        """Every interval but the last once, all the energy, every reading kept."""
        result, fleet = self.result, self.street.fleet
        runs = self.street.runs()
        starts = {start: energy for start, _, energy in runs}  # the last run stands
        each = Counter((start, run) for start, run, _ in runs)
        result.corrected = len(runs) - len(starts)
        wanted = [fleet.since + place * QUARTER for place in range(self._index - 1)]
        result.intervals = len(wanted)
        result.lost += [f"interval {start}" for start in wanted if start not in starts]
        result.twice += [
            f"interval {start}, run {run}" for (start, run), count in each.items() if count > 1
        ]
        meant, posted = self._meant(len(starts)), sum(starts.values())
        if posted != meant:
            result.lost.append(f"{meant - posted} Wh")
        with sqlite3.connect(self.street.folder / "oracle" / "journal.sqlite") as journal:
            (kept,) = journal.execute("SELECT count(*) FROM records").fetchone()
            told = journal.execute("SELECT code, count FROM incidents").fetchall()
        result.readings = kept
        if kept != self._index * fleet.count:
            result.lost.append(f"{self._index * fleet.count - kept} readings")
        harmless = ("METER_REPEATED", "METER_SKIPPED", "METER_BROKER_DOWN")
        refusals = [(code, count) for code, count in told if code.startswith("METER_")]
        result.refused |= {code: str(count) for code, count in refusals if code not in harmless}

    def _reverted(self) -> int:
        """Transactions of both daemons that were mined and reverted: gas for nothing."""
        head = int(self._rpc("eth_blockNumber"), 16)
        ours = {self.market.sender.address.lower(), NOTARY.address.lower()}
        asked = [("eth_getBlockReceipts", [hex(number)]) for number in range(self._start, head + 1)]
        found = 0
        for receipts in self.chain.rpc.batch_or_raise(asked):
            found += sum(
                1 for r in receipts or () if r["from"].lower() in ours and r["status"] == "0x0"
            )
        return found

    _start = 1


#: A quarter of an hour goes by every so many blocks; every so many the pool forgets something.
QUARTER_BLOCKS: Final = 12
DROP_BLOCKS: Final = 20


def _spans(depths: Sequence[int]) -> str:
    return f"{min(depths)} to {max(depths)}" if depths else "none"


def _tail(daemon: Daemon) -> str:
    return daemon.log.read_text(errors="replace")[-3000:]


def _spent() -> float:
    """[s] of processor, of this process and of all it waited for."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
