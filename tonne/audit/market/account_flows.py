"""Flows of the ledger's accounts other than listed trades, and proceeds of each sale of credits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tonne.types import flows_word
from tonne.types.ids import AccountId


@dataclass(slots=True)
class AccountFlow:
    """`PackedFlows` of one account; cash in 0.0001 of the currency."""

    lots: int = 0  # deposits less withdrawals, debits and orders of transfer
    cash: int = 0  # cash it had at `since`, and all that came in otherwise than by listed trades
    settled: int = 0  # of that, for lots sold in settlements
    since: int = 0  # first credits, or cash where they trade [s]; 0 = cash is not counted

    @property
    def word(self) -> int:
        """As the Exchange stores it."""
        return flows_word.pack(self.lots, self.cash, self.settled, self.since)


class AccountFlows:
    """Flows and sales of all accounts of an Exchange."""

    def __init__(self) -> None:
        self.of: dict[AccountId, AccountFlow] = defaultdict(AccountFlow)
        #: Sales of credits by account: time [s], and cash after fees [0.0001 currency].
        self._sales: dict[AccountId, list[tuple[int, int]]] = defaultdict(list)

    def bring(self, account: AccountId, lots: int) -> None:
        """Lots came in, or went out where negative, other than by a trade."""
        self.of[account].lots += lots

    def count(self, account: AccountId, cash: int, time: int) -> None:
        """Begins to count the account's cash, once."""
        flows = self.of[account]
        if not flows.since:
            flows.since, flows.cash = time, cash

    def pay(self, account: AccountId, cash: int) -> None:
        """Cash came in, or went out where negative, other than by a listed trade."""
        flows = self.of.get(account)
        if flows is not None and flows.since:
            flows.cash += cash

    def settle(self, account: AccountId, cash: int) -> None:
        """A settlement paid for lots, beside {pay}."""
        flows = self.of.get(account)
        if flows is not None and flows.since:
            flows.settled += cash

    def sell(self, account: AccountId, cash: int, time: int) -> None:
        """Records a sale of credits, in a listed trade or a settlement."""
        self._sales[account].append((time, cash))

    def proceeds(self, account: AccountId, since: int) -> int:
        """Sum of the account's sales of credits from `since` on, after fees [0.0001 currency]."""
        return sum(cash for time, cash in self._sales.get(account, ()) if time >= since)
