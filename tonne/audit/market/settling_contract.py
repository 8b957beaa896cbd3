"""Base of the replays of contracts that settle in the Exchange's ledger: block trades, pledges, auctions.

Such a contract's events say what was agreed, the Exchange's what moved. Each is worked out from the
rules, and the two must agree.
"""

from __future__ import annotations

from collections import defaultdict

from tonne.audit.market.exchange import LedgerReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.events import Dated


class Desk:
    """What a desk moved in the ledger is compared with what it said."""

    contract: str

    def __init__(self, ledger: LedgerReplay, address: str) -> None:
        self.ledger = ledger
        self.address = address
        self.faults: list[str] = []
        self.expected: dict[bytes, list[tuple[int, int, int, int, int]]] = defaultdict(list)

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args, dated.time)

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "acts that no rule allows", [], self.faults)
        moved = {ref: m for (desk, ref), m in self.ledger.settled.items() if desk == self.address}
        for ref in sorted(moved.keys() | self.expected.keys()):
            about = f"moved in the ledger for {ref.hex()}"
            tally.value(self.contract, about, self.expected.get(ref, []), moved.get(ref, []))
