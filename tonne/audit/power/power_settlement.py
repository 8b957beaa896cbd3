"""Replay of PowerSettlement: lists of days on its runs, requests, and every amount it moves in the ledger."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from eth_abi.abi import encode

from tonne.audit.power.power_losses import PowerLossesReplay
from tonne.audit.power.power_market import PowerMarketReplay
from tonne.audit.power.settlement_runs import (
    FAILURES,
    NO_LIST,
    SILENCE_S,
    PaymentList,
    Place,
    SettlementDay,
    SettlementRunsReplay,
)
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, follows
from tonne.audit.replay.events import Dated
from tonne.chain.client import Chain
from tonne.constants import DAY_S, ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.accounts import checksum
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle_sum import Sums
from tonne.power.encoding import FIRST_PSEUDONYM, Payment
from tonne.power.settlement_runs import CHUNK, END_S, chunk_word
from tonne.types.ids import PowerAccountId

LEDGER: Final = "PowerMarket"
REFERENCES: Final = "ReferencePrices"
MOST_CHUNKS: Final = 1_000
MOST_BLOCKS: Final = 51  # of an answer
#: In the place of an answer: the bids of a doubted line were shown.
MET: Final = (1).to_bytes(32, "big")
#: `LineAnswer`.
ANSWER: Final = "(bytes32,bool,bytes32[])"
#: `SealedAccount`.
NAMED: Final = "(bytes32,bool,bytes32)"


@dataclass(slots=True)
class LineRequest:
    """A request for a line: `LineAsk`."""

    key: str = ZERO_ADDRESS
    deadline: int = 0
    list_at: int = 0
    answer: bytes = ZERO_WORD

    def word(self) -> tuple[str, int, int, bytes]:
        return self.key, self.deadline, self.list_at, self.answer


class Award(NamedTuple):
    """Credits for the key of a pseudonym; unlike a `Payment`, whatever their amount."""

    account: PowerAccountId
    amount: int  # [micro-credit]
    what: str = "for its key"


def _reward(account: PowerAccountId, amount: int) -> list[Payment | Award]:
    """What the ledger does for the wronged account."""
    return [(Payment if account < FIRST_PSEUDONYM else Award)(account, amount)]


class PowerSettlementReplay(SettlementRunsReplay):
    """Lists of days, requests, and the amounts that the ledger must move for them."""

    def __init__(self, chain: Chain, losses: PowerLossesReplay, power: PowerMarketReplay) -> None:
        super().__init__(chain, losses, power)
        #: By node, interval, account, and whether its key asked.
        self.requests: dict[tuple[int, int, int, bool], LineRequest] = {}
        self.doubts: dict[tuple[int, int, int], LineRequest] = {}
        self.readings: dict[tuple[int, int, int], LineRequest] = {}  # by node, interval, meter
        self._latest = 0  # change of a bond [s]
        self._kept = 0  # on the contract's own account [micro-credit]
        self._due: deque[list[Payment | Award]] = deque()  # movements of the ledger to come
        self._payable: dict[Place, int] = {}  # operators' parts, until paid
        self._failing: tuple[str, Place] | None = None  # list that a failure must drop
        self._forfeits: deque[tuple[int, int]] = (
            deque()
        )  # posters of days that are closed or taken over, and what each loses
        self._carries: dict[Place, int] = {}  # closed days, and sums carried on from them

    # Bonds

    def _on_BondChanged(self, a: Args, at: Dated) -> None:
        poster, change = a["poster"], a["by"]
        self._latest = at.time
        bond = self.bonds[poster]
        slashed, self._slashed = self._slashed, None
        if self._forfeits:
            right = (poster, -change) == self._forfeits.popleft()
        elif slashed is not None:
            lost = min(self.bond, bond.amount)
            right = (poster, -change) == (slashed[0], lost)
            if slashed[1]:
                self._settles(_reward(PowerAccountId(slashed[1]), lost // 2))
        else:
            right = change >= 0 or not bond.open_days
            self._settles([Payment(poster, -change)])
        bond.amount += change
        right &= a["bond"] == bond.amount >= 0
        self._require(right, f"bond of participant {poster}")

    def _on_RewardKept(self, a: Args, _: Dated) -> None:
        """What the wronged account gets of a bond that was lost just now stays until it is paid."""
        node, interval = a["node"], a["interval"]
        kept = Payment(a["account"], a["amount"])
        day = self.days[node, interval // self.per_day]
        due = self._due.pop() if self._due else []
        right = due == _reward(*kept[:2]) and interval in day.failed and interval not in day.rewards
        self._kept += kept.amount
        self._require(right, f"reward kept for interval {interval} of node {node}")
        day.rewards[interval] = kept

    def _on_RewardPaid(self, a: Args, _: Dated) -> None:
        node, interval = a["node"], a["interval"]
        paid = Payment(a["account"], a["amount"])
        kept = self.days[node, interval // self.per_day].rewards.pop(interval, None)
        self._require(paid == kept, f"reward paid for interval {interval} of node {node}")
        self._settles(_reward(*paid[:2]))

    # Lists

    def _day(self, a: Args) -> tuple[Place, SettlementDay, str]:
        place = (a["node"], a["day"])
        return place, self.days[place], f"list of day {place[1]} of node {place[0]}"

    def _on_PaymentsPosted(self, a: Args, at: Dated) -> None:
        place, day, about = self._day(a)
        self._posts(place, a["poster"], at, about)
        whole = len(day.runs) == self.per_day and not (day.list and day.list.complete)
        self._require(whole, f"{about} does not follow")
        posted = self._begun(day, a, at, about)
        known = Payment.unpack(posted.words[-1]).account if posted.words else PowerAccountId(0)
        for payment in map(Payment.unpack, a["words"]):
            right = known < payment.account and self.first_line_of(*place, payment.account) > 0
            self._require(right, f"account {payment.account} in {about}")
            known = payment.account
        fits = 0 < len(a["words"]) and (a["complete"] or len(a["words"]) % CHUNK == 0)
        # No escrow is a list's to free.
        fits &= all(payment.unbound == 0 for payment in map(Payment.unpack, a["words"]))
        fits &= all(Payment.unpack(word).pack() == word for word in a["words"])
        before = posted.debits
        posted.words += a["words"]
        self._require(fits and len(posted.chunks) <= MOST_CHUNKS, f"{about}: chunks")
        bond = self.bonds[a["poster"]]
        bond.debits += posted.debits - before
        self._require(bond.amount >= self.bond + bond.debits, f"bond behind {about}")
        if a["complete"]:
            posted.complete, posted.posted_at = True, at.time
            self._sums(day, posted, about)

    def _begun(self, day: SettlementDay, a: Args, at: Dated, about: str) -> PaymentList:
        if a["first"] or day.list is None:
            posted = day.list or PaymentList(a["poster"], at.time)
            own = posted.poster == a["poster"] and len(posted.chunks) == a["first"]
            self._require(own, f"{about} is another's")
        else:  # a list begun anew was dropped in the same transaction
            self.faults.append(f"{about} was begun")
            posted = day.list
        day.list = posted
        return posted

    def _sums(self, day: SettlementDay, posted: PaymentList, about: str) -> None:
        rest = day.sum("net") + day.returning - posted.sum
        right = rest == 0 or (day.returning > 0 and 0 < rest < day.lines)
        self._require(right, f"{about} comes to {posted.sum}")

    def _on_PaymentsDropped(self, a: Args, at: Dated) -> None:
        place, day, about = self._day(a)
        dropped, day.list = day.list, None
        if dropped is None or dropped.paid:
            self.faults.append(f"{about} dropped")
            return
        self.bonds[dropped.poster].debits -= dropped.debits
        failing, self._failing = self._failing, None
        after = self._slashed is not None or not dropped.complete
        self._require(after and failing in (None, (at.tx, place)), f"{about} dropped")

    def _on_PaymentsFailed(self, a: Args, at: Dated) -> None:
        place, day, about = self._day(a)
        complete = day.list is not None and day.list.complete
        self._require(complete and self._in_dispute(day, at.time), f"{about} failed")
        self._failing = (at.tx, place)
        day.failures = min(day.failures + 1, 255)
        self._slash(day.list.poster if day.list else 0, a["wronged"])

    def _on_ChunkPaid(self, a: Args, at: Dated) -> None:
        place, day, about = self._day(a)
        posted, index = day.list, a["index"]
        if posted is None or index in posted.paid or index >= len(posted.chunks):
            self.faults.append(f"{about}: chunk {index}")
            return
        late = posted.complete and at.time > posted.posted_at + self.window
        self._require(late, f"{about}: paid too early")
        posted.paid.add(index)
        self._settles([Payment.unpack(word) for word in posted.chunks[index]])
        if len(posted.paid) == len(posted.chunks):
            self.bonds[posted.poster].debits -= posted.debits
            self._unbind(day, posted.poster)
            self._release_taker(day)
            if day.sum("due"):
                self._payable[place] = day.sum("due")

    def _on_OperatorPaid(self, a: Args, _: Dated) -> None:
        place, day, about = self._day(a)
        owed = self._payable.pop(place)
        poster = day.list.poster if day.list else 0
        payee = poster if owed > 0 else self.operator_of(place)
        self._require((a["payee"], a["amount"]) == (payee, owed), f"operator's part of {about}")
        self._settles([Payment(PowerAccountId(payee), a["amount"])])

    # Ends

    def _on_DayTaken(self, a: Args, at: Dated) -> None:
        """Nothing stands in the day any more; who had it and is liable loses a penalty to it."""
        place, day, about = self._day(a)
        late = self.late + (SILENCE_S if day.failures < FAILURES else 0)
        begins = max((place[1] + 1) * DAY_S + late, day.taker[1])
        right = at.time > begins and day.list is None and a["by"] not in day.taken
        right = right and a["until"] == at.time + self.window and self._apart(place[0], a["by"])
        day.carried += self._forfeit(place, day, self.bond)
        self.bonds[a["by"]].debits += self.bond
        self._bind(day, a["by"])
        self._require(right and self._liable(place, a["by"], at), f"{about} taken over")
        day.taken[a["by"]] = a["until"]
        day.failed |= day.runs.keys()
        day.runs, day.lines = {}, 0

    def _forfeit(self, place: Place, day: SettlementDay, most: int) -> int:
        """The loss of a bond that covers no other list, by who had runs in a day or took it over."""
        if not day.bonded:
            return 0
        poster = self.settler_of(place)
        self._unbind(day, poster)
        self._release_taker(day)
        lost = min(max(self.bonds[poster].amount - self.bonds[poster].debits, 0), most)
        self._forfeits.append((poster, lost))
        return lost

    def _release_taker(self, day: SettlementDay) -> None:
        """The penalty that a taker's bond kept for a day that another settles now, or that has ended."""
        if day.taken:
            self.bonds[day.taker[0]].debits -= self.bond

    def _on_DayClosed(self, a: Args, at: Dated) -> None:
        place, day, about = self._day(a)
        ended = at.time > (place[1] + 1) * DAY_S + END_S and day.list is None
        self._require(ended and not day.closed, f"{about} closed")
        day.closed = True
        carried = day.carried + self._forfeit(place, day, self.bonds[self.settler_of(place)].amount)
        if carried:
            self._carries[place] = carried

    def _on_BondsCarried(self, a: Args, at: Dated) -> None:
        due = self._carries.pop((a["node"], a["day"]), 0)
        right = (a["to"], a["amount"]) == (at.time // DAY_S, due) and not self._forfeits
        self._require(right and due > 0, f"bonds of day {a['day']} of node {a['node']} carried")
        self.days[a["node"], a["to"]].carried += a["amount"]

    @follows(REFERENCES)
    def _on_PriceCounted(self, a: Args, at: Dated) -> None:
        """A price counts once its day is paid, with the energy that the run says was metered."""
        if self.power.references.counter != self.address:
            return
        node, interval = a["node"], a["interval"]
        day = self.days[node, interval // self.per_day]
        run, posted = day.runs.get(interval), day.list
        ended = posted is not None and posted.complete
        ended = ended and at.time > (posted.posted_at if posted else 0) + self.window
        price = self.power.price_of(interval, node, at.time)
        right = run is not None and Sums.of(run.totals.sums).count > 0 and a["price"] == price
        right = right and run is not None and a["wh"] == run.totals.importWh + run.totals.exportWh
        self._require(ended and right, f"price of interval {interval} at node {node} counted")

    # Requests for lines

    def _on_RunFailed(self, a: Args, at: Dated) -> None:
        super()._on_RunFailed(a, at)
        # Maybe by its silence: then there was a request.
        for by_key in (False, True):
            place = (a["node"], a["interval"], a["wronged"], by_key)
            self.requests.setdefault(place, LineRequest())

    def _request(self, a: Args, of: str = "account") -> tuple[tuple[int, int, int], str]:
        """Its place, by node, interval and account or meter, and what it is called."""
        key = (a["node"], a["interval"], a[of])
        return key, f"request of {of} {key[2]} at {key[:2]}"

    def _list(self, a: Args) -> PaymentList | None:
        found: PaymentList | None = self.days[a["node"], a["interval"] // self.per_day].list
        return found

    def _list_of(self, a: Args) -> int:
        """A number that rises with each complete list of a day."""
        day = self.days[a["node"], a["interval"] // self.per_day]
        return (day.list.posted_at if day.list else 0) + day.failures

    def _on_LineAsked(self, a: Args, at: Dated) -> None:
        key, about = self._request(a)
        node, interval, account = key
        first = self.first_line_of(node, interval // self.per_day, account)
        self.requests[*key, a["byKey"]] = self._asked(a, at, 2, 0 < first <= interval, about)

    def _on_ReadingAsked(self, a: Args, at: Dated) -> None:
        key, about = self._request(a, "meter")
        _, since = self.entered.get((key[0], key[2]), (0, None))
        entered = since is not None and since <= a["interval"] // self.per_day
        self.readings[key] = self._asked(a, at, 4, entered, about)

    def _asked(self, a: Args, at: Dated, part: int, its: bool, about: str) -> LineRequest:
        """By an account that has a line, or of a meter that is entered, in a part of the window."""
        posted = self._list(a)
        in_time = posted is not None and posted.complete
        in_time = in_time and at.time <= (posted.posted_at if posted else 0) + self.window // part
        right = a["deadline"] == at.time + self.window // 8
        self._require(in_time and its and right, about)
        address = checksum("0x" + keccak(a["x"] + a["y"])[12:].hex())
        return LineRequest(address, a["deadline"], self._list_of(a))

    def _on_LineAnswered(self, a: Args, at: Dated) -> None:
        key, about = self._request(a)
        self._require(len(a["answer"].blocks) <= MOST_BLOCKS, f"length of the answer to {about}")
        self._answered(self.requests[*key, a["byKey"]], a, at, ANSWER, about)

    def _on_ReadingAnswered(self, a: Args, at: Dated) -> None:
        key, about = self._request(a, "meter")
        self._answered(self.readings[key], a, at, NAMED, about)

    def _answered(self, known: LineRequest, a: Args, at: Dated, kind: str, about: str) -> None:
        open_ = known.answer == ZERO_WORD and at.time <= known.deadline
        present = self._list(a) is not None and known.list_at == self._list_of(a)
        self._require(open_ and present, f"answer to {about}")
        known.answer = keccak(encode([kind], [tuple(a["answer"])]))

    def _on_LineDoubted(self, a: Args, at: Dated) -> None:
        key, about = self._request(a)
        posted = self._list(a)
        in_time = posted is not None and posted.complete
        in_time = in_time and at.time <= (posted.posted_at if posted else 0) + self.window * 3 // 4
        known = a["interval"] in self.days[a["node"], a["interval"] // self.per_day].runs
        right = a["deadline"] == at.time + self.window // 8
        self._require(in_time and known and right, f"doubt: {about}")
        self.doubts[key] = LineRequest(deadline=a["deadline"], list_at=self._list_of(a))

    def _on_LineProved(self, a: Args, at: Dated) -> None:
        key, about = self._request(a)
        posted = self._list(a)
        known = self.doubts.setdefault(key, LineRequest())
        present = posted is not None and known.list_at == self._list_of(a)
        open_ = known.answer == ZERO_WORD and at.time <= known.deadline
        self._require(present and open_, f"bids shown: {about}")
        known.answer = MET

    # Movements of the ledger

    def _settles(self, payments: list[Payment | Award]) -> None:
        self._due.append(payments)
        self._kept -= sum(payment.amount for payment in payments)

    @follows(LEDGER)
    def _on_CreditsBound(self, a: Args, _: Dated) -> None:
        self._moved(a, [("bound", a["account"], a["amount"])])

    @follows(LEDGER)
    def _on_CreditsUnbound(self, a: Args, _: Dated) -> None:
        self._moved(a, [("unbound", a["account"], a["amount"])])

    @follows(LEDGER)
    def _on_AccountsSettled(self, a: Args, _: Dated) -> None:
        self._moved(a, [Payment.unpack(word) for word in a["words"]])

    @follows(LEDGER)
    def _on_CreditsAwarded(self, a: Args, _: Dated) -> None:
        self._moved(a, [Award(a["account"], a["amount"])])

    def _moved(self, a: Args, moved: Sequence[tuple[object, ...]]) -> None:
        if a["by"] != self.address:
            return
        due = self._due.popleft() if self._due else None
        self._require(moved == due, f"the ledger moved {moved} where {due} was due")

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "amounts that the ledger never moved", [], list(self._due))
        tally.value(self.contract, "operators that were not paid", {}, self._payable)
        tally.value(self.contract, "failures that cost no bond", None, self._slashed)
        tally.value(self.contract, "lists that failed and were not dropped", None, self._failing)
        tally.value(self.contract, "bonds of closed days that were not lost", [], [*self._forfeits])
        tally.value(self.contract, "lost bonds that were carried to no day", {}, self._carries)
        for (node, _), day in self.days.items():
            for interval, run in day.runs.items():
                about = f"sold and bought at node {node} in interval {interval}"
                accepted = self.power.accepted(interval, node)
                stated = (run.totals.soldWh, run.totals.boughtWh)
                tally.value(self.contract, about, accepted, stated)
        _, own = self.power.controllers.get(self.address, (0, 0))
        account = self.power.accounts[own]
        about = "surplus, rounding and bonds, on the account of settlement"
        tally.value(self.contract, about, self._kept, account.free - account.debt)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "MARKET", (), self.power.address, "market that is settled")
        for node, all_ in self.terms.items():
            for terms in all_:
                about = f"terms of node {node} from {terms.fromInterval} on"
                yield Check(
                    self.contract, "termsAt", (node, terms.fromInterval), tuple(terms), about
                )
        yield from self._member_checks()
        for poster, bond in self.bonds.items():
            stake = (bond.amount, bond.debits, bond.open_days)
            yield Check(self.contract, "bondOf", (poster,), stake, f"bond of participant {poster}")
        for (node, day), known in self.days.items():
            yield from self._day_checks(node, day, known)
        # Days without an act of settlement are not closed either.
        for node, all_ in self.terms.items():
            first = all_[0].fromInterval if all_ else 2**32
            for day in range(first // self.per_day, self._latest // DAY_S + 1):
                if (node, day) not in self.days:
                    yield from self._day_checks(node, day, SettlementDay())
        for view, of, asked in (
            ("askOf", "account", self.requests),
            ("readingAskOf", "meter", self.readings),
            ("doubtOf", "account", self.doubts),
        ):
            for place, request in asked.items():
                about = f"{view} {of} {place[2]} at {place[:2]}"
                yield Check(self.contract, view, place, request.word(), about)

    def _member_checks(self) -> Iterator[Check]:
        for key, since in self.members.items():
            about = f"account {key[1]} at node {key[0]}"
            yield Check(self.contract, "memberSince", key, since, about)
        for (node, day, account), _ in self.enrolled.items():
            about = f"account {account} enrolled at node {node}, day {day}"
            first = self.first_line_of(node, day, account)
            yield Check(self.contract, "firstLineOf", (node, day, account), first, about)
        for (node, owner), accounts in self.held.items():
            word = (self.owners.get((node, owner), 0), accounts, self.metered[node, owner])
            about = f"owner {owner} at node {node}"
            yield Check(self.contract, "ownerAt", (node, owner), word, about)
        for entered, meter in self.entered.items():
            about = f"meter {entered[1]} at node {entered[0]}"
            yield Check(self.contract, "enteredAt", entered, meter, about)

    def _day_checks(self, node: int, day: int, known: SettlementDay) -> Iterator[Check]:
        about = f"day {day} of node {node}"
        yield Check(self.contract, "dayOf", (node, day), known.word(), about)
        yield Check(self.contract, "takerOf", (node, day), known.taker, f"taker of {about}")
        held = known.list.word() if known.list else NO_LIST
        yield Check(self.contract, "listOf", (node, day), held, f"list of {about}")
        for index, words in enumerate(known.list.chunks if known.list else ()):
            chunk = chunk_word(words)
            unpaid = known.list is not None and index not in known.list.paid
            yield Check(
                *(self.contract, "chunkOf", (node, day, index), chunk if unpaid else 0),
                f"chunk {index} of {about}",
            )
        for interval in (*known.runs, *known.failed):
            word = known.interval_word(interval)
            about = f"interval {interval} of node {node}"
            yield Check(self.contract, "intervalOf", (node, interval), word, about)
