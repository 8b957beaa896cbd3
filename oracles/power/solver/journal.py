"""The solver's memory, in the one file with its transactions: its proposals and their payment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oracles.runtime.journal import Journal
from tonne.power.clearing_check import ClearingOutcome

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS proposals (          -- clearings that were proposed, as the chain is to have them
    interval INTEGER NOT NULL, number INTEGER NOT NULL, curves BLOB NOT NULL,
    outcome TEXT NOT NULL, prices TEXT NOT NULL, bidders TEXT NOT NULL,
    PRIMARY KEY (interval, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pay (                -- intervals whose pay is not settled yet
    interval INTEGER PRIMARY KEY
);
"""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A clearing that was proposed."""

    interval: int
    number: int  # of the interval's proposals, from 1
    curves: bytes  # running hash of the cleared curves
    outcome: ClearingOutcome
    prices: tuple[int, ...]  # [micro-credit/kWh] by node
    bidders: tuple[int, ...]

    @property
    def key(self) -> str:
        """Its business key."""
        return f"clear/{self.interval}/{self.number}"


class SolverJournal(Journal):
    """A journal with proposals in it."""

    def __init__(self, path: Path, reads: bool = False) -> None:
        super().__init__(path, reads)
        if not reads:
            self._db.executescript(SCHEMA)

    def add_proposal(self, proposed: Proposed) -> None:
        p = proposed
        self._db.execute(
            "INSERT INTO proposals VALUES (?,?,?,?,?,?)",
            (
                p.interval,
                p.number,
                p.curves,
                json.dumps([p.outcome.welfare, p.outcome.energy, p.outcome.loss, p.outcome.rent]),
                json.dumps(p.prices),
                json.dumps(p.bidders),
            ),
        )
        self._db.execute("INSERT OR IGNORE INTO pay VALUES (?)", (p.interval,))

    def proposals(self, interval: int) -> list[Proposed]:
        """Proposals for an interval, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM proposals WHERE interval = ? ORDER BY number", (interval,)
        )
        return [
            Proposed(
                at,
                number,
                curves,
                ClearingOutcome(*json.loads(outcome)),
                tuple(json.loads(prices)),
                tuple(json.loads(bidders)),
            )
            for at, number, curves, outcome, prices, bidders in rows
        ]

    def proposal(self, key: str) -> Proposed:
        """The proposal of a business key."""
        _, interval, number = key.split("/")
        return self.proposals(int(interval))[int(number) - 1]

    def unpaid(self) -> list[int]:
        """Intervals with unsettled pay."""
        return [row[0] for row in self._db.execute("SELECT interval FROM pay ORDER BY interval")]

    def settle_pay(self, interval: int) -> None:
        """Nothing more is to be had of an interval."""
        self._db.execute("DELETE FROM pay WHERE interval = ?", (interval,))
