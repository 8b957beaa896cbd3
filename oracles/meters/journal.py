"""The meter oracle's memory, in the one file with its transactions: accepted records and booked
intervals."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from oracles.runtime.journal import Job, Journal
from tonne.meters.deltas import Delta
from tonne.meters.readings import Quality, is_own_form, opening_of
from tonne.meters.registers import Point
from tonne.meters.series import Booked, Flow, IntervalReading

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS records (            -- every signed record that was accepted, as it came
    digest BLOB NOT NULL, meter INTEGER NOT NULL, device INTEGER NOT NULL, counter TEXT NOT NULL,
    sequence INTEGER NOT NULL, raw BLOB NOT NULL, received_at INTEGER NOT NULL,
    PRIMARY KEY (digest, meter)                 -- another meter may sign the same bytes
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_of ON records (meter, device, counter, sequence);
CREATE TABLE IF NOT EXISTS points (             -- registers, the best of each moment
    meter INTEGER NOT NULL, at INTEGER NOT NULL, device INTEGER NOT NULL, held INTEGER NOT NULL,
    import_wh INTEGER NOT NULL, export_wh INTEGER NOT NULL,
    import_flow INTEGER NOT NULL, export_flow INTEGER NOT NULL,
    quality INTEGER NOT NULL, sequence INTEGER NOT NULL, digest BLOB NOT NULL,
    PRIMARY KEY (meter, at, device, held)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deltas (             -- energy by interval, the newest of each
    meter INTEGER NOT NULL, start INTEGER NOT NULL, is_export INTEGER NOT NULL, end INTEGER NOT NULL,
    energy_wh INTEGER NOT NULL, quality INTEGER NOT NULL, updated INTEGER NOT NULL, digest BLOB NOT NULL,
    PRIMARY KEY (meter, start, is_export)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS device_names (       -- what files call a meter's device, as P1 telegrams do
    meter INTEGER NOT NULL, device INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (meter, device)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS set_aside (          -- good records that a later entry may let in
    digest BLOB NOT NULL, meter INTEGER NOT NULL, topic TEXT NOT NULL, raw BLOB NOT NULL,
    PRIMARY KEY (digest, meter)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS set_aside_of ON set_aside (meter);
CREATE TABLE IF NOT EXISTS put_off (            -- records that could not be judged yet
    number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, raw BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS incidents (          -- what was refused or is worth a look
    code TEXT NOT NULL, meter INTEGER NOT NULL, count INTEGER NOT NULL, last_at INTEGER NOT NULL,
    reason TEXT NOT NULL, PRIMARY KEY (code, meter)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS postings (           -- runs whose leaves are kept
    node INTEGER NOT NULL, start INTEGER NOT NULL, run INTEGER NOT NULL, root BLOB NOT NULL,
    PRIMARY KEY (node, start, run)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS root_calls (         -- roots that went with others in one call: its job
    node INTEGER NOT NULL, start INTEGER NOT NULL, run INTEGER NOT NULL, key TEXT NOT NULL,
    PRIMARY KEY (node, start, run)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS booked (             -- up to where a meter's intervals are final
    meter INTEGER PRIMARY KEY, at INTEGER NOT NULL, import_wh INTEGER, export_wh INTEGER
);
CREATE TABLE IF NOT EXISTS closed (node INTEGER PRIMARY KEY, start INTEGER NOT NULL);
"""

#: Records that are set aside, and bytes of those of one meter; the first digests give way, so that the disk
#: does not fill, and an entry that changes is not followed by hours of work.
MAX_SET_ASIDE: Final = 10_000
MAX_SET_ASIDE_BYTES: Final = 2**18

#: [bytes] Records that are put off; the oldest give way, and the oracle requests them again if missing.
MAX_PUT_OFF_BYTES: Final = 2**26


def root_key(node: int, start: int, run: int) -> str:
    """The business key of a posting of one root."""
    return f"root/{node}/{start}/{run}"


def roots_key(start: int, runs: Iterable[tuple[int, int]]) -> str:
    """The business key of one call for the roots of an interval, by node and run."""
    return "/".join([f"roots/{start}", *(f"{node}/{run}" for node, run in runs)])


def roots_of(key: str) -> list[tuple[int, int, int]]:
    """(node, start, run) of each root that a key is of, see `root_key` and `roots_key`."""
    kind, *words = key.split("/")
    first, *rest = map(int, words)
    if kind == "root":
        start, run = rest
        return [(first, start, run)]
    return [(node, first, run) for node, run in zip(rest[::2], rest[1::2], strict=True)]


class Accepted(NamedTuple):
    """A record as it is kept."""

    digest: bytes
    meter: int
    device: int
    counter: str
    sequence: int
    raw: bytes
    received_at: int


@dataclass(frozen=True, slots=True)
class Incident:
    """Number of incidents of a kind at a meter (0: an unknown meter), and the latest sentence."""

    code: str
    meter: int
    count: int
    last_at: int
    reason: str


class MeterJournal(Journal):
    """A journal with readings in it."""

    def __init__(self, path: Path, reads: bool = False) -> None:
        super().__init__(path, reads)
        self._records: int | None = None  # how many there are, where they were counted
        if reads:
            return
        path.chmod(0o600)  # its secret reveals the owner of each leaf
        self._widen("records", "set_aside")
        self._db.executescript(SCHEMA)
        row = (secrets.token_hex(32),)
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('salt secret', ?)", row)

    def _widen(self, *tables: str) -> None:
        """Rebuilds tables that an earlier version keyed by the digest alone."""
        for table in tables:
            columns = self._db.execute(f"PRAGMA table_info({table})").fetchall()
            if sum(bool(column[5]) for column in columns) != 1:
                continue
            self._db.executescript(
                f"BEGIN; DROP INDEX IF EXISTS {table}_of; ALTER TABLE {table} RENAME TO before; {SCHEMA}"
                f"INSERT INTO {table} SELECT * FROM before; DROP TABLE before; COMMIT;"
            )

    @property
    def secret(self) -> bytes:
        """What the salts of all leaves are made of."""
        (found,) = self._db.execute("SELECT value FROM meta WHERE name = 'salt secret'").fetchone()
        return bytes.fromhex(found)

    # Readings

    def add_record(self, record: Accepted) -> None:
        self._db.execute("INSERT INTO records VALUES (?,?,?,?,?,?,?)", record)
        if self._records is not None:
            self._records += 1

    def recount(self) -> None:
        """Counts records again at the next question: after an abandoned transaction."""
        self._records = None

    def register_salt(self, reading: IntervalReading) -> bytes | None:
        """The salt with which the meter hides these registers; None if its records have none."""
        row = self._db.execute(
            "SELECT raw FROM records WHERE digest = ?", (reading.digest,)
        ).fetchone()
        if row is None or not is_own_form(row[0]):
            return None
        salt, *registers = opening_of(row[0])
        return salt if tuple(registers) == reading.registers else None

    def record(self, meter: int, digest: bytes) -> bytes | None:
        """A record as it came."""
        row = self._db.execute(
            "SELECT raw FROM records WHERE digest = ? AND meter = ?", (digest, meter)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def has_record(self, meter: int, digest: bytes) -> bool:
        found = self._db.execute(
            "SELECT 1 FROM records WHERE digest = ? AND meter = ?", (digest, meter)
        )
        return found.fetchone() is not None

    def put_points(self, meter: int, points: Iterable[Point]) -> None:
        rows = [
            (meter, p.at, p.device, p.quality is Quality.HELD, *p.registers, *p.flow, p.quality,
             p.sequence, p.digest)
            for p in points
        ]  # fmt: skip
        self._db.executemany("INSERT OR REPLACE INTO points VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows)

    def put_deltas(self, meter: int, deltas: Iterable[Delta]) -> None:
        rows = [
            (meter, d.start, d.is_export, d.end, d.energy_wh, d.quality, d.updated, d.digest)
            for d in deltas
        ]
        self._db.executemany("INSERT OR REPLACE INTO deltas VALUES (?,?,?,?,?,?,?,?)", rows)

    def points(self) -> Iterable[tuple[int, Point]]:
        rows = self._db.execute(
            "SELECT meter, at, device, import_wh, export_wh, import_flow, export_flow, quality,"
            " sequence, digest FROM points ORDER BY meter, at, device"
        )
        for meter, at, device, *flows, quality, sequence, digest in rows:
            yield (
                meter,
                Point(
                    at,
                    device,
                    Flow(*flows[:2]),
                    Flow(*flows[2:]),
                    Quality(quality),
                    sequence,
                    digest,
                ),
            )

    def deltas(self) -> Iterable[tuple[int, Delta]]:
        rows = self._db.execute(
            "SELECT meter, start, end, is_export, energy_wh, quality, updated, digest FROM deltas"
        )
        for meter, start, end, is_export, energy, quality, updated, digest in rows:
            yield (
                meter,
                Delta(start, end, bool(is_export), energy, Quality(quality), updated, digest),
            )

    def sequences(self) -> Iterable[tuple[int, int, str, int]]:
        """(meter, device, counter, number) of every record, in order."""
        return self._db.execute(
            "SELECT meter, device, counter, sequence FROM records"
            " ORDER BY meter, device, counter, sequence"
        )

    def name_device(self, meter: int, device: int, name: str) -> None:
        """Keeps what files call a meter's device; an earlier name gives way."""
        row = (meter, device, name)
        self._db.execute("INSERT OR REPLACE INTO device_names VALUES (?,?,?)", row)

    def device_names(self, meter: int) -> dict[int, str]:
        """What files call a meter's devices, by the number of the device."""
        rows = self._db.execute("SELECT device, name FROM device_names WHERE meter = ?", (meter,))
        return dict(rows)

    # Refusals

    def set_aside(self, digest: bytes, meter: int, topic: str, raw: bytes) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO set_aside VALUES (?,?,?,?)", (digest, meter, topic, raw)
        )
        self._db.execute(
            "DELETE FROM set_aside WHERE digest IN"
            " (SELECT digest FROM set_aside ORDER BY digest LIMIT max("
            "(SELECT count(*) FROM set_aside) - ?, 0))",
            (MAX_SET_ASIDE,),
        )
        self._db.execute(
            "DELETE FROM set_aside WHERE digest IN (SELECT digest FROM (SELECT digest,"
            " sum(length(raw)) OVER (ORDER BY digest DESC) AS bytes FROM set_aside WHERE meter = ?)"
            " WHERE bytes > ?)",
            (meter, MAX_SET_ASIDE_BYTES),
        )

    def set_aside_of(self, meter: int) -> list[tuple[str, bytes]]:
        rows = self._db.execute("SELECT topic, raw FROM set_aside WHERE meter = ?", (meter,))
        return rows.fetchall()

    def forget_set_aside(self, meter: int) -> None:
        self._db.execute("DELETE FROM set_aside WHERE meter = ?", (meter,))

    def put_off(self, records: Iterable[tuple[str, bytes]]) -> None:
        """Keeps (topic, bytes) of each in its order."""
        self._db.executemany("INSERT INTO put_off (topic, raw) VALUES (?,?)", records)
        self._db.execute(
            "DELETE FROM put_off WHERE number IN (SELECT number FROM (SELECT number,"
            " sum(length(raw)) OVER (ORDER BY number DESC) AS bytes FROM put_off) WHERE bytes > ?)",
            (MAX_PUT_OFF_BYTES,),
        )

    def put_off_first(self, most: int) -> list[tuple[int, str, bytes]]:
        """(number, topic, bytes) of those that were put off longest ago."""
        rows = self._db.execute("SELECT * FROM put_off ORDER BY number LIMIT ?", (most,))
        return rows.fetchall()

    def forget_put_off(self, last: int) -> None:
        """Those up to this number."""
        self._db.execute("DELETE FROM put_off WHERE number <= ?", (last,))

    def incident(self, code: str, meter: int, at: int, reason: str, times: int = 1) -> None:
        self._db.execute(
            "INSERT INTO incidents VALUES (?, ?, ?, ?, ?) ON CONFLICT (code, meter) DO UPDATE SET"
            " count = count + excluded.count, last_at = excluded.last_at, reason = excluded.reason",
            (code, meter, times, at, reason[:300]),
        )

    def incidents(self) -> list[Incident]:
        rows = self._db.execute(
            "SELECT code, meter, count, last_at, reason FROM incidents ORDER BY last_at DESC, code, meter"
        )
        return [Incident(*row) for row in rows]

    def incident_counts(self) -> dict[str, int]:
        """How often each thing happened, with all meters together."""
        return dict(self._db.execute("SELECT code, sum(count) FROM incidents GROUP BY code"))

    # Posted and booked

    def add_posting(self, node: int, start: int, run: int, root: bytes, key: str) -> None:
        """`key` is that of the job which posts it, maybe with others."""
        self._db.execute(
            "INSERT OR REPLACE INTO postings VALUES (?,?,?,?)", (node, start, run, root)
        )
        self._db.execute(
            "INSERT OR REPLACE INTO root_calls VALUES (?,?,?,?)", (node, start, run, key)
        )

    def root_job(self, node: int, start: int, run: int) -> Job | None:
        """The job that posts a root; None for one that another copy prepared."""
        found = self._db.execute(
            "SELECT key FROM root_calls WHERE node = ? AND start = ? AND run = ?",
            (node, start, run),
        ).fetchone()
        return self.job(found[0] if found else root_key(node, start, run))

    def posting(self, node: int, start: int) -> tuple[int, bytes] | None:
        """(run, root) of the latest run of an interval that was prepared here."""
        found: tuple[int, bytes] | None = self._db.execute(
            "SELECT run, root FROM postings WHERE node = ? AND start = ? ORDER BY run DESC LIMIT 1",
            (node, start),
        ).fetchone()
        return found

    def close_interval(
        self,
        node: int,
        start: int,
        booked: Iterable[tuple[int, Booked]],
        needed: Iterable[tuple[int, int]],
    ) -> None:
        """Makes the interval at `start` final; all of it or nothing. Points before the `needed` ones of each
        meter go; their records stay."""
        rows = [(meter, b.at, *(b.flow or (None, None))) for meter, b in booked]
        with self.transaction():
            self._db.executemany("INSERT OR REPLACE INTO booked VALUES (?,?,?,?)", rows)
            self._db.execute("INSERT OR REPLACE INTO closed VALUES (?, ?)", (node, start))
            self._db.executemany("DELETE FROM points WHERE meter = ? AND at < ?", needed)

    def booked(self) -> dict[int, Booked]:
        rows = self._db.execute("SELECT meter, at, import_wh, export_wh FROM booked")
        return {
            meter: Booked(at, None if import_wh is None else Flow(import_wh, export_wh))
            for meter, at, import_wh, export_wh in rows
        }

    def closed(self) -> dict[int, int]:
        """The last interval of each node that is final."""
        return dict(self._db.execute("SELECT node, start FROM closed"))

    def file_counts(self) -> dict[str, int]:
        """Records: this daemon takes no files."""
        return {"accepted": self.counts()["records"]}

    def counts(self) -> dict[str, int]:
        if self._records is None:
            (self._records,) = self._db.execute("SELECT count(*) FROM records").fetchone()
        (aside,) = self._db.execute("SELECT count(*) FROM set_aside").fetchone()
        return {"records": self._records or 0, "set_aside": aside}
