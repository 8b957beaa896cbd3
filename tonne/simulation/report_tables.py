"""Tables of reports out of a store of events: the queries of the data service and of `tonne audit`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tonne.audit.store.database import Store
from tonne.html_report.data_files import Column, DataTable


def queried(
    store: Store,
    name: str,
    about: str,
    sql: str,
    columns: Sequence[Column],
    parameters: Sequence[Any] = (),
) -> DataTable:
    """The answer to a question in SQL, whose columns are headed by `columns`."""
    rows = store.db.execute(sql, list(parameters)).fetchall()
    return DataTable(name, about, columns, rows)
