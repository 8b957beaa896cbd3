"""`make bench`: whole periods beside a bare transfer, the auditor beside raw JSON and web3.py, in one run.

`python -m tools.bench [EMITTERS ...]` prints the clock and, beside it, processor time of this process, its
nodes, daemons and audits. Times are those of one machine and what else it does; compare the ratios.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tonne import paths
from tonne.chain.client import Chain
from tonne.chain.sender import Pending
from tonne.crypto.accounts import Account
from tonne.sandbox import node
from tools import bench_audit, bench_fast_path

#: Sizes of a period: some of the national fleet, and all of it.
EMITTERS: Final = (500, 2_162)
#: Bare transfers, and who sends them.
TRANSFERS, SENDERS = 6_000, 60
GAS: Final = 21_000

_TRANSACTIONS: Final = re.compile(r" s +([\d,]+) tx$", re.MULTILINE)
_MEMORY: Final = re.compile(r"([\d.]+) s, set-up and compiling aside; at most ([\d,]+) MB")


@dataclass(frozen=True, slots=True)
class Run:
    """Something that was done so many times over."""

    what: str
    count: int
    clock: float  # [s]
    processor: float  # [s] of all processes

    def beside(self, other: Run) -> tuple[float, float]:
        """How much more one takes than one of another, by the clock and by processor time."""
        return (
            self.clock / self.count / (other.clock / other.count),
            self.processor / self.count / (other.processor / other.count),
        )

    def __str__(self) -> str:
        one = 1e6 / self.count
        return (
            f"{self.what:52}{self.count:9,}{self.clock:9.1f}{self.processor:11.1f}"
            f"{self.clock * one:10,.0f}{self.processor * one:11,.0f}"
        )


def measured(what: str, act: Callable[[], int]) -> Run:
    """`act` says how many it did; every process that it started has ended by then."""
    clock, begun = time.perf_counter(), _processors()
    count = act()
    return Run(what, count, time.perf_counter() - clock, _processors() - begun)


def _processors() -> float:
    """[s] of processors that this process and those it awaited have had."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def transfers(count: int = TRANSFERS) -> int:
    """Sends coin from several accounts to one, and awaits every receipt."""
    who = [Account.from_seed("bench", number) for number in range(SENDERS)]
    to = Account.from_seed("bench", "receiver").address_bytes
    with node.start() as anvil, Chain(anvil.url) as chain:
        sent = [Pending("transfer", who[n % SENDERS], to, b"", GAS) for n in range(count)]
        return len(chain.sender.settle(sent, True))


def period(emitters: int) -> tuple[str, int]:
    """What `tonne period` printed, and how many transactions it sent."""
    with tempfile.TemporaryDirectory(prefix="tonne-bench-") as folder:
        command = ["bin/tonne", "period", "--emitters", str(emitters), "--out", folder]
        done = subprocess.run(command, cwd=paths.HOME, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return done.stdout, transactions(done.stdout)


def transactions(printed: str) -> int:
    """Transactions of all steps that a period printed."""
    return sum(int(found.replace(",", "")) for found in _TRANSACTIONS.findall(printed))


def memory(printed: str) -> tuple[float, int]:
    """[s] and [MB] that a period printed of itself."""
    found = _MEMORY.search(" ".join(printed.split()))
    if found is None:
        sys.exit(f"the period said nothing of its time:\n{printed[-1_000:]}")
    return float(found[1]), int(found[2].replace(",", ""))


def grown(few: Run, many: Run) -> str:
    """How the time of a period grows with its emitters: 1 is in proportion."""
    clock, processor = many.beside(few)
    return f"{'   an emitter of the most beside one of the fewest':80}{'':11}{clock:9.2f}x{processor:10.2f}x"


def main(*sizes: int) -> None:
    """Everything, one after the other; `sizes`: emitters of each period."""
    load, processors = os.getloadavg()[0], os.cpu_count()
    print(f"load {load:.1f} on {processors} processors before it began")
    print(f"{'':52}{'':>9}{'clock':>9}{'processor':>11}{'clock':>10}{'processor':>11}")
    print(f"{'':52}{'count':>9}{'s':>9}{'s':>11}{'us each':>10}{'us each':>11}")
    bare = measured("a bare transfer of coin", transfers)
    print(bare, flush=True)
    whole = [_period_beside(bare, emitters) for emitters in sizes]
    if len(whole) > 1:
        print(grown(whole[0], whole[-1]))
    print(flush=True)
    bench_audit.main(bench_audit.TRANSACTIONS)
    print(flush=True)
    bench_fast_path.main()


def _period_beside(bare: Run, emitters: int) -> Run:
    """Prints a period's transactions beside bare transfers; returns the run, counted in emitters."""
    printed = [""]

    def whole() -> int:
        printed[0], sent = period(emitters)
        return sent

    market = measured(f"a transaction of a period of {emitters:,} emitters", whole)
    print(market)
    clock, processor = market.beside(bare)
    print(f"{'   of a bare transfer':80}{'':11}{clock:9.1f}x{processor:10.1f}x")
    seconds, most = memory(printed[0])
    print(f"   {seconds} s by its own word, at most {most:,} MB with the chain", flush=True)
    return replace(market, count=emitters)


if __name__ == "__main__":
    main(*(map(int, sys.argv[1:]) if len(sys.argv) > 1 else EMITTERS))
