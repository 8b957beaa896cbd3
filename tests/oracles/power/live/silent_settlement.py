"""`python -m tests.oracles.power.live.silent_settlement`: a settlement daemon that answers no request.

What it posts is honest; no line that is asked for is shown. All else is that of `oracles.power.settlement`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from oracles.power.settlement.__main__ import KIND
from oracles.power.settlement.answers import Answers
from oracles.power.settlement.journal import SettlementJournal
from oracles.power.settlement.settling import Settling
from oracles.runtime.commands import app_of
from oracles.runtime.daemon import Workplace, working
from oracles.runtime.process import run_app
from tonne.chain.client import Head


class NoAnswers(Answers):
    """Requests are not looked at."""

    def step(self, head: Head, incident: Callable[[str, str], None]) -> int:
        """0: none is answered."""
        return 0


class SilentSettling(Settling):
    """The settlement's work without answers."""

    def __init__(self, place: Workplace[SettlementJournal]) -> None:
        super().__init__(place)
        self._answers = NoAnswers(place, self._number)


app = app_of(replace(KIND, name="silent settlement", cycle=working(SilentSettling)))

if __name__ == "__main__":
    run_app(app)
