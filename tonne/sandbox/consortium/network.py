"""Validators as one network: started, killed, parted, joined again, looked at and ended."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

from tonne.crypto.accounts import Account
from tonne.errors import TonneError, refused
from tonne.sandbox import temp_folders
from tonne.sandbox.consortium import engine
from tonne.sandbox.consortium.genesis import genesis
from tonne.sandbox.consortium.ties import TieBreaker
from tonne.sandbox.consortium.validator import NodeView, Validator
from tonne.sandbox.temp_folders import Scratch

CHAIN_ID: Final = 20_019
VALIDATORS: Final = 4
PERIOD_S: Final = 2
#: [s] in which nodes that were joined again agree, at the latest.
AGREE_SECONDS: Final = 90
#: [s] after which a line that does not come is dialled from its other end: a node is dialled once in 35.
DIAL_SECONDS: Final = 5
#: Looks in a row without a line, until nodes count as parted.
QUIET_LOOKS: Final = 5

Pair = tuple[Validator, Validator]


@dataclass(slots=True)
class Consortium:
    """The running network. A context manager: at its end nothing is left of it."""

    validators: list[Validator]
    genesis: dict[str, Any]
    period_s: int
    scratch: Scratch
    apart: set[tuple[int, int]] = field(default_factory=set)  # pairs without a line between them
    #: Held by who starts, stops or connects nodes.
    acting: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _dialled: dict[tuple[int, int], float] = field(default_factory=dict)  # [s] when, by and whom
    _ties: TieBreaker | None = field(default=None, repr=False)

    def __getitem__(self, number: int) -> Validator:
        if not 1 <= number <= len(self.validators):
            raise refused(
                "CONSORTIUM_NO_SUCH_NODE", node=number, validators_count=len(self.validators)
            )
        return self.validators[number - 1]

    @property
    def urls(self) -> list[str]:
        return [validator.url for validator in self.validators]

    # Drills

    def kill(self, number: int) -> None:
        """Kills a node as a power cut would: nothing is written, no peer told."""
        with self.acting:
            self[number].stop(at_once=True)

    def start(self, number: int) -> None:
        """Starts a node that was killed, and connects it as before."""
        with self.acting:
            if not self[number].alive:
                self.restart(number)
                self.connect()

    def restart(self, number: int, seals: bool = True) -> None:
        """Starts the process of a node that has dialled no other yet."""
        self[number].start(seals)
        self._dialled = {ends: at for ends, at in self._dialled.items() if ends[0] != number}

    def wipe(self, number: int) -> None:
        """Ends a node and throws its chain away: when it is started it fetches all of it anew."""
        with self.acting:
            self[number].stop()
            self[number].initialise(self.genesis)

    def partition(self, group: Iterable[int]) -> None:
        """Cuts every line between a group of nodes and the others."""
        inside = {self[number].number for number in group}
        with self.acting:
            for one, other in self._pairs():
                if (one.number in inside) != (other.number in inside):
                    self.apart.add((one.number, other.number))
        # A node that was being dialled answers after it was forgotten, so that one look is not enough.
        quiet = 0
        end = time.monotonic() + AGREE_SECONDS
        while quiet < QUIET_LOOKS:
            quiet = 0 if self._cut() else quiet + 1
            if time.monotonic() > end:
                raise self._stuck("stay connected")
            time.sleep(0.2)

    def join(self) -> None:
        """Mends every line, and waits until the chain goes on; a tie of the parts is broken meanwhile."""
        with self.acting:
            self.apart.clear()
            self._await_lines("were not connected again")
        before = max(seen.block for seen in self.look())

        def goes_on() -> bool:
            seen = [each for each in self.look() if each.running]
            return len({each.hash for each in seen}) == 1 and seen[0].block > before

        self._until(goes_on, "do not agree on a chain")

    # Looking

    def look(self) -> list[NodeView]:
        """What each node says now."""
        return [validator.view() for validator in self.validators]

    def fully_connected(self) -> bool:
        """Whether every running node has a line to every other that it may have one to."""
        running = [v for v in self.validators if v.alive]
        lines = [
            pair
            for pair in combinations(running, 2)
            if (pair[0].number, pair[1].number) not in self.apart
        ]
        wanted = {v.number: 0 for v in running}
        for one, other in lines:
            wanted[one.number] += 1
            wanted[other.number] += 1
        return all(v.view().peers == wanted[v.number] for v in running)

    def await_blocks(self, count: int, among: Sequence[int] = ()) -> int:
        """Waits until each node that runs, or each of some, has so many more blocks; the least head."""
        chosen = [self[number] for number in among] or [v for v in self.validators if v.alive]
        begun = max(validator.view().block for validator in chosen)
        self._until(
            lambda: all(v.view().block >= begun + count for v in chosen), "seal no blocks", count
        )
        return min(validator.view().block for validator in chosen)

    # Ending

    def close(self) -> None:
        """Ends all nodes and removes their folders; safe to repeat."""
        _RUNNING.pop(id(self), None)
        if self._ties is not None:
            self._ties.stop()
        for validator in self.validators:
            validator.close()
        self.scratch.remove()

    def __enter__(self) -> Consortium:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Inside

    def _pairs(self) -> Iterable[Pair]:
        return combinations(self.validators, 2)

    def connect(self) -> None:
        """Has every missing line dialled from one end: two that dial each other at once refuse each other."""
        where = {v.number: v.enode() for v in self.validators if v.alive}
        for pair in self._pairs():
            ends = (pair[0].number, pair[1].number)
            if ends in self.apart or not {*ends} <= {*where}:
                continue
            if pair[0].connected(where[ends[1]]) and pair[1].connected(where[ends[0]]):
                continue
            who, whom = min(ends, ends[::-1], key=lambda way: self._dialled.get(way, 0.0))
            self._dialled[who, whom] = time.monotonic()
            self[who].connect(where[whom])

    def _await_lines(self, what: str) -> None:
        """Connects all that are to be, and waits until they are."""
        end = time.monotonic() + AGREE_SECONDS
        while not self.fully_connected():
            if time.monotonic() > end:
                raise self._stuck(what)
            self.connect()
            again = time.monotonic() + DIAL_SECONDS
            while time.monotonic() < again and not self.fully_connected():
                time.sleep(0.1)

    def _cut(self) -> bool:
        """Cuts the lines that are not to be; whether there was one. Both ends must forget the other, or it
        would be dialled again."""
        found = False
        where = {v.number: v.enode() for v in self.validators if v.alive}
        for one, other in self._pairs():
            pair = (one.number, other.number)
            if pair in self.apart and pair[0] in where and pair[1] in where:
                found |= one.connected(where[pair[1]]) or other.connected(where[pair[0]])
                one.disconnect(where[pair[1]])
                other.disconnect(where[pair[0]])
        return found

    def _until(self, true: Callable[[], bool], what: str, blocks: int = 0) -> None:
        end = time.monotonic() + AGREE_SECONDS + blocks * self.period_s * 2
        while not true():
            if time.monotonic() > end:
                raise self._stuck(what)
            time.sleep(0.1)

    def _stuck(self, what: str) -> TonneError:
        said = ", ".join(f"{s.number} at block {s.block}" for s in self.look())
        return refused("CONSORTIUM_STUCK", reason=said, state=what)


_RUNNING: dict[int, Consortium] = {}


def start(
    period_s: int = PERIOD_S,
    rich: Sequence[Account | str] = (),
    validators: int = VALIDATORS,
    chain_id: int = CHAIN_ID,
    tell: engine.Tell = lambda said: None,
) -> Consortium:
    """Starts the validators, peered and sealing, every `period_s` seconds; `rich` have coin for gas."""
    program = engine.binary(tell)
    scratch = temp_folders.make("consortium")
    made = Consortium([], {}, period_s, scratch)
    _RUNNING[id(made)] = made
    try:
        for number in range(1, validators + 1):
            tell(f"starting node {number} of {validators}")
            made.validators.append(
                Validator.prepared(number, scratch.path / str(number), program, chain_id)
            )
        addresses = [validator.address for validator in made.validators]
        have_coin = [who if isinstance(who, str) else who.address for who in rich]
        made.genesis = genesis(chain_id, addresses, have_coin, period_s)
        for validator in made.validators:
            validator.initialise(made.genesis)
            validator.start(seals=False)  # alone it would begin a chain of its own
        made._await_lines("were not connected")
        for validator in made.validators:
            validator.ask("miner_start")
        tell("waiting for the first blocks")
        made.await_blocks(1)
        made._ties = TieBreaker(made)
        made._ties.start()
    except BaseException:
        made.close()
        raise
    return made


@atexit.register
def close_all() -> None:
    """Ends every network that this process started."""
    for network in list(_RUNNING.values()):
        network.close()
