"""Replay of CreditBills: each bill divided as published, each invoice paid once, and what lies there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.units.energy_credits import EnergyReplay

PPM: Final = 1_000_000

#: `InvoiceStatus` of ICreditBills.
ISSUED, FUNDED, SETTLED, ENDED = 1, 2, 3, 4

#: Fields of a tariff and of what it came to.
PARTS: Final = (
    ("generator", "generationPpm", "generation"),
    ("transmitter", "transmissionPpm", "transmission"),
    ("distributor", "distributionPpm", "distribution"),
    ("seller", "salePpm", "sale"),
)


@dataclass(slots=True)
class _Tariff:
    terms: Any
    closed: bool = False

    def shares(self, amount: int) -> list[tuple[int, int]]:
        """(participant, micro-credits) of each part, the remainder last."""
        parts = [
            (getattr(self.terms, who), amount * getattr(self.terms, ppm) // PPM)
            for who, ppm, _ in PARTS
        ]
        return [*parts, (self.terms.remainderTo, amount - sum(due for _, due in parts))]


@dataclass(slots=True)
class _Invoice:
    terms: Any
    status: int = ISSUED


class BillsReplay:
    """Tariffs, bills and invoices, and the transfers that each must have brought."""

    contract: Final = "CreditBills"

    def __init__(self, energy: EnergyReplay, address: str) -> None:
        self.energy = energy
        self.address = address
        self.tariffs: dict[int, _Tariff] = {}
        self.invoices: dict[int, _Invoice] = {}
        self.faults: list[str] = []
        #: Payments told whose credits have not been seen to move yet: (tx, from, to, id, amount).
        self._awaited: list[tuple[str, str, str, int, int]] = []
        #: Invoices settled in this very transaction whose bill is still to come: (tx, number).
        self._dividing: list[tuple[str, int]] = []

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args, dated)

    def _await(self, dated: Dated, source: str, who: int, credit: int, amount: int) -> None:
        if amount:
            to = self.energy.parties.participants[who].primary
            self._awaited.append((dated.event.tx_hash, source, to, credit, amount))

    def _on_TransferSingle(self, a: dict, dated: Dated) -> None:
        """Of EnergyCredits: what was told here comes after it."""
        moved = (dated.event.tx_hash, a["from"], a["to"], a["id"], a["value"])
        if moved in self._awaited:
            self._awaited.remove(moved)
        elif self.address in (a["operator"], a["from"], a["to"]):
            self.faults.append(f"{a['value']} moved between {a['from']} and {a['to']} untold")

    def _on_TariffPublished(self, a: dict, _dated: Dated) -> None:
        whole = sum(getattr(a["terms"], ppm) for _, ppm, _ in PARTS)
        if a["tariff"] != len(self.tariffs) + 1 or whole > PPM or not a["terms"].remainderTo:
            self.faults.append(f"tariff {a['tariff']}")
        self.tariffs[a["tariff"]] = _Tariff(a["terms"])

    def _on_TariffClosed(self, a: dict, _dated: Dated) -> None:
        self.tariffs[a["tariff"]].closed = True

    def _on_BillPaid(self, a: dict, dated: Dated) -> None:
        tariff = self.tariffs[a["tariff"]]
        due = tariff.shares(a["amount"])
        told = [*(getattr(a["shares"], part) for *_, part in PARTS), a["shares"].remainder]
        agreed = (dated.event.tx_hash, int.from_bytes(a["ref"], "big")) in self._dividing
        if told != [amount for _, amount in due] or (tariff.closed and not agreed):
            self.faults.append(f"bill of {a['amount']} by tariff {a['tariff']}")
        if agreed:
            self._dividing.remove((dated.event.tx_hash, int.from_bytes(a["ref"], "big")))
        for who, amount in due:
            self._await(dated, a["payer"], who, a["credit"], amount)

    # Invoices

    def _on_InvoiceIssued(self, a: dict, dated: Dated) -> None:
        terms = a["terms"]
        parties = (a["seller"], a["buyer"]) == (terms.seller, terms.buyer)
        mine = self.energy.parties.wallets.get(a["wallet"], (0, 0))[0] == terms.seller
        number = a["invoice"] == len(self.invoices) + 1
        if not (parties and mine and number and dated.time <= terms.deadline):
            self.faults.append(f"invoice {a['invoice']}")
        self.invoices[a["invoice"]] = _Invoice(terms)

    def _move(self, number: int, allowed: tuple[int, ...], to: int) -> _Invoice:
        invoice = self.invoices[number]
        if invoice.status not in allowed:
            self.faults.append(f"invoice {number} goes from {invoice.status} to {to}")
        invoice.status = to
        return invoice

    def _on_InvoiceFunded(self, a: dict, dated: Dated) -> None:
        terms = self._move(a["invoice"], (ISSUED,), FUNDED).terms
        moved = (dated.event.tx_hash, a["payer"], self.address, terms.credit, terms.amount)
        self._awaited.append(moved)

    def _on_InvoiceSettled(self, a: dict, dated: Dated) -> None:
        funded = self.invoices[a["invoice"]].status == FUNDED
        terms = self._move(a["invoice"], (ISSUED, FUNDED), SETTLED).terms
        by, _ = self.energy.parties.wallets.get(a["by"], (0, 0))
        may = by == terms.buyer or (funded and by != 0 and by == terms.confirmer)
        if not may or dated.time > terms.deadline:
            self.faults.append(f"invoice {a['invoice']} settled by {a['by']}")
        if terms.tariff:
            self._dividing.append((dated.event.tx_hash, a["invoice"]))
            return
        payer = self.address if funded else a["by"]
        self._await(dated, payer, terms.seller, terms.credit, terms.amount)

    def _on_InvoiceEnded(self, a: dict, dated: Dated) -> None:
        funded = self.invoices[a["invoice"]].status == FUNDED
        terms = self._move(a["invoice"], (ISSUED, FUNDED), ENDED).terms
        by, _ = self.energy.parties.wallets.get(a["by"], (0, 0))
        may = by == terms.seller or (by == terms.buyer and not funded)
        if a["refunded"] != funded * terms.amount or not (may or dated.time > terms.deadline):
            self.faults.append(f"end of invoice {a['invoice']}")
        self._await(dated, self.address, terms.buyer, terms.credit, a["refunded"])

    # What must hold

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "acts that no rule allows", [], self.faults)
        tally.value(self.contract, "payments without credits", [], self._awaited)
        tally.value(self.contract, "settled invoices without their bill", [], self._dividing)
        owed: dict[int, int] = {}
        for invoice in self.invoices.values():
            if invoice.status == FUNDED:
                credit = invoice.terms.credit
                owed[credit] = owed.get(credit, 0) + invoice.terms.amount
        held = {
            id_: amount
            for (who, id_), amount in self.energy.balances.items()
            if who == self.address and amount
        }
        tally.value(self.contract, "credits of funded invoices", owed, held)

    def checks(self) -> Iterator[Check]:
        yield Check(self.contract, "tariffCount", (), len(self.tariffs), "number of tariffs")
        yield Check(self.contract, "invoiceCount", (), len(self.invoices), "number of invoices")
        for number, tariff in self.tariffs.items():
            expected = {**tariff.terms._asdict(), "closed": tariff.closed}
            yield Check(self.contract, "tariffOf", (number,), expected, f"tariff {number}")
        for number, invoice in self.invoices.items():
            terms = invoice.terms
            kept = ("seller", "buyer", "confirmer", "tariff", "deadline", "amount", "credit")
            expected = {name: getattr(terms, name) for name in kept}
            expected["status"] = invoice.status
            yield Check(self.contract, "invoiceOf", (number,), expected, f"invoice {number}")
