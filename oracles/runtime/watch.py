"""Observed state of a daemon: nodes, nonces, balance, files, disk. A fault here ends nothing."""

from __future__ import annotations

import shutil
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from oracles.runtime.finality import Finality
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.metrics import Metrics
from oracles.runtime.rpc_pool import Endpoint, RpcPool
from oracles.runtime.transactions import TransactionManager
from tonne.chain.rpc import quantity
from tonne.constants import DAY_S, HOUR_S
from tonne.crypto.accounts import Account
from tonne.errors import TonneError

log = structlog.get_logger()

#: [s] Interval between two observations of nodes and disks.
EVERY_S: Final = 15.0

#: Places of files that wait, and the ages [s] by which they are counted.
PLACES: Final = ("", "accepted", "rejected")
AGES: Final = {"1m": 60, "10m": 600, "1h": HOUR_S, "1d": DAY_S, "7d": 7 * DAY_S}

COUNTS: Final = ("broadcasts", "bumps", "gap_fills", "foreign_nonces", "fee_waits")


class Watch:
    """Call `look` after each cycle; a value that cannot be read keeps its latest one."""

    def __init__(
        self,
        metrics: Metrics,
        pool: RpcPool,
        finality: Finality,
        sender: Account | None,
        manager: TransactionManager | None,
        journal: Journal,
        inbox: Inbox | None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._metrics = metrics
        self._pool = pool
        self._finality = finality
        self._sender = sender
        self._manager = manager
        self._journal = journal
        self._inbox = inbox
        self._clock = clock
        self._now = now
        self._last = -EVERY_S

    def look(self) -> bool:
        """Whether the next periodic observation is due."""
        self._nodes()
        self._transactions()
        if self._clock() - self._last < EVERY_S:
            return False
        self._last = self._clock()
        for part in (self._files, self._disk, self._chain):
            try:
                part()
            except (TonneError, OSError, TypeError, ValueError, KeyError) as error:
                log.warning("not_observed", part=part.__name__, reason=str(error)[:200])
        return True

    def _nodes(self) -> None:
        put, height = self._metrics.put, self._pool.height
        put("head_block", height)
        put("head_age_seconds", self._metrics.health.head_age_s)
        newest = max(height, *(endpoint.head for endpoint in self._pool.endpoints))
        for place, endpoint in enumerate(self._pool.endpoints):
            node = f"{place}:{endpoint.name}"
            put("node_up", self._state(endpoint), node)
            put("node_head_lag_blocks", newest - endpoint.head, node)
            put("rpc_requests", endpoint.requests, node)
            for code, count in list(endpoint.errors.items()):
                put("rpc_errors", count, node, code)

    def _state(self, endpoint: Endpoint) -> int:
        return -1 if endpoint.banned else int(not self._pool.resting(endpoint))

    def _transactions(self) -> None:
        manager = self._manager
        if manager is None:
            return
        for name in COUNTS:
            self._metrics.put(name, manager.counts[name])
        self._metrics.put("nonce_gap", manager.gap)
        self._metrics.put_all("stopped", {(manager.stopped,): 1.0} if manager.stopped else {})

    def _files(self) -> None:
        """By the time of the latest move; both times are of this machine, which may set its clock back."""
        if self._inbox is None:
            return
        now, names = self._now(), [*AGES, "older"]
        for place in PLACES:
            folder = self._inbox.folder / place
            ages = [
                max(now - path.stat().st_ctime, 0.0)
                for path in folder.iterdir()
                if path.is_file() and not path.name.startswith(".") and ".reason." not in path.name
            ]
            label = place or "inbox"
            found = Counter(names[bisect_right(list(AGES.values()), age)] for age in ages)
            for name in names:
                self._metrics.put("waiting_files", found[name], label, name)
            self._metrics.put("oldest_file_seconds", max(ages, default=0.0), label)

    def _disk(self) -> None:
        path: Path = self._journal.path
        self._metrics.put("disk_free_bytes", shutil.disk_usage(path.parent).free)
        self._metrics.put("journal_bytes", path.stat().st_size)

    def _chain(self) -> None:
        head = self._pool.look()
        final = self._finality.block(self._pool, head)
        self._metrics.put("finality_lag_blocks", max(head - final, 0))
        if self._sender is not None:
            asked = self._pool.call("eth_getBalance", self._sender.address, "latest")
            self._metrics.put("balance_wei", quantity(asked, "the balance"))
