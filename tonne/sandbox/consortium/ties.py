"""Ties of Clique: chains of one weight on which no signer that runs may seal, noticed and broken.

Under QBFT there are none. Here two halves that were parted come to rest in one, and so may the three that are
left when a validator is killed, where two of them sealed one height.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final, Protocol

from tonne.errors import TonneError
from tonne.sandbox.consortium.validator import NodeView, Validator

#: Periods without a block after which joined nodes on different chains have come to rest.
STILL_PERIODS: Final = 6
#: [s] in which nodes that are set back have fetched the rest: they look for it 10 s after their start.
FETCH_SECONDS: Final = 60


class JoinedNodes(Protocol):
    """What ties are looked for in: the nodes of a network, by number."""

    period_s: int
    apart: set[tuple[int, int]]
    acting: threading.RLock

    def __getitem__(self, number: int) -> Validator: ...

    def look(self) -> Sequence[NodeView]: ...

    def restart(self, number: int, seals: bool = True) -> None: ...

    def connect(self) -> None: ...


class TieBreaker:
    """A thread that looks at a network once a period, as an operator would, and breaks the ties it finds."""

    def __init__(self, network: JoinedNodes) -> None:
        self._network = network
        self._heads: tuple[str, ...] = ()  # of running nodes, at the last look
        self._since = 0.0  # [s] when they became these
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ties", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the look that it is at; safe to repeat."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(FETCH_SECONDS)

    def _watch(self) -> None:
        while not self._ended.wait(self._network.period_s):
            try:
                with self._network.acting:
                    self._look()
            except (OSError, TonneError):  # a node that was just killed: the next look tells
                continue

    def _look(self) -> None:
        heads = tuple(each.hash for each in self._network.look() if each.running)
        if heads != self._heads or self._network.apart:
            self._heads, self._since = heads, time.monotonic()
        elif self._still_s() > STILL_PERIODS * self._network.period_s:
            self._break()

    def _still_s(self) -> float:
        return time.monotonic() - self._since

    def _break(self) -> None:
        """Sets nodes that are not on the heaviest chain back to their last block of it, and starts them anew:
        a node looks for a heavier chain when a peer comes or tells of a block, and here no peer would. They
        seal again once they have fetched the rest: at once they would seal what they had before."""
        network = self._network
        seen = [each for each in network.look() if each.running]
        best = max(seen, key=lambda each: (each.difficulty, each.block, -each.number))
        others = [each for each in seen if each.hash != best.hash]
        for each in others:
            network[each.number].ask("miner_stop")
            network[each.number].ask("debug_setHead", hex(self._common(best, each)))
            network[each.number].stop()
            network.restart(each.number, seals=False)
        end = time.monotonic() + FETCH_SECONDS
        lagging = {each.number for each in others}
        while any(each.block < best.block for each in network.look() if each.number in lagging):
            if time.monotonic() > end or self._ended.is_set():
                break  # sealing, they are looked at again
            network.connect()
            time.sleep(1)
        for each in others:
            network[each.number].ask("miner_start")

    def _common(self, one: NodeView, other: NodeView) -> int:
        """The newest block that two nodes both have."""
        number = min(one.block, other.block)
        while number > 0:
            hashes = {
                self._network[each.number].ask("eth_getBlockByNumber", hex(number), False)["hash"]
                for each in (one, other)
            }
            if len(hashes) == 1:
                break
            number -= 1
        return number
