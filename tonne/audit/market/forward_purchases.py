"""Replay of ForwardPurchases: escrowed money equals deliveries to come; units moved for each payment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay, follows
from tonne.audit.replay.currency import SettlementCurrencyReplay
from tonne.audit.replay.events import Dated
from tonne.types import unit_id

#: `ForwardStatus` of IForwardPurchases.
OFFERED, ACCEPTED, ENDED = 1, 2, 3


@dataclass(slots=True)
class ForwardPurchase:
    """One purchase of units to come."""

    buyer: int
    payer: str
    terms: Any
    status: int = OFFERED
    delivered: int = 0  # [t]

    @property
    def escrowed(self) -> int:
        """[smallest unit of the currency]"""
        left: int = 0 if self.status == ENDED else self.terms.amount - self.delivered
        price: int = self.terms.price
        return left * price


class ForwardPurchasesReplay(ContractReplay):
    """All purchases, and the transfers that each delivery must have brought."""

    contract = "ForwardPurchases"

    def __init__(self, currencies: Iterable[SettlementCurrencyReplay], address: str) -> None:
        super().__init__()
        self.currencies = list(currencies)
        self.address = address
        self.purchases: dict[int, ForwardPurchase] = {}
        #: Deliveries whose units have not moved yet: (tx, from, to, id, amount).
        self._awaited: list[tuple[str, str, str, int, int]] = []

    def _on_ForwardOffered(self, a: Args, _: Dated) -> None:
        if a["forward"] != len(self.purchases) + 1 or a["buyer"] == a["seller"]:
            self.faults.append(f"offer {a['purchase']}")
        self.purchases[a["forward"]] = ForwardPurchase(a["buyer"], a["payer"], a["terms"])

    def _on_ForwardAccepted(self, a: Args, at: Dated) -> None:
        purchase = self.purchases[a["forward"]]
        if purchase.status != OFFERED or at.time > purchase.terms.deadline:
            self.faults.append(f"acceptance of {a['purchase']}")
        purchase.status = ACCEPTED

    def _on_ForwardDelivered(self, a: Args, at: Dated) -> None:
        purchase = self.purchases[a["forward"]]
        purchase.delivered += a["amount"]
        right = (
            purchase.status == ACCEPTED
            and at.time <= purchase.terms.deadline
            and purchase.delivered <= purchase.terms.amount
            and a["paid"] == a["amount"] * purchase.terms.price
            and unit_id.vintage_of(a["unit"]) == purchase.terms.vintage
        )
        if not right:
            self.faults.append(f"delivery of {a['amount']} for {a['purchase']}")
        moved = (at.tx, a["wallet"], purchase.payer, a["unit"], a["amount"])
        self._awaited.append(moved)

    @follows("OffsetCredits")
    def _on_TransferSingle(self, a: Args, at: Dated) -> None:
        """The units of a delivery, whose event precedes the transfer."""
        moved = (at.tx, a["from"], a["to"], a["id"], a["value"])
        if moved in self._awaited:
            self._awaited.remove(moved)

    def _on_ForwardEnded(self, a: Args, _: Dated) -> None:
        purchase = self.purchases[a["forward"]]
        if a["refunded"] != purchase.escrowed or purchase.status == ENDED:
            self.faults.append(f"end of {a['purchase']}")
        purchase.status = ENDED

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "deliveries without units", [], self._awaited)
        for currency in self.currencies:
            owed = sum(
                purchase.escrowed
                for purchase in self.purchases.values()
                if purchase.terms.currency == currency.address
            )
            held = currency.balances.get(self.address, 0)
            about = f"money for deliveries to come, in {currency.contract}"
            tally.backed(self.contract, about, owed, held)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "count", (), len(self.purchases), "number of purchases")
        for number, purchase in self.purchases.items():
            terms = purchase.terms
            expected = {
                "payer": purchase.payer,
                "deadline": terms.deadline,
                "buyer": purchase.buyer,
                "seller": terms.seller,
                "status": purchase.status,
                "currency": terms.currency,
                "project": terms.project,
                "vintage": terms.vintage,
                "amount": terms.amount,
                "delivered": purchase.delivered,
                "price": terms.price,
            }
            yield Check(self.contract, "forwardOf", (number,), expected, f"purchase {number}")
