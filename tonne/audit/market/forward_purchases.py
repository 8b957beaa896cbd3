"""Replay of ForwardPurchases: what lies there is still to be paid, and units came for all that was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.currency import CurrencyReplay
from tonne.audit.replay.events import Dated

#: `ForwardStatus` of IForwardPurchases.
OFFERED, ACCEPTED, ENDED = 1, 2, 3


@dataclass(slots=True)
class Forward:
    """One purchase."""

    buyer: int
    payer: str
    terms: Any
    status: int = OFFERED
    delivered: int = 0  # [t]

    @property
    def escrowed(self) -> int:
        """[smallest unit of the currency]"""
        left = 0 if self.status == ENDED else self.terms.amount - self.delivered
        return left * self.terms.price


class ForwardsReplay:
    """All purchases, and the transfers that each delivery must have brought."""

    contract: Final = "ForwardPurchases"

    def __init__(self, currency: CurrencyReplay, currency_address: str, address: str) -> None:
        self.currency = currency
        self.currency_address = currency_address
        self.address = address
        self.forwards: dict[int, Forward] = {}
        self.faults: list[str] = []
        #: Deliveries told whose units have not been seen to move yet: (tx, from, to, id, amount).
        self._awaited: list[tuple[str, str, str, int, int]] = []

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args, dated)

    def _on_ForwardOffered(self, a: dict, _dated: Dated) -> None:
        if a["forward"] != len(self.forwards) + 1 or a["buyer"] == a["seller"]:
            self.faults.append(f"offer {a['forward']}")
        self.forwards[a["forward"]] = Forward(a["buyer"], a["payer"], a["terms"])

    def _on_ForwardAccepted(self, a: dict, dated: Dated) -> None:
        forward = self.forwards[a["forward"]]
        if forward.status != OFFERED or dated.time > forward.terms.deadline:
            self.faults.append(f"acceptance of {a['forward']}")
        forward.status = ACCEPTED

    def _on_ForwardDelivered(self, a: dict, dated: Dated) -> None:
        forward = self.forwards[a["forward"]]
        forward.delivered += a["amount"]
        right = (
            forward.status == ACCEPTED
            and dated.time <= forward.terms.deadline
            and forward.delivered <= forward.terms.amount
            and a["paid"] == a["amount"] * forward.terms.price
            and a["unit"] >> 64 & 0xFFFF == forward.terms.vintage
        )
        if not right:
            self.faults.append(f"delivery of {a['amount']} for {a['forward']}")
        moved = (dated.event.tx_hash, a["wallet"], forward.payer, a["unit"], a["amount"])
        self._awaited.append(moved)

    def _on_TransferSingle(self, a: dict, dated: Dated) -> None:
        """Of the credits' contract: the units of a delivery, which is told first."""
        moved = (dated.event.tx_hash, a["from"], a["to"], a["id"], a["value"])
        if moved in self._awaited:
            self._awaited.remove(moved)

    def _on_ForwardEnded(self, a: dict, _dated: Dated) -> None:
        forward = self.forwards[a["forward"]]
        if a["refunded"] != forward.escrowed or forward.status == ENDED:
            self.faults.append(f"end of {a['forward']}")
        forward.status = ENDED

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "acts that no rule allows", [], self.faults)
        tally.value(self.contract, "deliveries without units", [], self._awaited)
        owed = sum(
            forward.escrowed
            for forward in self.forwards.values()
            if forward.terms.currency == self.currency_address
        )
        held = self.currency.balances.get(self.address, 0)
        tally.value(self.contract, "money for what is still to come", owed, held)

    def checks(self) -> Iterator[Check]:
        yield Check(self.contract, "count", (), len(self.forwards), "number of purchases")
        for number, forward in self.forwards.items():
            terms = forward.terms
            expected = {
                "payer": forward.payer,
                "deadline": terms.deadline,
                "buyer": forward.buyer,
                "seller": terms.seller,
                "status": forward.status,
                "currency": terms.currency,
                "project": terms.project,
                "vintage": terms.vintage,
                "amount": terms.amount,
                "delivered": forward.delivered,
                "price": terms.price,
            }
            yield Check(self.contract, "forwardOf", (number,), expected, f"purchase {number}")
