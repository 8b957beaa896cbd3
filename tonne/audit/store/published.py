"""The SQLite file beside the store, for readers in other processes: views as tables, with block and digests.

It is replaced in one transaction with each result, so that its tables are of one block; readers use it
meanwhile (write-ahead log). If the process ends between the store's commit and this one, the file is older
than the store, says so by its block, and is replaced with the next result.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from tonne.audit.store import views
from tonne.audit.store.database import Store

#: Of a row: SQLite holds whole numbers up to this one; greater ones are text.
MOST = 2**63 - 1


def path_for(store: Path) -> Path:
    return store.with_suffix(".sqlite")


def publish(store: Store) -> None:
    """Writes the last result and all views."""
    result = store.last_result()
    if result is None:
        return
    with closing(sqlite3.connect(path_for(store.path), isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        db.execute("DROP TABLE IF EXISTS head")
        db.execute("CREATE TABLE head (block, hash, history_digest, state_digest, result)")
        db.execute(
            "INSERT INTO head VALUES (?, ?, ?, ?, ?)",
            (
                result.block,
                "0x" + result.hash.hex(),
                result.digest.hex(),
                result.state,
                result.body,
            ),
        )
        for view in views.VIEWS:
            _copy(store, db, view.name)
        db.execute("COMMIT")


def _copy(store: Store, db: sqlite3.Connection, name: str) -> None:
    found = store.db.execute(f'SELECT * FROM "{name}"')
    columns = [column for column, *_ in found.description or []]
    names = ", ".join(f'"{column}"' for column in columns)
    db.execute(f'DROP TABLE IF EXISTS "{name}"')
    db.execute(f'CREATE TABLE "{name}" ({names})')
    marks = ", ".join("?" * len(columns))
    while some := found.fetchmany(10_000):
        rows = [tuple(map(_plain, row)) for row in some]
        db.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)


def _plain(value: Any) -> Any:
    """A value that SQLite holds exactly."""
    if isinstance(value, int) and not -MOST <= value <= MOST:
        return str(value)
    if value is None or isinstance(value, (int, float, str, bytes)):
        return value
    return str(int(value)) if isinstance(value, Decimal) and value == int(value) else str(value)
