"""Replay of MonthlyEvidence: packages of a plant's monthly evidence, with digest and time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.constants import HOUR_S, ZERO_WORD

#: A month ends at most so much earlier than in UTC, at the easternmost places [s].
EARLIEST: Final = 14 * HOUR_S


class MonthlyEvidenceReplay(ContractReplay):
    """The last package of each month, and the times of the first and the last."""

    contract = "MonthlyEvidence"

    def __init__(self, parties: ParticipantsReplay) -> None:
        super().__init__()
        self.parties = parties
        #: By installation, year and month: `MonthRecord`.
        self.months: dict[tuple[int, int, int], dict[str, int | bytes]] = {}

    def _on_MonthRecorded(self, a: Args, at: Dated) -> None:
        year, month = divmod(a["month"], 100)
        about = f"month {a['month']} of plant {a['installation']}"
        plant = self.parties.installations.get(a["installation"])
        own = plant is not None and plant.operator == a["operator"]
        self._require(own, f"{about}: participant {a['operator']} does not operate it")
        over = 1 <= month <= 12 and at.time + EARLIEST >= _end(year, month)
        self._require(over, f"{about} was not over")
        key = (a["installation"], year, month)
        old = self.months.get(key, {"revision": 0, "firstAt": at.time, "digest": ZERO_WORD})
        if a["revision"] != int(old["revision"]) + 1 or a["digest"] in (ZERO_WORD, old["digest"]):
            self.faults.append(f"{about}: package {a['revision']} does not follow")
        self.months[key] = {
            "digest": a["digest"],
            "firstAt": old["firstAt"],
            "lastAt": at.time,
            "revision": a["revision"],
        }

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for (plant, year, month), record in self.months.items():
            about = f"{year}-{month:02} of plant {plant}"
            yield Check(self.contract, "monthOf", (plant, year, month), record, about)


def _end(year: int, month: int) -> float:
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp()
