"""The daemon's memory: one SQLite file, written before anything is sent.

The journal records attempts and decides no outcome. After a kill at any line the daemon looks for the
same bytes and sends them again instead of new ones.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import NamedTuple

from tonne.crypto.accounts import Fees
from tonne.errors import TonneError, refused

SCHEMA_VERSION = 3

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
    key        TEXT PRIMARY KEY,                -- the business key: what must happen exactly once
    target     TEXT NOT NULL,                   -- contract address
    data       BLOB NOT NULL,                   -- calldata
    gas        INTEGER NOT NULL,                -- gas limit
    state      TEXT NOT NULL,                   -- JobState
    nonce      INTEGER,                         -- of its attempts, once assigned
    code       TEXT, reason TEXT,               -- why it failed
    block      INTEGER, block_hash TEXT,        -- where it was mined
    rank       INTEGER NOT NULL DEFAULT 1       -- Rank
);
CREATE TABLE IF NOT EXISTS attempts (
    tx_hash    TEXT PRIMARY KEY,
    key        TEXT NOT NULL REFERENCES jobs(key),
    raw        BLOB NOT NULL,                   -- the signed bytes: what is (again) broadcast
    fee_wei    INTEGER NOT NULL,                -- price or cap per gas
    sent_block INTEGER,                         -- head when last broadcast; NULL: not yet sent
    tip_wei    INTEGER                          -- NULL: no tip, where the chain knows none
);
CREATE INDEX IF NOT EXISTS attempts_of ON attempts (key);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
CREATE TABLE IF NOT EXISTS files (
    sha256     TEXT PRIMARY KEY, name TEXT NOT NULL, outcome TEXT NOT NULL, code TEXT, reason TEXT,
    key TEXT
);
"""


#: What leads from a schema to the next.
MIGRATIONS = {
    1: "ALTER TABLE attempts ADD COLUMN tip_wei INTEGER",
    2: "ALTER TABLE jobs ADD COLUMN rank INTEGER NOT NULL DEFAULT 1",
}


class JobState(StrEnum):
    """Queued (nothing signed), pending (outcome unknown), mined (not yet final); three ends."""

    QUEUED = "queued"
    PENDING = "pending"
    MINED = "mined"
    FINAL = "final"
    FAILED = "failed"
    DONE_ELSEWHERE = "done_elsewhere"


class Rank(IntEnum):
    """Which of two jobs that wait to be signed goes first."""

    DEADLINE = 0  # it costs a bond when it comes too late
    LIVE = 1
    LATE = 2  # backlog: it leaves room for live work


OPEN_STATES = (JobState.QUEUED, JobState.PENDING, JobState.MINED)


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that must happen on the chain exactly once."""

    key: str
    target: str
    data: bytes
    gas: int
    state: JobState
    nonce: int | None
    code: str | None
    reason: str | None
    block: int | None
    block_hash: str | None
    rank: Rank


@dataclass(frozen=True, slots=True)
class Attempt:
    """One signed transaction for a job. All attempts of a job carry the same nonce."""

    tx_hash: str
    key: str
    raw: bytes
    fee_wei: int
    sent_block: int | None
    tip_wei: int | None


class FileRow(NamedTuple):
    """How a file was judged last."""

    name: str
    outcome: str
    code: str | None
    reason: str | None
    key: str | None


class Journal:
    """Opens (or makes) the journal at `path`; a second daemon on the same file is refused. A reader changes
    nothing and may look while the daemon works."""

    def __init__(self, path: Path, reads: bool = False) -> None:
        self.path = path
        self._lock = -1
        if reads:
            self._db = _reader(path)
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(path)
            self._db = sqlite3.connect(path, timeout=0, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            self._unlock()
            raise _unusable(path, error) from error
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(SCHEMA)
            self._migrate()
        except sqlite3.Error as error:
            self.close()
            raise _unusable(path, error) from error
        except TonneError:
            self.close()
            raise

    def _unlock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _migrate(self) -> None:
        """Brings a journal of an earlier release to today's schema, whatever its jobs are waiting for."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
        kept = int(row[0]) if row else SCHEMA_VERSION
        with self.transaction():
            for version in range(kept, SCHEMA_VERSION):
                self._db.execute(MIGRATIONS[version])
            self.remember("schema", str(max(kept, SCHEMA_VERSION)))
        self._pin("schema", str(SCHEMA_VERSION))

    def close(self) -> None:
        self._db.close()
        self._unlock()

    def copy_to(self, path: Path) -> None:
        """A whole copy as of one moment, while the daemon may go on writing."""
        with closing(sqlite3.connect(path)) as copy:
            self._db.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")

    def remember(self, name: str, value: str) -> None:
        """Keeps a fact that changes."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def recall(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def pin(self, name: str, value: str) -> None:
        """Binds the journal to a fact (chain id, contract, sender); another one is refused."""
        self._pin(name, value)

    def _pin(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
        (kept,) = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        if kept != value:
            raise refused("ORACLE_JOURNAL_FOREIGN", given=value, part=name, kept=kept)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside become durable together, or not at all; a nested one joins the outer one."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk ends it by itself
                self._db.execute("ROLLBACK")
            raise

    # Files

    def file_accepted(self, sha256: str) -> str | None:
        """The name under which these bytes were accepted. Refused bytes, by the daemon or by the chain, may
        come again."""
        row = self._db.execute(
            "SELECT name FROM files LEFT JOIN jobs USING (key)"
            " WHERE sha256 = ? AND outcome = 'accepted' AND jobs.state IS NOT ?",
            (sha256, JobState.FAILED),
        ).fetchone()
        return row[0] if row else None

    def record_file(
        self,
        sha256: str,
        name: str,
        outcome: str,
        code: str | None,
        reason: str | None,
        key: str | None,
    ) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
            (sha256, name, outcome, code, reason, key),
        )

    def file_key(self, sha256: str) -> str | None:
        """Key of the job that an accepted file made."""
        row = self._db.execute("SELECT key FROM files WHERE sha256 = ?", (sha256,)).fetchone()
        return row[0] if row else None

    def file_row(self, sha256: str) -> FileRow | None:
        """The record of a file's bytes."""
        row = self._db.execute(
            "SELECT name, outcome, code, reason, key FROM files WHERE sha256 = ?", (sha256,)
        ).fetchone()
        return FileRow(*row) if row else None

    def file_counts(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT outcome, count(*) FROM files GROUP BY outcome"))

    # Jobs

    def enqueue(self, key: str, target: str, data: bytes, gas: int, rank: Rank = Rank.LIVE) -> bool:
        """Adds the job unless its key is known and has not failed; returns whether it was added."""
        failed = "SELECT key FROM jobs WHERE key = ? AND state = ?"
        self._db.execute(f"DELETE FROM attempts WHERE key IN ({failed})", (key, JobState.FAILED))
        self._db.execute("DELETE FROM jobs WHERE key = ? AND state = ?", (key, JobState.FAILED))
        done = self._db.execute(
            "INSERT OR IGNORE INTO jobs (key, target, data, gas, state, rank)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (key, target, data, gas, JobState.QUEUED, rank),
        )
        return done.rowcount == 1

    def job(self, key: str) -> Job | None:
        found = self._jobs("WHERE key = ?", (key,))
        return found[0] if found else None

    def open_jobs(self) -> list[Job]:
        """Jobs that have not ended: by nonce, then the queued ones by rank, as they arrived."""
        marks = ",".join("?" * len(OPEN_STATES))
        return self._jobs(
            f"WHERE state IN ({marks}) ORDER BY nonce IS NULL, nonce, rank, rowid", OPEN_STATES
        )

    def open_count(self) -> int:
        """Jobs that have not ended."""
        marks = ",".join("?" * len(OPEN_STATES))
        asked = f"SELECT count(*) FROM jobs WHERE state IN ({marks})"
        return int(self._db.execute(asked, OPEN_STATES).fetchone()[0])

    def has_open(self, prefix: str) -> bool:
        """Whether a job with this prefix of its key may still change the chain."""
        asked = "SELECT count(*) FROM jobs WHERE state IN (?, ?) AND substr(key, 1, ?) = ?"
        values = (JobState.QUEUED, JobState.PENDING, len(prefix), prefix)
        return bool(self._db.execute(asked, values).fetchone()[0])

    def queued(self, rank: Rank) -> int:
        """Jobs of a rank that wait to be signed."""
        asked = "SELECT count(*) FROM jobs WHERE state = ? AND rank = ?"
        (count,) = self._db.execute(asked, (JobState.QUEUED, rank)).fetchone()
        return int(count)

    def job_counts(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT state, count(*) FROM jobs GROUP BY state"))

    def set_state(
        self,
        key: str,
        state: JobState,
        *,
        code: str | None = None,
        reason: str | None = None,
        block: int | None = None,
        block_hash: str | None = None,
    ) -> None:
        self._db.execute(
            "UPDATE jobs SET state = ?, code = ?, reason = ?, block = ?, block_hash = ?"
            " WHERE key = ?",
            (state, code, reason, block, block_hash, key),
        )

    def requeue(self, key: str) -> None:
        """Forgets the nonce of a job after another transaction provably consumed it."""
        self._db.execute(
            "UPDATE jobs SET state = ?, nonce = NULL WHERE key = ?", (JobState.QUEUED, key)
        )
        self._db.execute("DELETE FROM attempts WHERE key = ?", (key,))

    def open_nonces(self) -> list[int]:
        """Nonces of signed transactions that are not final, in order."""
        rows = self._db.execute(
            "SELECT nonce FROM jobs WHERE state IN (?, ?) ORDER BY nonce",
            (JobState.PENDING, JobState.MINED),
        )
        return [nonce for (nonce,) in rows]

    def next_nonce(self) -> int:
        """The first nonce that no ended job has consumed: a node that is behind cannot talk it down."""
        (last,) = self._db.execute(
            "SELECT max(nonce) FROM jobs WHERE state = ?", (JobState.FINAL,)
        ).fetchone()
        return 0 if last is None else int(last) + 1

    # Attempts

    def save_attempt(self, key: str, nonce: int, tx_hash: str, raw: bytes, fees: Fees) -> None:
        """Records the signed bytes *before* they are broadcast."""
        with self.transaction():
            self._db.execute(
                "UPDATE jobs SET state = ?, nonce = ? WHERE key = ?", (JobState.PENDING, nonce, key)
            )
            self._db.execute(
                "INSERT OR IGNORE INTO attempts (tx_hash, key, raw, fee_wei, tip_wei)"
                " VALUES (?, ?, ?, ?, ?)",
                (tx_hash, key, raw, fees.price, fees.priority),
            )

    def mark_sent(self, tx_hash: str, head: int) -> None:
        self._db.execute("UPDATE attempts SET sent_block = ? WHERE tx_hash = ?", (head, tx_hash))

    def attempts(self, key: str) -> list[Attempt]:
        """Attempts of a job, the newest (dearest) last."""
        rows = self._db.execute(
            "SELECT tx_hash, key, raw, fee_wei, sent_block, tip_wei FROM attempts WHERE key = ?"
            " ORDER BY rowid",
            (key,),
        )
        return [Attempt(*row) for row in rows]

    def _jobs(self, where: str, values: Sequence[object]) -> list[Job]:
        rows = self._db.execute(
            "SELECT key, target, data, gas, state, nonce, code, reason, block, block_hash, rank"
            " FROM jobs " + where,
            values,
        )
        return [
            Job(
                key,
                target,
                data,
                gas,
                JobState(state),
                nonce,
                code,
                reason,
                block,
                hash_,
                Rank(rank),
            )
            for key, target, data, gas, state, nonce, code, reason, block, hash_, rank in rows
        ]


class _Locked(OSError):
    """Another process holds the journal."""


def _locked(path: Path) -> int:
    """Holds the journal's lock file for the life of the process; a kill releases it."""
    handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise _Locked(error.errno, "it is locked") from error
    return handle


def _reader(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise refused("ORACLE_JOURNAL_MISSING", path=str(path))
    try:
        found = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
        row = found.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    if row is None or row[0] != str(SCHEMA_VERSION):
        found.close()
        raise refused(
            "ORACLE_JOURNAL_OTHER_SCHEMA",
            path=str(path),
            row=row and row[0],
            schema_version=SCHEMA_VERSION,
        )
    return found


def _unusable(path: Path, error: Exception) -> TonneError:
    """Why a journal cannot be opened."""
    said = str(error)
    if isinstance(error, _Locked) or "locked" in said:
        return refused("ORACLE_JOURNAL_BUSY", path=str(path), reason=said)
    if isinstance(error, (OSError, sqlite3.OperationalError)):
        return TonneError(
            "ORACLE_JOURNAL_UNWRITABLE",
            f"The journal {path} cannot be written ({said}).",
            field="journal",
            value=str(path),
            remedy="Give the daemon's user the right to write there, and room on the disk.",
        )
    return refused("ORACLE_JOURNAL_CORRUPT", path=str(path), reason=said)
