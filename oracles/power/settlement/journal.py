"""The settlement operator's memory: each run's lines and each list before they are posted, their books, and
the days with counted prices.

A requested line is shown from here alone: a lost one costs the bond.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from oracles.runtime.journal import OPEN_STATES, JobState, Journal
from tonne.power.settlement_runs import AccountLine, DaySums

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS runs (               -- of a node and interval, as they were posted
    node INTEGER NOT NULL, interval INTEGER NOT NULL,
    turn INTEGER NOT NULL,                      -- [s] 0, or until when the day is taken over
    job TEXT NOT NULL, totals TEXT NOT NULL, data BLOB NOT NULL,
    lines TEXT NOT NULL, meters TEXT NOT NULL,  -- meters in the order of their readings
    PRIMARY KEY (node, interval)
);
CREATE TABLE IF NOT EXISTS books (              -- of aggregators, as a run was made with them
    interval INTEGER NOT NULL, bidder INTEGER NOT NULL, book TEXT NOT NULL,
    PRIMARY KEY (interval, bidder)
);
CREATE TABLE IF NOT EXISTS lists (              -- of a node and day
    node INTEGER NOT NULL, day INTEGER NOT NULL, turn INTEGER NOT NULL, words TEXT NOT NULL,
    paid INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (node, day)
);
CREATE TABLE IF NOT EXISTS counted (            -- days whose prices are counted
    node INTEGER NOT NULL, day INTEGER NOT NULL,
    any INTEGER NOT NULL,                       -- whether a price of the day counted
    PRIMARY KEY (node, day)
);
"""

#: `RunTotals`, in the order of its fields.
Totals: TypeAlias = tuple[bytes | int, ...]


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run with the lines that it stands for."""

    node: int
    interval: int
    turn: int
    job: str
    totals: Totals
    data: bytes
    lines: list[AccountLine]
    meters: list[int]

    @property
    def row(self) -> tuple[int, bytes, tuple[bytes | int, ...]]:
        """`NodeRun`."""
        return self.node, self.data, self.totals


@dataclass(frozen=True, slots=True)
class KeptList:
    """The words of a day's list."""

    node: int
    day: int
    turn: int
    words: list[int]
    paid: bool = False


class SettlementJournal(Journal):
    """A journal with runs, books and lists in it."""

    def __init__(self, path: Path, reads: bool = False) -> None:
        super().__init__(path, reads)
        if reads:
            return
        path.chmod(0o600)  # it reveals the customer of each line
        self._db.executescript(SCHEMA)
        row = (secrets.token_hex(32),)
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('line secret', ?)", row)

    @property
    def secret(self) -> bytes:
        """What lines' salts follow from."""
        return bytes.fromhex(self.recall("line secret") or "")

    # Runs

    def keep_run(self, run: KeptRun) -> None:
        """Stores a run in place of a rebuilt one; its call is queued in the same transaction."""
        self._db.execute(
            "INSERT OR REPLACE INTO runs VALUES (?,?,?,?,?,?,?,?)",
            (
                *(run.node, run.interval, run.turn, run.job),
                json.dumps([w.hex() if isinstance(w, bytes) else w for w in run.totals]),
                run.data,
                json.dumps([_plain(line) for line in run.lines]),
                json.dumps(run.meters),
            ),
        )

    def run(self, node: int, interval: int) -> KeptRun | None:
        """The run of a node and interval, as it was made last."""
        asked = "SELECT * FROM runs WHERE node = ? AND interval = ?"
        row = self._db.execute(asked, (node, interval)).fetchone()
        if row is None:
            return None
        turn, job, totals, data, lines, meters = row[2:]
        return KeptRun(
            node,
            interval,
            turn,
            job,
            _totals(totals),
            data,
            [_line(plain) for plain in json.loads(lines)],
            json.loads(meters),
        )

    def job_of(self, node: int, interval: int) -> tuple[int, str] | None:
        """The turn of a run, and its job, without its lines."""
        asked = "SELECT turn, job FROM runs WHERE node = ? AND interval = ?"
        row = self._db.execute(asked, (node, interval)).fetchone()
        return (row[0], row[1]) if row else None

    def day_totals(self, node: int, day: int, per_day: int) -> list[tuple[int, Totals]]:
        """Totals of the runs of a node's day by interval, without their lines."""
        asked = (
            "SELECT interval, totals FROM runs WHERE node = ? AND interval >= ? AND interval < ?"
        )
        rows = self._db.execute(asked, (node, day * per_day, (day + 1) * per_day))
        return [(interval, _totals(text)) for interval, text in rows.fetchall()]

    # Books

    def keep_book(self, interval: int, bidder: int, text: str) -> None:
        """Keeps a book as a run was made with it."""
        row = (interval, bidder, text)
        self._db.execute("INSERT OR REPLACE INTO books VALUES (?,?,?)", row)

    def books(self, interval: int) -> Iterator[str]:
        """The books that runs of an interval were made with."""
        asked = "SELECT book FROM books WHERE interval = ? ORDER BY bidder"
        return (row[0] for row in self._db.execute(asked, (interval,)).fetchall())

    # Lists

    def keep_list(self, node: int, day: int, turn: int, words: Sequence[int]) -> None:
        """Keeps a day's list; the call with its first part is queued in the same transaction."""
        row = (node, day, turn, json.dumps([hex(word) for word in words]))
        self._db.execute(
            "INSERT OR REPLACE INTO lists (node, day, turn, words) VALUES (?,?,?,?)", row
        )

    def list_of(self, node: int, day: int) -> KeptList | None:
        """The list of a node and day."""
        found = self._lists("WHERE node = ? AND day = ?", (node, day))
        return found[0] if found else None

    def unpaid(self) -> list[KeptList]:
        """Lists that are not known to be paid in full, oldest first."""
        return self._lists("WHERE paid = 0 ORDER BY day, node", ())

    def mark_paid(self, node: int, day: int) -> None:
        """A day of a node is paid in full."""
        self._db.execute("UPDATE lists SET paid = 1 WHERE node = ? AND day = ?", (node, day))

    # References

    def uncounted(self, oldest: int) -> dict[int, list[int]]:
        """Nodes by day, from a day on, that are paid and have uncounted prices."""
        asked = (
            "SELECT day, node FROM lists WHERE paid = 1 AND day >= ? AND NOT EXISTS (SELECT 1 FROM"
            " counted WHERE counted.node = lists.node AND counted.day = lists.day) ORDER BY day, node"
        )
        found: dict[int, list[int]] = {}
        for day, node in self._db.execute(asked, (oldest,)).fetchall():
            found.setdefault(day, []).append(node)
        return found

    def mark_counted(self, day: int, nodes: Mapping[int, bool]) -> None:
        """Prices of a day are counted; of each node whether there was one that counts."""
        rows = [(node, day, any_) for node, any_ in nodes.items()]
        self._db.executemany("INSERT OR REPLACE INTO counted VALUES (?,?,?)", rows)

    def is_counting(self) -> bool:
        """Whether a call that counts prices is not final."""
        marks = ",".join("?" * len(OPEN_STATES))
        asked = f"SELECT 1 FROM jobs WHERE state IN ({marks}) AND key LIKE 'count/%' LIMIT 1"
        return self._db.execute(asked, OPEN_STATES).fetchone() is not None

    def counted_by_calls(self, intervals: range) -> set[tuple[int, int]]:
        """Node and interval of prices that calls of this journal counted, for good."""
        asked = (
            "SELECT key FROM jobs WHERE state IN (?, ?) AND key > 'count/' AND key < 'count0'"
            " AND CAST(substr(key, 7) AS INTEGER) BETWEEN ? AND ?"
        )
        values = JobState.FINAL, JobState.DONE_ELSEWHERE, intervals.start, intervals.stop - 1
        rows = self._db.execute(asked, values).fetchall()
        calls = (key.split("/")[1:] for (key,) in rows)
        return {(int(node), int(i)) for i, nodes in calls for node in nodes.split(",")}

    def was_refused(self, prefix: str) -> bool:
        """Whether the chain refused a job with this prefix of its key."""
        asked = "SELECT 1 FROM jobs WHERE state = ? AND substr(key, 1, ?) = ? LIMIT 1"
        values = (JobState.FAILED, len(prefix), prefix)
        return self._db.execute(asked, values).fetchone() is not None

    def counted_nodes(self, oldest: int) -> list[int]:
        """Nodes of which a price was counted, from a day on."""
        asked = "SELECT DISTINCT node FROM counted WHERE day >= ? AND any = 1 ORDER BY node"
        return [row[0] for row in self._db.execute(asked, (oldest,)).fetchall()]

    def _lists(self, where: str, values: tuple[int, ...]) -> list[KeptList]:
        rows = self._db.execute(f"SELECT node, day, turn, words, paid FROM lists {where}", values)
        return [
            KeptList(node, day, turn, [int(word, 16) for word in json.loads(words)], bool(paid))
            for node, day, turn, words, paid in rows
        ]


def _totals(text: str) -> Totals:
    lines_root, meter_root, *numbers = json.loads(text)
    return bytes.fromhex(lines_root), bytes.fromhex(meter_root), *numbers


def _plain(line: AccountLine) -> list[int | str]:
    return [
        *(line.account, line.metered_wh, line.sold_wh, line.bought_wh, line.traded_wh),
        *(line.loss_wh, line.net, *line.day, line.salt.hex()),
    ]


def _line(plain: list[Any]) -> AccountLine:
    account, metered, sold, bought, traded, loss, net, day_net, volume, salt = plain
    day = DaySums(day_net, volume)
    return AccountLine(account, metered, sold, bought, traded, loss, net, day, bytes.fromhex(salt))
