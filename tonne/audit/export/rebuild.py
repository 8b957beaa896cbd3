"""Rebuilds batches and mitigation outcomes from events, for the exports."""

from __future__ import annotations

from typing import NamedTuple

from tonne.audit.compliance.article6 import Article6Replay
from tonne.audit.compliance.retirement_registry import RetirementRegistryReplay
from tonne.audit.replay.dispatcher import Dispatcher
from tonne.audit.replay.events import Log, Pinned, pin, read
from tonne.audit.units.credit_batches import CreditBatchesReplay
from tonne.chain.client import Chain


class Rebuilt(NamedTuple):
    """Batches and outcomes as of a block."""

    batches: CreditBatchesReplay
    article6: Article6Replay
    head: Pinned


def rebuild(chain: Chain, first_block: int, block: int | None = None) -> Rebuilt:
    """Reads the events up to a block; else to the latest."""
    head = pin(chain, block)
    leaving = chain.contracts.get("Immobilisation")
    batches = CreditBatchesReplay(
        chain["OffsetCredits"].address, leaving.address if leaving is not None else None
    )
    registry = RetirementRegistryReplay([])
    article6 = Article6Replay(registry)
    replays = Dispatcher([batches, registry, article6])
    unknown: list[Log] = []
    for _, events in read(chain, first_block, head, unknown):
        replays.feed(events)
    return Rebuilt(batches, article6, head)
