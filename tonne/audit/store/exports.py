"""Tables of the store as files: Parquet, CSV or JSON lines, with the block they are of and their SHA-256.

Rows are sorted by all columns, so that two auditors at one block write the same CSV and JSON lines.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from tonne import files
from tonne.audit.store import queries, views
from tonne.audit.store.database import Store
from tonne.audit.store.queries import Query
from tonne.errors import refused

MANIFEST: Final = "manifest.json"
DISCLOSURE: Final = tuple(queries.read(Path(__file__).with_name("disclosure.sql")))


class Format(StrEnum):
    """Forms of a file."""

    parquet = "parquet"
    csv = "csv"
    jsonl = "jsonl"


def format_named(name: str) -> Format:
    """A form by its name."""
    try:
        return Format(name)
    except ValueError:
        raise refused("AUDIT_FORMAT_UNKNOWN", format=name, formats=", ".join(Format)) from None


#: How DuckDB writes a form, and the type it keeps great whole numbers in without loss.
_FORMS: Final = {
    Format.parquet: ("FORMAT parquet", "DECIMAL(38, 0)"),
    Format.csv: ("FORMAT csv, HEADER", "VARCHAR"),
    Format.jsonl: ("FORMAT json", "VARCHAR"),
}


def tables(names: Iterable[str]) -> list[Query]:
    """Views by name; all of them for no name."""
    known = {view.name: view for view in views.VIEWS}
    chosen = list(names) or list(known)
    for name in chosen:
        if name not in known:
            raise refused("AUDIT_TABLE_UNKNOWN", table=name, choices=", ".join(known))
    return [
        Query(name, known[name].about, f'SELECT * FROM "{name}" ORDER BY ALL') for name in chosen
    ]


def write(store: Store, asked: Iterable[Query], folder: Path, form: Format) -> dict[str, Any]:
    """Writes a file for each query and the manifest, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    head = store.head()
    found: dict[str, Any] = {**head, "files": []}
    for query in asked:
        path = folder / f"{query.name}.{form.value}"
        rows = _copy(store, query, path, form, head)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found["files"].append(
            {"file": path.name, "rows": rows, "sha256": digest, "about": query.about}
        )
    files.write(folder / MANIFEST, json.dumps(found, indent=2) + "\n")
    return found


def _copy(store: Store, query: Query, path: Path, form: Format, head: dict[str, Any]) -> int:
    options, great = _FORMS[form]
    kinds = store.db.execute(f"DESCRIBE {query.sql}").fetchall()
    columns = ", ".join(
        f'CAST("{name}" AS {great}) AS "{name}"' if kind == "HUGEINT" else f'"{name}"'
        for name, kind, *_ in kinds
    )
    if form is Format.parquet:
        told = ", ".join(f"{name}: '{value}'" for name, value in head.items())
        options += f", KV_METADATA {{{told}}}"
    target = str(path).replace("'", "''")
    copied = store.db.execute(
        f"COPY (SELECT {columns} FROM ({query.sql})) TO '{target}' ({options})"
    ).fetchall()
    return int(copied[0][0])
