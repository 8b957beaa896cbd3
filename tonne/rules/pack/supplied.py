"""What a scenario supplies to a pack beside dated values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tonne.rules.pack.model import Calendar, ClassInfo, NoticeDays, PeriodRule


@dataclass(frozen=True, slots=True)
class AssumedPeriod:
    """A compliance period of which a scenario supplied some dates."""

    rule: PeriodRule
    fields: tuple[str, ...]  # that were supplied
    why: str


@dataclass(frozen=True, slots=True)
class Supplied:
    """Tables that a scenario supplies beside dated values."""

    classes: Mapping[str, ClassInfo] = field(default_factory=dict)
    calendars: Mapping[int, Calendar] = field(default_factory=dict)
    first_day: date | None = None  # of the market
    notice_days: NoticeDays | None = None
    said: tuple[tuple[str, str], ...] = ()  # what it supplies in words, and why
