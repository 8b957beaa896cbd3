"""Rows of a CSV file by the names of its heading, as a field map has them; one line is one row, and a bad
one is left out with its reason."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.meters.day_rows import misfit, most_columns
from tonne.meters.feed import MOST_ROWS, LeftOut, too_many_rows
from tonne.meters.field_map import ABOVE, CsvMap, NamedColumns, ValueColumn

_LINE_END: Final = re.compile(r"[\r\n]")


class CsvHeading(NamedTuple):
    """Names of the columns, where each stands, and on how many lines they do."""

    names: list[str]
    places: dict[str, int]
    lines: int

    def run(self, part: NamedColumns) -> range:
        """Where the columns of a day stand."""
        assert part.first is not None and part.last is not None
        return range(self.places[part.first], self.places[part.last] + 1, part.every)

    def is_open(self, part: NamedColumns, terms: CsvMap) -> bool:
        """Whether nothing stands behind the columns of a day: a row then has as many as its day."""
        return terms.day == "elapsed" and self.run(part)[-1] + part.every >= len(self.names)

    def widths(self, terms: CsvMap) -> tuple[int, int]:
        """The least and the most cells of a row in which anything stands."""
        days = [part for part in terms.all_parts if part.is_day]
        opened = [self.run(part) for part in days if self.is_open(part, terms)]
        if not opened:
            return len(self.names), len(self.names)
        assert terms.interval_s is not None
        longest = most_columns(terms.interval_s)
        fixed = [self.run(part)[-1] for part in days if not self.is_open(part, terms)]
        fixed += [self.places[name] for part in terms.all_parts for name in part.cells]
        fixed += [self.places[name] for name in terms.marks if name in self.places]
        fixed += [self.places[name] for name in (*terms.times, terms.period) if name is not None]
        least = 1 + max(*fixed, *(run[0] for run in opened))
        return least, max(len(self.names), *(run[0] + run.step * longest for run in opened))


class CsvRow(NamedTuple):
    number: int
    heading: CsvHeading
    line: list[str]
    above: list[str]  # the line that begins the block it stands in

    def cell(self, name: str | None) -> str:
        assert name is not None
        return self.line[self.heading.places[name]]

    def is_of(self, only: Mapping[str, str | tuple[str, ...]]) -> bool:
        """Whether its cells are those that a map wants."""
        return all(
            self.mark(name) == wanted if isinstance(wanted, str) else self.mark(name) in wanted
            for name, wanted in only.items()
        )

    def mark(self, name: str) -> str:
        """A cell that tells rows apart, its own or one of the line above; empty where there is none."""
        if name in self.heading.places:
            line, place = self.line, self.heading.places[name]
        else:
            line = self.above if name.startswith(ABOVE) else self.line
            place = int(name.removeprefix(ABOVE)) - 1
        return line[place] if place < len(line) else ""

    def told(self, terms: CsvMap) -> list[ValueColumn]:
        """The columns of values that it tells: where directions have rows of their own, not all."""
        return [part for part in terms.parts if self.is_of(part.only)]

    def run(self, part: NamedColumns, terms: CsvMap) -> list[tuple[str, str]]:
        """Name and text of each value of a day."""
        names, places = self.heading.names, self.heading.run(part)
        if self.heading.is_open(part, terms):
            places = range(places.start, len(self.line), places.step)
        return [(names[n] if n < len(names) else f"column {n + 1}", self.line[n]) for n in places]


def rows(content: bytes, terms: CsvMap, left_out: LeftOut) -> Iterator[CsvRow]:
    """Rows of the meter by the names of their columns, numbered as lines of the file are. A row is one line:
    a quote that is not closed on it does not swallow those below."""
    try:
        text = content.decode(terms.encoding)
    except UnicodeDecodeError as error:
        raise no_csv(f"it is not {terms.encoding} at byte {error.start}", "encoding") from None
    lines = io.StringIO(text, newline="")
    for _ in range(terms.skip):
        next(lines, "")
    heading = _heading(lines, terms) if terms.heading else _numbered(lines, terms)
    least, most = heading.widths(terms)
    is_there, values = False, 0  # of days
    others: dict[str, None] = {}  # marks of other meters, in order
    for row in _split(lines, heading, terms, left_out):
        # Without a heading lines may be of several forms: cells of the others are not counted.
        if terms.heading or row.is_of(terms.only):
            try:
                row = row._replace(line=_fitting(row.line, least, most))
            except TonneError as error:
                left_out.add(row.number, error)
                continue
        if row.is_of(terms.only) and row.told(terms):
            is_there = True
            if terms.day is not None:
                assert terms.interval_s is not None
                values += DAY_S // terms.interval_s
                if values > MOST_ROWS:
                    raise too_many_rows(values)
            yield row
        elif len(others) < 5:
            others[", ".join(row.mark(name)[:40] for name in terms.marks)] = None
    if others and not is_there:
        raise _no_row_of(terms, list(others))


def _split(
    lines: Iterator[str], heading: CsvHeading, terms: CsvMap, left_out: LeftOut
) -> Iterator[CsvRow]:
    """Lines in which anything stands, whatever the number of their cells, but those that begin a block."""
    above: list[str] = []
    for count, line in enumerate(lines, 1):
        if count > MOST_ROWS:
            raise too_many_rows(count)
        number = terms.skip + heading.lines + count
        try:
            row = CsvRow(number, heading, _cells(line, terms.delimiter), above)
        except TonneError as error:
            left_out.add(number, error)
            continue
        if terms.above and row.is_of(terms.above):
            above = row.line
        elif any(row.line):
            yield row


def _no_row_of(terms: CsvMap, others: list[str]) -> TonneError:
    pairs = [
        pair for only in (terms.only, *(part.only for part in terms.parts)) for pair in only.items()
    ]
    wanted = ", ".join(f"{name} = {value!r}"[:80] for name, value in pairs)
    return TonneError(
        "METER_CSV_FORM",
        f"No row is of the meter: `only` wants {wanted}, and the first rows have {'; '.join(others)}.",
        field="only",
        value=wanted[:80],
        remedy="Write `only` in the field map as the file has it, or hand the file in under another number.",
    )


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of a line; METER_ROW_FORM where a quote stays open."""
    try:
        found = next(csv.reader([line.rstrip("\r\n") + "\n"], delimiter=delimiter))
    except csv.Error as error:
        raise bad("row", "", f"it is no row of CSV ({error})") from None
    if found and found[-1].endswith("\n"):
        raise bad("row", found[-1].strip(), "a quote is opened and not closed on its line")
    return [cell.strip() for cell in found]


def _fitting(cells: list[str], least: int, most: int) -> list[str]:
    """From `least` to `most` cells. More may follow if they are empty, as where lines end in a delimiter;
    METER_ROW_FORM for any other number."""
    if len(cells) < least or any(cells[most:]):
        raise bad(
            "row",
            len(cells),
            f"it has {len(cells)} cells of {most}",
            "Correct the row; a value that holds the delimiter, as a decimal comma may be, stands in quotes. "
            "The other rows are taken.",
        )
    return cells[:most]


def _numbered(lines: io.StringIO, terms: CsvMap) -> CsvHeading:
    """Of a file without a heading: columns by number, as many as the first line of the meter has, and no
    fewer than are named; where the values of a day end its rows, those."""
    named = max(map(int, terms.columns))
    heading = _counted(named)
    ends = any(part.last == str(named) for part in terms.all_parts)
    if terms.day != "elapsed" or not ends:
        begin = lines.tell()
        own = (row for row in _split(lines, heading, terms, LeftOut()) if row.is_of(terms.only))
        first = next(own, None)
        lines.seek(begin)
        heading = _counted(max(named, 0 if first is None else len(first.line)))
    return _checked(heading, terms)


def _counted(columns: int) -> CsvHeading:
    names = [str(n) for n in range(1, columns + 1)]
    return CsvHeading(names, {name: n for n, name in enumerate(names)}, 0)


def _heading(lines: Iterator[str], terms: CsvMap) -> CsvHeading:
    """The names of the columns; one may have a line break in quotes."""
    reader = csv.reader(lines, delimiter=terms.delimiter)
    try:
        names = next(reader)
    except StopIteration:
        raise no_csv("it has no heading", "skip") from None
    except csv.Error as error:
        raise no_csv(f"its heading is no row of CSV ({error})", "skip") from None
    if any(_LINE_END.search(name) and terms.delimiter in name for name in names):
        raise no_csv("a quote in its heading is not closed", "skip")
    names = [name.strip() for name in names]
    for wanted in sorted(terms.columns):
        if names.count(wanted) != 1:
            told = ", ".join(names)[:200]
            raise no_csv(
                f"its heading has {names.count(wanted)} columns {wanted!r}; it has {told}",
                wanted,
                _of_heading(names, wanted),
            )
    heading = CsvHeading(names, {name: n for n, name in enumerate(names)}, reader.line_num)
    return _checked(heading, terms)


def _of_heading(names: list[str], wanted: str) -> str:
    """The likely remedy of a heading that has a column not once."""
    if names.count(wanted.strip()):
        return (
            "Write the name without blanks around it; where the heading has it twice, write heading = false, "
            "skip one line more, and name columns by number."
        )
    if len(names) == 1:
        return "Correct delimiter in the map: its heading is one cell."
    return "Correct the name in the map, or skip, the number of lines before the heading."


def _checked(heading: CsvHeading, terms: CsvMap) -> CsvHeading:
    for part in terms.all_parts:
        if part.is_day:
            _check_run(heading, part, terms)
    return heading


def _check_run(heading: CsvHeading, part: NamedColumns, terms: CsvMap) -> None:
    """Whether the columns from first to last may be those of a day."""
    assert terms.interval_s is not None and part.last is not None
    run = heading.run(part)
    repeated = part.repeated if isinstance(part, ValueColumn) else terms.repeats
    why = misfit(len(run), terms.interval_s, terms.day == "elapsed", bool(repeated))
    if not run or heading.places[part.last] not in run:
        why = f"{part.last!r} stands at no place that every = {part.every} comes to"
    elif isinstance(part, ValueColumn) and part.repeated is not None:
        extra, at = len(run) - DAY_S // terms.interval_s, heading.places[part.repeated]
        if at not in run or run.index(at) < extra or run.index(at) + extra > len(run):
            why = f"{part.repeated!r} is not behind the hour that it repeats"
    if why:
        raise no_csv(f"of its columns from {part.first!r} to {part.last!r}, {why}", part.last)


def bad(field: str, value: object, why: str, remedy: str = "") -> TonneError:
    return TonneError(
        "METER_ROW_FORM",
        f"The row cannot be read: {field}: {why}.",
        field=field,
        value=value[:40] if isinstance(value, str) else value,
        remedy=remedy
        or "Correct the row, or the column's entry in the field map; the other rows are taken.",
    )


def no_csv(why: str, field: str, remedy: str = "") -> TonneError:
    return TonneError(
        "METER_CSV_FORM",
        f"This is no CSV file as its field map says: {why}.",
        field=field,
        remedy=remedy or "Correct the map, or have the file exported again.",
    )
