"""Comparison of a whole store with itself: every row follows from the raw logs, these from the digests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import duckdb

from tonne.audit.store import rows, schema
from tonne.audit.store.columns import decode
from tonne.audit.store.database import Result, Store, damaged
from tonne.audit.store.rows import Row, StoredBlock
from tonne.chain.client import Chain
from tonne.errors import TonneError, why

#: Blocks of one read, unless they have more than MOST_ROWS logs.
BLOCKS: Final = 5_000
MOST_ROWS: Final = 32_000
UNREADABLE: Final = (ValueError, TypeError, LookupError, OverflowError, duckdb.Error)


def verify(chain: Chain, store: Store) -> int:
    """Reads every row of the store; returns how many blocks it has, replaced ones included.

    Raises AUDIT_STORE_DAMAGED at the first row that is not as it was written.
    """
    try:
        return _Verification(chain, store).run()
    except TonneError:
        raise
    except UNREADABLE as error:
        raise damaged(store.path, f"a row cannot be read ({why(error):.80})") from None


class _Verification:
    def __init__(self, chain: Chain, store: Store) -> None:
        self._chain, self._store = chain, store
        self._first = int(store.about()["first"])
        self._seed = b""
        found = store.db.execute(
            "SELECT replaced, number, hash, parent, time, state_root, receipts, logs, digest"
            " FROM block ORDER BY id"
        ).fetchall()
        #: By id.
        self._blocks = [StoredBlock(*rest) for _, *rest in found]
        self._replaced = [replaced for replaced, *_ in found]

    def run(self) -> int:
        self._check_ids()
        seeds = self._check_about()
        digests: dict[tuple[int, bytes], set[bytes]] = defaultdict(set)
        for block in self._blocks:
            digests[block.number, block.hash].add(block.digest)
        used: set[bytes] = set()
        for start, end in self._slices():
            logs, events = self._logs(start, end), self._events(start, end)
            for number in range(start, end):
                block, of = self._blocks[number], logs.get(number, [])
                before = digests.get((block.number - 1, block.parent), set())
                befores = seeds if block.number == self._first else before
                fitting = {b for b in befores if rows.digest(b, block, of) == block.digest}
                if not fitting:
                    raise self._fault(f"block {block.number} does not have its digest", block)
                used |= fitting & seeds
                if self._decoded(of) != events.get(number, []):
                    raise self._fault(f"the events of block {block.number} were altered", block)
        if seeds - used - {self._seed}:
            raise self._fault("a reading left no block")
        self._check_standing(seeds)
        self._check_counts()
        self._check_results()
        return len(self._blocks)

    def _fault(self, fault: str, block: StoredBlock | None = None) -> TonneError:
        return damaged(self._store.path, fault, block.number if block else None)

    def _rows(self, asked: str) -> list[tuple[Any, ...]]:
        return self._store.db.execute(asked).fetchall()

    def _check_ids(self) -> None:
        ids = [id_ for (id_,) in self._rows("SELECT id FROM block ORDER BY id")]
        if ids != list(range(len(ids))):
            raise self._fault("a block is missing or doubled")

    def _check_about(self) -> set[bytes]:
        """Digests before the first block: that of the contracts now, and of those of earlier readings."""
        facts = self._store.about()
        stored = self._rows("SELECT address, name FROM contract")
        known = {(c.address_bytes, c.name) for c in self._chain.contracts.values()}
        seed = rows.seed(bytes.fromhex(facts["genesis"][2:]), self._first, [a for a, _ in stored])
        told = (
            *(facts["form"], facts["seed"], facts["chain"], facts["genesis"], facts["first"]),
            len(facts),
        )
        genesis = self._chain.block("0x0").hash
        chain, first = str(self._chain.chain_id), str(self._first)
        wanted = (schema.FORM, seed.hex(), chain, genesis, first, 5)
        if told != wanted or sorted(known) != sorted(stored):
            raise self._fault("what it is about is not this market")
        self._seed = seed
        seeds = [found for (found,) in self._rows("SELECT seed FROM reading")]
        if seed not in seeds or len(set(seeds)) != len(seeds):
            raise self._fault("a reading is missing or doubled")
        return set(seeds)

    def _slices(self) -> Iterator[tuple[int, int]]:
        """Ranges of ids that are read at once."""
        start, count = 0, 0
        for number, block in enumerate(self._blocks):
            if number - start >= BLOCKS or (count and count + block.logs > MOST_ROWS):
                yield start, number
                start, count = number, 0
            count += block.logs
        if start < len(self._blocks):
            yield start, len(self._blocks)

    def _logs(self, start: int, end: int) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = defaultdict(list)
        for id_, place, *rest in self._rows(
            "SELECT block_id, place, tx_index, tx, address, topics, data FROM log"
            f" WHERE block_id >= {start} AND block_id < {end} ORDER BY block_id, place"
        ):
            block = self._blocks[id_]
            found[id_].append(Row(block.number, place, block.time, *rest))
        return found

    def _events(self, start: int, end: int) -> dict[int, list[tuple[Any, ...]]]:
        found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for id_, *rest in self._rows(
            "SELECT block_id, place, contract, name, args FROM event"
            f" WHERE block_id >= {start} AND block_id < {end} ORDER BY block_id, place"
        ):
            found[id_].append(tuple(rest))
        return found

    def _decoded(self, of: Sequence[Row]) -> list[tuple[Any, ...]]:
        decoded = decode(self._chain, of)
        return [
            (row.place, e.event.contract if e else None, e.event.name if e else None, text)
            for row, e, text in zip(of, decoded.events, decoded.json, strict=True)
        ]

    def _check_standing(self, seeds: set[bytes]) -> None:
        """The standing blocks are one chain from the first block to the cursor."""
        pairs = zip(self._replaced, self._blocks, strict=True)
        standing = sorted(block for replaced, block in pairs if not replaced)
        cursor = self._store.cursor()
        if cursor is None or cursor.next_id != len(self._blocks):
            raise self._fault("its cursor counts other blocks")
        told = (cursor.block, cursor.hash, cursor.digest)
        if not standing:
            if told[:2] != (self._first - 1, b"") or cursor.digest not in seeds:
                raise self._fault("its cursor is not at its first block")
            return
        last = standing[-1]
        if told != (last.number, last.hash, last.digest) or standing[0].number != self._first:
            raise self._fault("its cursor is not at its last block")
        for before, block in pairwise(standing):
            if block.number != before.number + 1 or block.parent != before.hash:
                raise self._fault(f"block {block.number} does not follow the one before", block)

    def _check_counts(self) -> None:
        """No log or event is of a block that is not stored."""
        for table in ("log", "event"):
            ((count,),) = self._rows(f"SELECT count(*) FROM {table}")
            if count != sum(block.logs for block in self._blocks):
                raise self._fault(f"the table {table} has {count} rows")

    def _check_results(self) -> None:
        found = self._rows("SELECT * FROM result")
        cursor = self._store.cursor()
        if cursor is None or len(found) != cursor.results:
            raise self._fault("a result is missing or doubled")
        stored = {(b.number, b.hash, b.digest) for b in self._blocks}
        for *fields, told in found:
            result = Result(*fields)
            if result.sum != told or (result.block, result.hash, result.digest) not in stored:
                raise self._fault(f"the result at block {result.block} was altered")
