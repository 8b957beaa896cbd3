"""Replay of a settlement currency: balances, supply and allowances [0.01]."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.replay.compare import Between, Check, Tally
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.replay.slots import SlotValue, mapping_slot
from tonne.constants import ZERO_ADDRESS

UNLIMITED: Final = 2**256 - 1


@dataclass(slots=True)
class Allowance:
    """A spender's allowance: as approved, and all that left the owner's balance since."""

    approved: int
    moved: int = 0

    @property
    def left(self) -> Between:
        """Lowered without an event, by the transfers that the spender sent."""
        if self.approved == UNLIMITED:
            return Between(UNLIMITED, UNLIMITED)
        return Between(max(self.approved - self.moved, 0), self.approved)


#: Places of the balances and the supply in the contract's storage.
BALANCES: Final = 0
SUPPLY: Final = 2


class SettlementCurrencyReplay(PausableReplay, AccessManagedReplay):
    """One ERC-20 currency."""

    def __init__(self, contract: str = "SettlementCurrency", address: str = "") -> None:
        super().__init__()
        self.contract, self.address = contract, address
        self.balances: dict[str, int] = defaultdict(int)
        self.supply = 0
        self.allowances: dict[str, dict[str, Allowance]] = defaultdict(dict)  # by owner, spender

    def _on_Transfer(self, a: Args, _: Dated) -> None:
        if a["from"] == ZERO_ADDRESS:
            self.supply += a["value"]
        else:
            self.balances[a["from"]] -= a["value"]
            for allowance in self.allowances.get(a["from"], {}).values():
                allowance.moved += a["value"]
        if a["to"] == ZERO_ADDRESS:
            self.supply -= a["value"]
        else:
            self.balances[a["to"]] += a["value"]

    def _on_Approval(self, a: Args, _: Dated) -> None:
        self.allowances[a["owner"]][a["spender"]] = Allowance(a["value"])

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "conserved", self.supply, sum(self.balances.values()))

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for account, amount in sorted(self.balances.items()):
            yield Check(self.contract, "balanceOf", (account,), amount, f"balance of {account}")
        yield Check(self.contract, "totalSupply", (), self.supply, "supply")
        for owner, allowances in sorted(self.allowances.items()):
            for spender, allowance in sorted(allowances.items()):
                about = f"allowance of {spender} by {owner}"
                yield Check(self.contract, "allowance", (owner, spender), allowance.left, about)

    def slots(self) -> Iterator[SlotValue]:
        for account, amount in sorted(self.balances.items()):
            slot = mapping_slot(int(account, 16), BALANCES)
            yield SlotValue(self.contract, slot, amount, f"stored balance of {account}")
        yield SlotValue(self.contract, SUPPLY, self.supply, "stored supply")
