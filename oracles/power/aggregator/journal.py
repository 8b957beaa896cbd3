"""The aggregator's memory, in the one file with its transactions: every portfolio with its opening salt,
before its commitment is sent. Without the salt the deposit is forfeited."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from oracles.runtime.journal import Journal
from tonne.power.bid_tree import CustomerBid, Portfolio
from tonne.types.ids import PowerAccountId

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS portfolios (         -- what was committed to, and how it is opened
    interval INTEGER PRIMARY KEY, bidder INTEGER NOT NULL, salt BLOB NOT NULL,
    opening TEXT NOT NULL,                      -- root, leaves, words: as they were hashed
    bids TEXT NOT NULL, turns TEXT NOT NULL,    -- of customers; account by meter
    held INTEGER NOT NULL,                      -- [micro-credit] that opening takes
    told INTEGER NOT NULL DEFAULT 0,            -- receipts and book are written
    ended TEXT NOT NULL DEFAULT ''              -- released, forfeited, refused
);
CREATE INDEX IF NOT EXISTS running ON portfolios (ended);
CREATE TABLE IF NOT EXISTS batteries (          -- what is stored ahead of an interval
    meter INTEGER PRIMARY KEY, interval INTEGER NOT NULL, wh INTEGER NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Committed:
    """A portfolio as it was committed to."""

    interval: int
    own: Portfolio
    salt: bytes
    opening: tuple[bytes, int, int, list[int]]  # `Opening` of IPowerBids
    turns: dict[int, int]  # account by meter
    held: int  # [micro-credit] of escrow and fee
    told: bool = False


class AggregatorJournal(Journal):
    """A journal with portfolios in it."""

    def __init__(self, path: Path, reads: bool = False) -> None:
        super().__init__(path, reads)
        if reads:
            return
        path.chmod(0o600)  # it reveals the customer of each bid
        self._db.executescript(SCHEMA)
        row = (secrets.token_hex(32),)
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('turn secret', ?)", row)

    @property
    def secret(self) -> bytes:
        """What customers' turns follow from."""
        return bytes.fromhex(self.recall("turn secret") or "")

    def add(self, made: Committed) -> None:
        """Keeps a portfolio; its commitment is queued in the same transaction."""
        salt, root, leaves, words = made.opening
        self._db.execute(
            "INSERT INTO portfolios (interval, bidder, salt, opening, bids, turns, held)"
            " VALUES (?,?,?,?,?,?,?)",
            (
                made.interval,
                made.own.bidder,
                salt,
                json.dumps([str(root), leaves, [str(word) for word in words]]),
                json.dumps([_plain(bid) for bid in made.own.bids]),
                json.dumps(made.turns),
                made.held,
            ),
        )

    def of(self, interval: int) -> Committed | None:
        """The portfolio of an interval."""
        found = self._found("WHERE interval = ?", (interval,))
        return found[0] if found else None

    def running(self) -> list[Committed]:
        """Portfolios that are not over, oldest first."""
        return self._found("WHERE ended = '' ORDER BY interval", ())

    def mark_told(self, interval: int) -> None:
        """Receipts and book of an interval are written."""
        self._db.execute("UPDATE portfolios SET told = 1 WHERE interval = ?", (interval,))

    def end(self, interval: int, how: str) -> None:
        """Nothing is left to be done for an interval."""
        self._db.execute("UPDATE portfolios SET ended = ? WHERE interval = ?", (how, interval))

    def stored(self, meter: int) -> tuple[int, int] | None:
        """The interval of a battery's latest count, and the energy stored ahead of it [Wh]."""
        row = self._db.execute("SELECT interval, wh FROM batteries WHERE meter = ?", (meter,))
        found: tuple[int, int] | None = row.fetchone()
        return found

    def keep_stored(self, meter: int, interval: int, wh: int) -> None:
        """Keeps the count of a battery."""
        self._db.execute("INSERT OR REPLACE INTO batteries VALUES (?,?,?)", (meter, interval, wh))

    def _found(self, where: str, values: tuple[Any, ...]) -> list[Committed]:
        rows = self._db.execute(
            "SELECT interval, bidder, salt, opening, bids, turns, held, told FROM portfolios "
            + where,
            values,
        )
        return [_committed(row) for row in rows]


def _committed(row: tuple[Any, ...]) -> Committed:
    interval, bidder, salt, opening, bids, turns, held, told = row
    root, leaves, words = json.loads(opening)
    own = Portfolio.of(PowerAccountId(bidder), [_bid(plain) for plain in json.loads(bids)])
    return Committed(
        interval,
        own,
        salt,
        (salt, int(root), leaves, [int(word) for word in words]),
        {int(meter): account for meter, account in json.loads(turns).items()},
        held,
        bool(told),
    )


def _plain(bid: CustomerBid) -> dict[str, Any]:
    return {**asdict(bid), "salt": bid.salt.hex()}


def _bid(plain: dict[str, Any]) -> CustomerBid:
    return CustomerBid(**{**plain, "salt": bytes.fromhex(plain["salt"])})
