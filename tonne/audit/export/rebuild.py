"""Rebuilds batches, projects, parties and mitigation outcomes from events, for the exports."""

from __future__ import annotations

from typing import NamedTuple

from tonne.audit.compliance.article6 import Article6Replay
from tonne.audit.compliance.retirement_registry import RetirementRegistryReplay
from tonne.audit.market_replay import MarketReplay
from tonne.audit.replay.dispatcher import Dispatcher
from tonne.audit.replay.events import Log, Pinned, pin, read
from tonne.audit.units.credit_batches import CreditBatchesReplay
from tonne.audit.units.credit_projects import CreditProjectsReplay
from tonne.chain.client import Chain


class Rebuilt(NamedTuple):
    """Batches and outcomes as of a block."""

    batches: CreditBatchesReplay
    article6: Article6Replay
    head: Pinned


class RebuiltMarket(NamedTuple):
    """Everything that the tables of a market are made of, as of a block."""

    batches: CreditBatchesReplay
    projects: CreditProjectsReplay
    article6: Article6Replay
    registry: RetirementRegistryReplay
    market: MarketReplay
    head: Pinned


def rebuild(chain: Chain, first_block: int, block: int | None = None) -> Rebuilt:
    """Reads the events up to a block; else to the latest."""
    batches, registry = _batches(chain), RetirementRegistryReplay([])
    article6 = Article6Replay(registry)
    head = _read(chain, first_block, block, Dispatcher([batches, registry, article6]))
    return Rebuilt(batches, article6, head)


def rebuild_market(chain: Chain, first_block: int, block: int | None = None) -> RebuiltMarket:
    """Reads the events up to a block, with parties and the exchange's ledger."""
    batches, registry, projects = (
        _batches(chain),
        RetirementRegistryReplay([]),
        CreditProjectsReplay(),
    )
    article6 = Article6Replay(registry)
    market = MarketReplay(chain)
    exports = Dispatcher([batches, registry, article6, projects])
    head = _read(chain, first_block, block, exports, market)
    return RebuiltMarket(batches, projects, article6, registry, market, head)


def _batches(chain: Chain) -> CreditBatchesReplay:
    leaving = chain.contracts.get("Immobilisation")
    return CreditBatchesReplay(
        chain["OffsetCredits"].address, leaving.address if leaving is not None else None
    )


def _read(chain: Chain, first_block: int, block: int | None, *replays: Dispatcher) -> Pinned:
    head = pin(chain, block)
    unknown: list[Log] = []
    for _, events in read(chain, first_block, head, unknown):
        for replay in replays:
            replay.feed(events)
    return head
