"""Calls of the settlement operator: queues due ones, and logs the outcome of those that stay undone."""

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

        A call that the chain refused too often is logged with the code `refused`. A completed call without
        its effect on the chain is logged with `fell`: a dispute removed the posted run or list.
        """
        progress, reason = self.call(key)
        if progress is Progress.DONE and fell:
            self._tell(fell, f"{about} is no longer valid.", remedy)
        if progress is Progress.REFUSED:
            self._tell(refused, f"{about} is refused: {reason}.", remedy)
        return progress is Progress.DUE
