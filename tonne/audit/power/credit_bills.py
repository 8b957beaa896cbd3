"""Replay of CreditBills: tariffs, bills, invoices, and the credits held for these and owed to payees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.parties.payouts import PayoutsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, follows
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.units.energy_credits import EnergyCreditsReplay
from tonne.constants import PPM, TERM_S, ZERO_ADDRESS
from tonne.types.ids import ParticipantId

#: `InvoiceStatus` of ICreditBills.
ISSUED, FUNDED, SETTLED, ENDED = 1, 2, 3, 4

#: Fields of a tariff and of the shares of a bill.
PARTS: Final = (
    ("generator", "generationPpm", "generation"),
    ("transmitter", "transmissionPpm", "transmission"),
    ("distributor", "distributionPpm", "distribution"),
    ("seller", "salePpm", "sale"),
)


@dataclass(slots=True)
class _Tariff:
    """A published division of a bill."""

    terms: Any
    closed: bool = False

    def shares(self, amount: int) -> list[tuple[ParticipantId, int]]:
        """(participant, micro-credits) of each part, the remainder last."""
        parts = [
            (getattr(self.terms, who), amount * getattr(self.terms, ppm) // PPM)
            for who, ppm, _ in PARTS
        ]
        return [*parts, (self.terms.remainderTo, amount - sum(due for _, due in parts))]


@dataclass(slots=True)
class _Invoice:
    """An invoice and its status."""

    terms: Any
    status: int = ISSUED


class CreditBillsReplay(PausableReplay, PayoutsReplay):
    """Tariffs, bills, invoices and payouts, and the transfers that each must have brought."""

    contract = "CreditBills"

    def __init__(self, energy: EnergyCreditsReplay, address: str) -> None:
        super().__init__()
        self.energy, self.parties = energy, energy.parties
        self.address = address
        self.tariffs: dict[int, _Tariff] = {}
        #: [micro-credit] By payer and reference: bills, not invoices.
        self.paid: defaultdict[tuple[str, bytes], int] = defaultdict(int)
        self.invoices: dict[int, _Invoice] = {}
        #: Payments whose credits have not moved yet: (tx, from, to, id, amount).
        self._awaited: list[tuple[str, str, str, int, int]] = []
        #: Expired payouts in the issuer's wallet, still to exit from there: (tx, wallet, id).
        self._ending: list[tuple[str, str, int]] = []
        #: Invoices settled in this transaction whose bill is still to come: (tx, number).
        self._dividing: list[tuple[str, int]] = []

    def _await(self, at: Dated, source: str, to: str, credit: int, amount: int) -> None:
        if source != to:
            self._awaited.append((at.tx, source, to, credit, amount))

    @follows("EnergyCredits")
    def _on_TransferSingle(self, a: Args, at: Dated) -> None:
        """A payment's event precedes its transfer."""
        moved = (at.tx, a["from"], a["to"], a["id"], a["value"])
        if moved in self._awaited:
            self._awaited.remove(moved)
        elif (at.tx, a["from"], a["id"]) in self._ending and a["to"] == ZERO_ADDRESS:
            self._ending.remove((at.tx, a["from"], a["id"]))
        elif self.address in (a["operator"], a["from"], a["to"]):
            self.faults.append(
                f"{a['value']} moved between {a['from']} and {a['to']} without an event here"
            )

    def _on_TariffPublished(self, a: Args, _: Dated) -> None:
        whole = sum(getattr(a["terms"], ppm) for _, ppm, _ in PARTS)
        if a["tariff"] != len(self.tariffs) + 1 or whole > PPM or not a["terms"].remainderTo:
            self.faults.append(f"tariff {a['tariff']}")
        self.tariffs[a["tariff"]] = _Tariff(a["terms"])

    def _on_TariffClosed(self, a: Args, _: Dated) -> None:
        self.tariffs[a["tariff"]].closed = True

    def _on_BillPaid(self, a: Args, at: Dated) -> None:
        tariff = self.tariffs[a["tariff"]]
        due = tariff.shares(a["amount"])
        stated = [*(getattr(a["shares"], part) for *_, part in PARTS), a["shares"].remainder]
        agreed = (at.tx, int.from_bytes(a["ref"], "big")) in self._dividing
        if stated != [amount for _, amount in due] or (tariff.closed and not agreed):
            self.faults.append(f"bill of {a['amount']} by tariff {a['tariff']}")
        if agreed:
            self._dividing.remove((at.tx, int.from_bytes(a["ref"], "big")))
        else:
            self.paid[a["payer"], a["ref"]] += a["amount"]
        for who, amount in due:
            self._owe(who, a["credit"], amount)
        self._await(at, a["payer"], self.address, a["credit"], a["amount"])

    # Invoices

    def _on_InvoiceIssued(self, a: Args, at: Dated) -> None:
        terms = a["terms"]
        parties = (a["seller"], a["buyer"]) == (terms.seller, terms.buyer)
        mine = self.parties.owner_of(a["wallet"]) == terms.seller
        number = a["invoice"] == len(self.invoices) + 1
        if not (parties and mine and number and at.time <= terms.deadline <= at.time + TERM_S):
            self.faults.append(f"invoice {a['invoice']}")
        self.invoices[a["invoice"]] = _Invoice(terms)

    def _move(self, number: int, allowed: tuple[int, ...], to: int) -> _Invoice:
        invoice = self.invoices[number]
        if invoice.status not in allowed:
            self.faults.append(f"invoice {number} goes from {invoice.status} to {to}")
        invoice.status = to
        return invoice

    def _on_InvoiceFunded(self, a: Args, at: Dated) -> None:
        terms = self._move(a["invoice"], (ISSUED,), FUNDED).terms
        moved = (at.tx, a["payer"], self.address, terms.credit, terms.amount)
        self._awaited.append(moved)

    def _on_InvoiceSettled(self, a: Args, at: Dated) -> None:
        funded = self.invoices[a["invoice"]].status == FUNDED
        terms = self._move(a["invoice"], (ISSUED, FUNDED), SETTLED).terms
        by = self.parties.owner_of(a["by"])
        may = by == terms.buyer or (funded and by != 0 and by == terms.confirmer)
        if not may or at.time > self.moved(terms.deadline):
            self.faults.append(f"invoice {a['invoice']} settled by {a['by']}")
        if terms.tariff:
            self._dividing.append((at.tx, a["invoice"]))
            return
        self._owe(terms.seller, terms.credit, terms.amount)
        payer = self.address if funded else a["by"]
        self._await(at, payer, self.address, terms.credit, terms.amount)

    def _on_InvoiceEnded(self, a: Args, at: Dated) -> None:
        funded = self.invoices[a["invoice"]].status == FUNDED
        terms = self._move(a["invoice"], (ISSUED, FUNDED), ENDED).terms
        by = self.parties.owner_of(a["by"])
        may = by == terms.seller or (by == terms.buyer and not funded)
        if a["refunded"] != funded * terms.amount or not (
            may or at.time > self.moved(terms.deadline)
        ):
            self.faults.append(f"end of invoice {a['invoice']}")
        self._owe(terms.buyer, terms.credit, a["refunded"])

    # Payouts

    def _on_PayoutWithdrawn(self, a: Args, at: Dated) -> None:
        super()._on_PayoutWithdrawn(a, at)
        own = self.parties.owner_of(a["to"]) == a["payee"]
        self._require(own, f"{a['amount']} of {a['payee']} paid to {a['to']}")
        self._await(at, self.address, a["to"], a["asset"], a["amount"])

    def _on_PayoutExpired(self, a: Args, at: Dated) -> None:
        self._taken(a["payee"], a["credit"], a["amount"])
        series = self.energy.series[a["credit"]]
        self._require(at.time > series.expiry, f"payout of {a['payee']} ended while good")
        wallet = self.parties.participants[series.issuer].primary
        self._await(at, self.address, wallet, a["credit"], a["amount"])
        self._ending.append((at.tx, wallet, a["credit"]))

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "payments without credits", [], self._awaited)
        tally.value(self.contract, "expired payouts that did not exit", [], self._ending)
        tally.value(self.contract, "settled invoices without their bill", [], self._dividing)
        owed: dict[int, int] = {}
        for invoice in self.invoices.values():
            if invoice.status == FUNDED:
                credit = invoice.terms.credit
                owed[credit] = owed.get(credit, 0) + invoice.terms.amount
        for (_, credit), amount in self.owed.items():
            owed[credit] = owed.get(credit, 0) + amount
        held = {
            id_: amount
            for (who, id_), amount in self.energy.balances.items()
            if who == self.address and amount
        }
        tally.value(self.contract, "credits of funded invoices and payouts", owed, held)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "tariffCount", (), len(self.tariffs), "number of tariffs")
        yield Check(self.contract, "invoiceCount", (), len(self.invoices), "number of invoices")
        for number, tariff in self.tariffs.items():
            expected = {**tariff.terms._asdict(), "closed": tariff.closed}
            yield Check(self.contract, "tariffOf", (number,), expected, f"tariff {number}")
        for (payer, ref), amount in self.paid.items():
            about = f"paid by {payer} of bill 0x{ref.hex()}"
            yield Check(self.contract, "paidOf", (payer, ref), amount, about)
        for number, invoice in self.invoices.items():
            terms = invoice.terms
            fields = ("seller", "buyer", "confirmer", "tariff", "deadline", "amount", "credit")
            expected = {name: getattr(terms, name) for name in fields}
            expected["status"] = invoice.status
            yield Check(self.contract, "invoiceOf", (number,), expected, f"invoice {number}")
