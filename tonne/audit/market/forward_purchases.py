"""Replay of ForwardPurchases: escrowed money equals deliveries to come; units moved for each payment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tonne.audit.parties.payouts import PayoutsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, follows
from tonne.audit.replay.currency import SettlementCurrencyReplay
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.types import unit_id

#: `ForwardStatus` of IForwardPurchases.
OFFERED, ACCEPTED, ENDED = 1, 2, 3


@dataclass(slots=True)
class ForwardPurchase:
    """One purchase of units to come."""

    buyer: int
    terms: Any
    status: int = OFFERED
    delivered: int = 0  # [t]

    @property
    def escrowed(self) -> int:
        """[smallest unit of the currency]"""
        left: int = 0 if self.status == ENDED else self.terms.amount - self.delivered
        each: int = self.terms.price + (self.terms.bond if self.status == ACCEPTED else 0)
        return left * each


class ForwardPurchasesReplay(PausableReplay, PayoutsReplay):
    """All purchases, and the transfers that each delivery must have brought."""

    contract = "ForwardPurchases"

    def __init__(self, currencies: Iterable[SettlementCurrencyReplay], address: str) -> None:
        super().__init__()
        self.currencies = list(currencies)
        self.address = address
        self.purchases: dict[int, ForwardPurchase] = {}
        #: Units [t] kept for participants, by (participant, id).
        self.units_for: dict[tuple[int, int], int] = defaultdict(int)
        #: Transfers of this contract that no event has named yet: (tx, from, to, id, amount).
        self._moved: list[tuple[str, str, str, int, int]] = []
        #: Others, of the last transaction alone: a delivery goes from the seller's wallet to the buyer's.
        self._passed: list[tuple[str, str, str, int, int]] = []
        #: Units that were collected and have not moved yet.
        self._awaited: list[tuple[str, str, str, int, int]] = []

    def _on_ForwardOffered(self, a: Args, _: Dated) -> None:
        if a["forward"] != len(self.purchases) + 1 or a["buyer"] == a["seller"]:
            self.faults.append(f"offer {a['forward']}")
        self.purchases[a["forward"]] = ForwardPurchase(a["buyer"], a["terms"])

    def _on_ForwardAccepted(self, a: Args, at: Dated) -> None:
        purchase = self.purchases[a["forward"]]
        if a["bonded"] != purchase.terms.amount * purchase.terms.bond:
            self.faults.append(f"bond for {a['forward']}")
        if purchase.status != OFFERED or at.time > self.moved(purchase.terms.deadline):
            self.faults.append(f"acceptance of {a['forward']}")
        purchase.status = ACCEPTED

    def _on_ForwardDelivered(self, a: Args, at: Dated) -> None:
        purchase = self.purchases[a["forward"]]
        purchase.delivered += a["amount"]
        right = (
            purchase.status == ACCEPTED
            and at.time <= self.moved(purchase.terms.deadline)
            and purchase.delivered <= purchase.terms.amount
            and a["paid"] == a["amount"] * purchase.terms.price
            and a["released"] == a["amount"] * purchase.terms.bond
            and unit_id.vintage_of(a["unit"]) == purchase.terms.vintage
        )
        if not right:
            self.faults.append(f"delivery of {a['amount']} for {a['forward']}")
        self._require_moved(at.tx, a["wallet"], a["receiver"], a["unit"], a["amount"])
        if a["receiver"] == self.address:
            self.units_for[purchase.buyer, a["unit"]] += a["amount"]
        self._owe_money(purchase.terms.seller, purchase, a["paid"] + a["released"])

    def _owe_money(self, payee: int, purchase: ForwardPurchase, amount: int) -> None:
        self._owe(payee, int(purchase.terms.currency, 16), amount)

    @follows("OffsetCredits")
    def _on_TransferSingle(self, a: Args, at: Dated) -> None:
        """Units of a delivery move before its event, collected ones after it."""
        moved = (at.tx, a["from"], a["to"], a["id"], a["value"])
        if moved in self._awaited:
            self._awaited.remove(moved)
        elif self.address in (a["from"], a["to"]):
            self._moved.append(moved)
        else:
            self._passed = [one for one in self._passed if one[0] == at.tx] + [moved]

    def _require_moved(self, *moved: Any) -> None:
        for there in (self._moved, self._passed):
            if moved in there:
                there.remove(moved)
                return
        self.faults.append(f"delivery without its units: {moved}")

    def _on_ForwardEnded(self, a: Args, _: Dated) -> None:
        purchase = self.purchases[a["forward"]]
        both = a["refunded"] + a["forfeited"]
        if both != purchase.escrowed or purchase.status == ENDED:
            self.faults.append(f"end of {a['forward']}")
        purchase.status = ENDED
        self._owe_money(purchase.buyer, purchase, both)

    def _on_ForwardUnitsCollected(self, a: Args, at: Dated) -> None:
        kept = self.units_for.pop((a["participant"], a["unit"]), 0)
        if kept != a["amount"]:
            self.faults.append(f"{a['amount']} t collected by participant {a['participant']}")
        self._awaited.append((at.tx, self.address, a["wallet"], a["unit"], a["amount"]))

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "units collected and not moved", [], self._awaited)
        tally.value(self.contract, "units moved for no delivery", [], self._moved)
        for currency in self.currencies:
            owed = sum(
                purchase.escrowed
                for purchase in self.purchases.values()
                if purchase.terms.currency == currency.address
            ) + self.owed_in(int(currency.address, 16))
            held = currency.balances.get(self.address, 0)
            about = f"money for deliveries to come, in {currency.contract}"
            tally.backed(self.contract, about, owed, held)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "count", (), len(self.purchases), "number of purchases")
        for number, purchase in self.purchases.items():
            terms = purchase.terms
            expected = {
                "currency": terms.currency,
                "deadline": terms.deadline,
                "buyer": purchase.buyer,
                "seller": terms.seller,
                "status": purchase.status,
                "project": terms.project,
                "vintage": terms.vintage,
                "amount": terms.amount,
                "delivered": purchase.delivered,
                "price": terms.price,
                "bond": terms.bond,
            }
            yield Check(self.contract, "forwardOf", (number,), expected, f"purchase {number}")
        for key, kept in sorted(self.units_for.items()):
            yield Check(
                self.contract, "unitsFor", key, kept, f"units kept for participant {key[0]}"
            )
