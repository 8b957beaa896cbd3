"""`python -m tests.oracles.power.live.false_settlement`: a settlement daemon that cheats.

On the first day that it settles it has two accounts of its node trade a watt-hour that no bid of theirs had;
later days are honest. All else is that of `oracles.power.settlement`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from oracles.power.settlement.__main__ import KIND
from oracles.power.settlement.accepted import IntervalBids, Taken
from oracles.power.settlement.journal import SettlementJournal
from oracles.power.settlement.preparing import NodeDay, Preparing, Tell
from oracles.power.settlement.settling import Settling
from oracles.runtime.commands import app_of
from oracles.runtime.daemon import Workplace, working
from oracles.runtime.process import run_app
from tonne.power.encoding import BID, OFFER


class InventingPreparation(Preparing):
    """Runs in which energy was sold that was not."""

    def __init__(self, place: Workplace[SettlementJournal], tell: Tell) -> None:
        super().__init__(place, tell)
        self._first: int | None = None  # day

    def _accounts(
        self, of: NodeDay, meters: Sequence[int], market: IntervalBids
    ) -> tuple[list[int], Taken]:
        accounts, taken = super()._accounts(of, meters, market)
        if self._first is None:
            self._first = of.day
        if of.day == self._first:
            # Beside what was truly taken of theirs: in its place it might be as much.
            one, other = self.members.of(of.node, of.day)[:2]
            invented = Counter({(one, of.node, BID): 1, (other, of.node, OFFER): 1})
            taken = Counter(taken) + invented
        return accounts, taken


class FalseSettling(Settling):
    """The settlement's work with such runs."""

    def __init__(self, place: Workplace[SettlementJournal]) -> None:
        super().__init__(place)
        self._making = InventingPreparation(place, self._tell)


app = app_of(replace(KIND, name="false settlement", cycle=working(FalseSettling)))

if __name__ == "__main__":
    run_app(app)
