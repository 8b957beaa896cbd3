"""Replay of MonthlyEvidence: which package of a plant's month came when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from tonne.audit.parties.participants import PartiesReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated

#: So much earlier than in UTC a month ends where it ends first [s].
EARLIEST: Final = 14 * 3_600


class MonthsReplay:
    """The last package of each month, and the moments of the first and the last."""

    contract: Final = "MonthlyEvidence"

    def __init__(self, parties: PartiesReplay) -> None:
        self.parties = parties
        self.months: dict[tuple[int, int, int], dict[str, int | bytes]] = {}
        self.faults: list[str] = []

    def apply(self, dated: Dated) -> None:
        if dated.event.name != "MonthRecorded":
            return
        a = dated.event.args
        year, month = divmod(a["month"], 100)
        about = f"month {a['month']} of plant {a['installation']}"
        plant = self.parties.installations.get(a["installation"])
        if plant is None or plant.operator != a["operator"]:
            self.faults.append(f"{about}: participant {a['operator']} does not operate it")
        if not 1 <= month <= 12 or dated.time + EARLIEST < _end(year, month):
            self.faults.append(f"{about} was not over")
        key = (a["installation"], year, month)
        old = self.months.get(key, {"revision": 0, "firstAt": dated.time, "digest": bytes(32)})
        if a["revision"] != int(old["revision"]) + 1 or a["digest"] in (bytes(32), old["digest"]):
            self.faults.append(f"{about}: package {a['revision']} does not follow")
        self.months[key] = {
            "digest": a["digest"],
            "firstAt": old["firstAt"],
            "lastAt": dated.time,
            "revision": a["revision"],
        }

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "months that no rule allows", [], self.faults)

    def checks(self) -> Iterator[Check]:
        for (plant, year, month), kept in self.months.items():
            about = f"{year}-{month:02} of plant {plant}"
            yield Check(self.contract, "monthOf", (plant, year, month), kept, about)


def _end(year: int, month: int) -> float:
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp()
