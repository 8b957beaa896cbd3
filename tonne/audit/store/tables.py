"""Rows of one commit as Arrow tables, which DuckDB takes in at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa

from tonne.audit.store.columns import Decoded
from tonne.audit.store.rows import Row, StoredBlock

BLOCKS: Final = pa.schema(
    [
        pa.field("id", pa.int64()),
        pa.field("number", pa.int64()),
        pa.field("hash", pa.binary()),
        pa.field("parent", pa.binary()),
        pa.field("time", pa.int64()),
        pa.field("state_root", pa.binary()),
        pa.field("receipts", pa.int32()),
        pa.field("logs", pa.int32()),
        pa.field("digest", pa.binary()),
        pa.field("replaced", pa.bool_()),
    ]
)
LOGS: Final = pa.schema(
    [
        pa.field("block_id", pa.int64()),
        pa.field("place", pa.int32()),
        pa.field("tx_index", pa.int32()),
        *(pa.field(name, pa.binary()) for name in ("tx", "address", "topics", "data")),
    ]
)
EVENTS: Final = pa.schema(
    [
        pa.field("block_id", pa.int64()),
        pa.field("place", pa.int32()),
        *(pa.field(name, pa.string()) for name in ("contract", "name", "args")),
    ]
)


def blocks(ids: Iterable[int], of: Sequence[StoredBlock]) -> pa.Table:
    """Blocks by id, none of them replaced."""
    return pa.table([list(ids), *zip(*of, strict=True), [False] * len(of)], schema=BLOCKS)


def logs(block_ids: Sequence[int], of: Sequence[Row]) -> pa.Table:
    """Raw logs; `block_ids` has the id of each one's block."""
    _, places, _, indexes, *raw = zip(*of, strict=True)
    return pa.table([block_ids, places, indexes, *raw], schema=LOGS)


def events(block_ids: Sequence[int], of: Sequence[Row], decoded: Decoded) -> pa.Table:
    """What interfaces say of the same logs; without a name where none explains one."""
    kinds = [(e.event.contract, e.event.name) if e else (None, None) for e in decoded.events]
    places = [row.place for row in of]
    return pa.table([block_ids, places, *zip(*kinds, strict=True), decoded.json], schema=EVENTS)
