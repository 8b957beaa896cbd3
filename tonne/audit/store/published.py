"""The SQLite file beside the store, for readers in other processes: views as tables, with block and digests.

It is brought to the store's last block in one transaction, so that its tables are of one block; readers use
it meanwhile (write-ahead log). New blocks add their rows; after a reorganisation it is written anew. If the
process ends between the store's commit and this one, the file is older than the store, says so by its block,
and goes on from there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tonne.audit.store import candles, register_table, views
from tonne.audit.store.database import PUBLISHED_SUFFIX, Cursor, Store, damaged, unwritable

#: Changes with the tables; a file of another form is written anew.
FORM: Final = 8

#: SQLite holds whole numbers up to this one; greater ones are text.
MOST: Final = 2**63 - 1

#: Logs whose rows are asked for at once.
ROWS: Final = 50_000
#: Blocks behind the first up to the second.
Stretch = tuple[int, int]

#: Views whose rows of old blocks never change: new blocks add theirs; and their column of the block.
APPENDED: Final = {
    "blocks": "number", "events": "block", "installations": "block", "reports": "block",
    "disputes": "block", "meter_intervals": "block", "project_steps": "block", "issues": "block",
    "exits": "block", "transfers": "block", "retirements": "block", "markets": "block",
    "orders": "block", "trades": "block", "block_trades": "block", "unit_transfers": "block",
    "days": "block", "cash": "block",
    "allocations": "block", "surrenders": "block", "penalties": "block", "verdicts": "block", "caps": "block",
    "rules": "block", "power_intervals": "block", "power_nodes": "block", "power_prices": "block",
    "power_arcs": "block", "power_flows": "block", "serials": "block", "bills": "block", "powers": "block",
}  # fmt: skip

#: Columns that readers look for, by table; an index each.
INDEXES: Final = {
    "blocks": ("number",),
    "events": ("block, place", "contract, name, block, place", "name, block, place", "tx"),
    "installations": ("id", "operator"),
    "reports": ("installation, year",),
    "issues": ("id",),
    "transfers": ("id, block, place",),
    "retirements": ("certificate",),
    "trades": ("market, block, place, fill", "block"),
    "orders": ("market, block, place",),
    "block_trades": ("market, block, place",),
    "unit_transfers": ("scheme, time",),
    "days": ("market, day",),
    "movements": ("owner, block, place",),
    "holdings": ("account", "id"),
    "wallets": ("wallet",),
    "participants": ("id",),
    "obligations": ("installation, period",),
    "batches": ("id",),
    "serials": ("block, place, number", "id"),
    "projects": ("id",),
    "project_steps": ("project",),
    "power_intervals": ("interval",),
    "power_prices": ("block, place, node", "node, interval", "interval"),
    "power_flows": ("block, place, arc", "arc, interval", "interval"),
    "powers": ("block, place",),
}

#: Sums that new transfers are added to.
HOLDINGS: Final = """
CREATE TABLE holdings (
    contract, account, id, class, scheme, vintage, amount, block, place, PRIMARY KEY (contract, account, id)
)
"""
_CHANGES: Final = """
SELECT contract, account, id, unit_class(id), unit_scheme(id), unit_vintage(id), CAST(sum(amount) AS HUGEINT),
    max(block), arg_max(place, (block, place))
FROM (SELECT block, place, contract, "to" AS account, id, amount FROM transfers WHERE block > $last
UNION ALL SELECT block, place, contract, "from", id, -amount FROM transfers WHERE block > $last)
WHERE account <> '0x0000000000000000000000000000000000000000'
GROUP BY contract, account, id
"""
_ADD: Final = """
INSERT INTO holdings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, block = excluded.block, place = excluded.place
"""


def path_for(store: Path) -> Path:
    return store.with_suffix(PUBLISHED_SUFFIX)


def publish(store: Store, more: Callable[[sqlite3.Connection], None] | None = None) -> None:
    """Brings the file to the store's last block and its last result.

    `more` writes further tables of that block, in the same transaction.
    """
    at = store.cursor()
    if at is None or not at.hash:
        return
    try:
        with closing(sqlite3.connect(path_for(store.path), isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            _bring(store, db, at, more)
    except sqlite3.OperationalError as error:
        raise unwritable(path_for(store.path), error) from None
    except (
        sqlite3.DatabaseError
    ) as error:  # another program's file, or none that SQLite can read any more
        raise damaged(path_for(store.path), str(error)) from None


def is_behind(store: Store) -> bool:
    """Whether the file lacks the store's last block: a kill or a full disk came between them."""
    at = store.cursor()
    if at is None or not path_for(store.path).is_file():
        return True
    with closing(sqlite3.connect(path_for(store.path), isolation_level=None)) as db:
        try:
            told = db.execute("SELECT history_digest FROM head").fetchone()
        except sqlite3.Error:
            return True
    return bool(told != (at.digest.hex(),))


def _bring(
    store: Store,
    db: sqlite3.Connection,
    at: Cursor,
    more: Callable[[sqlite3.Connection], None] | None,
) -> None:
    """One transaction."""
    db.execute("BEGIN IMMEDIATE")
    try:
        last = _reached(store, db)
        if last is None:
            last = begin(store, db)
        if last < at.block:
            _add(store, db, last)
        _set_head(store, db, at)
        if more is not None:
            more(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk ends it by itself
            db.execute("ROLLBACK")
        raise


def _reached(store: Store, db: sqlite3.Connection) -> int | None:
    """The block that the file is at; None where it has to be written anew."""
    if db.execute("PRAGMA user_version").fetchone() != (FORM,):
        return None
    found = db.execute("SELECT block, hash, history_digest FROM head").fetchone()
    known = store.block(found[0]) if found else None
    if known is None or found[1:] != ("0x" + known.hash.hex(), known.digest.hex()):
        return None
    return known.number


def begin(store: Store, db: sqlite3.Connection) -> int:
    """Empty tables, for all blocks."""
    for name, kind in db.execute(
        "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
    ).fetchall():
        db.execute(f'DROP {kind} "{name}"')
    for view in views.VIEWS:
        if view.name == "holdings":
            db.execute(HOLDINGS)
            continue
        described = store.db.execute(f'SELECT * FROM "{view.name}" LIMIT 0').description or []
        columns = ", ".join(f'"{column}"' for column, *_ in described)
        db.execute(f'CREATE TABLE "{view.name}" ({columns})')
    db.execute(candles.TABLE)
    for statement in register_table.TABLES.split(";"):
        db.execute(statement)
    db.execute("CREATE TABLE head (block, hash, time, history_digest)")
    db.execute("CREATE TABLE result (block, hash, state_digest, body)")
    for table, found in INDEXES.items():
        for number, columns in enumerate(found):
            db.execute(f'CREATE INDEX "{table}_{number}" ON "{table}" ({columns})')
    db.execute(f"PRAGMA user_version = {FORM}")
    return -1


def _add(store: Store, db: sqlite3.Connection, last: int) -> None:
    """Rows of the blocks behind `last`."""
    happened, stretches = _happened(store, last), _stretches(store, last)
    for view in views.VIEWS:
        words = views.events_of(view.name)
        if words and not words & happened:
            continue
        if view.name in APPENDED:
            _copy_by_blocks(store, db, view.name, APPENDED[view.name], stretches)
        elif view.name == "holdings":
            found = store.db.execute(_CHANGES, {"last": last})
            db.executemany(_ADD, (tuple(map(plain, row)) for row in found.fetchall()))
            db.execute("DELETE FROM holdings WHERE amount = 0")
        elif view.name == "movements":
            _add_movements(store, db, last, stretches)
        else:
            db.execute(f'DELETE FROM "{view.name}"')
            _copy(store, db, view.name)
    candles.add(store, db, last)


def _stretches(store: Store, last: int) -> list[Stretch]:
    """The blocks behind `last`, in stretches of about ROWS logs: an answer is held in memory whole."""
    found, first, count = [], last, 0
    blocks = store.db.execute(
        "SELECT number, logs FROM block WHERE NOT replaced AND number > ? ORDER BY number", [last]
    ).fetchall()
    for number, logs in blocks:
        count += logs
        if count >= ROWS or number == blocks[-1][0]:
            found.append((first, number))
            first, count = number, 0
    return found


def _copy_by_blocks(
    store: Store, db: sqlite3.Connection, name: str, column: str, stretches: Sequence[Stretch]
) -> None:
    for first, last in stretches:
        _copy(store, db, name, f"{column} > {first} AND {column} <= {last}")


def _add_movements(
    store: Store, db: sqlite3.Connection, last: int, stretches: Sequence[Stretch]
) -> None:
    """Movements of new blocks; all of the participants that have another wallet now."""
    _copy_by_blocks(store, db, "movements", "block", stretches)
    found = store.db.execute(
        "SELECT DISTINCT participant FROM wallets WHERE block > ?", [last]
    ).fetchall()
    if last < 0 or not found:  # at first these were all
        return
    those = f"owner IN ({', '.join(str(int(who)) for (who,) in found)})"
    db.execute(f"DELETE FROM movements WHERE {those}")
    _copy(store, db, "movements", those)


def _happened(store: Store, last: int) -> set[str]:
    """Names of events in the blocks behind `last`."""
    found = store.db.execute(
        "SELECT DISTINCT name FROM event JOIN block ON block_id = id"
        " WHERE NOT replaced AND number > ? AND name IS NOT NULL",
        [last],
    ).fetchall()
    return {name for (name,) in found}


def _set_head(store: Store, db: sqlite3.Connection, at: Cursor) -> None:
    block = store.block(at.block)
    time = block.time if block else 0
    head = (at.block, "0x" + at.hash.hex(), time, at.digest.hex())
    register_table.bring(store, db, at.block, time)
    db.execute("DELETE FROM head")
    db.execute("INSERT INTO head VALUES (?, ?, ?, ?)", head)
    result = store.last_result()
    db.execute("DELETE FROM result")
    if result is not None:
        told = (result.block, "0x" + result.hash.hex(), result.state, result.body)
        db.execute("INSERT INTO result VALUES (?, ?, ?, ?)", told)
        db.execute("DELETE FROM findings")
        _copy(store, db, "findings")


def _copy(store: Store, db: sqlite3.Connection, name: str, where: str = "true") -> None:
    found = store.db.execute(f'SELECT * FROM "{name}" WHERE {where}')
    marks = ", ".join("?" * len(found.description or ()))
    while some := found.fetchmany(10_000):
        insert(db, name, marks, some)


def insert(db: sqlite3.Connection, name: str, marks: str, rows: Iterable[Sequence[Any]]) -> None:
    db.executemany(f'INSERT INTO "{name}" VALUES ({marks})', [tuple(map(plain, r)) for r in rows])


def plain(value: Any) -> Any:
    """A value that SQLite holds exactly."""
    if isinstance(value, int) and not -MOST <= value <= MOST:
        return str(value)
    if value is None or isinstance(value, (int, float, str, bytes)):
        return value
    return str(int(value)) if isinstance(value, Decimal) and value == int(value) else str(value)
