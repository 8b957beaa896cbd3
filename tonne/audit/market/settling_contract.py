"""Base of the replays of contracts that settle in the Exchange's ledger: block trades, pledges, auctions.

Such a contract's events state the agreement, the Exchange's events the movements. Each is worked out from
the rules, and the two must agree.
"""

from __future__ import annotations

from collections import defaultdict

from tonne.audit.market.exchange import ExchangeReplay, Movement
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import ContractReplay
from tonne.types.ids import ParticipantId


class SettlingContractReplay(ContractReplay):
    """Movements that the contract's own events call for, against those of the ledger."""

    def __init__(self, exchange: ExchangeReplay, address: str) -> None:
        super().__init__()
        self.exchange, self.address = exchange, address
        self.expected: dict[bytes, list[Movement]] = defaultdict(list)  # by reference

    @property
    def house(self) -> ParticipantId:
        """Number of the contract's custody account; 0 before it is opened."""
        return self.exchange.houses.get(self.address, ParticipantId(0))

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        settled = self.exchange.settled.items()
        moved = {ref: found for (settler, ref), found in settled if settler == self.address}
        for ref in sorted(moved.keys() | self.expected.keys()):
            about = f"moved in the ledger for {ref.hex()}"
            tally.value(self.contract, about, self.expected.get(ref, []), moved.get(ref, []))
