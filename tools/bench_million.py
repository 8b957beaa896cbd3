"""A million events into the auditor's store: speed, memory, size, and the digests whatever the chunks.

`python -m tools.bench_million [EVENTS]` starts an Anvil with the small market, makes events in it, two logs a
receipt, and reads them in processes of their own: with the node, from its recorded answers in chunks of 1,000
and of 10,000 blocks, by `tonne audit run`, and by that again with nothing new. It ends with 1 where digests
differ or a figure is worse than the bar.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tonne import paths
from tonne.chain.client import Call, Chain
from tonne.crypto.accounts import Account
from tonne.deployment import deployer, record, roles
from tonne.rules import pack as rule_packs
from tonne.sandbox import node, seed_market
from tools.recorded_answers import Recorder

EVENTS: Final = 1_000_000
#: Transactions of one block.
BLOCK: Final = 1_000

#: The bar: events a second of own time with the node and from its recorded answers, memory [MB], and the
#: processor time of a run with nothing new [s].
LIVE, RECORDED, MOST_MB, NOTHING_NEW_S = 12_000, 25_000, 600, 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What one process came to, and what it took."""

    what: str
    events: int
    history: str
    state: str
    clock_s: float
    own_s: float
    most_mb: float

    @property
    def rate(self) -> float:
        """Events a second of own time."""
        return self.events / self.own_s

    def __str__(self) -> str:
        return (
            f"{self.what:44}{self.events:11,}{self.events / self.clock_s:11,.0f}"
            f"{self.rate:11,.0f}{self.own_s:9.1f} s{self.most_mb:8,.0f} MB"
        )


def read(url: str, answers: Path, folder: Path, store_path: Path, chunk: int) -> None:
    """The part of a process of its own: proves, stores, replays, and tells the digests."""
    from tonne.audit.market import holding_limits
    from tonne.audit.market_replay import MarketReplay
    from tonne.audit.reconcile import BATCH, collector_paused
    from tonne.audit.replay.compare import Tally, in_groups
    from tonne.audit.replay.state import StateDigest
    from tonne.audit.store.database import Store
    from tonne.audit.store.follower import StoredSource

    rpc = Recorder(url, answers)
    with Chain(rpc.url, rpc=rpc) as chain:
        record.attach(chain, folder)
        clock, own = time.perf_counter(), time.process_time()
        holding_limits.follow(chain, 0)
        store = Store(store_path)
        source = StoredSource(chain, 0, store, chunk=chunk)
        head = source.pin(None)
        replay, state, count = MarketReplay(chain), StateDigest(), 0
        with collector_paused():
            for _, events in source.stretches(0, head, []):
                replay.feed(events)
                count += len(events)
            replay.invariants(Tally())
            for checks in in_groups(replay.checks(head.time, Tally()), BATCH):
                state.add(checks)
        cursor = store.cursor()
        assert cursor is not None
        found = {"events": count, "history": cursor.digest.hex(), "state": state.hex()}
        store.close()
        spent = time.process_time() - own - rpc.keeping_s
        times = {"clock": time.perf_counter() - clock, "own": spent}
        print(json.dumps(found | times))


def timed(what: str, *command: str) -> Reading:
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-P", "-m", *command],
        stdout=subprocess.PIPE,
        text=True,
        cwd=paths.TREE,
        env={**os.environ, "PYTHONPATH": str(paths.TREE)},
    ) as running:
        assert running.stdout is not None
        said = json.loads(running.stdout.read())
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise SystemExit(f"{what}: exit status {running.returncode}")
    clock = said.get("clock", time.perf_counter() - begun)
    own = said.get("own", used.ru_utime + used.ru_stime)
    history = said.get("history", said.get("historyDigest"))
    state = said.get("state", said.get("stateDigest"))
    return Reading(what, said["events"], history, state, clock, own, used.ru_maxrss / 1024)


@contextmanager
def market(events: int, folder: Path) -> Iterator[str]:
    """A market with so many events; the URL of its node."""
    pack = rule_packs.load("china-national")
    period = pack.period("2019-20")
    begin = seed_market.start_time(pack, period)
    with node.start(timestamp=begin, keep_states=2) as running, Chain(running.url) as chain:
        people = seed_market.people()
        holders = {name: people[name].address for name in roles.HOLDERS}
        settings = deployer.Settings(people["administrator"].address, holders, founded=False)
        deployer.deploy(chain, Account.from_seed("deployer"), settings, folder)
        seeded = seed_market.seed(chain, pack, period, people)
        trader = people["trader"]
        chain.send(trader, "SettlementCurrency", "approve", chain["Exchange"], 10**12)
        deposit = Call(trader, chain["Exchange"], "depositCash", (seeded.market, 1))
        left = events // 2
        while left > 0:
            chain.send_many([deposit] * min(left, 20 * BLOCK), batch=BLOCK)
            left -= 20 * BLOCK
        chain.mine()
        yield running.url


def main(events: int = EVENTS) -> int:
    folder = Path(tempfile.mkdtemp(prefix="tonne-million-"))
    try:
        readings = measured(events, folder)
    finally:
        shutil.rmtree(folder)
    wrong = faults(readings) + shortfalls(readings)
    print(f"load {os.getloadavg()}; {'; '.join(wrong) or 'within the bar'}")
    return 1 if wrong else 0


def measured(events: int, folder: Path) -> dict[str, Reading]:
    """Every reading by a name for it."""
    begun = time.monotonic()
    answers, store = folder / "answers.sqlite", folder / "run.duckdb"
    found: dict[str, Reading] = {}

    def keep(name: str, reading: Reading) -> None:
        found[name] = reading
        print(reading, flush=True)

    def own(name: str, what: str, url: str, chunk: int) -> None:
        place = (url, str(answers), str(folder), str(folder / f"{name}.duckdb"), str(chunk))
        keep(name, timed(what, "tools.bench_million", "read", *place))

    with market(events, folder) as url:
        print(f"{time.monotonic() - begun:.0f} s to make the events; load {os.getloadavg()}")
        print(f"{'':44}{'events':>11}{'a second':>11}{'own time':>11}", flush=True)
        own("live", "with the node, recording aside", url, 1_000)
        audit = ("tonne.cli", "audit", "run", "--json", "--deployments", str(folder))
        place = ("--rpc", url, "--store", str(store))
        keep("run", timed("tonne audit run, compared and published", *audit, *place))
        keep("again", timed("tonne audit run with nothing new", *audit, *place))
    for chunk in (1_000, 10_000):
        own(f"chunks {chunk}", f"recorded answers, chunks of {chunk:,} blocks", "", chunk)
    for path in (store, store.with_suffix(".sqlite"), answers):
        print(f"{path.name}: {path.stat().st_size / 2**20:,.0f} MB")
    return found


def faults(readings: dict[str, Reading]) -> list[str]:
    """Digests that differ. `tonne audit run` begins at the deployment's block: its history is another one."""
    alike = {(r.state, r.events) for r in readings.values()}
    whole = {r.history for name, r in readings.items() if name not in ("run", "again")}
    same = len(alike) == len(whole) == 1 and readings["run"].history == readings["again"].history
    return [] if same else ["the digests differ"]


def shortfalls(readings: dict[str, Reading]) -> list[str]:
    """Figures that are worse than the bar."""
    live, again = readings["live"], readings["again"]
    recorded = [r for name, r in readings.items() if name.startswith("chunks")]
    found = [
        (live.rate < LIVE, f"fewer than {LIVE:,} events a second with the node"),
        (
            min(r.rate for r in recorded) < RECORDED,
            f"fewer than {RECORDED:,} events a second from recorded answers",
        ),
        (max(r.most_mb for r in readings.values()) > MOST_MB, f"more than {MOST_MB} MB"),
        (again.own_s > NOTHING_NEW_S, f"more than {NOTHING_NEW_S} s with nothing new"),
    ]
    return [sentence for falls_short, sentence in found if falls_short]


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        url_, answers_, folder_, store_, chunk_ = sys.argv[2:]
        read(url_, Path(answers_), Path(folder_), Path(store_), int(chunk_))
    else:
        sys.exit(main(*map(int, sys.argv[1:])))
