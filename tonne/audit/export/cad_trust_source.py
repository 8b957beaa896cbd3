"""Reads from a chain what CAD Trust records are made of."""

from __future__ import annotations

from tonne.audit.export.cad_trust import OWN, CadTrustSource
from tonne.audit.export.holdings import by_owner, holdings
from tonne.audit.export.rebuild import rebuild_market
from tonne.audit.replay.events import Pinned
from tonne.chain.client import Chain
from tonne.units import registry_descriptors


def source_of(
    chain: Chain, first_block: int, block: int | None = None
) -> tuple[CadTrustSource, Pinned]:
    """Everything up to a block; else to the latest."""
    found = rebuild_market(chain, first_block, block)
    source = CadTrustSource(
        found.batches,
        found.article6,
        chain.chain_id,
        found.projects,
        found.market.parties,
        by_owner(holdings(found.market, chain["Exchange"].address)),
        _registries(found.batches.registries),
        now=found.head.time,
    )
    return source, found.head


def _registries(names: dict[int, str]) -> dict[int, str]:
    """Titles of registries by number; a registry without a descriptor here goes by its name on chain."""
    known = registry_descriptors.known()
    return {
        number: known[name].title if name in known else name
        for number, name in names.items()
        if number != OWN
    }
