"""Replay of PowerSettlement: payments of days on its runs, and every amount it moves in the ledger."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.power.power_losses import LossesReplay
from tonne.audit.power.power_market import PowerReplay
from tonne.audit.power.settlement_runs import Day, RunsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.chain.client import Chain
from tonne.crypto.accounts import keccak
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.power.settlement_runs import ACCOUNT_BITS, AMOUNT_BITS, word

LEDGER: Final = "PowerMarket"
MOST_CHUNKS, CHUNK_WORDS = 256, 200
AMOUNT: Final = (1 << AMOUNT_BITS) - 1


@dataclass(slots=True)
class Payments:
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
        return self.paid == (1 << len(self.chunks)) - 1

    def word(self) -> tuple[Any, ...]:
        sizes = (self.posted_at, len(self.chunks), self.paid)
        return (self.root, self.sum, self.returned, *sizes)


#: What is kept of payments that were dropped.
NONE: Final = (bytes(32), 0, 0, 0, 0, 0)


class SettlementReplay(RunsReplay):
    """Everything that PowerSettlement's events tell, and what the ledger must tell of it."""

    def __init__(self, chain: Chain, losses: LossesReplay, power: PowerReplay) -> None:
        super().__init__(chain, losses, power)
        self.payments: dict[tuple[int, int, int], Payments | None] = {}  # by node, day, run
        self.of_bonds = 0  # [micro-credit] that operators lost and nobody was given
        self._due: deque[tuple[Any, ...]] = deque()  # what the ledger has to tell next
        self._payable: dict[tuple[int, int], int] = {}  # operators' parts, until told
        self._dropped: tuple[str, tuple[int, int], int, int] = ("", (0, 0), 0, 0)
        self._tx = ""

    def apply(self, dated: Dated) -> None:
        """Takes events of PowerSettlement, and of the ledger."""
        event = dated.event
        if event.contract == LEDGER:
            if event.args.get("by") == self.address:
                self._told(event.name, event.args)
            return
        handler = getattr(self, f"_on_{event.name}", None)
        if handler is None:
            return
        self._tx = event.tx_hash
        self.power.until(self._tx)
        try:
            handler(event.args, dated.time)
        except (KeyError, IndexError) as unknown:
            self.faults.append(f"{event.name} tells of {unknown}, which nothing made known")

    # Bonds

    def _on_BondChanged(self, a: dict, time: int) -> None:
        operator, change = a["operator"], a["by"]
        bond = self.bonds[operator]
        slashed, self._slashed = self._slashed, None
        if slashed is not None:
            lost = min(self.bond, bond.amount)
            right = (operator, -change) == (slashed[0], lost)
            words = [word(operator, -lost, lost), word(slashed[1], lost // 2)]
            self._due.append(("AccountsSettled", words))
            self.of_bonds += lost - lost // 2
        elif change >= 0:
            right = True
            self._due.append(("CreditsBound", operator, change))
        else:
            right = time > bond.until
            self._due.append(("CreditsUnbound", operator, -change))
        bond.amount += change
        right &= a["bond"] == bond.amount >= 0
        self._require(right, f"bond of operator {operator}")

    # Payments

    def _day(self, a: dict) -> tuple[tuple[int, int], Day, str]:
        place = (a["node"], a["day"])
        return place, self.days[place], f"payments {a['run']} of day {place[1]} of node {place[0]}"

    def _operator_of(self, place: tuple[int, int]) -> int:
        """Who operates a node at a day's end answers for the day."""
        node, day = place
        return self.terms_at(node, (day + 1) * self.per_day - 1).operator

    def _on_PaymentsPosted(self, a: dict, time: int) -> None:
        place, day, about = self._day(a)
        self._bound(self._operator_of(place), time, about)
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
        self.payments[*place, a["run"]] = Payments(a["root"], a["returned"], time, chunks)
        day.run, day.posted = a["run"], day.posted + sum(sums)
        day.returned += a["returned"]

    def _on_PaymentsDropped(self, a: dict, _time: int) -> None:
        place, day, about = self._day(a)
        dropped = self.payments[*place, a["run"]]
        if dropped is None or dropped.paid or a["run"] != day.run:
            self.faults.append(f"{about} dropped")
            return
        self.payments[*place, a["run"]] = None
        day.run, day.posted = day.run - 1, day.posted - dropped.sum
        day.returned -= dropped.returned
        self._dropped = (self._tx, place, a["run"], dropped.posted_at)

    def _on_PaymentsFailed(self, a: dict, time: int) -> None:
        place, _, about = self._day(a)
        *dropped, posted_at = self._dropped
        right = dropped == [self._tx, place, a["run"]] and time <= posted_at + self.window
        self._require(right, f"{about} failed")
        self._slash(self._operator_of(place), a["rewarded"])

    def _on_ChunkPaid(self, a: dict, time: int) -> None:
        place, day, about = self._day(a)
        payments = self.payments[*place, a["run"]]
        bit = 1 << a["index"]
        if payments is None or a["run"] != day.run or payments.paid & bit:
            self.faults.append(f"{about}: chunk {a['index']}")
            return
        late = time > payments.posted_at + self.window
        self._require(late, f"{about}: paid too early")
        self._due.append(("AccountsSettled", payments.chunks[a["index"]]))
        payments.paid |= bit
        owed = day.sum("due") - day.due_paid
        if payments.whole and owed:
            self._payable[place] = owed

    def _on_OperatorPaid(self, a: dict, _time: int) -> None:
        place = (a["node"], a["day"])
        owed, operator = self._payable.pop(place), self._operator_of(place)
        right = (a["operator"], a["amount"]) == (operator, owed)
        self._require(right, f"operator's part of day {place[1]} of node {place[0]}")
        self.days[place].due_paid += a["amount"]
        self._due.append(("AccountsSettled", [word(operator, a["amount"])]))

    # The ledger

    def _told(self, name: str, a: dict) -> None:
        due = self._due.popleft() if self._due else None
        if "words" not in a:
            told: tuple[Any, ...] = (name, a["account"], a["amount"])
        elif due is not None and isinstance(due[1], tuple):  # of a chunk, by its hash
            told = (name, (_hash(a["words"]), sum(map(_amount, a["words"]))))
        else:
            told = (name, list(a["words"]))
        self._require(told == due, f"the ledger tells {told} where {due} was due")

    # What must hold

    def internal(self, tally: Tally) -> None:
        desk = self.contract
        tally.value(desk, "acts that no rule allows", [], self.faults)
        tally.value(desk, "amounts that the ledger never told of", [], list(self._due))
        tally.value(desk, "operators that were not paid", {}, self._payable)
        tally.value(desk, "failures that cost no bond", None, self._slashed)
        for (node, _), day in self.days.items():
            for interval, run in day.runs.items():
                if not run.failed:
                    about = f"sold and bought at node {node} in interval {interval}"
                    accepted = self.power.accepted(interval, node)
                    tally.value(desk, about, accepted, run.contracts)
        _, own = self.power.controllers.get(self.address, (0, 0))
        account = self.power.accounts[own]
        kept = self.of_bonds - self._paid() - sum(day.due_paid for day in self.days.values())
        about = "surplus, rounding and lost bonds, on the account of settlement"
        tally.value(desk, about, kept, account.free - account.debt)

    def _paid(self) -> int:
        """[micro-credit] of all chunks that were paid."""
        return sum(
            amount
            for payments in self.payments.values()
            if payments is not None
            for place, (_, amount) in enumerate(payments.chunks)
            if payments.paid >> place & 1
        )

    def checks(self) -> Iterator[Check]:
        desk = self.contract
        yield Check(desk, "MARKET", (), self.power.address, "market that is settled")
        for node, all_ in self.terms.items():
            for terms in all_:
                about = f"terms of node {node} from {terms.fromInterval} on"
                yield Check(desk, "termsAt", (node, terms.fromInterval), tuple(terms), about)
        for operator, bond in self.bonds.items():
            stake = (bond.amount, bond.until)
            yield Check(desk, "bondOf", (operator,), stake, f"bond of operator {operator}")
        for (node, day), known in self.days.items():
            about = f"day {day} of node {node}"
            yield Check(desk, "dayOf", (node, day), known.word(), about)
            for interval, run in known.runs.items():
                about = f"interval {interval} of node {node}"
                yield Check(desk, "intervalOf", (node, interval), run.word(), about)
        for key, payments in self.payments.items():
            held = payments.word() if payments else NONE
            about = f"payments {key[2]} of day {key[1]} of node {key[0]}"
            yield Check(desk, "paymentsOf", key, held, about)


def _hash(words: Sequence[int]) -> bytes:
    return keccak(b"".join(w.to_bytes(32, "big") for w in words))


def _amount(word_: int) -> int:
    """The signed amount of a word."""
    amount = word_ >> ACCOUNT_BITS & AMOUNT
    return amount - (1 << AMOUNT_BITS) if amount >> AMOUNT_BITS - 1 else amount


def _leaf(hash_: bytes, amount: int) -> bytes:
    """Leaf of a chunk, see {PowerSettlement}."""
    return leaf_hash(hash_ + (amount % (1 << 256)).to_bytes(32, "big"))
