"""Reads the SQLite file: each answer is of one block, which it names."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from tonne.errors import TonneError, refused
from tonne.serve.tables import ServedTable, columns

#: [s] A question that takes longer is given up.
MOST_SECONDS: Final = 2.0
#: Steps of SQLite between two looks at the clock.
STEPS: Final = 10_000
#: Whole numbers beyond are text: JSON readers round them.
MOST_JSON: Final = 2**53 - 1


class ServedHead(NamedTuple):
    """The block that all tables are of."""

    block: int
    hash: str
    time: int  # [s]
    history: str  # digest
    audited: int | None  # block of the last audit


class TablePage(NamedTuple):
    """Rows by column, and the cursor of the page after them."""

    columns: list[str]
    rows: list[Sequence[Any]]
    next: str | None


class PublishedTables:
    """A read-only connection. Not for several threads at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db: sqlite3.Connection | None = None
        self._columns: dict[str, list[str]] = {}
        self._until = 0.0

    @contextmanager
    def at_one_block(self) -> Iterator[ServedHead]:
        """All reads within are of the block that it gives. Raises SERVICE_NOT_READY before there is one."""
        db = self._open()
        self._until = time.monotonic() + MOST_SECONDS
        try:
            db.execute("BEGIN")
            yield self.head()
        except sqlite3.OperationalError as error:
            raise self._refused(error) from None
        finally:
            if db.in_transaction:
                db.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            try:
                self._db = sqlite3.connect(
                    f"{self.path.resolve().as_uri()}?mode=ro",
                    uri=True,
                    isolation_level=None,
                    check_same_thread=False,
                )
            except sqlite3.OperationalError:
                raise not_ready(self.path) from None
            self._db.set_progress_handler(lambda: time.monotonic() > self._until, STEPS)
        return self._db

    def _refused(self, error: sqlite3.OperationalError) -> TonneError:
        if "interrupted" in str(error):
            return refused("SERVICE_TOO_LONG", most_seconds=MOST_SECONDS)
        return not_ready(self.path)

    def version(self) -> int:
        """Changes whenever another process has written."""
        self._until = time.monotonic() + MOST_SECONDS
        return int(self._open().execute("PRAGMA data_version").fetchone()[0])

    def head(self) -> ServedHead:
        found = self._execute(
            "SELECT block, hash, time, history_digest, (SELECT block FROM result) FROM head"
        ).fetchone()
        if found is None:
            raise not_ready(self.path)
        return ServedHead(*found)

    def rows(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[dict[str, Any]]:
        """Rows by column."""
        found = self._execute(sql, parameters)
        names = [name for name, *_ in found.description]
        return [dict(zip(names, map(written, row), strict=True)) for row in found]

    def lists(self, sql: str, parameters: Sequence[Any] = ()) -> list[Sequence[Any]]:
        """Rows without names."""
        return self._execute(sql, parameters).fetchall()

    def _execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        return self._open().execute(sql, parameters)

    # Tables

    def columns(self, table: str) -> list[str]:
        if table not in self._columns:
            found = self._execute(f'PRAGMA table_info("{table}")').fetchall()
            self._columns[table] = [name for _, name, *_ in found]
        return self._columns[table]

    def page(
        self,
        of: ServedTable,
        equal: Mapping[str, Any],
        q: str | None,
        after: str | None,
        limit: int,
    ) -> TablePage:
        """Rows of a table whose columns have these values, `limit` of them behind the cursor `after`."""
        own = [c for c in self.columns(of.table) if c not in ("replaced",)]
        terms, values = [of.where] if of.where else [], []
        for column, value in equal.items():
            terms.append(f't."{column}" = ?')
            values.append(value)
        if q:
            terms.append(
                "(" + " OR ".join(f"t.\"{c}\" LIKE ? ESCAPE '\\'" for c in of.search) + ")"
            )
            values += [_like(q)] * len(of.search)
        if after is not None:
            marks = ", ".join("?" * len(of.order))
            listed = ", ".join(f't."{c}"' for c in of.order)
            terms.append(f"({listed}) {'<' if of.newest_first else '>'} ({marks})")
            values += _cursor(after, of)
        way = " DESC" if of.newest_first else ""
        order = ", ".join(f't."{c}"{way}' for c in of.order)
        where = f" WHERE {' AND '.join(terms)}" if terms else ""
        chosen = ", ".join(f't."{c}"' for c in own)
        found = self._execute(
            f'SELECT {chosen} FROM "{of.table}" t{where} ORDER BY {order} LIMIT ?',
            [*values, limit + 1],
        ).fetchall()
        more = len(found) > limit
        found = found[:limit]
        last = dict(zip(own, found[-1], strict=True)) if more else {}
        following = ":".join(str(last[c]) for c in of.order) if more else None
        return TablePage(*self._placed(own, found), following)

    def _placed(self, own: list[str], found: list[Any]) -> tuple[list[str], list[Sequence[Any]]]:
        """The rows with the log that each was read from: hash of its block, transaction."""
        if "block" not in own or "place" not in own:
            return own, [tuple(map(written, row)) for row in found]
        block, place = own.index("block"), own.index("place")
        names = ["log" if c == "place" else c for c in own]
        hashes: dict[int, str | None] = {}
        rows: list[Sequence[Any]] = []
        for row in found:
            number = row[block]
            if number not in hashes:
                hashes[number] = self.hash_of(number)
            more = [hashes[number]]
            if "tx" not in own:
                more.append(
                    self._one(
                        "SELECT tx FROM events WHERE block = ? AND place = ?", number, row[place]
                    )
                )
            rows.append((*map(written, row), *more))
        return [*names, "hash", *(() if "tx" in own else ("tx",))], rows

    def hash_of(self, block: int) -> str | None:
        """Hash of a block that stands."""
        found: str | None = self._one(
            "SELECT hash FROM blocks WHERE number = ? AND NOT replaced", block
        )
        return found

    def _one(self, sql: str, *values: Any) -> Any:
        found = self._execute(sql, values).fetchone()
        return found[0] if found else None


def written(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, int) and not -MOST_JSON <= value <= MOST_JSON:
        return str(value)
    return value


def _like(q: str) -> str:
    escaped = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _cursor(text: str, of: ServedTable) -> list[Any]:
    kinds = columns()[of.table]
    return [kinds[c](part) for c, part in zip(of.order, text.split(":"), strict=True)]


def not_ready(path: Path) -> TonneError:
    return refused("SERVICE_NOT_READY", path_name=path.name)
