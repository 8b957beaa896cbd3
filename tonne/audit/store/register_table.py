"""The register's list as a table of the published file: a row a plant and period, with the command's columns.

Worked out anew where the blocks behind it hold an act of the register, or where a deadline or the end of a
dispute window has passed, which no event tells.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Final, SupportsInt

from tonne.audit.store.database import Store
from tonne.audit.store.register import QUERIES, SOURCED, Line, PublicRegister

if TYPE_CHECKING:
    from tonne.audit.store.report_lines import PublishedReport

#: Contracts whose events change the register.
CONTRACTS: Final = (
    *("Participants", "Schemes", "EmissionsOracle", "Allocation", "Compliance"),
    *("CumulativeCompliance",),
)
#: Columns of the list, and whether a row is the plant's latest.
COLUMNS: Final = (
    *("plant", "operator", "scheme", "class", "jurisdiction", "closed", "period", "allocation"),
    *("year", "verified", "finality", "surrendered", "owed", "cumulative", "standing"),
    *("openPenalties", "products"),
    *(f"{figure}{of}" for figure in SOURCED for of in ("Block", "Log")),
    "latest",
)
TABLES: Final = f"""
CREATE TABLE register ({", ".join(f'"{name}"' for name in COLUMNS)});
CREATE INDEX register_plant ON register (plant, period);
CREATE INDEX register_latest ON register (latest, plant);
CREATE INDEX register_operator ON register (operator, plant);
CREATE INDEX register_standing ON register (standing, plant);
CREATE TABLE register_read (block, "until", lines);
"""
#: No moment changes it any more.
_NEVER: Final = 2**62
_ACTS: Final = (
    "SELECT 1 FROM events WHERE block > $block AND contract IN"
    f" ({', '.join(repr(name) for name in CONTRACTS)}) LIMIT 1"
)
#: Any account publishes lines: only those that tell something of a report have the table worked out anew.
_PUBLISHED: Final = (
    "SELECT 1 FROM events WHERE block > $block AND contract = 'PublishedLines' LIMIT 1"
)
_LINES: Final = f"SELECT 1 FROM ({QUERIES['lines'].rstrip().rstrip(';')}) WHERE block > $block"


def bring(store: Store, db: sqlite3.Connection, block: int, time: int) -> None:
    """Brings the table to a block of this time [s]."""
    found = db.execute('SELECT block, "until", lines FROM register_read').fetchone()
    lines = repr([(report.key, report.file) for report in store.published])
    same = found is not None and time < found[1] and lines == found[2]
    if same and not _changed(store, found[0]):
        return
    register = PublicRegister.of(store, _fitting(store))
    db.execute("DELETE FROM register")
    marks = ", ".join("?" * len(COLUMNS))
    db.executemany(
        f"INSERT INTO register VALUES ({marks})",
        [tuple(_held(row[name]) for name in COLUMNS) for row in _rows(register)],
    )
    db.execute("DELETE FROM register_read")
    db.execute("INSERT INTO register_read VALUES (?, ?, ?)", (block, _until(register), lines))


def _changed(store: Store, block: int) -> bool:
    """Whether the blocks behind this one hold an act of the register."""
    since = {"block": block}
    if store.rows(_ACTS, since):
        return True
    return bool(store.rows(_PUBLISHED, since) and store.rows(_LINES, since))


def _fitting(store: Store) -> list[PublishedReport]:
    """Published reports whose lines are proved; others wait, or stay out."""
    if not store.published:
        return []
    from tonne.audit.store import report_lines  # loads what reads reports

    return report_lines.fitting(store.published, store.rows("FROM reports"))


def _rows(register: PublicRegister) -> list[Line]:
    """The latest row of each plant, and those of its earlier periods."""
    latest = register.listed()
    found = [{**row, "latest": True} for row in latest]
    last = {row["plant"]: row["period"] for row in latest}
    for period in sorted({place[1] for place in (*register.allocated, *register.accounts)}):
        found += [
            {**row, "latest": False}
            for row in register.listed(period=period)
            if row["period"] is not None and last[row["plant"]] != period
        ]
    return found


def _until(register: PublicRegister) -> int:
    """The next moment at which a standing or a finality changes without an event [s]."""
    now = register.at.time
    deadlines = [int(period["deadline"]) + 1 for period in register.periods.values()]
    finals = [int(step["finalAt"]) for step in register.verified.values() if step["finalAt"]]
    return min((moment for moment in (*deadlines, *finals) if moment > now), default=_NEVER)


def _held(value: str | SupportsInt | list[Line] | None) -> str | int | None:
    """A value as SQLite holds it, products as JSON; amounts of the register are whole tonnes."""
    if isinstance(value, list):
        return json.dumps(value)
    return value if value is None or isinstance(value, str) else int(value)
