"""Tables of reports out of a store of events, by the queries of the data service and of `tonne audit`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from tonne.html_report.data_files import Column, DataTable

#: Events of a chain with the views on them.
Events = duckdb.DuckDBPyConnection


def queried(
    store: Events,
    name: str,
    about: str,
    sql: str,
    columns: Sequence[Column],
    parameters: Sequence[Any] = (),
) -> DataTable:
    """The answer to a question in SQL, whose columns are headed by `columns`."""
    rows = store.execute(sql, list(parameters)).fetchall()
    return DataTable(name, about, columns, rows)
