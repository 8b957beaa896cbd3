"""One cycle of the meter oracle: follow the chain, take what arrived, post what is due, show what is
asked for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

import structlog

from oracles.meters import status
from oracles.meters.challenges import Challenges
from oracles.meters.feeds import Feeds
from oracles.meters.intake import Intake, Taken
from oracles.meters.journal import MeterJournal
from oracles.meters.mqtt import Message, MqttSource
from oracles.meters.posting import Posting, PostingSettings
from oracles.meters.registry import MeterRegistry
from oracles.runtime.inbox import Inbox
from oracles.runtime.loop import CycleResult, guarded
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import TransactionManager
from tonne.chain.client import Chain

log = structlog.get_logger()

#: Records judged in one cycle, and how long it waits for the first [s].
BATCH = 1_000
WAIT_S = 0.05


class MetersCycle:
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
        self._chain = chain
        self._journal = journal
        self._source = source
        self._manager = manager
        self._pool = pool
        self._nodes = nodes
        self._folder = folder
        self.registry = MeterRegistry(chain)
        self.posting = Posting(chain, self.registry, journal, folder / "leaves", settings, oracle)
        self.challenges = Challenges(chain, journal, folder / "leaves", self.posting.failed)
        self._feeds = Feeds(inbox, self.registry, journal) if inbox else None
        self.intake: Intake | None = None
        self._taken: list[Message] = []
        self._outages = 0
        self.draining: Callable[[], bool] = lambda: False  # nothing new is taken then

    @property
    def parts(self) -> status.Parts:
        """What its status is told from."""
        return status.Parts(self.registry, self.posting, self.challenges, self.intake)

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
        done = 0
        if changed:
            self.posting.meters_changed(changed)
            done += self._settle(self.intake.heed(changed, now))
        done += self._take()
        if self._feeds is not None:
            done += sum(self._settle(taken) for taken in self._feeds.step(self.intake, now))
        if self._manager is not None:
            done += self.posting.step(self.intake, now)
            done += self.challenges.step(head, now)
        self._note_outages(now)
        status.write(self._folder / status.FILE, self.parts, self._journal, self._source, now)
        return done

    def _take(self) -> int:
        """Judges what arrived, keeps it, and only then says so to the broker."""
        assert self.intake is not None
        messages = self._taken or self._source.take(BATCH, WAIT_S)
        if not messages:
            return 0
        self._taken = (
            messages  # a cycle that fails judges them again: the broker sends them only once
        )
        # The clock is read after the records have come, or it might be behind what they tell.
        taken = self.intake.take([message.arrival for message in messages], self._chain.now())
        self._source.acknowledge(messages)
        self._taken = []
        self._settle(taken)
        log.info("taken", accepted=taken.accepted, repeated=taken.repeated, refused=taken.refused)
        return len(messages)

    def _settle(self, taken: Taken) -> int:
        self.posting.touch(taken.touched)
        self._source.request(taken.gaps)
        return taken.accepted

    def _note_outages(self, now: int) -> None:
        if self._source.outages > self._outages:
            self._outages = self._source.outages
            with self._journal.transaction():
                self._journal.incident("METER_BROKER_DOWN", 0, now, self._source.why)
