"""Documented views on the store: what the market's history says, for people who ask in SQL.

Their queries are in `views.sql`; `docs/auditor.md` has the questions that they answer.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import duckdb

from tonne.audit.store import queries

#: Fields of packed words by their place in hexadecimal, and numbers out of arguments.
MACROS: Final = (
    "num(args, name) AS TRY_CAST(args ->> name AS HUGEINT)",
    "digits(word, first, count) AS CAST('0x' || substr(word, CAST(first AS BIGINT), count) AS UBIGINT)",
    "unit_class(id) AS (id >> 96)",
    "unit_scheme(id) AS (id >> 80) & 65535",
    "unit_vintage(id) AS (id >> 64) & 65535",
    "account_market(account) AS account >> 24",
    "account_participant(account) AS account & 16777215",
)

#: A view may read those before it.
VIEWS: Final = tuple(queries.read(Path(__file__).with_suffix(".sql")))


def create(db: duckdb.DuckDBPyConnection) -> None:
    """Makes the views as this program defines them."""
    for macro in MACROS:
        db.execute(f"CREATE OR REPLACE MACRO {macro}")
    for view in VIEWS:
        db.execute(f'CREATE OR REPLACE VIEW "{view.name}" AS {view.sql}')


@cache
def events_of(name: str) -> frozenset[str]:
    """Contracts and events that a view and the views below it name; none: all events."""
    by_name = {view.name: view.sql for view in VIEWS}
    sql = by_name[name]
    own = set(re.findall(r"'([A-Z]\w+)'", sql))
    read = set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", sql)) & by_name.keys() - {name, "events"}
    return frozenset(own.union(*map(events_of, read)))
