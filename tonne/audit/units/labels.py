"""Replay of Labels: programmes, and the latest label of each batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.events import Dated
from tonne.constants import ZERO_ADDRESS
from tonne.types.ids import UnitId


@dataclass(frozen=True, slots=True)
class Programme:
    """A label programme."""

    keeper: str
    kind: int  # `LabelKind`
    name: str


@dataclass(slots=True)
class BatchLabel:
    """A label of a batch; days since 1970-01-01, both included."""

    programme: int
    unit: UnitId
    from_day: int
    until_day: int
    evidence: bytes
    detail: str

    def holds_on(self, day: int) -> bool:
        return self.from_day <= day <= self.until_day


class LabelsReplay(AccessManagedReplay):
    """Programmes, and labels in the order in which they were granted."""

    contract = "Labels"

    def __init__(self) -> None:
        super().__init__()
        self.programmes: dict[int, Programme] = {}
        self.labels: dict[tuple[int, UnitId], list[BatchLabel]] = {}

    def _on_LabelProgrammeSet(self, a: Args, _: Dated) -> None:
        self.programmes[a["programme"]] = Programme(a["keeper"], a["kind"], a["name"])

    def _on_LabelGranted(self, a: Args, _: Dated) -> None:
        terms, key = a["label"], (a["programme"], a["unit"])
        earlier = self.labels.setdefault(key, [])
        free = all(
            one.until_day < terms.fromDay or one.until_day < one.from_day for one in earlier[-1:]
        )
        sound = terms.fromDay <= terms.untilDay and any(terms.evidence)
        self._require(self._keeps(a) and free and sound, f"label {key[0]} of {key[1]:#x}")
        earlier.append(BatchLabel(*key, terms.fromDay, terms.untilDay, terms.evidence, a["detail"]))

    def _on_LabelEnded(self, a: Args, _: Dated) -> None:
        label = self.labels[a["programme"], a["unit"]][-1]
        earlier = a["lastDay"] < label.until_day
        self._require(
            self._keeps(a) and earlier, f"end of label {a['programme']} of {a['unit']:#x}"
        )
        label.until_day = a["lastDay"]

    def _keeps(self, a: Args) -> bool:
        """Whether the event is of its programme's keeper."""
        programme = self.programmes.get(a["programme"])
        return programme is not None and programme.keeper == a["keeper"] != ZERO_ADDRESS

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for number, programme in sorted(self.programmes.items()):
            expected: Any = [programme.keeper, programme.kind]
            about = f"label programme {number}"
            yield Check(self.contract, "programmeOf", (number,), expected, about)
        for (number, unit), granted in sorted(self.labels.items()):
            last = granted[-1]
            expected = {
                "fromDay": last.from_day,
                "untilDay": last.until_day,
                "evidence": last.evidence,
            }
            about = f"label {number} of {unit:#x}"
            yield Check(self.contract, "labelOf", (number, unit), expected, about)
