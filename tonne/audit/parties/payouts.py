"""Replay of what a contract owes its payees until they withdraw it: the base of `Payouts`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated


class PayoutsReplay(ContractReplay):
    """Amounts owed, by payee (a participant's number or an address as one) and asset."""

    def __init__(self) -> None:
        super().__init__()
        self.owed: dict[tuple[int, int], int] = defaultdict(int)
        #: Credits that the contract's own events announce in this transaction, in order.
        self._due: list[tuple[int, int, int]] = []

    def _owe(self, payee: int, asset: int, amount: int) -> None:
        """Announces a credit: its event follows."""
        if amount:
            self._due.append((payee, asset, amount))

    def _on_PayoutCredited(self, a: Args, _: Dated) -> None:
        credited = (a["payee"], a["asset"], a["amount"])
        right = bool(self._due) and self._due.pop(0) == credited
        self._require(right, f"{a['amount']} owed to {a['payee']} without reason")
        self.owed[a["payee"], a["asset"]] += a["amount"]

    def _on_PayoutWithdrawn(self, a: Args, _: Dated) -> None:
        self._taken(a["payee"], a["asset"], a["amount"])

    def _taken(self, payee: int, asset: int, amount: int) -> None:
        held = self.owed.pop((payee, asset), 0)
        self._require(0 < amount == held, f"{amount} paid to {payee}, which was owed {held}")

    def end_transaction(self) -> None:
        super().end_transaction()
        self._require(not self._due, f"amounts not credited: {self._due}")
        self._due.clear()

    def owed_in(self, asset: int) -> int:
        """Sum owed in an asset."""
        return sum(amount for (_, of), amount in self.owed.items() if of == asset)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for (payee, asset), amount in sorted(self.owed.items()):
            about = f"owed to {payee} in {asset}"
            yield Check(self.contract, "payoutOf", (payee, asset), amount, about)
