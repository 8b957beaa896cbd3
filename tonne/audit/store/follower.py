"""Follows a chain into the store, and hands its events out: first those that are stored, then the new ones.

Only proven blocks are stored. A block that the node has replaced is marked, with all that follow it, and the
chain is read on from the last block that still stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tonne.audit.proofs import headers, seals
from tonne.audit.proofs.findings import Refuted
from tonne.audit.proofs.reader import Checkpoint, Proof, ProvenSource
from tonne.audit.replay.events import Dated, Log, Pinned, pin
from tonne.audit.store import rows
from tonne.audit.store.columns import decode
from tonne.audit.store.database import Cursor, Store, damaged
from tonne.audit.store.rows import Row, StoredBlock
from tonne.audit.store.schema import CHUNK
from tonne.chain.client import Chain
from tonne.chain.rpc import Rpc
from tonne.errors import refused

#: Logs with which a commit ends before it has all its blocks.
MOST_ROWS: Final = 32_000


class StoredSource:
    """Events of a market from its store, which it fills on the way."""

    def __init__(
        self,
        chain: Chain,
        first_block: int,
        store: Store,
        checkpoint: Checkpoint | None = None,
        others: Sequence[Rpc] = (),
        genesis: str | None = None,
        chunk: int = CHUNK,
    ) -> None:
        self._chain, self._first, self._store = chain, first_block, store
        self._checkpoint, self._others, self._chunk = checkpoint, others, chunk
        self._known_genesis = genesis
        self.replaced = 0  # blocks that were found to be replaced
        self._cursor = self._found()
        self._source = self._reader()

    @property
    def proof(self) -> Proof:
        return self._source.proof

    def _reader(self) -> ProvenSource:
        """A reader of the blocks behind the cursor."""
        source = ProvenSource(
            self._chain, self._first, self._checkpoint, self._others, self._known_genesis
        )
        if self._cursor.block >= self._first:
            transactions = self._store.transactions()
            source.resume(self._cursor.block, "0x" + self._cursor.hash.hex(), transactions)
        return source

    # The market that the store is of

    def _found(self) -> Cursor:
        """The store's cursor; begins a new store, and one whose contracts have become more."""
        contracts = {c.address_bytes: c.name for c in self._chain.contracts.values()}
        facts = {
            "chain": str(self._chain.chain_id),
            "genesis": str(self._chain.block("0x0").hash),
            "first": str(self._first),
        }
        genesis = bytes.fromhex(facts["genesis"][2:])
        seed = rows.seed(genesis, self._first, contracts)
        start = Cursor(self._first - 1, b"", seed, 0)
        self._start = start
        cursor = self._store.cursor()
        if cursor is None:
            self._store.found({**facts, "seed": seed.hex()}, contracts.items(), start)
            return start
        about = self._store.about()
        if {name: about.get(name) for name in facts} != facts:
            raise refused("AUDIT_STORE_OTHER", store_path=str(self._store.path))
        if contracts.keys() - self._store.contracts():
            again = Cursor(start.block, start.hash, seed, cursor.next_id)
            self._store.begin_again(contracts.items(), again)
            return again
        if about.get("seed") != seed.hex():
            raise damaged(self._store.path, "its contracts are not those of its seed")
        return cursor

    # Following

    def pin(self, block: int | None) -> Pinned:
        """The block to compare at, proven to follow on the stored blocks, which still stand."""
        if self._checkpoint is not None and (block is None or block > self._checkpoint.number):
            block = self._checkpoint.number
        head = pin(self._chain, block)
        self._rewind(head)
        if head.number > self._cursor.block:
            return self._source.pin(head.number)
        return self._stored(head)

    def _stored(self, head: Pinned) -> Pinned:
        """A block that is stored already."""
        known = self._store.block(head.number)
        if known is None:
            raise refused("AUDIT_BEFORE_DEPLOYMENT", head_number=head.number, block=self._first)
        self._check_checkpoint()
        stored = Pinned(known.number, "0x" + known.hash.hex(), known.time)
        self._source.stand_at(stored, known.state_root)
        return stored

    def _check_checkpoint(self) -> None:
        """The stored block must be the checkpoint; a later checkpoint must follow on the stored blocks."""
        pinned = self._checkpoint
        if pinned is None:
            return
        known = self._store.block(pinned.number)
        if known is None:
            self._source.pin(pinned.number)
        elif "0x" + known.hash.hex() != pinned.hash.lower():
            raise Refuted(
                "AUDIT_CHECKPOINT_OTHER",
                f"Block {known.number} of this node is not the checkpoint {pinned.hash}.",
                known.number,
            )

    def _rewind(self, head: Pinned) -> None:
        """Marks the stored blocks that the node does not have any more.

        A node that is merely behind has the same blocks up to its head: nothing is marked.
        """
        highest = min(head.number, self._cursor.block)
        if highest < self._first or self._same(highest):
            return
        low, high = self._first - 1, highest  # the last block that stands is from low to high - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._same(middle) else (low, middle)
        self.replaced += self._cursor.block - low
        self._cursor = self._store.rewind(low, self._start)
        self._source = self._reader()

    def _same(self, number: int) -> bool:
        """Whether the node's block has the fields of the stored one's hash."""
        (found,) = headers.linked(self._chain.rpc, number, number, None, seals.without_seals)
        known = self._store.block(number)
        return known is not None and known.hash == found.hash

    def stretches(
        self, first: int, head: Pinned, unknown: list[Log]
    ) -> Iterator[tuple[int, list[Dated]]]:
        """Events of blocks `first` to `head`; new ones are stored before they are handed out."""
        last = min(head.number, self._cursor.block)
        if first <= last:
            self.proof.receipts += self._store.receipts(last) - self._store.receipts(first - 1)
        for blocks, logs in self._store.stretches(first, last):
            decoded = decode(self._chain, logs)
            yield len(blocks), _explained(logs, decoded.events, unknown)
        for blocks, logs in self._chunks(head.number):
            decoded = decode(self._chain, logs)
            self._cursor = self._store.append(self._cursor, blocks, logs, decoded)
            yield len(blocks), _explained(logs, decoded.events, unknown)

    def _chunks(self, last: int) -> Iterator[tuple[list[StoredBlock], list[Row]]]:
        """New blocks up to `last`, as many as one commit has."""
        blocks: list[StoredBlock] = []
        logs: list[Row] = []
        digest = self._cursor.digest
        for header, told in self._source.blocks(self._cursor.block + 1, last):
            of = [rows.row(log, header.time) for log in told]
            blocks.append(rows.block(header, of, digest))
            logs += of
            digest = blocks[-1].digest
            if len(blocks) >= self._chunk or len(logs) >= MOST_ROWS:
                yield blocks, logs
                blocks, logs = [], []
        if blocks:
            yield blocks, logs


def _explained(
    logs: Sequence[Row], events: Sequence[Dated | None], unknown: list[Log]
) -> list[Dated]:
    """The events that an interface explains; the other logs are added to `unknown`."""
    found = []
    for row, event in zip(logs, events, strict=True):
        if event is None:
            topics = ["0x" + row.topics[at : at + 32].hex() for at in range(0, len(row.topics), 32)]
            unknown.append({"address": "0x" + row.address.hex(), "topics": topics})
        else:
            found.append(event)
    return found
