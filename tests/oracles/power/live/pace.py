"""What live runs share: blocks by the wall's clock, daemons killed at random, the wait for a price."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Final

from tests.oracles.power.ground import DaemonProcess, Street, aggregators
from tonne.power.intervals import BidStage

SEED: Final = 22
#: [s] Before a gate that time is no longer skipped: a commitment, its block, and a restart.
AHEAD_S: Final = 25
#: [s] After which an opening, then a clearing, is late; and a daemon is down after a kill.
OPENING_S, CLEARING_S, DOWN_S = 30, 240, 2.0
#: [s] Of the wall for which a state that ends a wait is doubted.
DOUBT_S: Final = 3
#: [s] From the end of an opening to the price, of chain time, and from readings to their root, of the wall:
#: of nineteen in twenty intervals.
PRICE_S, ROOTED_S = 10, 5


class Cause(StrEnum):
    """Why a bid was forfeited, or an interval has no price of its own."""

    HOSTILE = "an aggregator that does not open"
    AWAY = "the node away"
    KILL = "a kill"
    NONE = "none"


@dataclass
class LiveRun:
    """What became of the intervals."""

    committed: int = 0
    forfeits: Counter[Cause] = field(default_factory=Counter)
    at_reference: dict[int, Cause] = field(default_factory=dict)  # intervals without a price
    waits: list[int] = field(default_factory=list)  # [s] from the end of an opening to its price
    roots: list[float] = field(default_factory=list)  # [s] of the wall, from readings to their root
    held_up: list[float] = field(
        default_factory=list
    )  # the same of intervals that an outage held up
    kills: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(
        default_factory=Counter
    )  # kills that the next interval's bids are not lost to
    refused: int = 0  # wrong prices that the chain refused
    unsigned: int = 0  # records that the oracle refused
    asked: list[tuple[int, int]] = field(
        default_factory=list
    )  # (node, day) whose line was asked for
    felled: int = 0  # runs, or lists
    taken: list[tuple[int, int]] = field(
        default_factory=list
    )  # (node, day) from who settled falsely
    settled: float = 0.0  # [s] of the wall, from the end of the last day to its payments
    missing: list[tuple[int, int]] = field(default_factory=list)  # (node, day) without all its runs
    lost: int = 0  # readings
    calm: threading.Lock = field(default_factory=threading.Lock, repr=False)  # no kill meanwhile

    @property
    def lapsed(self) -> list[int]:
        """Intervals without a price that no planned outage explains."""
        return [number for number, cause in self.at_reference.items() if cause is not Cause.AWAY]

    def was_down(self, process: DaemonProcess) -> bool:
        """Whether a daemon was down at some time since the bids of the interval before were judged."""
        return self.kills[process.folder.name] > self.judged[process.folder.name]

    def judge(self, processes: Iterable[DaemonProcess]) -> None:
        """Bids of an interval are judged: who is up has had its kills, who is not has the last yet."""
        kills = self.kills.copy()
        for name in (process.folder.name for process in processes if process.has_started):
            self.judged[name] = kills[name]


def p95(found: list[Any]) -> Any:
    """The figure that nineteen in twenty do not exceed; None of none."""
    return sorted(found)[-(-19 * len(found) // 20) - 1] if found else None


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Waits for something, `seconds` of the wall at most; whether it has held.

    A node that is mining may tell of a transaction, then of none, then of it again: it is asked once.
    """
    end = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.2)
    return held


@contextmanager
def blocks(street: Street) -> Iterator[None]:
    """A block a second, with or without transactions."""
    street.chain.rpc.call("evm_setIntervalMining", 1)
    try:
        yield
    finally:
        street.chain.rpc.call("evm_setIntervalMining", 0)
        street.chain.rpc.call("evm_setAutomine", True)


# Kills


#: [s] Of the wall between two kills, at least.
LEAST_GAP_S: Final = 2


@contextmanager
def killing(
    running: list[DaemonProcess], kills: int, seen: LiveRun, mean_gap_s: float = 8
) -> Iterator[None]:
    """One daemon after the other is killed, at moments drawn from the seed, and started again."""
    random, over = Random(SEED), threading.Event()

    def work() -> None:
        for _ in range(kills):
            if over.wait(random.uniform(LEAST_GAP_S, 2 * mean_gap_s - LEAST_GAP_S)):
                return
            with seen.calm:
                kill(random.choice(running), seen)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
        thread.join()
    finally:
        over.set()
        thread.join()


def kill(process: DaemonProcess, seen: LiveRun) -> None:
    """Kills a daemon and starts it again after `DOWN_S`."""
    process.kill()
    seen.kills[process.folder.name] += 1
    time.sleep(DOWN_S)
    process.run()


def stop(process: DaemonProcess) -> None:
    """Ends a daemon in order, once it has started after its last kill."""
    process.until(lambda: process.has_started)
    assert process.stop() == 0


# An interval


def await_price(street: Street, number: int, seen: LiveRun, is_away: bool = False) -> Any:
    """Waits for the price of an interval whose opening is over; returns its round.

    A node that is mining tells of the state before now and then, for seconds on a busy machine: a price that
    was told once is not asked for again, and one waited for where there are bids and the node was there.
    """
    told: list[Any] = []

    def is_priced() -> bool:
        told[:] = [street.round(number)]
        return has_price(told[0])

    bids = not is_away and until(lambda: street.round(number).commits > 0, DOUBT_S)
    until(is_priced, CLEARING_S if bids else DOUBT_S)
    (round_,) = told
    seen.committed += round_.commits
    if not has_price(round_):
        return round_
    ended = _opening_ended(street, number)
    first = street.chain.logs(
        "PowerMarket", "IntervalCleared", topics=[f"0x{street.interval(number):064x}"]
    )[0]
    seen.waits.append(street.chain.block(hex(first.block)).time - ended)
    return round_


def has_price(round_: Any) -> bool:
    """Whether a clearing of it stands."""
    return int(round_.proposer, 16) != 0


def _opening_ended(street: Street, number: int) -> int:
    """[s] When all were open, or when the time for it was over."""
    topic = f"0x{street.interval(number):064x}"
    opened = street.chain.logs("PowerMarket", "BidOpened", topics=[topic])
    if street.round(number).opened < street.round(number).commits:
        return street.gate(number) + OPENING_S
    return street.chain.block(hex(opened[-1].block)).time


def forfeits(street: Street, number: int, round_: Any) -> list[int]:
    """Places of the aggregators whose bids of an interval a watcher had forfeited for silence."""

    def found() -> list[int]:
        states = bid_states(street, number)
        return [place for place, state in enumerate(states) if state is BidStage.FORFEITED]

    silent = round_.commits - round_.opened
    until(lambda: len(found()) == silent, CLEARING_S)
    return found()


def bid_states(street: Street, number: int) -> list[BidStage]:
    """The `BidStage` of each aggregator's bid."""
    interval, numbers = street.interval(number), street.town.numbers
    bidders = (numbers[who] for who in aggregators(street.town))
    views = (("PowerMarket", "bidOf", (interval, who)) for who in bidders)
    return [BidStage(bid.state) for bid in street.chain.call_many(views)]
