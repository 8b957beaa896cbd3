"""What live runs share: blocks by the wall's clock, daemons killed at random, the wait for a price."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from tests.oracles.power.ground import DaemonProcess, Street, aggregators

SEED: Final = 22
#: [s] Before a gate that time is no longer skipped: a commitment, its block, and a restart.
AHEAD_S: Final = 25
#: [s] After which an opening, then a clearing, is late; and a daemon is down after a kill.
OPENING_S, CLEARING_S, DOWN_S = 30, 60, 2.0
#: [s] of chain time from the end of an opening to the price, of nineteen in twenty intervals.
PRICE_S: Final = 10


@dataclass
class LiveRun:
    """What became of the intervals."""

    committed: int = 0
    forfeited: int = 0
    lapsed: list[int] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)  # [s] from the end of an opening to its price
    roots: list[float] = field(default_factory=list)  # [s] of the wall, from readings to their root
    kills: dict[str, int] = field(default_factory=dict)
    settled: float = 0.0  # [s] of the wall, from the day's end to its list
    calm: threading.Lock = field(default_factory=threading.Lock, repr=False)  # no kill meanwhile


def p95(found: list[Any]) -> Any:
    """The figure that nineteen in twenty do not exceed."""
    return sorted(found)[int(0.95 * (len(found) - 1))]


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Waits for something, `seconds` of the wall at most; it may not hold then."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.2)


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


@contextmanager
def killing(running: list[DaemonProcess], kills: int, seen: LiveRun) -> Iterator[None]:
    """One daemon after the other is killed, at moments drawn from the seed, and started again."""
    random, over = Random(SEED), threading.Event()

    def work() -> None:
        for _ in range(kills):
            if over.wait(random.uniform(2, 14)):
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
    seen.kills[process.folder.name] = seen.kills.get(process.folder.name, 0) + 1
    time.sleep(DOWN_S)
    process.run()


def stop(process: DaemonProcess, seen: LiveRun) -> None:
    """Ends a daemon in order, once it has started after its last kill."""
    process.until(lambda: process.said("started") > seen.kills.get(process.folder.name, 0))
    assert process.stop() == 0


# An interval


def await_price(street: Street, number: int, seen: LiveRun) -> Any:
    """Waits for the price of an interval whose opening is over; returns its round."""
    if street.round(number).opened:
        until(lambda: has_price(street.round(number)), CLEARING_S)
    round_ = street.round(number)
    seen.committed += round_.commits
    if not has_price(round_):
        seen.lapsed.append(number)
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


def bid_states(street: Street, number: int) -> list[int]:
    """The `BidStage` of each aggregator's bid."""
    interval, numbers = street.interval(number), street.town.numbers
    bidders = (numbers[who] for who in aggregators(street.town))
    return [street.chain.call("PowerMarket", "bidOf", interval, who).state for who in bidders]
