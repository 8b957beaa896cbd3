"""Brings the auditor's store up to the latest proven block, where nothing is to be replayed or compared."""

from __future__ import annotations

from collections.abc import Callable

from tonne.audit.replay.events import Pinned, stands
from tonne.audit.store.database import Store
from tonne.audit.store.follower import StoredSource
from tonne.audit.trust import Trust
from tonne.chain.client import Chain


def bring_up(
    chain: Chain,
    first_block: int,
    store: Store,
    trust: Trust,
    on_blocks: Callable[[int, int], None] = lambda _done, _total: None,
) -> Pinned:
    """Proves and stores the blocks that the store lacks up to the latest, or the checkpoint; replays nothing.

    `on_blocks` receives the numbers of blocks stored by this call and to be stored. Returns the block it came
    to. Raises Refuted where an answer of the node is false.
    """
    source = StoredSource(
        chain, first_block, store, trust.checkpoint, trust.others, trust.genesis, trust.chunk
    )
    head = source.pin(None)
    cursor = store.cursor()
    at = before = cursor.block if cursor else first_block - 1
    for blocks, _ in source.stretches(at + 1, head, []):
        at += blocks
        on_blocks(at - before, head.number - before)
    stands(chain, head)
    return head
