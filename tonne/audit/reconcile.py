"""The audit: reads a market's events, replays them, and compares every value with the contracts' state."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tonne.audit.market.registrar_desk import StatusLag
from tonne.audit.market_replay import MarketReplay
from tonne.audit.replay.compare import (
    Difference,
    Surplus,
    Tally,
    Unchecked,
    compare,
    in_groups,
)
from tonne.audit.replay.events import Log, Pinned, pin, read, stands
from tonne.chain.client import Chain
from tonne.chain.rpc import StateGone
from tonne.errors import TonneError

#: Called with a stage and the count of what it has just done.
Progress = Callable[[str, int], None]

#: Attempts, each at a later block, when the node has dropped the state meanwhile.
CATCH_UPS: Final = 4
#: Checks of one batch.
BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Audit:
    """Result of an audit. Sound when nothing differs."""

    head: Pinned
    events: int
    compared: dict[str, int]  # values, by contract
    differences: list[Difference]
    lags: list[StatusLag]  # of the Exchange behind the register
    surpluses: list[Surplus]  # money beyond what is owed
    unchecked: list[Unchecked]  # markets of contracts outside the deployment

    @property
    def values(self) -> int:
        return sum(self.compared.values())

    @property
    def sound(self) -> bool:
        return not self.differences


def audit(
    chain: Chain,
    first_block: int = 0,
    block: int | None = None,
    on_progress: Progress = lambda _stage, _count: None,
) -> Audit:
    """Reads, replays and compares at one block. Needs only the chain and the ABIs.

    A node that keeps few states may have dropped that block's before all is compared. Unless the
    block was named, the audit then reads on to the block that is the latest by now, and compares there.
    """
    with _collector_paused():
        return _audit(chain, first_block, block, on_progress)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No search for reference cycles, which takes half of an audit's time: a replay makes none."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _audit(chain: Chain, first_block: int, block: int | None, on_progress: Progress) -> Audit:
    head = pin(chain, block)
    replay = MarketReplay(chain)
    unknown: list[Log] = []
    count, start = 0, first_block
    for _ in range(CATCH_UPS if block is None else 1):
        for blocks, events in read(chain, start, head, unknown):
            replay.feed(events)
            count += len(events)
            on_progress("blocks", blocks)
        try:
            tally = _compared(chain, replay, head, unknown, on_progress)
        except StateGone:
            start, earlier, head = head.number + 1, head, pin(chain)
            stands(chain, earlier)
            continue
        compared, lags = dict(sorted(tally.compared.items())), replay.registrar_desk.lags()
        beside = (tally.surpluses, tally.unchecked)
        return Audit(head, count, compared, tally.differences, lags, *beside)
    raise TonneError(
        "AUDIT_STATE_GONE",
        f"The node dropped the state of block {start - 1:,} before all of it was compared.",
        field="block",
        value=start - 1,
        remedy="Run the audit against a node that keeps old states (an archive node).",
    )


def _compared(
    chain: Chain,
    replay: MarketReplay,
    head: Pinned,
    unknown: list[Log],
    on_progress: Progress,
) -> Tally:
    tally = Tally()
    tally.value("all", "logs that no interface explains", [], [log["topics"] for log in unknown])
    replay.invariants(tally)
    for checks in in_groups(replay.checks(head.time, tally), BATCH):
        compare(chain, checks, head.number, tally)
        on_progress("checks", len(checks))
    return tally
