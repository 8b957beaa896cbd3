"""A database in memory of the events that some views read: a report's tables, by the service's queries.

It rests on the word of the node, and its blocks have number, hash and time alone. Rows go in by columns of
NumPy, contract by contract: through Arrow the same takes 60 MB more.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import duckdb
import numpy as np

from tonne.audit.replay.events import block_times
from tonne.audit.store import rows, schema, views
from tonne.audit.store.columns import decode
from tonne.chain.client import Chain
from tonne.chain.contract import Contract

#: Beyond it DuckDB keeps buffers in files.
MEMORY: Final = "96MB"


class EventRows:
    """Answers of an excerpt by column, as a store gives them."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self.db = db

    def rows(self, query: str, parameters: Any = None) -> list[dict[str, Any]]:
        found = self.db.execute(query, parameters)
        names = [name for name, *_ in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def read(
    chain: Chain, names: Iterable[str], events: frozenset[str] = frozenset()
) -> duckdb.DuckDBPyConnection:
    """A database with all events that the views of these names read, and those that `events` names beside
    their contracts."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": MEMORY,
        "temp_directory": tempfile.gettempdir(),
    }
    db = duckdb.connect(":memory:", config=config)
    db.execute(schema.TABLES)
    views.create(db)
    wanted = events.union(*map(views.events_of, names))
    known: set[int] = set()
    for contract in chain.contracts.values():
        if contract.name in wanted:
            _add(chain, db, _logs(chain, contract, wanted), known)
    return db


def _logs(chain: Chain, contract: Contract, wanted: frozenset[str]) -> list[dict[str, Any]]:
    """Logs of the wanted events of a contract."""
    topics = [
        contract.topic(entry["name"])
        for entry in contract.abi
        if entry["type"] == "event" and entry["name"] in wanted
    ]
    if not topics:
        return []
    asked = {"address": contract.address, "topics": [topics], "fromBlock": "0x0"}
    found: list[dict[str, Any]] = chain.rpc.call("eth_getLogs", {**asked, "toBlock": "latest"})
    return found


def _add(
    chain: Chain, db: duckdb.DuckDBPyConnection, logs: list[dict[str, Any]], known: set[int]
) -> None:
    """Adds logs with their events, and the blocks that are not `known` yet. A block's id is its number."""
    if not logs:
        return
    moments = block_times(chain, logs)
    found = [rows.row(log, moments[log["blockNumber"]]) for log in logs]
    hashes = {r.block: log["blockHash"] for r, log in zip(found, logs, strict=True)}
    fresh = {r.block: r.time for r in found if r.block not in known}
    known.update(fresh)
    decoded = decode(chain, found)
    place = {"block_id": [r.block for r in found], "place": [r.place for r in found]}
    _insert(
        db,
        "block",
        {
            "id": list(fresh),
            "number": list(fresh),
            "hash": [bytes.fromhex(hashes[number][2:]) for number in fresh],
            "parent": [b""] * len(fresh),
            "time": list(fresh.values()),
            "state_root": [b""] * len(fresh),
            "receipts": [0] * len(fresh),
            "logs": [0] * len(fresh),
            "digest": [b""] * len(fresh),
            "replaced": [False] * len(fresh),
        },
    )
    raw = ("tx_index", "tx", "address", "topics", "data")
    _insert(db, "log", {**place, **{name: [getattr(r, name) for r in found] for name in raw}})
    _insert(
        db,
        "event",
        {
            **place,
            "contract": [e.event.contract if e else None for e in decoded.events],
            "name": [e.event.name if e else None for e in decoded.events],
            "args": decoded.json,
        },
    )


def _insert(
    db: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Sequence[object]]
) -> None:
    if not len(next(iter(columns.values()))):
        return
    batch = {
        name: np.array(values, dtype=object if isinstance(values[0], bytes | str | None) else None)
        for name, values in columns.items()
    }
    db.register("batch", batch)
    db.execute(f"INSERT INTO {table} BY NAME SELECT * FROM batch")
    db.unregister("batch")
