"""Rules under which a period passes within one local day by the clock on the wall.

The national pack, with what the calendar would otherwise make wait moved to today: the reports of 2020 are
taken, final at once and settled today, and every day is a trading day from midnight to a quarter to.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.conftest import PACK, PERIOD
from tonne.rules import pack as rule_packs
from tonne.rules.pack import Period, RulePack

#: Sessions end here on a local day, in quarters of an hour from midnight.
_SESSION = "00:00-23:45"
_CODES = "[jurisdictions]\n"


class EveryDay(RulePack):
    """A pack whose market opens on Saturdays and Sundays too: the drill does not wait for Monday."""

    def is_trading_day(self, day: date) -> bool:
        return day.year in self.calendars


def rules(folder: Path) -> tuple[RulePack, Period]:
    """The pack, written into a folder, and its period. It is about noon in the scheme's zone."""
    now = datetime.now(UTC)
    zone = 12 - now.hour
    day = (now + timedelta(hours=zone)).date()
    eve = day - timedelta(days=1)
    changes = {
        'utc_offset = "+08:00"': f'utc_offset = "{zone:+03d}:00"',
        "operator_deadline = 2021-03-31": f"operator_deadline = {eve}",
        "report_deadline = 2021-06-30": f"report_deadline = {eve}",
        "determination_from = 2021-07-01": f"determination_from = {day}",
        "true_up_by = 2021-09-30": f"true_up_by = {day}",
        "surrender_deadline = 2021-12-31": f"surrender_deadline = {day.year + 1}-12-31",
        'value = 181, unit = "days"': 'value = 4_000, unit = "days"',
        'value = 7, unit = "days"': 'value = 0, unit = "days"',
        'value = ["09:30-11:30", "13:00-15:00"]': f'value = ["{_SESSION}"]',
        'value = ["13:00-15:00"]': f'value = ["{_SESSION}"]',
    }
    text = PACK.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    if f"[calendar.{day.year}]" not in text:
        calendar = f"[calendar.{day.year}]\nfrom = {day.year}-01-01\nholidays = []\n"
        trusted = 'source = "ours"\nconfidence = "ours"\n'
        text = text.replace(_CODES, f"{calendar}{trusted}\n{_CODES}")
    path = folder / "today.toml"
    path.write_text(text, encoding="utf-8")
    pack = rule_packs.load(path)
    pack.__class__ = EveryDay
    return pack, pack.period(PERIOD)
