"""Tables of a report, and their files: CSV and Parquet in a folder beside the page."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

FOLDER: Final = "data"
#: Greatest whole number of a column of 64 bits; greater ones are decimals of 38 digits.
MOST: Final = 2**63 - 1

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

    @property
    def name(self) -> str:
        return self.key or self.title.lower().replace(" ", "_")

    def text(self, value: Value) -> str:
        """A value as the page shows it."""
        if value is None:
            return ""
        if isinstance(value, str):
            return value
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
            bool(values) and not any(isinstance(value, str) for value in values) for values in known
        ]

    def total(self, place: int) -> int | float | Decimal:
        """Sum of a column of numbers."""
        found: int | float | Decimal = 0
        for row in self.rows:
            value = row[place]
            if not isinstance(value, str | None):
                found = found + value  # type: ignore[operator]
        return found

    @property
    def totals(self) -> list[str]:
        """Sums of the shown columns, empty where none is asked for; an empty list for a table without."""
        if not any(c.total for _, c in self.shown):
            return []
        return [c.text(self.total(place)) if c.total else "" for place, c in self.shown]

    def write(self, folder: Path) -> None:
        """Writes both files into the data folder beside the page in `folder`."""
        target = folder / FOLDER
        target.mkdir(parents=True, exist_ok=True)
        names = [column.name for column in self.columns]
        with (target / f"{self.name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([_safe(value) for value in row] for row in self.rows)
        self._write_parquet(target / f"{self.name}.parquet")

    def _write_parquet(self, path: Path) -> None:
        import pyarrow as pa  # slow to import
        import pyarrow.parquet as pq

        columns = [[row[place] for row in self.rows] for place in range(len(self.columns))]
        arrays = [pa.array(values, _kind(values)) for values in columns]
        table = pa.Table.from_arrays(arrays, names=[column.name for column in self.columns])
        pq.write_table(table.replace_schema_metadata({"about": self.about}), path)


def _safe(value: Value) -> Value:
    """A spreadsheet must not take a name for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return "'" + value
    return value


def _kind(values: Sequence[Value]) -> Any:
    """Arrow's type of a column."""
    import pyarrow as pa

    numbers = [value for value in values if not isinstance(value, str | None)]
    if not numbers or len(numbers) + values.count(None) < len(values):
        return pa.string()
    if any(isinstance(value, float) for value in numbers):
        return pa.float64()
    if any(isinstance(value, Decimal) or abs(value) > MOST for value in numbers):
        return pa.decimal128(38, 0)
    return pa.int64()
