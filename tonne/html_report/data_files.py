"""Tables of a report, and their files: CSV and Parquet in a folder beside the page."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np

from tonne.constants import DAY_S

FOLDER: Final = "data"
#: Greatest whole number of a column of 64 bits; greater ones are decimals of 38 digits.
MOST: Final = 2**63 - 1
#: Letters of a cell that is broken into lines.
LONG: Final = 70

Value = str | int | float | Decimal | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its name in files, and how its numbers are shown."""

    title: str
    key: str = ""  #           default: the heading
    unit: str = ""
    digits: int | None = None  # decimals; None: text, or whole numbers as they are
    total: bool = False  #     summed below the rows
    link: str = ""  #          of the heading
    scale: int = 1  #          numbers of the files are this times those shown
    shown: bool = True  #      in the page
    form: str = ""  #          id: a number's name; time [s unix], day [days unix]: written as dates

    @property
    def name(self) -> str:
        return self.key or self.title.lower().replace(" ", "_")

    def text(self, value: Value) -> str:
        """A value as the page shows it."""
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if self.form == "id":
            return str(value)
        if self.form:
            seconds = int(value) * (DAY_S if self.form == "day" else 1)
            moment = datetime.fromtimestamp(seconds, UTC)
            return f"{moment:%Y-%m-%d}" if self.form == "day" else f"{moment:%Y-%m-%d %H:%M}"
        if self.scale != 1:
            value = value / self.scale
        if isinstance(value, int):
            return f"{value:,}"
        return f"{value:,.{2 if self.digits is None else self.digits}f}"


@dataclass(frozen=True, slots=True)
class DataTable:
    """Rows under a name, with a sentence about them."""

    name: str
    about: str
    columns: Sequence[Column]
    rows: Sequence[tuple[Value, ...]]

    @property
    def shown(self) -> list[tuple[int, Column]]:
        """Columns of the page, with their places."""
        return [(place, c) for place, c in enumerate(self.columns) if c.shown]

    @property
    def numeric(self) -> list[bool]:
        """Whether each shown column has numbers."""
        known = [
            [row[place] for row in self.rows if row[place] is not None] for place, _ in self.shown
        ]
        return [
            bool(values)
            and c.form in ("", "id")
            and not any(isinstance(value, str) for value in values)
            for values, (_, c) in zip(known, self.shown, strict=True)
        ]

    @property
    def long(self) -> list[bool]:
        """Whether each shown column has sentences, which are broken into lines."""
        return [
            any(isinstance(row[place], str) and len(str(row[place])) > LONG for row in self.rows)
            for place, _ in self.shown
        ]

    def total(self, place: int) -> int | float | Decimal:
        """Sum of a column of numbers."""
        numbers: list[Any] = [row[place] for row in self.rows]  # all of one type, which adds up
        found: int | float | Decimal = sum(n for n in numbers if not isinstance(n, str | None))
        return found

    @property
    def totals(self) -> list[str]:
        """Sums of the shown columns, empty where none is asked for; an empty list for a table without."""
        if not any(c.total for _, c in self.shown):
            return []
        return [c.text(self.total(place)) if c.total else "" for place, c in self.shown]

    def _write(self, target: Path, db: duckdb.DuckDBPyConnection) -> None:
        names = [column.name for column in self.columns]
        with (target / f"{self.name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([_safe(value) for value in row] for row in self.rows)
        self._write_parquet(target / f"{self.name}.parquet", db)

    def _write_parquet(self, path: Path, db: duckdb.DuckDBPyConnection) -> None:
        """By DuckDB, out of columns of text with the type of each: Arrow would take 30 MB more."""
        names = [column.name for column in self.columns]
        batch = {
            f"c{place}": np.array(
                [None if row[place] is None else str(row[place]) for row in self.rows], dtype=object
            )
            for place in range(len(names))
        }
        kinds = [_kind([row[place] for row in self.rows]) for place in range(len(names))]
        chosen = ", ".join(
            f'CAST(c{place} AS {kind}) AS "{name}"'
            for place, (name, kind) in enumerate(zip(names, kinds, strict=True))
        )
        target, about = (str(text).replace("'", "''") for text in (path, self.about))
        db.register("batch", batch)
        db.execute(
            f"COPY (SELECT {chosen} FROM batch) TO '{target}'"
            f" (FORMAT parquet, KV_METADATA {{about: '{about}'}})"
        )
        db.unregister("batch")


def write(tables: Sequence[DataTable], folder: Path) -> None:
    """Writes both files of each table into the data folder beside the page in `folder`."""
    target = folder / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    # One for all: to open DuckDB takes as long as to write a table.
    with duckdb.connect(":memory:", config={"threads": 1}) as db:
        for table in tables:
            table._write(target, db)


_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9,]*(\.[0-9]+)?")


def _safe(value: Value) -> Value:
    """A spreadsheet must not take a name for a formula; a number it may add up."""
    if (
        isinstance(value, str)
        and value[:1] in ("=", "+", "-", "@")
        and not _NUMBER.fullmatch(value)
    ):
        return "'" + value
    return value


def _kind(values: Sequence[Value]) -> str:
    """DuckDB's type of a column."""
    numbers = [value for value in values if not isinstance(value, str | None)]
    if not numbers or len(numbers) + values.count(None) < len(values):
        return "VARCHAR"
    if any(isinstance(value, float) for value in numbers):
        return "DOUBLE"
    if any(isinstance(value, Decimal) or abs(value) > MOST for value in numbers):
        return "DECIMAL(38, 0)"
    return "BIGINT"
