"""Notices: those that all daemons share, and those from the chain's events for each daemon."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import structlog

from oracles.runtime.journal import Journal
from oracles.runtime.metrics import Metrics
from oracles.runtime.notices import Courier, Notice, NoticeSettings
from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.constants import DAY_S
from tonne.errors import TonneError

log = structlog.get_logger()

#: Blocks in one request for events, and requests in one look: an old chain is caught up with in steps.
SPAN = 10_000
STEPS = 10


def of_daemon(
    metrics: Metrics, settings: NoticeSettings, now: Callable[[], float] = time.time
) -> Iterator[Notice]:
    """A low balance and other causes that stop sending: one notice a day while it lasts."""
    day = time.strftime("%Y-%m-%d", time.gmtime(now()))
    balance = metrics.value("balance_wei")
    if balance is not None and balance < settings.least_balance_wei:
        said = f"The sender has {balance:.0f} wei; the minimum is {settings.least_balance_wei} wei."
        yield Notice(f"balance/{day}", "balance", said)
    for (code,) in metrics.labels("stopped"):
        yield Notice(f"stopped/{code}/{day}", "stopped", f"Nothing is sent: {code}.")


def tell(courier: Courier, metrics: Metrics, look: Callable[[], Iterator[Notice]]) -> None:
    """Offers new notices; a question that no node answers is repeated in the next cycle."""
    found = list(of_daemon(metrics, courier.settings))
    try:
        found += look()
    except TonneError as error:
        log.warning("news_not_read", code=error.code, reason=error.message)
    courier.offer(found)


def ahead(key: str, kind: str, text: str, left_s: int, days: Sequence[int]) -> Iterator[Notice]:
    """The notice of a date to come: of the days before it that have been reached, for the last."""
    reached = [day for day in sorted(days) if left_s <= day * DAY_S]
    if reached:
        yield Notice(f"{key}/{reached[0]}d", kind, text)


class EventFollower:
    """Reads a contract's events once, across restarts; `since` is the head when it was first started."""

    def __init__(
        self, chain: Chain, journal: Journal, contract: str, events: Sequence[str]
    ) -> None:
        self._chain = chain
        self._journal = journal
        self._contract = contract
        self._events = events
        self._next = 0
        kept = journal.recall(f"news since/{contract}")
        if kept is None:
            kept = str(chain.block_number())
            journal.remember(f"news since/{contract}", kept)
        self.since = int(kept)

    def read(self) -> Iterator[Event]:
        """Events up to the head, some blocks at a time, oldest first."""
        head = self._chain.block_number()
        for _ in range(STEPS):
            if self._next > head:
                return
            last = min(self._next + SPAN - 1, head)
            found = self._chain.logs(
                self._contract, first=self._next, last=last, events=self._events
            )
            self._next = last + 1
            yield from found
