"""A registry's file, a row for each installation and year; every bad row is listed at once."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tonne.errors import TonneError, refused, why
from tonne.simulation.registry.form import Columns, Meaning, ReplayedScheme, ReplayForm

#: Largest amount of a year that the contracts keep [t].
MOST: Final = 2**40 - 1
#: A star: the authority set or corrected a figure.
STAR: Final = "*"


@dataclass(frozen=True, slots=True)
class RegistryRow:
    """One installation in one year; amounts in [t], None where the file has no figure."""

    line: int
    installation: str
    scheme: ReplayedScheme
    jurisdiction: int
    year: int
    table: int | None
    allocation: int | None
    verified: int | None
    surrendered: int | None
    total_verified: int | None
    total_surrendered: int | None
    code: str
    meaning: Meaning

    @property
    def has_totals(self) -> bool:
        """Whether the registry states both totals that compliance is judged by."""
        return self.total_verified is not None and self.total_surrendered is not None


@dataclass(frozen=True, slots=True)
class BadCell:
    """A fault of a row, and its remedy."""

    line: int
    field: str
    value: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.value or '(blank)'}. {self.remedy}"


def read(path: Path, form: ReplayForm) -> list[RegistryRow]:
    """All rows; raises REPLAY_ROWS with every row that cannot be replayed, REPLAY_COLUMNS or REPLAY_FILE."""
    try:
        encoding = "utf-8-sig" if form.file.encoding == "utf-8" else form.file.encoding
        with path.open(encoding=encoding, newline="") as file:
            table = csv.DictReader(file, delimiter=form.file.separator)
            _check_columns(path, form.columns, table.fieldnames or ())
            reader = _Reader(form)
            rows = [row for given in table if (row := reader.row(table.line_num, given))]
    except (OSError, UnicodeError, csv.Error) as error:
        raise TonneError(
            "REPLAY_FILE",
            f"{path} cannot be read: {why(error)}.",
            field="file",
            value=str(path),
            remedy="Give a CSV file in UTF-8, or say how it is written under [registry.file].",
        ) from error
    if reader.bad:
        listed = "\n".join(f"  {cell}" for cell in reader.bad)
        count = len({cell.line for cell in reader.bad})
        raise refused("REPLAY_ROWS", path=path, count=count, listed=listed)
    if not rows:
        raise TonneError(
            "REPLAY_FILE",
            f"{path} has no rows.",
            field="file",
            value=str(path),
            remedy="Give a row for each installation and year.",
        )
    return rows


def _check_columns(path: Path, columns: Columns, names: object) -> None:
    given = list(names) if isinstance(names, list | tuple) else []
    known = {*columns.read, *columns.also}
    missing = [name for name in columns.read if name not in given]
    strange = [name for name in given if name not in known or given.count(name) > 1]
    if missing or strange:
        told = [f"there is no column {', '.join(missing)}"] if missing else []
        told += [f"{', '.join(strange)}: not known, or there twice"] if strange else []
        raise refused(
            "REPLAY_COLUMNS", missing=(missing or strange)[0], path=path, detail="; ".join(told)
        )


class _Reader:
    """Reads rows one by one and keeps their faults."""

    def __init__(self, form: ReplayForm) -> None:
        self.form = form
        self.bad: list[BadCell] = []
        self._lines: dict[tuple[str, str, int], int] = {}
        self._homes: dict[str, tuple[str, int]] = {}

    def row(self, line: int, given: Mapping[str | None, str | None]) -> RegistryRow | None:
        """The row, or None where it is bad."""
        before = len(self.bad)
        columns = self.form.columns
        if None in given or None in given.values():
            remedy = "A row has a value for each column; quote one that holds the separator."
            self.bad.append(BadCell(line, "row", f"{len(given)} columns", remedy))
            return None
        cells = {str(name): (value or "").strip() for name, value in given.items()}
        key = cells[columns.installation]
        if not key:
            self._bad(line, columns.installation, "", "Name the installation.")
        scheme = self._scheme(line, cells)
        year = self._year(line, cells, scheme)
        home = self._jurisdiction(line, cells)
        amounts = {
            name: self._amount(line, getattr(columns, name), cells)
            for name in (
                "table",
                "allocation",
                "verified",
                "surrendered",
                "total_verified",
                "total_surrendered",
            )
        }
        code, meaning = self._code(line, cells)
        if columns.status and cells[columns.status] not in self.form.statuses:
            known = ", ".join(self.form.statuses)
            self._bad(line, columns.status, cells[columns.status], f"Known are: {known}.")
        if len(self.bad) > before or scheme is None or year is None:
            return None
        self._check_once(line, key, scheme, year, home)
        if len(self.bad) > before:
            return None
        return RegistryRow(line, key, scheme, home, year, **amounts, code=code, meaning=meaning)

    def _bad(self, line: int, field: str, value: str, remedy: str) -> None:
        self.bad.append(BadCell(line, field, value, remedy))

    def _scheme(self, line: int, cells: Mapping[str, str]) -> ReplayedScheme | None:
        column = self.form.columns.scheme
        found = self.form.scheme_named(cells.get(column, ""))
        if found is None:
            known = ", ".join(one.name for one in self.form.scheme)
            self._bad(line, column, cells[column], f"The scenario has: {known}.")
        return found

    def _year(
        self, line: int, cells: Mapping[str, str], scheme: ReplayedScheme | None
    ) -> int | None:
        column = self.form.columns.year
        text = cells[column]
        years = scheme.years if scheme else range(1970, 2**16)
        year = self.form.file.year(text)
        if year not in years:
            written = f", written as {self.form.file.date}" if self.form.file.date else ""
            self._bad(line, column, text, f"Give a year from {years[0]} to {years[-1]}{written}.")
            return None
        return year

    def _jurisdiction(self, line: int, cells: Mapping[str, str]) -> int:
        column = self.form.columns.jurisdiction
        if not column:
            return 1
        found = self.form.jurisdictions.get(cells[column])
        if found is None:
            known = ", ".join(self.form.jurisdictions)
            self._bad(line, column, cells[column], f"The scenario has: {known}.")
        return found or 0

    def _amount(self, line: int, column: str, cells: Mapping[str, str]) -> int | None:
        text = cells.get(column, "")
        if not text or text in self.form.file.blanks:
            return None
        tonnes = self.form.file.tonnes(text)
        if tonnes is None or tonnes > MOST:
            self._bad(line, column, text, f"Give whole tonnes from 0 to {MOST}, or a blank.")
            return None
        return tonnes

    def _code(self, line: int, cells: Mapping[str, str]) -> tuple[str, Meaning]:
        column = self.form.columns.code
        if not column:
            return "", "none"
        text = cells[column]
        meaning = self.form.codes.get(text.removesuffix(STAR))
        if meaning is None:
            known = ", ".join(code or "(blank)" for code in self.form.codes)
            self._bad(line, column, text, f"The scenario has: {known}; a star may follow.")
        return text, meaning or "none"

    def _check_once(
        self, line: int, key: str, scheme: ReplayedScheme, year: int, home: int
    ) -> None:
        columns = self.form.columns
        first = self._lines.setdefault((scheme.name, key, year), line)
        if first != line:
            remedy = f"It stands in line {first} as well: keep one row for each year."
            self._bad(line, columns.installation, f"{key} in {year}", remedy)
        if self._homes.setdefault(key, (scheme.name, home)) != (scheme.name, home):
            remedy = "An installation has one scheme and one jurisdiction in all its rows."
            self._bad(line, columns.scheme or columns.jurisdiction, key, remedy)


def by_installation(rows: list[RegistryRow]) -> Iterator[tuple[str, list[RegistryRow]]]:
    """Rows of each installation by year, installations in the order of the file."""
    found: dict[str, list[RegistryRow]] = {}
    for row in rows:
        found.setdefault(row.installation, []).append(row)
    for key, own in found.items():
        yield key, sorted(own, key=lambda row: row.year)
