"""One cycle of the meter oracle: follow the chain, take what arrived, post what is due, show what is
asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path

import structlog

from oracles.meters import status
from oracles.meters.challenges import Challenges
from oracles.meters.feeds import Feeds
from oracles.meters.intake import Intake, Taken
from oracles.meters.journal import MeterJournal
from oracles.meters.mqtt import Message, MqttSource
from oracles.meters.news import MetersNews
from oracles.meters.posting import Posting, PostingSettings
from oracles.meters.registry import MeterRegistry
from oracles.runtime.daemon import Cycle
from oracles.runtime.inbox import Inbox
from oracles.runtime.loop import CycleResult, guarded
from oracles.runtime.metrics import Metrics
from oracles.runtime.notices import Notice
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import TransactionManager
from tonne.chain.client import Chain

log = structlog.get_logger()

#: [s] Missing records are asked for again this often, so many ranges at a time, and what no node let judge
#: is judged again.
ASK_AGAIN_S = 20.0
MOST_ASKED = 200

#: Records judged in one cycle, and how long it waits for the first [s].
BATCH = 1_000
WAIT_S = 0.05


class MetersCycle(Cycle):
    """Call it again and again. Without a manager it judges and computes, and sends nothing."""

    def __init__(
        self,
        chain: Chain,
        journal: MeterJournal,
        source: MqttSource,
        inbox: Inbox | None,
        folder: Path,
        oracle: int,
        manager: TransactionManager | None,
        settings: PostingSettings,
        pool: Executor | None = None,
        nodes: RpcPool | None = None,
    ) -> None:
        super().__init__()
        self._chain = chain
        self._journal = journal
        self._source = source
        self._manager = manager
        self._pool = pool
        self._nodes = nodes
        self._folder = folder
        self.registry = MeterRegistry(chain, nodes)
        self.posting = Posting(
            chain, self.registry, journal, folder / "leaves", settings, oracle, nodes=nodes
        )
        self.challenges = Challenges(chain, journal, folder / "leaves", self.posting.failed)
        self._feeds = Feeds(inbox, self.registry, journal) if inbox else None
        self.intake: Intake | None = None
        self._taken: list[Message] = []
        self._outages = 0
        self._oracle = oracle
        self._asked_at = 0.0
        self._unjudged: list[Message] = []
        self._judged_at = 0.0

    @property
    def parts(self) -> status.Parts:
        """What its status is told from."""
        return status.Parts(self.registry, self.posting, self.challenges, self.intake)

    @property
    def now(self) -> int:
        """[s] Chain time of the head that was followed last."""
        return self.registry.head.time

    def begin(self) -> None:
        """Listens to the broker."""
        self._source.start()

    def end(self) -> None:
        """Leaves the broker, and the last state of things."""
        self._source.stop()
        path = self._folder / status.FILE
        status.write(path, self.parts, self._journal, self._source, self.now, force=True)

    def observe(self, watched: Metrics) -> None:
        """Late intervals, challenges, the broker, incidents."""
        status.observe(watched, self.parts, self._journal, self._source, self.now)

    def news(self, days: Sequence[int]) -> Callable[[int], Iterator[Notice]]:
        """Challenges and their deadlines, lost intervals, a short bond."""
        told = MetersNews(self._chain, self._journal, self._oracle, self.registry, self.challenges)
        return told.look

    def __call__(self) -> CycleResult:
        """Sending is a phase of its own: what is on its way never waits for what arrives."""
        if self._nodes is not None:
            self._nodes.turn()
        work = self._work if not self.draining() else lambda: 0
        return guarded((("send", self._send), ("work", work)))

    def _send(self) -> int:
        return self._manager.step() if self._manager is not None else 0

    def _work(self) -> int:
        try:
            return self._cycle()
        except Exception:
            # What is in memory may be ahead of the journal now: it is read again.
            self.intake = None
            raise

    def _cycle(self) -> int:
        changed = self.registry.follow()
        head, now = self.registry.head.number, self.registry.head.time
        if self.intake is None:
            self.intake = Intake(self.registry, self._journal, self._pool)
            changed = set(self.registry.meters)
            self.posting.books.clear()
            self._asked_at = -ASK_AGAIN_S
        self._ask_again()
        done = 0
        if changed:
            self.posting.meters_changed(changed)
            done += self._settle(self.intake.heed(changed, now))
        done += self._take()
        if self._feeds is not None:
            done += sum(self._settle(taken) for taken in self._feeds.step(self.intake, now))
        if self._manager is not None:
            try:
                done += self.posting.step(self.intake, now)
            finally:  # an answer that comes too late costs the bond
                done += self.challenges.step(head, now)
        self._note_outages(now)
        status.write(self._folder / status.FILE, self.parts, self._journal, self._source, now)
        return done

    def _take(self) -> int:
        """Judges what arrived, keeps it, and only then says so to the broker."""
        assert self.intake is not None
        messages = self._taken or [*self._judged_again(), *self._source.take(BATCH, WAIT_S)]
        if not messages:
            return 0
        self._taken = (
            messages  # a cycle that fails judges them again: the broker sends them only once
        )
        # The clock is read after the records have come, or it might be behind what they tell.
        now = self.registry.newest().time
        taken = self.intake.take([message.arrival for message in messages], now)
        waiting = set(taken.unjudged)
        self._source.acknowledge([m for m in messages if m.arrival not in waiting])
        self._unjudged += [m for m in messages if m.arrival in waiting]
        self._taken = []
        self._settle(taken)
        log.info("taken", accepted=taken.accepted, repeated=taken.repeated, refused=taken.refused)
        return len(messages)

    def _judged_again(self) -> list[Message]:
        """Records about which no node answered, now and then: they keep nothing else waiting."""
        now = time.monotonic()
        if not self._unjudged or now - self._judged_at < ASK_AGAIN_S:
            return []
        self._judged_at = now
        found, self._unjudged = self._unjudged[:BATCH], self._unjudged[BATCH:]
        return found

    def _ask_again(self) -> None:
        """A request or its answer may be lost, by a kill or by a broker: it is made again."""
        assert self.intake is not None
        now = time.monotonic()
        if now - self._asked_at >= ASK_AGAIN_S:
            self._asked_at = now
            self._source.request(self.intake.gaps(self._journal.booked())[:MOST_ASKED])

    def _settle(self, taken: Taken) -> int:
        self.posting.touch(taken.touched)
        self._source.request(taken.gaps)
        return taken.accepted

    def _note_outages(self, now: int) -> None:
        if self._source.outages > self._outages:
            self._outages = self._source.outages
            with self._journal.transaction():
                self._journal.incident("METER_BROKER_DOWN", 0, now, self._source.why)
