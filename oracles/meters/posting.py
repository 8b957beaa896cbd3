"""The order of roots: a provisional run, a correction window, a final run.

The first run of an interval goes out when every meter has sent its record, or after a grace period
without the silent ones; the period is short for meters that were silent before. Later changes are collected
and posted once, shortly before the window closes. Changes after that are booked with the next open
interval. The chain decides which run is valid.

Intervals that have just ended come first, at every node. Late ones take turns, node by node, and wait in a
separate short queue, so that no backlog delays a live root. Roots of one interval that are ready together
go in one call, all or none; after a refusal each goes alone.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from oracles.meters.intake import Intake
from oracles.meters.journal import MeterJournal, root_key, roots_key
from oracles.meters.patience import Patience
from oracles.meters.registry import Meter, MeterNode, MeterRegistry
from oracles.runtime.journal import OPEN_STATES, JobState, Rank
from oracles.runtime.rpc_pool import RpcPool
from tonne.chain.client import Chain
from tonne.constants import HOUR_S
from tonne.errors import TonneError
from tonne.meters import leaves
from tonne.meters.deltas import DeltaSeries
from tonne.meters.leaves import IntervalLeaves
from tonne.meters.registers import RegisterSeries, RegisterTerms
from tonne.meters.series import Booked, IntervalReading, closed, interval

log = structlog.get_logger()

#: Of one posting; it writes two slots, whatever the number of meters.
GAS_LIMIT: Final = 300_000
#: Of each further root in one call, and how many there are at most.
GAS_ROOT: Final = 100_000
MOST_ROOTS: Final = 64

#: `RootStatus.Posted` of IMeterOracle.
POSTED = 1

#: [s] Interval before an impossible step is tried again.
RETRY_S: Final = 60

#: A run may have no higher number.
MAX_RUN: Final = 255

#: [s] Time for late intervals in one step, and their number in one turn of a node.
LATE_S: Final = 0.2
TURN: Final = 16

#: Late roots that wait to be sent at once: further ones are made when these are on their way.
MOST_QUEUED: Final = 64


#: [s] A run that was corrected so shortly before the window closes is the last one.
LAST_S: Final = 120


@dataclass(frozen=True, slots=True)
class PostingSettings:
    """`grace_s` after its end an interval is posted though meters are missing; a corrected run goes out
    `final_lead_s` before the window closes, or half-way when the window is shorter than that, and further
    ones each when half of the time is over that was left."""

    grace_s: int = 300
    final_lead_s: int = HOUR_S

    def final_at(self, node: MeterNode, end: int) -> int:
        return end + max(node.correction_s - self.final_lead_s, node.correction_s // 2)

    def again_at(self, node: MeterNode, end: int, posted_at: int) -> int | None:
        """Earliest time of the next correction after a corrected run; None in the window's last `LAST_S`.
        So an incomplete backlog is completed, and a source that changes each minute causes few runs."""
        left = end + node.correction_s - posted_at
        return posted_at + left // 2 if left >= LAST_S else None


class Book:
    """Readings of the open intervals of one node, computed again only where something changed."""

    def __init__(self, node: MeterNode, first: int) -> None:
        self.node = node
        self.first = first  # start of the first interval that is open
        self.rows: dict[int, dict[int, IntervalReading]] = {}
        self.stale: dict[int, set[int]] = defaultdict(set)  # start -> meters
        self.look_at: dict[int, int] = {}  # start -> not before this time
        self.patience = Patience()
        self.runs: dict[int, int] = {}  # start -> run that was posted or is on its way
        self.trees: dict[int, IntervalLeaves] = {}  # leaves of due intervals, from the rows
        self.stands: dict[int, int] = {}  # start -> commitment on the chain that equals the rows

    def end(self, start: int) -> int:
        return start + self.node.interval_s

    def due(self, now: int) -> list[int]:
        """Starts of the intervals to be looked at now, in order."""
        return sorted(start for start, at in self.look_at.items() if at <= now)

    def touch(self, meter: int, low: int, high: int) -> None:
        """Marks the intervals that a reading between two moments may change; the first open interval takes
        the difference of closed ones."""
        step = self.node.interval_s
        begin = max(low // step * step, self.first)
        for start in range(begin, max(high, begin + 1), step):
            if start in self.rows:
                self.stale[start].add(meter)
                self.look_at[start] = 0

    def changed(self, start: int) -> None:
        """The rows of an interval are others now."""
        self.trees.pop(start, None)
        self.stands.pop(start, None)

    def drop(self, start: int) -> None:
        self.rows.pop(start)
        self.changed(start)
        self.stale.pop(start, None)
        self.look_at.pop(start, None)
        self.runs.pop(start, None)


@dataclass(frozen=True, slots=True)
class ReadyRoot:
    """A run that is to be posted: its leaves are kept, its call is not queued yet."""

    book: Book
    start: int
    run: int
    tree: IntervalLeaves
    rank: Rank

    @property
    def place(self) -> tuple[int, int, int]:
        return self.book.node.id, self.start, self.run

    def words(self) -> tuple[int, int, bytes, int, bytes]:
        """`RootPosting` of IMeterOracle."""
        tree = self.tree
        return self.book.node.id, self.run, tree.root, tree.tree.sums, tree.data


class Posting:
    """Call `step` repeatedly; it queues transactions and returns their number."""

    def __init__(
        self,
        chain: Chain,
        registry: MeterRegistry,
        journal: MeterJournal,
        folder: Path,
        settings: PostingSettings,
        oracle: int,
        clock: Callable[[], float] = time.monotonic,
        nodes: RpcPool | None = None,
    ) -> None:
        self._chain = chain
        self._nodes = nodes
        self._registry = registry
        self._journal = journal
        self._folder = folder
        self._settings = settings
        self._oracle = oracle
        self._clock = clock
        self._turns: deque[int] = deque()  # nodes, the next turn first
        self._alone: set[tuple[int, int]] = set()  # (node, start) of roots after a refused call
        self._contract = chain["MeterOracle"]
        self._secret = journal.secret
        self._booked = journal.booked()
        self._closed = journal.closed()
        self.books: dict[int, Book] = {}

    # What changed

    def touch(self, touched: Iterable[tuple[int, int, int]]) -> None:
        for meter, low, high in touched:
            book = self.books.get(self._registry.meters[meter].node)
            if book is not None:
                book.touch(meter, low, high)

    def meters_changed(self, changed: Iterable[int]) -> None:
        """An entry changed: all open intervals of its meter are computed again."""
        for number in changed:
            book = self.books.get(self._registry.meters[number].node)
            if book is None:
                continue
            for start in book.rows:
                book.stale[start].add(number)
                book.look_at[start] = 0

    def failed(self, node: int, start: int) -> None:
        """The root of an interval failed on the chain: it needs another run."""
        book = self.books.get(node)
        if book is not None and start in book.rows:
            book.look_at[start] = 0

    # Working

    def step(self, intake: Intake, now: int) -> int:
        books = {}
        for node in self._registry.nodes.values():
            book = self._book_of(node) if node.oracle == self._oracle else None
            if book is not None:
                self._open(book, now)
                books[node.id] = book
        live = [(b, s) for b in books.values() for s in b.due(now) if self._is_live(b, s, now)]
        return self._look_at(intake, live, now) + self._late(intake, books, now)

    def _late(self, intake: Intake, books: dict[int, Book], now: int) -> int:
        """Backlog and closing, a turn for each node until the time is up; the next step goes on there."""
        done, until = 0, self._clock() + LATE_S
        waiting = {
            number: deque(s for s in book.due(now) if not self._is_live(book, s, now))
            for number, book in books.items()
        }
        self._turns.extend(waiting.keys() - set(self._turns))
        for number in set(self._turns) - waiting.keys():
            self._turns.remove(number)
        idle = 0  # turns in a row in which nothing was left to be done
        while idle < len(self._turns):
            number = self._turns[0]
            book, starts = books[number], waiting[number]
            room = min(MOST_QUEUED - self._journal.queued(Rank.LATE), TURN)
            turn = [(book, starts.popleft()) for _ in range(min(room, len(starts)))]
            closed_now = 0
            if turn or self._may_close(book, now):
                done += self._look_at(intake, turn, now)
                closed_now = self._close(intake, book, now)
                done += closed_now
            self._turns.rotate(-1)
            idle = 0 if turn or closed_now else idle + 1
            if self._clock() > until:
                break
        return done

    def _is_live(self, book: Book, start: int, now: int) -> bool:
        """Whether an interval has ended just now, or as long ago as meters are waited for."""
        return now < book.end(start) + book.node.interval_s + self._settings.grace_s

    def _book_of(self, node: MeterNode) -> Book | None:
        book = self.books.get(node.id)
        if book is None or book.node != node:
            meters = list(self._registry.at_node(node.id))
            if not meters:
                return None
            book = self.books[node.id] = Book(node, self._first_open(node, meters))
        return book

    def _look_at(self, intake: Intake, turn: list[tuple[Book, int]], now: int) -> int:
        """Reads the chain's state of some intervals at once, and posts due roots."""
        meters: dict[int, list[Meter]] = {}
        due = []
        for book, start in turn:
            if book.node.id not in meters:
                meters[book.node.id] = list(self._registry.at_node(book.node.id))
            if self._is_due(intake, book, start, meters[book.node.id], now):
                due.append((book, start))
        if not due:
            return 0
        states = self._chain.call_many(
            (self._contract, "stateOf", (book.node.id, start)) for book, start in due
        )
        ready: dict[tuple[int, Rank], list[ReadyRoot]] = defaultdict(list)
        for (book, start), state in zip(due, states, strict=True):
            root = self._look(book, start, state, now)
            if root is not None:
                ready[start, root.rank].append(root)
        return sum(self._queue(part) for roots in ready.values() for part in self._parts(roots))

    def _parts(self, roots: Sequence[ReadyRoot]) -> Iterator[Sequence[ReadyRoot]]:
        """The roots of an interval by call: after a refused common call, each alone."""
        together = []
        for root in roots:
            if root.place[:2] in self._alone:
                yield [root]
            else:
                together.append(root)
        for first in range(0, len(together), MOST_ROOTS):
            yield together[first : first + MOST_ROOTS]

    def _first_open(self, node: MeterNode, meters: list[Meter]) -> int:
        closed_start = self._closed.get(node.id)
        if closed_start is not None:
            return closed_start + node.interval_s
        since = min(meter.since for meter in meters)
        return -(-since // node.interval_s) * node.interval_s

    def _open(self, book: Book, now: int) -> None:
        """Takes in the intervals that have ended since."""
        start = book.end(max(book.rows)) if book.rows else book.first
        while book.end(start) <= now:
            book.rows[start] = {}
            book.look_at[start] = 0
            start = book.end(start)

    def _is_due(
        self, intake: Intake, book: Book, start: int, meters: list[Meter], now: int
    ) -> bool:
        """Whether the chain has to be read for an interval; reads new records."""
        if self._on_its_way(book, start, now):
            return False
        rows = self._rows(intake, book, start, meters)
        if not rows:
            del book.look_at[start]
            return False
        if not self._is_live(book, start, now):
            return True
        return not book.patience.waits(rows, start, now - book.end(start), self._settings.grace_s)

    def _look(self, book: Book, start: int, state: Any, now: int) -> ReadyRoot | None:
        """The root of an interval that is due now; otherwise sets the time of the next look."""
        node, end = book.node, book.end(start)
        try:
            tree = self._tree(book, start)
        except TonneError as error:  # other intervals, and other nodes, do not wait for it
            self._journal.incident(error.code, 0, now, error.message)
            book.look_at[start] = now + RETRY_S
            return None
        if state.status == POSTED:
            book.runs[start] = state.run
            if state.commitment == tree.commitment:
                self._keep(node.id, start, state.run, tree)
                book.trees.pop(start)
                book.stands[start] = state.commitment
            if state.commitment == tree.commitment or now > end + node.correction_s:
                del book.look_at[start]  # a later difference is booked with a later interval
                return None
            due_at: int | None = self._settings.final_at(node, end)
            if state.run > 1 and state.postedAt >= due_at:
                due_at = self._settings.again_at(node, end, state.postedAt)
            if due_at is None:
                del book.look_at[start]
                return None
            if now < due_at:
                book.look_at[start] = due_at
                return None
        if state.open or state.run >= MAX_RUN:
            book.look_at[start] = now + RETRY_S
            return None
        # A correction has a window to keep.
        live = state.status == POSTED or self._is_live(book, start, now)
        rank = Rank.LIVE if live else Rank.LATE
        return self._prepare(ReadyRoot(book, start, state.run + 1, tree, rank), now)

    def _tree(self, book: Book, start: int) -> IntervalLeaves:
        """Leaves of an interval, made once while its rows stay the same, until they are on the chain."""
        tree = book.trees.get(start)
        if tree is None:
            tree = book.trees[start] = IntervalLeaves.of(
                self._secret,
                book.node.id,
                start,
                book.rows[start].items(),
                self._journal.register_salt,
                {m for m in book.rows[start] if self._registry.meters[m].is_customers_in(start)},
            )
        return tree

    def _keep(self, node: int, start: int, run: int, tree: IntervalLeaves) -> None:
        """Leaves of a posted root that a backup or another copy lacks: they may be challenged."""
        path = leaves.path_of(self._folder, node, start, run)
        if not path.exists():
            log.warning("leaves_made_again", node=node, start=start, run=run)
            tree.write(path)

    def _on_its_way(self, book: Book, start: int, now: int) -> bool:
        """Whether the latest run is undecided; a run that the chain refused is tried again later."""
        if start not in book.runs:
            return False
        job = self._journal.root_job(book.node.id, start, book.runs[start])
        if job is None:
            return False
        if job.state is JobState.FAILED:
            self._journal.incident(job.code or "", 0, now, job.reason or "")
            del book.runs[start]
            book.look_at[start] = now + RETRY_S
            self._alone.add((book.node.id, start))
            return True
        return job.state in OPEN_STATES

    def _rows(
        self, intake: Intake, book: Book, start: int, meters: list[Meter]
    ) -> dict[int, IntervalReading]:
        rows, end = book.rows[start], book.end(start)
        wanted = {meter.id for meter in meters if meter.counts_in(start, end)}
        stale, gone = book.stale.pop(start, set()) & wanted, rows.keys() - wanted
        fresh = (wanted - rows.keys()) | stale
        for number in fresh:
            series = _series(intake, number)
            told = interval(series, start, end, self._booked.get(number))
            rows[number] = leaves.fitting(told)
        for number in gone:
            del rows[number]
        if fresh or gone:
            book.changed(start)
        return rows

    def _prepare(self, root: ReadyRoot, now: int) -> ReadyRoot | None:
        """Keeps the leaves of a run that was not prepared before."""
        book, start, run = root.book, root.start, root.run
        kept = self._journal.root_job(*root.place)
        if kept is not None and kept.state is not JobState.FAILED:
            # It was prepared before; its leaves are those of the chain, now or later.
            book.runs[start] = run
            book.look_at[start] = now + RETRY_S if kept.state not in OPEN_STATES else 0
            return None
        root.tree.write(leaves.path_of(self._folder, *root.place))
        return root

    def _queue(self, roots: Sequence[ReadyRoot]) -> int:
        """Queues one call for roots of one interval."""
        first = roots[0]
        if len(roots) == 1:
            node, *words = first.words()
            data = self._contract.encode("post", node, first.start, *words)
            key = root_key(*first.place)
        else:
            data = self._contract.encode("postMany", first.start, [r.words() for r in roots])
            key = roots_key(first.start, [(r.place[0], r.run) for r in roots])
        gas = GAS_LIMIT + GAS_ROOT * (len(roots) - 1)
        with self._journal.transaction():
            for root in roots:
                self._journal.add_posting(*root.place, root.tree.root, key)
            added = self._journal.enqueue(key, self._contract.address, data, gas, first.rank)
        for root in roots:
            root.book.runs[root.start] = root.run
            root.book.look_at[root.start] = 0
            node, start, run = root.place
            log.info("posting", node=node, start=start, run=run, leaves=len(root.tree.leaves))
        return len(roots) if added else 0

    # Closing

    @staticmethod
    def _may_close(book: Book, now: int) -> bool:
        """Whether the window of the first open interval has closed, and it need not be looked at."""
        start = book.first
        over = now > book.end(start) + book.node.correction_s
        return over and start in book.rows and start not in book.look_at

    def _close(self, intake: Intake, book: Book, now: int) -> int:
        """Makes some intervals final in order, after their windows have closed with roots on the chain."""
        done = 0
        for start, state in self._closable(book, now):
            told = self._told(book, start, state)
            fresh = self._book(intake, book, start, told)
            book.drop(start)
            self._alone.discard((book.node.id, start))
            book.first = start + book.node.interval_s
            # The open intervals correct energy that was booked wrongly.
            for number in fresh:
                for later in book.rows:
                    book.stale[later].add(number)
                    book.look_at[later] = 0
            done += 1
        return done

    def _closable(self, book: Book, now: int) -> Iterator[tuple[int, Any]]:
        """The next intervals by turn, with the state of their roots; None where no meter counted."""
        over: list[int] = []
        start = book.first
        while (
            len(over) < TURN
            and start in book.rows
            and start not in book.look_at
            and now > book.end(start) + book.node.correction_s
        ):
            over.append(start)
            start = book.end(start)
        counted = [start for start in over if book.rows[start]]
        calls = ((self._contract, "stateOf", (book.node.id, start)) for start in counted)
        states = dict(zip(counted, self._settled(counted, list(calls)), strict=True))
        for start in over:
            if start in book.look_at:
                return  # closing an earlier one has changed its sum
            state = states.get(start)
            if state is not None:
                if state.status != POSTED or state.open:
                    book.look_at[start] = now + RETRY_S
                    return
                book.runs[start] = state.run
            yield start, state

    def _settled(self, starts: Sequence[int], calls: Sequence[Any]) -> Sequence[Any]:
        """The state by a majority of the nodes: closed intervals are not read again."""
        if self._nodes is None or not calls:
            return self._chain.call_many(calls)
        about = f"the roots from {starts[0]} to {starts[-1]}"
        return self._nodes.agreed(about, lambda: tuple(self._chain.call_many(calls)))

    def _told(self, book: Book, start: int, state: Any) -> dict[int, IntervalReading]:
        """The values of each meter in the valid run."""
        if state is None:
            return {}
        if book.stands.get(start) == state.commitment:
            return book.rows[start]
        path = leaves.path_of(self._folder, book.node.id, start, book.runs[start])
        if path.exists():
            kept = IntervalLeaves.read(path)
            if kept.commitment == state.commitment:
                return {leaf.meter: leaf.interval for leaf in kept.leaves}
        # Another copy of this oracle posted it; its leaves are those of the same readings.
        log.warning("foreign_root", node=book.node.id, start=start)
        return book.rows[start]

    def _book(
        self, intake: Intake, book: Book, start: int, told: dict[int, IntervalReading]
    ) -> list[int]:
        """Books a final interval; returns the meters of which it was not booked what flowed."""
        end = book.end(start)
        fresh: dict[int, Booked] = {}
        for number, leaf in told.items():
            series = _series(intake, number)
            fresh[number] = closed(series, start, end, self._booked.get(number), leaf)
        owed, needed = [], []
        for number, booked in fresh.items():
            series = _series(intake, number)
            if booked.flow is not None:
                series.forget(end)
                needed.append((number, series.needed_from(end)))
            state = series.state(end)
            if state is not None and state.flow != booked.flow:
                owed.append(number)
        self._journal.close_interval(book.node.id, start, fresh.items(), needed)
        self._booked |= fresh
        self._closed[book.node.id] = start
        return owed


def _series(intake: Intake, number: int) -> RegisterSeries | DeltaSeries:
    state = intake.meters.get(number)
    return state.series if state else _NOTHING


#: A meter without a record.
_NOTHING: Final = RegisterSeries(RegisterTerms(1, 1))
