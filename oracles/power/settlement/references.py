"""Reference prices: counts the prices of paid days, and fixes tomorrow's reference before it begins.

Any account may make both calls. Without them a node's reference, which prices imbalance and
intervals without a clearing, keeps its first value. A price is counted once, within a week.

Only effects that a majority of the nodes sees in the final block count as done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

import structlog

from oracles.power.settlement.journal import SettlementJournal, Totals
from oracles.power.settlement.preparing import Tell
from oracles.power.settlement.told_calls import ToldCalls
from oracles.runtime.daemon import Workplace
from oracles.runtime.journal import Rank
from tonne.constants import DAY_S, HOUR_S
from tonne.power.settlement_runs import is_backed

log = structlog.get_logger()

#: A node, and the totals of its run.
Row: TypeAlias = tuple[int, Totals]

CONTRACT: Final = "ReferencePrices"
#: [d] Since a day began, until its prices are counted no more.
COUNTED_DAYS: Final = 8
#: [d] Days of prices in a reference.
MEDIAN_DAYS: Final = 7
#: [s] Into a day, from when on the next one's references are fixed: days before are paid by then.
FIX_FROM_S: Final = 18 * HOUR_S
#: Nodes in one counting call.
MOST_NODES: Final = 64
#: Gas of counting: of a call, and of each node; of fixing a node's references.
GAS_BASE: Final = 200_000
GAS_NODE: Final = 200_000
GAS_FIX: Final = 3_000_000


class References:
    """Counts prices of days that are paid, and fixes references of nodes that have some."""

    def __init__(self, place: Workplace[SettlementJournal], per_day: int, tell: Tell) -> None:
        self._chain = place.chain
        self._nodes = place.nodes
        self._finality = place.finality
        self._journal = place.journal
        self._dry = place.dry
        self._per_day = per_day
        self._settlement = place.chain["PowerSettlement"]
        self._references = place.chain[CONTRACT]
        self._calls = ToldCalls(place.journal, tell)
        self._fixed: set[tuple[int, int]] = set()  # (node, day) that need no look any more

    def step(self, now: int) -> int:
        """Queues calls that are due at a time [s]; returns their number."""
        if self._dry or self._journal.is_counting():
            return 0
        days = self._journal.uncounted(now // DAY_S - COUNTED_DAYS)
        # Day by day: a city's has six thousand prices.
        for day, nodes in days.items():
            if queued := self._count(day, nodes):
                return queued
        return self._fix(now)

    # Prices

    def _count(self, day: int, nodes: Sequence[int]) -> int:
        """Counts the backed, uncounted prices of a paid day."""
        backed = defaultdict[int, list[Row]](list)
        for node in nodes:
            for interval, totals in self._journal.day_totals(node, day, self._per_day):
                if is_backed(totals):
                    backed[interval].append((node, totals))
        places = {(node, interval) for interval, rows in backed.items() for node, _ in rows}
        # A majority saw the effect of own calls final: a city's day is read once.
        of_day = range(day * self._per_day, (day + 1) * self._per_day)
        asked = sorted(places - self._journal.counted_by_calls(of_day))
        told = zip(asked, self._agreed("isCounted", asked), strict=True)
        open_ = {place for place, counted in told if not counted}
        left = {i: [row for row in rows if (row[0], i) in open_] for i, rows in backed.items()}
        queued = sum(
            self._queue_count(interval, part)
            for interval, rows in sorted(left.items())
            for part in self._parts(interval, rows)
        )
        if not queued:
            having = {node for rows in backed.values() for node, _ in rows}
            self._journal.mark_counted(day, {node: node in having for node in nodes})
        return queued

    def _parts(self, interval: int, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        """The content of one call: many nodes; each alone after a refused call of the interval.

        A node with another run, or one counted by another account just before, delays no others.
        """
        most = 1 if self._journal.was_refused(f"count/{interval}/") else MOST_NODES
        return (rows[first : first + most] for first in range(0, len(rows), most))

    def _queue_count(self, interval: int, rows: Sequence[Row]) -> int:
        key = f"count/{interval}/{','.join(str(node) for node, _ in rows)}"
        about = f"The count of interval {interval} at nodes {key.rpartition('/')[2]}"
        runs = [(node, b"", totals) for node, totals in rows]
        data = self._settlement.encode("countPrices", interval, runs)
        return self._queue(
            key, self._settlement.address, data, GAS_BASE + GAS_NODE * len(rows), about
        )

    # References

    def _fix(self, now: int) -> int:
        """Fixes tomorrow's references of nodes of which a price was counted in the days that make them."""
        today = now // DAY_S
        if now % DAY_S < FIX_FROM_S:
            return 0
        nodes = [
            node
            for node in self._journal.counted_nodes(today + 1 - MEDIAN_DAYS)
            if (node, today) not in self._fixed
        ]
        latest = self._agreed("fixedDay", [(node,) for node in nodes])
        queued = 0
        for node, day in zip(nodes, latest, strict=True):
            if not 0 < day <= today:
                self._fixed.add((node, today))
                continue
            date = datetime.fromtimestamp((today + 1) * DAY_S, UTC).date()
            about = f"A reference of node {node} for {date}"
            data = self._references.encode("fix", node)
            key = f"fix/{node}/{today + 1}"
            queued += self._queue(key, self._references.address, data, GAS_FIX, about)
        return queued

    def _agreed(self, view: str, asked: Sequence[tuple[int, ...]]) -> Sequence[int]:
        """A view's answer in the final block, by a majority of the nodes."""
        if not asked:
            return ()
        final = self._finality.block(self._nodes, self._nodes.height)
        block = final if final >= 0 else "earliest"
        calls = [(self._references, view, words) for words in asked]
        return self._nodes.agreed(
            f"{CONTRACT}.{view}", lambda: tuple(self._chain.call_many(calls, block))
        )

    def _queue(self, key: str, to: str, data: bytes, gas: int, about: str) -> int:
        if not self._calls.is_due(key, about):
            return 0
        log.info("references", key=key)
        return int(self._calls.enqueue(key, to, data, gas, Rank.LATE))
