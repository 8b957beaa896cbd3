"""Replay of PowerSettlement: payments of days on its runs, and every amount it moves in the ledger."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.power.power_losses import PowerLossesReplay
from tonne.audit.power.power_market import PowerMarketReplay
from tonne.audit.power.settlement_runs import SettlementDay, SettlementRunsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, follows
from tonne.audit.replay.events import Dated
from tonne.chain.client import Chain
from tonne.constants import ZERO_WORD
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.power.encoding import Payment
from tonne.types.ids import PowerAccountId
from tonne.types.packing import has_bit, ones, with_bit

LEDGER: Final = "PowerMarket"
MOST_CHUNKS, CHUNK_WORDS = 256, 200


@dataclass(slots=True)
class DayPayments:
    """A run of payments of a day: `DayRun`."""

    root: bytes
    returned: int
    posted_at: int
    chunks: Sequence[tuple[bytes, int]]  # hash of the words, sum of their amounts
    paid: int = 0  # a bit for each

    @property
    def sum(self) -> int:
        return sum(amount for _, amount in self.chunks)

    @property
    def whole(self) -> bool:
        return self.paid == ones(len(self.chunks))

    def word(self) -> tuple[Any, ...]:
        sizes = (self.posted_at, len(self.chunks), self.paid)
        return (self.root, self.sum, self.returned, *sizes)


#: `DayRun` of payments that were dropped.
NONE: Final = (ZERO_WORD, 0, 0, 0, 0, 0)


class PowerSettlementReplay(SettlementRunsReplay):
    """Payments of days, and the amounts that the ledger must move for them."""

    def __init__(self, chain: Chain, losses: PowerLossesReplay, power: PowerMarketReplay) -> None:
        super().__init__(chain, losses, power)
        self.payments: dict[tuple[int, int, int], DayPayments | None] = {}  # by node, day, run
        self.of_bonds = 0  # lost by operators and rewarded to no account [micro-credit]
        self._due: deque[tuple[Any, ...]] = deque()  # movements of the ledger to come
        self._payable: dict[tuple[int, int], int] = {}  # operators' parts, until paid
        self._dropped: tuple[str, tuple[int, int], int, int] = ("", (0, 0), 0, 0)

    # Bonds

    def _on_BondChanged(self, a: Args, at: Dated) -> None:
        operator, change = a["operator"], a["by"]
        bond = self.bonds[operator]
        slashed, self._slashed = self._slashed, None
        if slashed is not None:
            lost = min(self.bond, bond.amount)
            right = (operator, -change) == (slashed[0], lost)
            payments = [
                Payment(operator, -lost, lost),
                Payment(PowerAccountId(slashed[1]), lost // 2),
            ]
            self._due.append(("AccountsSettled", payments))
            self.of_bonds += lost - lost // 2
        elif change >= 0:
            right = True
            self._due.append(("CreditsBound", operator, change))
        else:
            right = at.time > bond.until
            self._due.append(("CreditsUnbound", operator, -change))
        bond.amount += change
        right &= a["bond"] == bond.amount >= 0
        self._require(right, f"bond of operator {operator}")

    # Payments

    def _day(self, a: Args) -> tuple[tuple[int, int], SettlementDay, str]:
        place = (a["node"], a["day"])
        return place, self.days[place], f"payments {a['run']} of day {place[1]} of node {place[0]}"

    def _operator_of(self, place: tuple[int, int]) -> PowerAccountId:
        """The operator of a node at a day's end answers for the day."""
        node, day = place
        operator: PowerAccountId = self.terms_at(node, (day + 1) * self.per_day - 1).operator
        return operator

    def _on_PaymentsPosted(self, a: Args, at: Dated) -> None:
        place, day, about = self._day(a)
        self._bound(self._operator_of(place), at.time, about)
        last = self.payments.get((*place, day.run))
        whole = day.intervals == self.per_day and (last is None or last.whole)
        self._require(whole and a["run"] == day.run + 1, f"{about} do not follow")
        hashes, sums = a["hashes"], a["sums"]
        self._require(0 < len(hashes) == len(sums) <= MOST_CHUNKS, f"{about}: chunks")
        if a["returned"]:
            rest = day.sum("surplus") - a["returned"]
            fits = 0 <= rest < len(hashes) * CHUNK_WORDS
            final = day.sum("final") == self.per_day
            self._require(fits and final and not day.returned, f"{about}: surplus returned")
        due = day.sum("net") - day.posted + a["returned"]
        self._require(sum(sums) == due, f"{about} come to {sum(sums)}, not {due}")
        leaves = [_leaf(*chunk) for chunk in zip(hashes, sums, strict=False)]
        self._require(merkle_root(leaves) == a["root"], f"root of {about}")
        chunks = tuple(zip(hashes, sums, strict=False))
        self.payments[*place, a["run"]] = DayPayments(a["root"], a["returned"], at.time, chunks)
        day.run, day.posted = a["run"], day.posted + sum(sums)
        day.returned += a["returned"]

    def _on_PaymentsDropped(self, a: Args, at: Dated) -> None:
        place, day, about = self._day(a)
        dropped = self.payments[*place, a["run"]]
        if dropped is None or dropped.paid or a["run"] != day.run:
            self.faults.append(f"{about} dropped")
            return
        self.payments[*place, a["run"]] = None
        day.run, day.posted = day.run - 1, day.posted - dropped.sum
        day.returned -= dropped.returned
        self._dropped = (at.tx, place, a["run"], dropped.posted_at)

    def _on_PaymentsFailed(self, a: Args, at: Dated) -> None:
        place, _, about = self._day(a)
        *dropped, posted_at = self._dropped
        right = dropped == [at.tx, place, a["run"]] and at.time <= posted_at + self.window
        self._require(right, f"{about} failed")
        self._slash(self._operator_of(place), a["rewarded"])

    def _on_ChunkPaid(self, a: Args, at: Dated) -> None:
        place, day, about = self._day(a)
        payments = self.payments[*place, a["run"]]
        if payments is None or a["run"] != day.run or has_bit(payments.paid, a["index"]):
            self.faults.append(f"{about}: chunk {a['index']}")
            return
        late = at.time > payments.posted_at + self.window
        self._require(late, f"{about}: paid too early")
        self._due.append(("AccountsSettled", payments.chunks[a["index"]]))
        payments.paid = with_bit(payments.paid, a["index"], True)
        owed = day.sum("due") - day.due_paid
        if payments.whole and owed:
            self._payable[place] = owed

    def _on_OperatorPaid(self, a: Args, _: Dated) -> None:
        place = (a["node"], a["day"])
        owed, operator = self._payable.pop(place), self._operator_of(place)
        right = (a["operator"], a["amount"]) == (operator, owed)
        self._require(right, f"operator's part of day {place[1]} of node {place[0]}")
        self.days[place].due_paid += a["amount"]
        self._due.append(("AccountsSettled", [Payment(PowerAccountId(operator), a["amount"])]))

    # Movements of the ledger

    @follows(LEDGER)
    def _on_CreditsBound(self, a: Args, at: Dated) -> None:
        self._moved(at.event.name, a, a["account"], a["amount"])

    @follows(LEDGER)
    def _on_CreditsUnbound(self, a: Args, at: Dated) -> None:
        self._moved(at.event.name, a, a["account"], a["amount"])

    @follows(LEDGER)
    def _on_AccountsSettled(self, a: Args, at: Dated) -> None:
        payments = [Payment.unpack(word) for word in a["words"]]
        moved: object = payments
        if self._due and isinstance(self._due[0][1], tuple):  # of a chunk, by its hash
            moved = (_hash(a["words"]), sum(payment.amount for payment in payments))
        self._moved(at.event.name, a, moved)

    def _moved(self, name: str, a: Args, *amounts: object) -> None:
        if a["by"] != self.address:
            return
        moved, due = (name, *amounts), self._due.popleft() if self._due else None
        self._require(moved == due, f"the ledger moved {moved} where {due} was due")

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "amounts that the ledger never moved", [], list(self._due))
        tally.value(self.contract, "operators that were not paid", {}, self._payable)
        tally.value(self.contract, "failures that cost no bond", None, self._slashed)
        for (node, _), day in self.days.items():
            for interval, run in day.runs.items():
                if not run.failed:
                    about = f"sold and bought at node {node} in interval {interval}"
                    accepted = self.power.accepted(interval, node)
                    tally.value(self.contract, about, accepted, run.contracts)
        _, own = self.power.controllers.get(self.address, (0, 0))
        account = self.power.accounts[own]
        kept = self.of_bonds - self._paid() - sum(day.due_paid for day in self.days.values())
        about = "surplus, rounding and lost bonds, on the account of settlement"
        tally.value(self.contract, about, kept, account.free - account.debt)

    def _paid(self) -> int:
        """[micro-credit] of all chunks that were paid."""
        return sum(
            amount
            for payments in self.payments.values()
            if payments is not None
            for place, (_, amount) in enumerate(payments.chunks)
            if has_bit(payments.paid, place)
        )

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "MARKET", (), self.power.address, "market that is settled")
        for node, all_ in self.terms.items():
            for terms in all_:
                about = f"terms of node {node} from {terms.fromInterval} on"
                yield Check(
                    self.contract, "termsAt", (node, terms.fromInterval), tuple(terms), about
                )
        for operator, bond in self.bonds.items():
            stake = (bond.amount, bond.until)
            yield Check(self.contract, "bondOf", (operator,), stake, f"bond of operator {operator}")
        for (node, day), known in self.days.items():
            about = f"day {day} of node {node}"
            yield Check(self.contract, "dayOf", (node, day), known.word(), about)
            for interval, run in known.runs.items():
                about = f"interval {interval} of node {node}"
                yield Check(self.contract, "intervalOf", (node, interval), run.word(), about)
        for key, payments in self.payments.items():
            held = payments.word() if payments else NONE
            about = f"payments {key[2]} of day {key[1]} of node {key[0]}"
            yield Check(self.contract, "paymentsOf", key, held, about)


def _hash(words: Sequence[int]) -> bytes:
    return keccak(b"".join(w.to_bytes(32, "big") for w in words))


def _leaf(hash_: bytes, amount: int) -> bytes:
    """Leaf of a chunk, see {PowerSettlement}."""
    return leaf_hash(hash_ + amount.to_bytes(32, "big", signed=True))
