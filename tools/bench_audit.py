"""How fast the auditor proves, stores, replays and digests events, beside web3.py and raw JSON, in one run.

`python -m tools.bench_audit [TRANSACTIONS]` starts an Anvil with the small market, makes events in it, and
prints events a second by the clock and by this process's time, with the node and from its recorded answers.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from tonne.audit.market_replay import MarketReplay
from tonne.audit.reconcile import collector_paused
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.state import StateDigest
from tonne.audit.store.database import Store
from tonne.audit.store.follower import StoredSource
from tonne.chain.client import Call, Chain
from tonne.crypto.accounts import Account
from tonne.deployment import deployer, record, roles
from tonne.rules import pack as rule_packs
from tonne.sandbox import node, seed_market
from tools.recorded_answers import Recorder

TRANSACTIONS: Final = 6_000
#: Events that web3.py decodes; it is slow, so that a sample has to do.
SAMPLE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Speed:
    """One way to read all events."""

    what: str
    events: int
    clock: float  # [s]
    own: float  # [s] of this process

    def beside(self, other: Speed) -> tuple[float, float]:
        """Its speed as a multiple of another's, by the clock and by this process's time."""
        return (
            self.events / self.clock / (other.events / other.clock),
            self.events / self.own / (other.events / other.own),
        )

    def __str__(self) -> str:
        by_clock, by_own = self.events / self.clock, self.events / self.own
        return f"{self.what:58}{self.events:10,}{by_clock:12,.0f}{by_own:12,.0f}"


def main(transactions: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="tonne-bench-"))
    pack = rule_packs.load("china-national")
    period = pack.period("2019-20")
    with (
        node.start(timestamp=seed_market.start_time(pack, period)) as running,
        Chain(running.url) as chain,
    ):
        people = seed_market.people()
        holders = {name: people[name].address for name in roles.HOLDERS}
        settings = deployer.Settings(people["administrator"].address, holders, founded=False)
        deployer.deploy(chain, Account.from_seed("deployer"), settings, folder)
        market = seed_market.seed(chain, pack, period, people)
        trader = people["trader"]
        chain.send(trader, "SettlementCurrency", "approve", chain["Exchange"], 10**12)
        deposit = Call(trader, chain["Exchange"], "depositCash", (market.market, 1))
        chain.send_many([deposit] * transactions)
        print(f"{'':58}{'events':>10}{'a second':>12}{'own time':>12}")
        raw, library = _raw(chain), _web3(chain)
        print(raw)
        print(library)
        for url, said in (
            (running.url, "proven, stored, replayed, digest"),
            ("", "the same from recorded answers"),
        ):
            recorder = Recorder(url, folder / "answers.sqlite")
            with Chain(recorder.url, rpc=recorder) as reading:
                record.attach(reading, folder)
                store = folder / ("live.duckdb" if url else "again.duckdb")
                proven = _proven(reading, recorder, store, said)
                print(proven)
                for name, other in (("raw JSON", raw), ("web3.py", library)):
                    clock, own = proven.beside(other)
                    print(f"{f'   of {name}':68}{clock:11.2f}x{own:11.2f}x")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"at most {most:,.0f} MB, recorded answers included; {date.today()}")


def _timed(what: str, read: Callable[[], int]) -> Speed:
    clock, own = time.perf_counter(), time.process_time()
    events = read()
    return Speed(what, events, time.perf_counter() - clock, time.process_time() - own)


def _raw(chain: Chain) -> Speed:
    def read() -> int:
        asked = [("eth_getBlockReceipts", [hex(n)]) for n in range(chain.block_number() + 1)]
        answers = [chain.rpc.batch_or_raise([one])[0] for one in asked]
        return sum(len(receipt["logs"]) for block in answers for receipt in block)

    return _timed("raw JSON: all receipts, nothing proven or decoded", read)


def _web3(chain: Chain) -> Speed:
    """The latest events with web3.py, at most `SAMPLE`."""

    def read() -> int:
        kinds: dict[tuple[str, str], Any] = {}
        for known in chain.contracts.values():
            if known.events:
                events = chain.w3.eth.contract(known.address, abi=known.abi).events
                for topic, kind in known.events.items():
                    kinds[known.address, topic] = events[kind.name]
        # The constructor of an extension emits an event at an address that no ABI belongs to.
        logs = [
            (decoder, log)
            for log in chain.w3.eth.get_logs({"fromBlock": 0, "toBlock": "latest"})
            if (decoder := kinds.get((log["address"], log["topics"][0].to_0x_hex())))
        ][-SAMPLE:]
        for decoder, log in logs:
            decoder().process_log(log)
        return len(logs)

    return _timed("web3.py: get_logs and process_log", read)


def _proven(chain: Chain, recorder: Recorder, path: Path, what: str) -> Speed:
    def read() -> int:
        store = Store(path)
        source = StoredSource(chain, 0, store)
        head = source.pin(None)
        replay, state, count = MarketReplay(chain), StateDigest(), 0
        with collector_paused():
            for _, events in source.stretches(0, head, []):
                replay.feed(events)
                count += len(events)
            state.add(replay.checks(head.time, Tally()))
            state.hex()
        store.close()
        return count

    speed = _timed(what, read)
    return replace(speed, own=speed.own - recorder.keeping_s)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TRANSACTIONS)
