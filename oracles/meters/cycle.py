"""One cycle of the meter oracle: follow the chain, take new records, post due roots, answer
challenges."""

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
from oracles.meters.requests import Requests, missing
from oracles.runtime.daemon import Cycle
from oracles.runtime.inbox import Inbox
from oracles.runtime.loop import CycleResult, guarded
from oracles.runtime.metrics import Metrics
from oracles.runtime.notices import Notice
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import TransactionManager
from tonne.chain.client import Chain

log = structlog.get_logger()

#: [s] Interval between requests for missing records, the number of ranges in one, and the interval until
#: unjudged records are judged again.
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
        self.challenges = Challenges(
            chain, self.registry, journal, folder / "leaves", self.posting.failed
        )
        self._feeds = Feeds(inbox, self.registry, journal) if inbox else None
        self.intake: Intake | None = None
        self._taken: list[Message] = []
        self._outages = 0
        self._oracle = oracle
        self._dropped = 0
        self._asked_at = 0.0
        self._requests = Requests()
        self._judged_at = 0.0

    @property
    def parts(self) -> status.Parts:
        """The facts behind its status."""
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
        """Sending is a separate phase: pending transactions never wait for new records."""
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
            # Memory may be ahead of the journal now: it is read again.
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
        done = 0
        try:
            done += self._hear(changed, now)
            if self._manager is not None:
                done += self.posting.step(self.intake, now)
        finally:  # an answer that comes too late costs the bond
            if self._manager is not None:
                done += self.challenges.step(head, now)
        self._note_broker(now)
        status.write(self._folder / status.FILE, self.parts, self._journal, self._source, now)
        return done

    def _hear(self, changed: set[int], now: int) -> int:
        """Takes what arrived, and what entries that changed let in."""
        assert self.intake is not None
        self._ask_again(now)
        done = self._settle(self.intake.begin_exchanges(now))
        if changed:
            self.posting.meters_changed(changed)
            done += self._settle(self.intake.heed(changed, now))
        done += self._take() + self._take_again(now)
        if self._feeds is not None:
            done += sum(self._settle(taken) for taken in self._feeds.step(self.intake, now))
        return done

    def _take(self) -> int:
        """Judges new records, stores them, and only then acknowledges them to the broker."""
        assert self.intake is not None
        messages = self._taken or self._source.take(BATCH, WAIT_S, self.registry.meters)
        if not messages:
            return 0
        self._taken = (
            messages  # a cycle that fails judges them again: the broker sends them only once
        )
        # The clock is read after the records, or it might be behind their times.
        now = self.registry.newest().time
        taken = self.intake.take([message.arrival for message in messages], now)
        self.intake.put_off(taken.unjudged)
        self._source.acknowledge(messages)
        self._taken = []
        self._settle(taken)
        log.info("taken", accepted=taken.accepted, repeated=taken.repeated, refused=taken.refused)
        return len(messages)

    def _take_again(self, chain_now: int) -> int:
        """Judges records again that could not be, now and then: they keep nothing else waiting."""
        assert self.intake is not None
        now = time.monotonic()
        if now - self._judged_at < ASK_AGAIN_S:
            return 0
        self._judged_at = now
        return self._settle(self.intake.take_again(chain_now, BATCH))

    def _ask_again(self, chain_now: int) -> None:
        """A request or its answer may be lost, by a kill or by a broker: it is made again."""
        assert self.intake is not None
        now = time.monotonic()
        if now - self._asked_at < ASK_AGAIN_S:
            return
        self._asked_at = now
        wanted = missing(self.intake.meters, self.registry, self._journal.booked(), chain_now)
        self._source.request(self._requests.chosen(wanted, MOST_ASKED))

    def _settle(self, taken: Taken) -> int:
        self.posting.touch(taken.touched)
        self._source.request(taken.gaps)
        return taken.accepted

    def _note_broker(self, now: int) -> None:
        if self._source.outages > self._outages:
            self._outages = self._source.outages
            with self._journal.transaction():
                self._journal.incident("METER_BROKER_DOWN", 0, now, self._source.why)
        fresh = self._source.dropped - self._dropped
        if fresh:
            self._dropped += fresh
            with self._journal.transaction():
                self._journal.incident("METER_DROPPED", 0, now, "More came than fits.", fresh)
