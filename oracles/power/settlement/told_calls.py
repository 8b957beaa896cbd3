"""Calls of who settles: each is queued while it is due, and what became of one that is not is told."""

from __future__ import annotations

from oracles.power.settlement.preparing import Tell
from oracles.runtime.journal import Journal
from oracles.runtime.retries import Progress, Retries


class ToldCalls(Retries):
    """Retries that say which calls were given up."""

    def __init__(self, journal: Journal, tell: Tell) -> None:
        super().__init__(journal)
        self._tell = tell

    def is_due(
        self,
        key: str,
        about: str,
        remedy: str | None = None,
        *,
        refused: str = "SETTLEMENT_REFUSED",
        fell: str = "",
    ) -> bool:
        """Whether a call is to be queued now.

        One that the chain refused too often is told by the code `refused`. So is, by `fell`, one that is done
        though the chain does not show it, where that can be: a dispute felled what it posted.
        """
        progress, reason = self.call(key)
        if progress is Progress.DONE and fell:
            self._tell(fell, f"{about} does not stand any more.", remedy)
        if progress is Progress.REFUSED:
            self._tell(refused, f"{about} is refused: {reason}.", remedy)
        return progress is Progress.DUE
