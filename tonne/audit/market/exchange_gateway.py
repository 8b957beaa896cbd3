"""Replay of ExchangeGateway: nonces spent by signed orders and cancels, and by their wallets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, follows
from tonne.audit.replay.contract_signers import ContractSignersReplay
from tonne.audit.replay.events import Dated
from tonne.market.order_encoding import PlacedOrder
from tonne.types.account_id import participant_of
from tonne.types.ids import OrderId, ParticipantId
from tonne.types.packing import places

#: Nonces of one word.
NONCES: Final = 256


class ExchangeGatewayReplay(ContractSignersReplay):
    """Nonces that no signed order or cancel can use again."""

    contract = "ExchangeGateway"

    def __init__(self, parties: ParticipantsReplay) -> None:
        super().__init__()
        self.parties = parties
        self.spent: dict[str, set[int]] = defaultdict(set)  # by wallet
        self.named: dict[tuple[str, int], OrderId] = {}  # by wallet and its own number
        self._placed: dict[
            OrderId, ParticipantId
        ] = {}  # participants of orders placed in this transaction

    @follows("Exchange")
    def _on_OrderPlaced(self, a: Args, _: Dated) -> None:
        self._placed[PlacedOrder.unpack(a["order"]).id] = participant_of(a["account"])

    def end_transaction(self) -> None:
        super().end_transaction()
        self._placed.clear()

    def _on_SignedOrderUsed(self, a: Args, _: Dated) -> None:
        """An order is placed before this event; a cancel takes effect after it."""
        wallet, nonce = a["wallet"], a["nonce"]
        owner = self.parties.owner_of(wallet)
        placed_for = self._placed.get(a["order"], owner)
        right = owner > 0 and placed_for == owner and nonce not in self.spent[wallet]
        self._require(right, f"nonce {nonce} of {wallet} used for order {a['order']:#x}")
        self.spent[wallet].add(nonce)
        self._signed(f"nonce {nonce} of {wallet}", {wallet})

    def _on_NoncesCancelled(self, a: Args, _: Dated) -> None:
        first, mask = a["word"] * NONCES, a["mask"]
        self.spent[a["wallet"]].update(first + place for place in places(mask))

    def _on_OrderNamed(self, a: Args, _: Dated) -> None:
        """An order under its wallet's own number; it is placed before this event."""
        key, owner = (a["wallet"], a["number"]), self.parties.owner_of(a["wallet"])
        placed = a["order"] == 0 or self._placed.get(a["order"]) == owner
        right = owner > 0 and placed and key not in self.named
        self._require(right, f"order {a['order']:#x} named {key[1]} by {key[0]}")
        self.named[key] = a["order"]

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for wallet, nonces in sorted(self.spent.items()):
            for nonce in sorted(nonces):
                about = f"nonce {nonce} of {wallet}"
                yield Check(self.contract, "nonceUsed", (wallet, nonce), True, about)
        for (wallet, number), order in sorted(self.named.items()):
            about = f"order {number} of {wallet}"
            yield Check(self.contract, "namedOrder", (wallet, number), (True, order), about)
