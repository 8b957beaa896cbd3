"""CSV files of any utility, read by a field map: see `tonne.meters.field_map`.

Nothing is signed, as in a Green Button feed. Each row stands for itself: a bad one is left out with its
reason.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from tonne.errors import TonneError
from tonne.files import MAX_FILE_BYTES
from tonne.meters.feed import (
    MOST_ROWS,
    Feed,
    IntervalEnergy,
    LeftOut,
    RegisterRow,
    agreed,
    apart,
    nearest_wh,
    refuse_nothing,
    too_many_rows,
    whole_wh,
)
from tonne.meters.field_map import CsvMap, FieldMap, ValueColumn
from tonne.meters.local_time import interval, moment, zone_of
from tonne.meters.readings import Quality, Reading

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{0,12})?", re.ASCII)
_GROUPS: Final = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+", re.ASCII)
#: One thousands mark in three forms: a space, a no-break space and a narrow one.
_BLANKS: Final = " \u00a0\u202f"
_BLANK: Final = re.compile(f"[{_BLANKS}]")
_LINE_END: Final = re.compile(r"[\r\n]")
_HOUR_24: Final = re.compile("(?=24)..")
_UNIX: Final = re.compile(r"[0-9]{1,14}", re.ASCII)

#: Energy [Wh] by direction: taken, given. A direction that the map does not name is not told.
Energies = dict[bool, int]


class _Row(NamedTuple):
    number: int
    cells: dict[str, str]


def parse(content: bytes, fields: FieldMap) -> Feed:
    """All rows of the file that can be read, in order of time, and those that cannot."""
    if len(content) > MAX_FILE_BYTES:
        raise TonneError(
            "METER_TOO_LARGE",
            f"A file of {len(content)} bytes or more is refused unread.",
            field="file",
            value=len(content),
            remedy=f"Cut it into files of at most {MAX_FILE_BYTES} bytes.",
        )
    assert fields.csv is not None
    terms = fields.csv
    zone = None if terms.zone is None else zone_of(terms.zone)
    digest, left_out = hashlib.sha256(content).digest(), LeftOut()
    intervals: list[IntervalEnergy] = []
    registers: list[RegisterRow] = []
    for row in _rows(content, terms, left_out):
        try:
            if terms.values == "interval":
                intervals += _intervals(row, terms, zone)
            else:
                registers.append(RegisterRow(row.number, _reading(row, terms, zone), digest))
        except TonneError as error:
            left_out.add(row.number, error)
    by_start = [((item.start, item.is_export), item) for item in intervals]
    by_moment = [(item.reading.at, item) for item in registers]
    feed = Feed(
        fields.measures,
        None,
        digest,
        apart(agreed(by_start, left_out), left_out),
        tuple(sorted(agreed(by_moment, left_out), key=lambda item: item.reading.at)),
        left_out,
    )
    return refuse_nothing(feed, "METER_CSV_FORM")


def _rows(content: bytes, terms: CsvMap, left_out: LeftOut) -> Iterator[_Row]:
    """Rows of the meter by the names of their columns, numbered as lines of the file are. A row is one line:
    a quote that is not closed on it does not swallow those below."""
    try:
        text = content.decode(terms.encoding)
    except UnicodeDecodeError as error:
        raise _no_csv(f"it is not {terms.encoding} at byte {error.start}", "encoding") from None
    lines = io.StringIO(text, newline="")
    for _ in range(terms.skip):
        next(lines, "")
    heading, above = _heading(lines, terms)
    is_there = False
    others: dict[str, None] = {}  # marks of other meters, in order
    for count, line in enumerate(lines, 1):
        if count > MOST_ROWS:
            raise too_many_rows(count)
        number = terms.skip + above + count
        try:
            cells = _cells(line, terms.delimiter, len(heading))
        except TonneError as error:
            left_out.add(number, error)
            continue
        if not cells:
            continue
        row = _Row(number, dict(zip(heading, cells, strict=True)))
        if all(row.cells[name] == wanted for name, wanted in terms.only.items()):
            is_there = True
            yield row
        elif len(others) < 5:
            others[", ".join(row.cells[name][:40] for name in terms.only)] = None
    if others and not is_there:
        raise _no_row_of(terms.only, list(others))


def _no_row_of(only: dict[str, str], others: list[str]) -> TonneError:
    wanted = ", ".join(f"{name} = {value!r}"[:80] for name, value in only.items())
    return TonneError(
        "METER_CSV_FORM",
        f"No row is of the meter: `only` wants {wanted}, and the first rows have {'; '.join(others)}.",
        field="only",
        value=wanted[:80],
        remedy="Write `only` in the field map as the file has it, or hand the file in under another number.",
    )


def _cells(line: str, delimiter: str, count: int) -> list[str]:
    """The `count` cells of a line; none of one in which nothing stands. More may follow if they are empty, as
    where lines end in a delimiter; METER_ROW_FORM for any other number, or where a quote stays open."""
    try:
        found = next(csv.reader([line.rstrip("\r\n") + "\n"], delimiter=delimiter))
    except csv.Error as error:
        raise _bad("row", "", f"it is no row of CSV ({error})") from None
    if found and found[-1].endswith("\n"):
        raise _bad("row", found[-1].strip(), "a quote is opened and not closed on its line")
    cells = [cell.strip() for cell in found]
    if not any(cells):
        return []
    if len(cells) < count or any(cells[count:]):
        raise _bad(
            "row",
            len(cells),
            f"it has {len(cells)} cells of {count}",
            "Correct the row; a value that holds the delimiter, as a decimal comma may be, stands in quotes. "
            "The other rows are taken.",
        )
    return cells[:count]


def _heading(lines: Iterator[str], terms: CsvMap) -> tuple[list[str], int]:
    """The names of the columns, and on how many lines they stand: a name may have a line break in quotes."""
    reader = csv.reader(lines, delimiter=terms.delimiter)
    try:
        names = next(reader)
    except StopIteration:
        raise _no_csv("it has no heading", "skip") from None
    except csv.Error as error:
        raise _no_csv(f"its heading is no row of CSV ({error})", "skip") from None
    if any(_LINE_END.search(name) and terms.delimiter in name for name in names):
        raise _no_csv("a quote in its heading is not closed", "skip")
    names = [name.strip() for name in names]
    for wanted in sorted(terms.columns):
        if names.count(wanted) != 1:
            told = ", ".join(names)[:200]
            raise _no_csv(
                f"its heading has {names.count(wanted)} columns {wanted!r}; it has {told}", wanted
            )
    return names, reader.line_num


def _intervals(row: _Row, terms: CsvMap, zone: tzinfo | None) -> list[IntervalEnergy]:
    assert terms.interval_s is not None
    start, end = interval(_when(row, terms), terms.interval_s, zone, terms.stamp == "end")
    quality = _quality(row, terms)
    return [
        IntervalEnergy(start, end - start, is_export, wh, quality, row=row.number)
        for is_export, wh in _energies(row, terms, end - start).items()
    ]


def _reading(row: _Row, terms: CsvMap, zone: tzinfo | None) -> Reading:
    shown = _energies(row, terms, 0)
    at = moment(_when(row, terms), zone)
    return Reading(at, shown.get(False, 0), shown.get(True, 0), _quality(row, terms))


def _energies(row: _Row, terms: CsvMap, interval_s: int) -> Energies:
    if terms.net is not None:
        value = _value(row, terms.net, terms, interval_s)
        taken = value if terms.net.positive == "import" else -value
        name = terms.net.column
        return {
            False: nearest_wh(max(taken, Fraction(0)), name),
            True: nearest_wh(max(-taken, Fraction(0)), name),
        }
    wh = nearest_wh if terms.values == "interval" else whole_wh
    parts = ((False, terms.taken), (True, terms.given))
    return {
        is_export: wh(_value(row, part, terms, interval_s), part.column)
        for is_export, part in parts
        if part is not None
    }


def _value(row: _Row, part: ValueColumn, terms: CsvMap, interval_s: int) -> Fraction:
    text = row.cells[part.column]
    plain = _plain(text, terms)
    if not _NUMBER.fullmatch(plain):
        said = f"{text[:40]!r} is no number" if text else "it is empty"
        if terms.thousands is not None:
            said += f": {terms.thousands!r} parts groups of three digits, {terms.decimal!r} stands behind"
        raise _bad(part.column, text, said)
    value = Fraction(Decimal(plain)) * part.wh(interval_s)
    return -value if part.negative else value


def _plain(text: str, terms: CsvMap) -> str:
    """A number without its thousands marks and with a point; no number where a mark stands in another place
    than between groups of three digits before the decimal mark."""
    whole, mark, part = text.partition(terms.decimal)
    if terms.thousands is not None:
        blank = terms.thousands in _BLANKS
        groups = _BLANK.sub(" ", whole).split(" ") if blank else whole.split(terms.thousands)
        if len(groups) > 1 and not _GROUPS.fullmatch(",".join(groups)):
            return ""
        whole = "".join(groups)
    return "" if "." in whole or "." in part else whole + ("." if mark else "") + part


def _quality(row: _Row, terms: CsvMap) -> Quality:
    if terms.quality is None:
        return Quality.PROVISIONAL
    return terms.quality.of(row.cells[terms.quality.column])


def _when(row: _Row, terms: CsvMap) -> datetime:
    """The time of a row, far enough from the calendar's ends to reckon with."""
    text = " ".join(row.cells[name] for name in terms.times)
    try:
        if terms.format not in ("unix", "unix-ms"):
            when = _wall(text, terms)
        elif _UNIX.fullmatch(text):
            seconds = int(text) // (1_000 if terms.format == "unix-ms" else 1)
            when = datetime.fromtimestamp(seconds, UTC)
        else:
            raise _bad(terms.times[0], text, f"{text[:40]!r} is no Unix time")
        if not MINYEAR < when.year < MAXYEAR:
            raise ValueError(text)
        return when
    except (ValueError, OverflowError):
        said = f"{text[:40]!r} is no time of the form {terms.format}"
        raise _bad(terms.times[0], text, said) from None


def _wall(text: str, terms: CsvMap) -> datetime:
    """The time that a text shows; 24:00, which no form of Python's has, is 00:00 of the next day. ValueError
    for what is none, METER_ROW_FORM for a later time of the hour 24."""
    try:
        return _parsed(text, terms.format)
    except ValueError:
        for place in _HOUR_24.finditer(text):
            before, after = text[: place.start()], text[place.end() :]
            try:
                midnight = _parsed(f"{before}00{after}", terms.format)
                one = _parsed(f"{before}01{after}", terms.format)
            except ValueError:
                continue
            if one - midnight != timedelta(hours=1):
                continue  # it is no hour
            if midnight.time() != time():
                raise _bad(
                    terms.times[0], text, f"{text[:40]!r} is no time: a day ends at 24:00"
                ) from None
            return midnight + timedelta(days=1)
        raise


def _parsed(text: str, form: str) -> datetime:
    return datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)


def _bad(field: str, value: object, why: str, remedy: str = "") -> TonneError:
    return TonneError(
        "METER_ROW_FORM",
        f"The row cannot be read: {field}: {why}.",
        field=field,
        value=value[:40] if isinstance(value, str) else value,
        remedy=remedy
        or "Correct the row, or the column's entry in the field map; the other rows are taken.",
    )


def _no_csv(why: str, field: str) -> TonneError:
    return TonneError(
        "METER_CSV_FORM",
        f"This is no CSV file as its field map says: {why}.",
        field=field,
        remedy="Correct the map, or have the file exported again.",
    )
