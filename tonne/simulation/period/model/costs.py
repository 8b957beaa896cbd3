"""Gas that a period costs the authority and the oracle, by part of the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from tonne.chain.client import Call, Chain, Receipt

ENFORCEMENT: Final = "enforce"
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
    "notify": ENFORCEMENT,
    "decide": ENFORCEMENT,
    "debitPenalty": ENFORCEMENT,
    "deduct": ENFORCEMENT,
    "expire": "expire",
    "expireFromLedger": "expire",
}
ONCE: Final = "register, once"
REPORTS: Final = "reports, by the oracle"
#: Goal for a period [gas], for how many installations; it was set on a season in which few fell short.
GOAL: Final = 240_000_000
FLEET: Final = 2_162
#: Least installations that are held against it: what is done once a call or a period is no matter then.
COMPARABLE: Final = 1_000


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

    def against_goal(self, plants: int, short: int) -> str:
        """The total beside the goal, with and without enforcement against `short` emitters, in a sentence."""
        goal = GOAL * plants // FLEET
        fines = self.gas[ENFORCEMENT]

        def beside(gas: int) -> str:
            share = Fraction(gas, goal) - 1
            return f"{float(abs(share)):.1%} {'above' if share > 0 else 'below'} the goal"

        told = (
            f"{GOAL / 1e6:,.0f} M gas for {FLEET:,} installations, {GOAL // FLEET:,} each:"
            f" {beside(self.total)}"
        )
        if not short:
            return told
        return (
            f"{told}; without the {fines:,} gas of {short:,} shortfalls, {fines // short:,} each,"
            f" {beside(self.total - fines)}"
        )
