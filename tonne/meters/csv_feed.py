"""CSV files of any utility, read by a field map: see `tonne.meters.field_map`.

Nothing is signed, as in a Green Button feed. Each row stands for itself: a bad one is left out with its
reason.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.files import MAX_FILE_BYTES
from tonne.meters.csv_doubts import (
    Doubts,
    other_way_round,
    refuse_early_midnights,
    refuse_several,
    refuse_spacing,
)
from tonne.meters.csv_rows import CsvHeading, CsvRow, bad, rows
from tonne.meters.day_rows import Place, by_clock, by_time
from tonne.meters.feed import (
    Feed,
    IntervalEnergy,
    LeftOut,
    RegisterRow,
    agreed,
    apart,
    nearest_wh,
    refuse_nothing,
    whole_wh,
)
from tonne.meters.field_map import CsvMap, FieldMap, NetColumn, ValueColumn
from tonne.meters.local_time import interval, moment, zone_of
from tonne.meters.readings import Quality, Reading

_NUMBER: Final = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]{0,30})?|\.[0-9]{1,30})", re.ASCII)
_GROUPS: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+", re.ASCII)
#: One thousands mark in three forms: a space, a no-break space and a narrow one.
_BLANKS: Final = " \u00a0\u202f"
_BLANK: Final = re.compile(f"[{_BLANKS}]")
_PERIOD: Final = re.compile(r"[0-9]{1,4}", re.ASCII)
_UNIX: Final = re.compile(r"[0-9]{1,14}", re.ASCII)

#: Energy [Wh] by direction: taken, given. A direction that the map does not name is not told.
Energies = dict[bool, int]


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
    shown: list[_Shown] = []
    doubts = Doubts(terms, zone)
    for row in rows(content, terms, left_out):
        try:
            if terms.day is not None:
                assert zone is not None
                intervals += _day(row, terms, zone, left_out)
            elif terms.values == "interval":
                intervals += _intervals(row, terms, zone)
            elif terms.has_rows_apart:
                shown += _shown(row, terms, zone)
            else:
                registers.append(RegisterRow(row.number, _reading(row, terms, zone), digest))
        except TonneError as error:
            left_out.add(row.number, error)
            _heed(doubts, row, terms, error)
    registers += _together(shown, terms, digest, left_out)
    doubts.refuse_swapped(len(intervals) + len(registers))
    if terms.interval_s is not None and terms.day is None:
        refuse_spacing(intervals, terms.interval_s)
        if terms.stamp == "end" and zone is not None:
            refuse_early_midnights(intervals, zone)
    intervals = list(doubts.clock_days(intervals, left_out))
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
    refuse_several(len(feed.intervals) + len(feed.registers), left_out)
    return refuse_nothing(feed, "METER_CSV_FORM")


def _intervals(row: CsvRow, terms: CsvMap, zone: tzinfo | None) -> list[IntervalEnergy]:
    assert terms.interval_s is not None
    if terms.period is None:
        start, end = interval(_when(row, terms), terms.interval_s, zone, terms.stamp == "end")
    else:
        start, end = _period(row, terms, zone)
    quality = _quality(row, terms)
    return [
        IntervalEnergy(start, end - start, is_export, wh, quality, row=row.number)
        for is_export, wh in _energies(row, terms, end - start).items()
    ]


def _period(row: CsvRow, terms: CsvMap, zone: tzinfo | None) -> tuple[int, int]:
    """[s] Begin and end of the interval of a day that a row counts."""
    assert terms.interval_s is not None and terms.period is not None
    begin, end = interval(_when(row, terms), DAY_S, zone)
    text, count = row.cell(terms.period), (end - begin) // terms.interval_s
    if not _PERIOD.fullmatch(text) or not 1 <= int(text) <= count:
        raise bad(terms.period, text, f"{text[:40]!r} is none of the {count} intervals of its day")
    start = begin + (int(text) - 1) * terms.interval_s
    return start, start + terms.interval_s


def _reading(row: CsvRow, terms: CsvMap, zone: tzinfo | None) -> Reading:
    shown = _energies(row, terms, 0)
    at = moment(_when(row, terms), zone)
    return Reading(at, shown.get(False, 0), shown.get(True, 0), _quality(row, terms))


@dataclass(frozen=True, slots=True)
class _Shown:
    """The register of one direction [Wh]."""

    row: int = field(compare=False)
    at: int  # [s]
    is_export: bool
    wh: int
    quality: Quality


def _shown(row: CsvRow, terms: CsvMap, zone: tzinfo | None) -> list[_Shown]:
    at, quality = moment(_when(row, terms), zone), _quality(row, terms)
    energies = _energies(row, terms, 0)
    return [_Shown(row.number, at, is_export, wh, quality) for is_export, wh in energies.items()]


def _together(
    shown: list[_Shown], terms: CsvMap, digest: bytes, left_out: LeftOut
) -> list[RegisterRow]:
    """Registers at each moment, of directions that have rows of their own. One that is told without the other
    is left out: a register that is not told is not 0."""
    moments: dict[int, dict[bool, _Shown]] = {}
    for item in agreed((((item.at, item.is_export), item) for item in shown), left_out):
        moments.setdefault(item.at, {})[item.is_export] = item
    found: list[RegisterRow] = []
    for at, ways in moments.items():
        number = max(item.row for item in ways.values())
        if len(ways) < len(terms.parts):
            left_out.add(number, _alone(ways))
            continue
        import_wh, export_wh = (ways[way].wh if way in ways else 0 for way in (False, True))
        quality = max(item.quality for item in ways.values())
        found.append(RegisterRow(number, Reading(at, import_wh, export_wh, quality), digest))
    return found


def _alone(ways: Collection[bool]) -> TonneError:
    told, other = ("export", "import") if True in ways else ("import", "export")
    return TonneError(
        "METER_ROW_FORM",
        f"The row cannot be read: no row of its moment tells the register of {other}.",
        field=other,
        value=told,
        remedy=f"Have both exported, or name {told} alone in the field map if the meter has no other. "
        "The other rows are taken.",
    )


def _day(row: CsvRow, terms: CsvMap, zone: tzinfo, left_out: LeftOut) -> list[IntervalEnergy]:
    """The intervals of a row that is a day. TonneError where it has not the values of its day; else a value
    that cannot be taken costs its own interval, and one that is blank tells nothing of it."""
    begin = _when(row, terms)
    if begin.tzinfo is not None:
        begin = begin.astimezone(zone).replace(tzinfo=None)
    found: list[IntervalEnergy] = []
    problems: list[TonneError] = []
    for part in row.told(terms):
        found += _part_of_day(row, part, begin, terms, zone, problems)
    for error in problems:
        left_out.add(row.number, error)
    return found


def _part_of_day(
    row: CsvRow,
    part: ValueColumn,
    begin: datetime,
    terms: CsvMap,
    zone: tzinfo,
    problems: list[TonneError],
) -> Iterator[IntervalEnergy]:
    assert terms.interval_s is not None
    length_s, blank = terms.interval_s, []
    run = row.run(part, terms)
    values = [_value_or_error(name, text, part, terms) for name, text in run]
    told = [isinstance(value, Fraction) for value in values]
    qualities = _qualities(row, terms)
    for n, place in enumerate(_places(row.heading, part, begin, terms, zone, told)):
        (name, text), value = run[n], values[n]
        if place is None or (isinstance(place, TonneError) and place.code == "METER_TIME_MISSING"):
            if isinstance(value, Fraction) and value != 0:
                raise _no_interval(name, text, place)
        elif not text:
            blank.append(name)
        elif isinstance(place, TonneError):
            problems.append(place)
        elif isinstance(value, TonneError):
            problems.append(value)
        else:
            try:
                energies = _directed(value, name, part, terms)
            except TonneError as error:
                problems.append(error)
                continue
            quality = qualities[n] if n < len(qualities) else Quality.HELD
            for is_export, wh in energies.items():
                yield IntervalEnergy(place, length_s, is_export, wh, quality, row=row.number)
    if blank:
        problems.append(_blank(blank, len(run)))


def _places(
    heading: CsvHeading,
    part: ValueColumn,
    begin: datetime,
    terms: CsvMap,
    zone: tzinfo,
    told: list[bool],
) -> list[Place]:
    assert terms.interval_s is not None
    if terms.day == "elapsed":
        return by_time(begin, terms.interval_s, zone, told)
    at = None
    if part.repeated is not None:
        at = heading.run(part).index(heading.places[part.repeated])
    return by_clock(begin, terms.interval_s, zone, told, at)


def _value_or_error(
    name: str, text: str, part: ValueColumn, terms: CsvMap
) -> Fraction | TonneError:
    assert terms.interval_s is not None
    try:
        return _value(name, text, part, terms, terms.interval_s)
    except TonneError as error:
        return error


def _energies(row: CsvRow, terms: CsvMap, interval_s: int) -> Energies:
    found: Energies = {}
    for part in row.told(terms):
        values = [_value(name, row.cell(name), part, terms, interval_s) for name in part.cells]
        found |= _directed(sum(values, Fraction(0)), part.cells[0], part, terms)
    return found


def _directed(value: Fraction, name: str, part: ValueColumn, terms: CsvMap) -> Energies:
    """[Wh] By direction, of a value that counts as its column says."""
    if isinstance(part, NetColumn):
        taken = value if part.positive == "import" else -value
        return {
            False: nearest_wh(max(taken, Fraction(0)), name),
            True: nearest_wh(max(-taken, Fraction(0)), name),
        }
    wh = nearest_wh if terms.values == "interval" else whole_wh
    return {part is terms.given: wh(value, name)}


def _value(name: str, text: str, part: ValueColumn, terms: CsvMap, interval_s: int) -> Fraction:
    plain = _plain(text, terms)
    if not _NUMBER.fullmatch(plain):
        said = f"{text[:40]!r} is no number" if text else "it is empty"
        if terms.thousands is not None:
            said += f": {terms.thousands!r} parts groups of three digits, {terms.decimal!r} stands behind"
        raise bad(name, text, said)
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


def _quality(row: CsvRow, terms: CsvMap) -> Quality:
    if terms.quality is None:
        return Quality.PROVISIONAL
    return terms.quality.of(row.cell(terms.quality.column))


def _qualities(row: CsvRow, terms: CsvMap) -> list[Quality]:
    """Of each value of a day; of all the same where the row has one mark."""
    if terms.quality is None or not terms.quality.is_day:
        return [_quality(row, terms)] * len(row.line)
    return [terms.quality.of(text) for _, text in row.run(terms.quality, terms)]


def _when(row: CsvRow, terms: CsvMap) -> datetime:
    """The time of a row, far enough from the calendar's ends to reckon with."""
    text = _time(row, terms)
    try:
        if terms.format not in ("unix", "unix-ms"):
            when = _wall(text, terms)
        elif _UNIX.fullmatch(text):
            seconds = int(text) // (1_000 if terms.format == "unix-ms" else 1)
            when = datetime.fromtimestamp(seconds, UTC)
        else:
            raise bad(terms.times[0], text, f"{text[:40]!r} is no Unix time")
        if not MINYEAR < when.year < MAXYEAR:
            raise ValueError(text)
        return when
    except (ValueError, OverflowError):
        said = f"{text[:40]!r} is no time of the form {terms.format}"
        raise bad(terms.times[0], text, said) from None


def _time(row: CsvRow, terms: CsvMap) -> str:
    """The text of a row's time."""
    text = _BLANK.sub(" ", " ".join(row.cell(name) for name in terms.times))
    return text if terms.until is None else text.partition(terms.until)[0].rstrip()


def _is_swapped(row: CsvRow, terms: CsvMap, error: TonneError) -> bool:
    """Whether the time of a row that could not be read can be with day and month changed."""
    form = other_way_round(terms.format)
    if not form or (error.code, error.field) != ("METER_ROW_FORM", terms.times[0]):
        return False
    try:
        datetime.strptime(_time(row, terms), form)
    except ValueError:
        return False
    return True


def _heed(doubts: Doubts, row: CsvRow, terms: CsvMap, error: TonneError) -> None:
    """Keeps the sign that a row gives of its file by not being readable."""
    doubts.swapped += _is_swapped(row, terms, error)
    if terms.values != "interval" or terms.day is not None or terms.period is not None:
        return
    if error.code == "METER_TIME_MISSING" and _has_energy(row, terms):
        doubts.skipped.append(_when(row, terms))
    day = _without_hour(_time(row, terms), terms, "25")
    if day is not None:
        doubts.beyond.add(day.date())


def _has_energy(row: CsvRow, terms: CsvMap) -> bool:
    assert terms.interval_s is not None
    try:
        return any(_energies(row, terms, terms.interval_s).values())
    except TonneError:
        return False


def _wall(text: str, terms: CsvMap) -> datetime:
    """The time that a text shows; 24:00, which no form of Python's has, is 00:00 of the next day. ValueError
    where it is no time, METER_ROW_FORM for a later time of the hour 24."""
    try:
        return _parsed(text, terms.format)
    except ValueError:
        midnight = _without_hour(text, terms, "24")
        if midnight is None:
            raise
        if midnight.time() != time():
            raise bad(
                terms.times[0], text, f"{text[:40]!r} is no time: a day ends at 24:00"
            ) from None
        return midnight + timedelta(days=1)


def _without_hour(text: str, terms: CsvMap, hour: str) -> datetime | None:
    """The time that a text shows with 00 in place of an hour that no clock has; None if it shows another."""
    for place in re.finditer(f"(?={hour})..", text):
        before, after = text[: place.start()], text[place.end() :]
        try:
            midnight = _parsed(f"{before}00{after}", terms.format)
            one = _parsed(f"{before}01{after}", terms.format)
        except ValueError:
            continue
        if one - midnight == timedelta(hours=1):
            return midnight
    return None


def _parsed(text: str, form: str) -> datetime:
    return datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)


def _no_interval(name: str, text: str, missing: TonneError | None) -> TonneError:
    """A row with a value where its day has no interval: the map takes its columns for others."""
    if missing is None:
        return bad(name, text, f"{text[:40]!r} stands there, and the day has no such interval")
    return TonneError(
        "METER_TIME_MISSING",
        f"{missing.message.removesuffix('.')}; {text[:40]!r} stands in {name}: the row is not by the clock.",
        field=name,
        value=text[:40],
        remedy='Write day = "elapsed" where columns count the time that passes; else leave that hour blank.',
    )


def _blank(names: list[str], count: int) -> TonneError:
    told = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return TonneError(
        "METER_ROW_FORM",
        f"{len(names)} of its {count} values are blank ({told[:200]}): nothing tells those intervals.",
        field=names[0],
        value="",
        remedy="Write 0 where nothing flowed; the other values of the row are taken.",
    )
