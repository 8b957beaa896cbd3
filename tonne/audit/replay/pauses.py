"""Replay of a contract that a guardian can pause: the pause in force, and the times that it moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.constants import DAY_S

#: Longest pause, and least time between one's announced end and the next [s]; `PauseState`.
LONGEST_S: Final = DAY_S
REST_S: Final = 2 * DAY_S


class PausableReplay(ContractReplay):
    """The last pause of a contract."""

    def __init__(self) -> None:
        super().__init__()
        self._until = 0  # [s] announced end
        self._length = 0  # [s] announced
        self._ended = False

    def _on_Paused(self, a: Args, at: Dated) -> None:
        length = a["until"] - at.time
        rested = self._until == 0 or at.time >= self._until + REST_S
        self._require(0 < length <= LONGEST_S and rested, f"{self.contract} was paused too long")
        self._until, self._length, self._ended = a["until"], length, False

    def _on_Unpaused(self, _: Args, at: Dated) -> None:
        self._require(self._in_force(at.time), f"{self.contract} was unpaused without a pause")
        self._ended = True

    def _in_force(self, now: int) -> bool:
        return now < self._until and not self._ended

    def moved(self, time: int) -> int:
        """A stated time [s] as the last pause moved it."""
        before = time < self._until - self._length
        return time if before or time > self._until + REST_S - LONGEST_S else time + self._length

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        until = self._until if self._in_force(now) else 0
        earliest = self._until + REST_S if self._until else 0
        expected = (until, earliest if now < earliest else 0)
        yield Check(self.contract, "pausedUntil", (), expected, "pause")
