"""Gas that a period costs the authority and the oracle, by part of the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tonne.chain.client import Call, Chain, Receipt

#: Parts of the work, by function; what is not named here is `other`.
PARTS: Final = {
    "approve": "register, once",
    "registerInstallations": "register, once",
    "refuse": "register, once",
    "setGroup": "register, once",
    "proposeRecovery": "register, once",
    "upholdRecovery": "register, once",
    "disclose": "disclose",
    "preAllocate": "pre-allocate",
    "trueUpAndAssess": "true up, assess",
    "determine": "determine",
    "notify": "enforce",
    "decide": "enforce",
    "debitPenalty": "enforce",
    "deduct": "enforce",
    "expire": "expire",
    "expireFromLedger": "expire",
}
ONCE: Final = "register, once"
REPORTS: Final = "reports, by the oracle"
#: What a period may cost [gas], for how many installations.
BUDGET: Final = 240_000_000
FLEET: Final = 2_162


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    calls: int
    gas: int


@dataclass(slots=True)
class Costs:
    """Gas and calls, by part."""

    officers: frozenset[str]  # addresses whose calls count
    gas: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)

    def count(self, calls: Sequence[Call], receipts: Sequence[Receipt]) -> None:
        """Adds the calls of the authority's officers."""
        for call, receipt in zip(calls, receipts, strict=True):
            if call.sender.address in self.officers:
                self.add(PARTS.get(call.function, "other"), receipt.gas_used)

    def add(self, part: str, gas: int) -> None:
        self.gas[part] += gas
        self.calls[part] += 1

    def reports(self, chain: Chain, oracle: str, first: int) -> None:
        """Adds what the oracle's account sent from block `first` on, which no run sees."""
        events = chain.logs("EmissionsOracle", first=first)
        asked = [
            ("eth_getTransactionReceipt", [tx_hash])
            for tx_hash in dict.fromkeys(event.tx_hash for event in events)
        ]
        for receipt in chain.rpc.batch_or_raise(asked):
            if receipt["from"].lower() == oracle.lower():
                self.add(REPORTS, int(receipt["gasUsed"], 16))

    def parts(self) -> list[Part]:
        """In the order of the work; what is done once, last."""
        names = sorted(self.gas, key=lambda name: (name == ONCE, -self.gas[name]))
        return [Part(name, self.calls[name], self.gas[name]) for name in names]

    @property
    def total(self) -> int:
        """What every period costs: all but what is done once [gas]."""
        return sum(self.gas.values()) - self.gas[ONCE]
