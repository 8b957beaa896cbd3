"""Replay of a settlement currency: balances and supply [0.01]."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated

ZERO: Final = "0x" + "00" * 20


class CurrencyReplay:
    """A settlement currency [0.01]."""

    def __init__(self, contract: str = "SettlementCurrency", address: str = "") -> None:
        self.contract, self.address = contract, address
        self.balances: dict[str, int] = defaultdict(int)
        self.supply = 0

    def apply(self, dated: Dated) -> None:
        if dated.event.name != "Transfer":
            return
        a = dated.event.args
        if a["from"] == ZERO:
            self.supply += a["value"]
        else:
            self.balances[a["from"]] -= a["value"]
        if a["to"] == ZERO:
            self.supply -= a["value"]
        else:
            self.balances[a["to"]] += a["value"]

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "conserved", self.supply, sum(self.balances.values()))

    def checks(self) -> Iterator[Check]:
        for account, amount in sorted(self.balances.items()):
            yield Check(self.contract, "balanceOf", (account,), amount, f"balance of {account}")
        yield Check(self.contract, "totalSupply", (), self.supply, "supply")
