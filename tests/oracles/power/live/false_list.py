"""`python -m tests.oracles.power.live.false_list`: a settlement daemon whose list is not that of its runs.

On the first day that it lists, every second account is paid a micro-credit that is the next one's; runs, and
later days, are honest. All else is that of `oracles.power.settlement`.
"""

from __future__ import annotations

from dataclasses import replace

from oracles.power.settlement.__main__ import KIND
from oracles.power.settlement.journal import SettlementJournal
from oracles.power.settlement.payments import Payments
from oracles.power.settlement.preparing import NodeDay
from oracles.power.settlement.settling import Settling
from oracles.runtime.commands import app_of
from oracles.runtime.daemon import Workplace, working
from oracles.runtime.process import run_app
from tonne.power.encoding import Payment


class ShiftedPayments(Payments):
    """A list that has the amounts of pairs shifted."""

    _first: int | None = None  # day

    def _words(self, of: NodeDay) -> list[int] | None:
        words = super()._words(of)
        if words is not None and self._first is None:
            self._first = of.day
        if words is None or of.day != self._first:
            return words
        paid = [Payment.unpack(word) for word in words]
        shifts = [1, -1] * (len(paid) // 2) + [0] * (len(paid) % 2)
        return [
            payment._replace(amount=payment.amount + shift).pack()
            for payment, shift in zip(paid, shifts, strict=True)
        ]


class FalseListing(Settling):
    """The settlement's work with such a list."""

    def __init__(self, place: Workplace[SettlementJournal]) -> None:
        super().__init__(place)
        self._payments = ShiftedPayments(place, self._making.per_day, self._tell)


app = app_of(replace(KIND, name="false list", cycle=working(FalseListing)))

if __name__ == "__main__":
    run_app(app)
