"""The store: proven blocks, raw logs and decoded events, with cursor and chained digest in one commit.

One process has the file open at a time. Blocks that a reorganisation replaced are marked, never deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import duckdb

from tonne.audit.store import rows, schema, views
from tonne.audit.store.rows import Row, StoredBlock
from tonne.errors import TonneError, refused, why

if TYPE_CHECKING:
    import pyarrow as pa

    from tonne.audit.store.columns import Decoded
    from tonne.audit.store.report_lines import PublishedReport

#: [bytes] DuckDB's headers: a shorter file of it holds nothing.
HEADERS: Final = 3 * 4096
#: How DuckDB and the system say that nothing can be written.
_UNWRITABLE: Final = re.compile(
    r"no space left|file too large|quota|could not write|failed to commit|permission denied|read-only file",
    re.IGNORECASE,
)

#: Rows of one read.
READ_ROWS: Final = 32_000
BLOCK_FIELDS: Final = "number, hash, parent, time, state_root, receipts, logs, digest"
#: Blocks of the chain as it is.
STANDING: Final = "NOT replaced"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last block that is stored, and the digest up to it."""

    block: int
    hash: bytes
    digest: bytes
    next_id: int
    results: int = 0  # of audits


class Result(NamedTuple):
    """What an audit found at a block."""

    block: int
    hash: bytes
    digest: bytes  # of the history
    state: str  # digest of the rebuilt state
    trust: str  # what was asked to vouch for the block
    body: str  # JSON

    @property
    def sum(self) -> bytes:
        """SHA-256 by which an altered row is found."""
        return hashlib.sha256(repr(tuple(self)).encode()).digest()


#: Ending of the SQLite file beside a store, see `published`.
PUBLISHED_SUFFIX: Final = ".sqlite"


class Store:
    """An open store. Raises AUDIT_STORE_BUSY where another process has it open."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        #: Reports whose lines the register's table proves; no part of the file.
        self.published: Sequence[PublishedReport] = ()
        if path.suffix == PUBLISHED_SUFFIX:
            raise refused(
                "AUDIT_STORE_NAME",
                path=str(path),
                published_suffix=PUBLISHED_SUFFIX,
                with_suffix=path.with_suffix(".duckdb"),
            )
        if read_only and not path.exists():
            raise refused("AUDIT_STORE_MISSING", path=str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        if not read_only and _is_stub(path):
            path.unlink()
        try:
            self.db = duckdb.connect(str(path), read_only=read_only)
        except duckdb.IOException as error:
            raise _closed(path, error) from None
        self.db.execute("SET preserve_insertion_order = true")
        with _sound(path):
            if not self._tables():
                with self.commit():
                    self.db.execute(schema.TABLES)
                    self.db.execute("INSERT INTO about VALUES ('form', ?)", [schema.FORM])
            self._check_form()
            if not read_only:
                with self.commit():
                    views.create(self.db)

    def _tables(self) -> bool:
        found = self.db.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'about'")
        return bool(_one(found))

    def _check_form(self) -> None:
        found = self.about().get("form")
        if found != schema.FORM:
            raise refused(
                "AUDIT_STORE_FORM", path=str(self.path), found_form=found, form=schema.FORM
            )

    def close(self) -> None:
        self.db.close()

    @contextlib.contextmanager
    def commit(self) -> Iterator[None]:
        """One transaction: all of it or nothing."""
        try:
            self.db.execute("BEGIN")
            yield
            self.db.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(duckdb.Error):  # a failed commit has ended it
                self.db.execute("ROLLBACK")
            if isinstance(error, duckdb.Error) and _UNWRITABLE.search(str(error)):
                raise unwritable(self.path, error) from None
            raise

    # What the store is about

    def about(self) -> dict[str, str]:
        return dict(self.db.execute("SELECT name, value FROM about").fetchall())

    def found(
        self, facts: Mapping[str, str], contracts: Iterable[tuple[bytes, str]], cursor: Cursor
    ) -> None:
        """Begins the store of one market, behind the block before its first."""
        with self.commit():
            self.db.executemany("INSERT INTO about VALUES (?, ?)", list(facts.items()))
            self._set_contracts(cursor.digest, contracts)
            self._move(cursor)

    def begin_again(self, contracts: Iterable[tuple[bytes, str]], cursor: Cursor) -> None:
        """Reads all blocks once more, for logs of a contract that was not known before."""
        with self.commit():
            self.db.execute("UPDATE block SET replaced = true")
            self.db.execute("UPDATE about SET value = ? WHERE name = 'seed'", [cursor.digest.hex()])
            self._set_contracts(cursor.digest, contracts)
            self._move(cursor)

    def _set_contracts(self, seed: bytes, contracts: Iterable[tuple[bytes, str]]) -> None:
        self.db.execute("DELETE FROM contract")
        self.db.executemany("INSERT INTO contract VALUES (?, ?)", list(contracts))
        self.db.execute("INSERT INTO reading VALUES (?)", [seed])

    def contracts(self) -> set[bytes]:
        return {
            address for (address,) in self.db.execute("SELECT address FROM contract").fetchall()
        }

    # Writing

    def cursor(self) -> Cursor | None:
        """The last stored block; None in a new store."""
        found = self.db.execute("SELECT * FROM cursor").fetchall()
        if len(found) > 1:
            raise damaged(self.path, "it has several cursors")
        return Cursor(*found[0]) if found else None

    def _move(self, cursor: Cursor) -> None:
        known = self.cursor()
        results = known.results if known else 0
        self.db.execute("DELETE FROM cursor")
        self.db.execute(
            "INSERT INTO cursor VALUES (?, ?, ?, ?, ?)",
            [cursor.block, cursor.hash, cursor.digest, cursor.next_id, results],
        )

    def append(
        self, at: Cursor, blocks: Sequence[StoredBlock], logs: Sequence[Row], decoded: Decoded
    ) -> Cursor:
        """Adds blocks behind the cursor with their logs and events; returns the new cursor."""
        from tonne.audit.store import tables  # slow to import; a store with nothing new needs none

        last = blocks[-1]
        ids = {b.number: at.next_id + n for n, b in enumerate(blocks)}
        following = at.next_id + len(blocks)
        moved = Cursor(last.number, last.hash, last.digest, following)
        with self.commit():
            self._insert("block", tables.blocks(ids.values(), blocks))
            if logs:
                of = [ids[row.block] for row in logs]
                self._insert("log", tables.logs(of, logs))
                self._insert("event", tables.events(of, logs, decoded))
            self._move(moved)
        return moved

    def _insert(self, name: str, table: pa.Table) -> None:
        self.db.register("batch", table)
        self.db.execute(f"INSERT INTO {name} SELECT * FROM batch")
        self.db.unregister("batch")

    def rewind(self, block: int, first: Cursor) -> Cursor:
        """Marks all blocks after `block` as replaced; returns the new cursor."""
        kept = self.block(block)
        at = self.cursor() or first
        place = (kept.number, kept.hash, kept.digest) if kept else (first.block, b"", first.digest)
        moved = Cursor(*place, at.next_id)
        with self.commit():
            self.db.execute("UPDATE block SET replaced = true WHERE number > ?", [block])
            self._move(moved)
        return moved

    # Reading

    def rows(self, query: str, parameters: Any = None) -> list[dict[str, Any]]:
        """Answers to a question in SQL, by column. Raises AUDIT_QUERY where it cannot be answered."""
        try:
            found = self.db.execute(query, parameters)
            names = [name for name, *_ in found.description or []]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        except duckdb.Error as error:
            raise refused("AUDIT_QUERY", query=query, reason=why(error).splitlines()[0]) from None

    def head(self) -> dict[str, Any]:
        """The last block, and the digests up to it."""
        at, result = self.cursor(), self.last_result()
        if at is None or not at.hash:
            return {}
        state = result.state if result and result.hash == at.hash else ""
        return {
            "chain": self.about()["chain"],
            "block": at.block,
            "blockHash": "0x" + at.hash.hex(),
            "historyDigest": at.digest.hex(),
            "stateDigest": state,
        }

    def block(self, number: int) -> StoredBlock | None:
        """The standing block of a number."""
        asked = f"SELECT {BLOCK_FIELDS} FROM block WHERE {STANDING} AND number = ?"
        found = self.db.execute(asked, [number]).fetchall()
        if len(found) > 1:
            raise damaged(self.path, f"it has block {number} twice")
        return StoredBlock(*found[0]) if found else None

    def receipts(self, last: int) -> int:
        """Receipts of the standing blocks up to one."""
        asked = f"SELECT coalesce(sum(receipts), 0) FROM block WHERE {STANDING} AND number <= ?"
        return int(_one(self.db.execute(asked, [last])))

    def transactions(self) -> Iterator[bytes]:
        """Hashes of all transactions with logs, of standing blocks."""
        asked = f"SELECT DISTINCT tx FROM log JOIN block ON block_id = id WHERE {STANDING}"
        yield from self.db.sql(asked).to_arrow_table()["tx"].to_pylist()

    def keep(self, result: Result) -> None:
        """Adds a result of an audit."""
        with self.commit():
            self.db.execute(
                "INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?)", [*result, result.sum]
            )
            self.db.execute("UPDATE cursor SET results = results + 1")

    def result(self, hash_: bytes, trust: str) -> Result | None:
        """The last result at a block, under the same trust."""
        asked = (
            "SELECT block, hash, digest, state, trust, body, sum FROM result"
            " WHERE hash = ? AND trust = ? ORDER BY rowid DESC LIMIT 1"
        )
        found = self.db.execute(asked, [hash_, trust]).fetchall()
        return self._summed(found[0]) if found else None

    def last_result(self) -> Result | None:
        """The result of the last audit."""
        found = self.db.execute(
            "SELECT block, hash, digest, state, trust, body, sum FROM result"
            " ORDER BY rowid DESC LIMIT 1"
        ).fetchall()
        return self._summed(found[0]) if found else None

    def _summed(self, found: tuple[Any, ...]) -> Result:
        result = Result(*found[:-1])
        if result.sum != found[-1]:
            raise damaged(self.path, f"the result at block {result.block} was altered")
        return result

    def stretches(self, first: int, last: int) -> Iterator[tuple[list[StoredBlock], list[Row]]]:
        """Standing blocks first to last and their rows, some at a time; their digests are checked."""
        before = self.block(first - 1)
        digest = before.digest if before else bytes.fromhex(self.about()["seed"])
        parent = before.hash if before else None
        while first <= last:
            blocks = self._blocks(first, last)
            if not blocks:
                raise damaged(self.path, f"block {first} is missing")
            logs = self._rows(first, blocks[-1].number)
            self._check(blocks, logs, first, digest, parent)
            yield blocks, logs
            first, digest, parent = blocks[-1].number + 1, blocks[-1].digest, blocks[-1].hash

    def _blocks(self, first: int, last: int) -> list[StoredBlock]:
        """Blocks from `first` that have about READ_ROWS rows."""
        asked = (
            f"SELECT {BLOCK_FIELDS} FROM (SELECT *, sum(logs + 1) OVER (ORDER BY number) AS total"
            f" FROM block WHERE {STANDING} AND number BETWEEN ? AND ?)"
            f" WHERE total - logs - 1 < {READ_ROWS} ORDER BY number"
        )
        return [StoredBlock(*found) for found in self.db.execute(asked, [first, last]).fetchall()]

    def _rows(self, first: int, last: int) -> list[Row]:
        asked = (
            "SELECT number, place, time, tx_index, tx, address, topics, data FROM log"
            f" JOIN block ON block_id = id WHERE {STANDING} AND number BETWEEN ? AND ?"
            " ORDER BY number, place"
        )
        table = self.db.sql(asked, params=[first, last]).to_arrow_table()
        return list(map(Row, *(column.to_pylist() for column in table.columns)))

    def _check(
        self,
        blocks: Sequence[StoredBlock],
        logs: Sequence[Row],
        first: int,
        digest: bytes,
        parent: bytes | None,
    ) -> None:
        of = {number: list(some) for number, some in groupby(logs, key=lambda r: r.block)}
        for number, block in enumerate(blocks, start=first):
            digest = rows.digest(digest, block, of.get(number, ()))
            linked = parent is None or parent == block.parent
            if block.number != number or block.digest != digest or not linked:
                raise damaged(self.path, f"block {number} does not have its digest", number)
            parent = block.hash


def _one(found: duckdb.DuckDBPyConnection) -> Any:
    (row,) = found.fetchall()
    return row[0]


def _is_stub(path: Path) -> bool:
    """Whether a kill or a full disk came while the file was begun: nothing is in it yet."""
    if not path.is_file() or path.stat().st_size >= HEADERS:
        return False
    begun = path.read_bytes()
    return not begun or begun[8:12] == b"DUCK"


@contextlib.contextmanager
def _sound(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise _failed(path, error) from None


def _failed(path: Path, error: Exception) -> TonneError:
    return unwritable(path, error) if _UNWRITABLE.search(str(error)) else damaged(path, why(error))


def unwritable(path: Path, error: Exception) -> TonneError:
    """Nothing more can be written there; the last commit stands."""
    return refused("AUDIT_STORE_UNWRITABLE", path=str(path), reason=why(error).splitlines()[0])


def damaged(path: Path, fault: str, block: int | None = None) -> TonneError:
    """The store is not as it was written."""
    return refused("AUDIT_STORE_DAMAGED", store=str(path) if block is None else block, fault=fault)


def _closed(path: Path, error: Exception) -> TonneError:
    if "lock" in str(error).lower():
        return refused("AUDIT_STORE_BUSY", path=str(path))
    return _failed(path, error)
