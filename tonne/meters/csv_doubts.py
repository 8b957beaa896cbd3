"""Signs that the rows of a CSV file do not mean what its field map says, though each can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Final

from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.meters.csv_rows import no_csv
from tonne.meters.feed import IntervalEnergy, LeftOut
from tonne.meters.field_map import CsvMap
from tonne.meters.local_time import interval, moment

#: Rows of which fewer tell nothing of how far apart a file's intervals are.
FEWEST: Final = 12


@dataclass(slots=True)
class Doubts:
    """Of one file: what was seen in rows that could not be read."""

    terms: CsvMap
    zone: tzinfo | None
    swapped: int = 0  # rows whose times can be read with day and month changed
    skipped: list[datetime] = field(
        default_factory=list
    )  # times that the clock never showed, with energy
    beyond: set[date] = field(default_factory=set)  # days with an hour 25

    def refuse_swapped(self, taken: int) -> None:
        """METER_CSV_FORM where times that cannot be read could be with day and month changed, as every one
        after the twelfth of a month: those that could be read are of other days."""
        if self.swapped * 2 > taken:
            raise no_csv(
                f"{self.swapped} rows have no time of the form {self.terms.format}, and have one of the form "
                f"{other_way_round(self.terms.format)}",
                "format",
            )

    def clock_days(
        self, intervals: list[IntervalEnergy], left_out: LeftOut
    ) -> Iterator[IntervalEnergy]:
        """Intervals without those of days whose rows count hours in place of showing the clock's. Days on
        which that is set tell it: energy in an hour that it skipped and a row of the next, or an hour 25."""
        told: set[int] = set()
        doubted = self._counted(intervals)
        for item in intervals:
            day = datetime.fromtimestamp(item.start, self.zone).date() if doubted else None
            if day not in doubted:
                yield item
            elif item.row not in told:
                told.add(item.row)
                left_out.add(item.row, _no_clock(day, self.terms))

    def _counted(self, intervals: Iterable[IntervalEnergy]) -> set[date]:
        if self.zone is None or not (self.skipped or self.beyond):
            return set()
        bounds = {item.end if self.terms.stamp == "end" else item.start for item in intervals}
        found = {day for day in self.beyond if _is_long(day, self.zone)}
        for when in self.skipped:
            if moment(when + timedelta(hours=1), self.zone) in bounds:
                found.add(when.date())
        return found


def other_way_round(form: str) -> str:
    """A form of strptime's with the places of day and month changed; empty where it has not both."""
    if "%d" not in form or "%m" not in form:
        return ""
    return form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def refuse_spacing(intervals: Iterable[IntervalEnergy], interval_s: int) -> None:
    """METER_CSV_FORM where most intervals begin further apart than they are long."""
    starts = sorted({item.start for item in intervals})
    if len(starts) < FEWEST:
        return
    ((gap_s, count),) = Counter(b - a for a, b in pairwise(starts)).most_common(1)
    if gap_s > interval_s and 2 * count >= len(starts):
        raise no_csv(f"interval_s is {interval_s}, and most rows are {gap_s} s apart", "interval_s")


def refuse_early_midnights(intervals: Iterable[IntervalEnergy], zone: tzinfo) -> None:
    """METER_CSV_FORM where the end of a day has the date of that day: the row is a day early."""
    for before, item in pairwise(intervals):
        back_s = DAY_S - (item.end - item.start)
        if (
            before.end - item.end == back_s > 0
            and datetime.fromtimestamp(item.end, zone).time() == time()
        ):
            raise no_csv(
                f"row {item.row} ends a day at 00:00 of that day; it is written 24:00, or 00:00 of the next",
                "stamp",
            )


def refuse_several(taken: int, left_out: LeftOut) -> None:
    """METER_CSV_FORM where most moments are told differently, as by the rows of several meters."""
    differing = left_out.codes["METER_ROWS_DIFFER"]
    if differing > max(taken, FEWEST):
        raise no_csv(
            f"{differing} rows tell different things of one moment, and {taken} do not; name the rows of one "
            "meter, and of each direction, by only",
            "only",
        )


def _is_long(day: date, zone: tzinfo) -> bool:
    begin, end = interval(datetime.combine(day, time()), DAY_S, zone)
    return end - begin > DAY_S


def _no_clock(day: date | None, terms: CsvMap) -> TonneError:
    return TonneError(
        "METER_ROW_FORM",
        f"The row cannot be read: rows of {day} count the hours of their day, and are not by the clock.",
        field=terms.times[0],
        value=str(day),
        remedy="Name the column of the count as period in the field map; where times are those of one offset "
        "all year, name that as zone (Etc/GMT-1 is UTC+1). The other days are taken.",
    )
