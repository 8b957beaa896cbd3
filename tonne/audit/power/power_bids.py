"""Replay of PowerMarket's bids: commitments, curves, what they hold, silence and disputes."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from eth_abi.abi import encode

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.power.bid_limits import BidLimitsReplay
from tonne.audit.power.power_ledger import PowerLedgerReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.events import Dated
from tonne.audit.units.unit_balances import Unit1155Replay
from tonne.chain.client import Chain
from tonne.constants import DAY_S, HOUR_S, ZERO_WORD
from tonne.crypto.hashing import keccak
from tonne.power.encoding import (
    MOST_STEPS,
    CurveStep,
    curve_steps,
    curve_words,
    held,
)
from tonne.power.rounds import words_hash

NONE, COMMITTED, OPENED, RELEASED, FORFEITED = range(5)  # `BidState`
AFTER_S: Final = DAY_S  # that a deposit is bound longer than an escrow
ANSWER_S: Final = 6 * HOUR_S
UNCLAIMED_S: Final = 30 * DAY_S
SILENCES: Final = 3
OVER: Final = 2**40 - 1
RESERVE: Final = 2**32 - 1  # number of a forfeit's claim that is the reserve's


@dataclass(slots=True)
class CommittedBid:
    """A participant's bid in an interval."""

    commitment: bytes
    most_wh: int
    state: int = COMMITTED
    escrow: int = 0
    fee: int = 0


@dataclass(slots=True)
class Deposit:
    """Credits set aside for silence [micro-credit]."""

    amount: int = 0
    committed_wh: int = 0
    bound_until: int = 0
    silences: int = 0
    barred_until: int = 0


@dataclass(slots=True)
class Forfeit:
    """A forfeit, which a silent bidder's customers share [micro-credit]."""

    amount: int
    left: int
    connections: int
    customers: bytes
    claimed: set[int] = field(default_factory=set)


class PowerBidsReplay(PowerLedgerReplay):
    """Bids of the market, on its ledger."""

    def __init__(
        self,
        chain: Chain,
        limits: BidLimitsReplay,
        parties: ParticipantsReplay,
        credits: Unit1155Replay,
    ) -> None:
        super().__init__(chain, parties, credits)
        self.terms = chain.call(self.contract, "terms")
        self.chain_id = chain.chain_id
        self.limits, self.grid = limits, limits.grid
        self.bids: dict[tuple[int, int], CommittedBid] = {}
        self.steps: dict[int, list[CurveStep]] = defaultdict(
            list
        )  # by interval, in the order of opening
        self.hashes: dict[int, bytes] = {}
        self.deposits: dict[int, Deposit] = defaultdict(Deposit)
        self.forfeits: dict[tuple[int, int], Forfeit] = {}
        self.disputes: dict[bytes, tuple[Any, int]] = {}  # receipt, deadline

    # Time

    def _start(self, number: int) -> int:
        start: int = number * self.terms.intervalS
        return start

    def _gate(self, number: int) -> int:
        gate: int = self._start(number) - self.terms.gateLeadS
        return gate

    def _counts(self, number: int) -> tuple[int, int]:
        """Bids committed, and opened."""
        states = [bid.state for (interval, _), bid in self.bids.items() if interval == number]
        return len(states), sum(state in (OPENED, RELEASED) for state in states)

    def _at_cap(self, wh: int) -> int:
        amount: int = -(-wh * self.terms.priceCap // 1_000)
        return amount

    # Deposits

    def _on_DepositChanged(self, a: Args, _: Dated) -> None:
        number, change = a["participant"], a["change"]
        deposit = self.deposits[number]
        deposit.amount += change
        self._require(deposit.amount == a["amount"] >= 0, f"deposit of {number}")
        if change > 0:
            self._take(number, change)
        elif not self._answers:
            free = deposit.committed_wh == 0 and self._time >= deposit.bound_until
            self._require(free, f"deposit of {number} taken back")
            self._credit(number, -change)
        else:
            self._answers -= 1
            self._lost = -change

    def end_transaction(self) -> None:
        names = [at.event.name for _, at in self._pending]
        #: Decreases of deposits that a forfeit or a dispute makes, each stated ahead of it.
        self._answers = names.count("BidForfeited") + names.count("BidUpheld")
        super().end_transaction()

    # Bids

    def _on_BidCommitted(self, a: Args, _: Dated) -> None:
        number, participant, most = a["interval"], a["participant"], a["mostWh"]
        deposit, start = self.deposits[participant], self._start(number)
        deposit.committed_wh += most
        deposit.bound_until = max(deposit.bound_until, start + self.terms.holdS + AFTER_S)
        timely = start - self.grid.notice <= self._time < self._gate(number)
        covered = 0 < self._at_cap(deposit.committed_wh) <= deposit.amount and most > 0
        self._require(
            timely
            and covered
            and (number, participant) not in self.bids
            and self._time >= deposit.barred_until,
            f"bid of {participant} in interval {number}",
        )
        self.bids[number, participant] = CommittedBid(a["commitment"], most)

    def _on_BidOpened(self, a: Args, _: Dated) -> None:
        number, participant, words = a["interval"], a["participant"], a["words"]
        about = f"curves of {participant} in interval {number}"
        bid = self.bids.get((number, participant))
        if bid is None or bid.state != COMMITTED:
            self.faults.append(f"{about}: not committed")
            return
        gate = self._gate(number)
        self._require(gate <= self._time < gate + self.terms.openingS, f"{about}: out of time")
        fields = (number, participant, a["salt"], a["root"], a["leaves"], words_hash(words))
        types = ["uint32", "uint24", "bytes32", "uint256", "uint32", "bytes32"]
        self._require(keccak(encode(types, fields))[:24] == bid.commitment, f"{about}: others")
        steps = curve_steps(words)
        self._require(curve_words(steps) == list(words), f"{about}: words")
        self._sizes(number, participant, steps, about)
        energy = sum(step.limit for step in steps)
        tree = a["root"] % 2**64 if a["leaves"] else energy
        self._require(energy == tree and energy <= bid.most_wh, f"{about}: energy")
        bid.escrow, bid.fee = held(steps, self.terms.guarantee), len(steps) * self.terms.stepFee
        self._require((a["escrow"], a["fee"]) == (bid.escrow, bid.fee), f"{about}: held")
        self._take(participant, bid.escrow + bid.fee)
        self.deposits[participant].committed_wh -= bid.most_wh
        bid.state = OPENED
        self.steps[number] += steps
        before = self.hashes.get(number) or self._seed(number)
        self.hashes[number] = keccak(before + words_hash(words))

    def _seed(self, number: int) -> bytes:
        return keccak(
            encode(["address", "uint256", "uint32"], [self.address, self.chain_id, number])
        )

    def _sizes(self, number: int, participant: int, steps: list[CurveStep], about: str) -> None:
        """Curves are in order, and within what may be bid."""
        time = self._start(number)
        nodes = self.grid.nodes_at(time)
        fits = all(
            s.account == participant
            and s.node < nodes
            and s.limit
            and s.price <= self.terms.priceCap
            for s in steps
        )
        self._require(fits and all(a.rank < b.rank for a, b in pairwise(steps)), f"{about}: order")
        energy: dict[tuple[int, int], int] = defaultdict(int)
        count: dict[tuple[int, int], int] = defaultdict(int)
        for step in steps:
            energy[step.node, step.side] += step.limit
            count[step.node, step.side] += 1
        for (node, side), wh in energy.items():
            both = count[node, 0] + count[node, 1]
            allowed = self.limits.terms_at(node, participant, time)[3]
            most = self.limits.most(participant, node, side, time)
            within = wh <= most and count[node, side] <= MOST_STEPS and both <= allowed
            self._require(within, f"{about}: beyond its limits at node {node}")

    @abstractmethod
    def _proposer(self, number: int) -> int:
        """Account of who proposed the clearing that stands; 0 = none."""

    def _on_BidReleased(self, a: Args, _: Dated) -> None:
        number, participant = a["interval"], a["participant"]
        bid, proposer = self.bids[number, participant], self._proposer(number)
        ended = self._time >= self._start(number) + self.terms.holdS
        right = bid.state == OPENED and ended and a["proposer"] == proposer
        self._require(right, f"release of {participant} in interval {number}")
        bid.state = RELEASED
        self._credit(participant, bid.escrow if proposer else bid.escrow + bid.fee)
        if proposer:
            self._credit(proposer, bid.fee)

    # Silence

    def _on_BidForfeited(self, a: Args, _: Dated) -> None:
        number, participant, stated = a["interval"], a["participant"], a["forfeit"]
        bid, deposit = self.bids[number, participant], self.deposits[participant]
        root, connections = self.limits.customers_of(participant)
        lost = min(self._at_cap(bid.most_wh), deposit.amount + self._lost)
        late = self._time >= self._gate(number) + self.terms.openingS
        forfeit = Forfeit(lost, lost, connections, root)
        same = tuple(stated) == (lost, lost, connections, root) and self._lost == lost
        self._require(
            bid.state == COMMITTED and late and same, f"forfeit of {participant} in {number}"
        )
        bid.state, self._lost = FORFEITED, 0
        deposit.committed_wh -= bid.most_wh
        deposit.silences += 1
        if deposit.silences == SILENCES:
            deposit.silences, deposit.barred_until = 0, self._time + DAY_S
        self.forfeits[number, participant] = forfeit

    def _on_ForfeitClaimed(self, a: Args, _: Dated) -> None:
        number, participant, index = a["interval"], a["participant"], a["index"]
        about = f"claim {index} on {participant} in interval {number}"
        forfeit = self.forfeits.setdefault((number, participant), Forfeit(0, 0, 0, ZERO_WORD))
        if index == RESERVE:
            over = self._time >= self._start(number) + UNCLAIMED_S
            self._require(over and a["account"] == self.reserve, about)
            amount = forfeit.left
        else:
            first = index < forfeit.connections and index not in forfeit.claimed
            self._require(first, about)
            amount = min(forfeit.amount // max(forfeit.connections, 1), forfeit.left)
            forfeit.claimed.add(index)
        self._require(a["amount"] == amount, f"{about}: amount")
        forfeit.left -= amount
        self._award(a["account"], amount)

    # Disputes

    def _on_BidDisputed(self, a: Args, _: Dated) -> None:
        digest, deadline = a["digest"], a["deadline"]
        new = digest not in self.disputes and deadline == self._time + ANSWER_S
        forfeit = self._forfeit_of(a["receipt"])
        self._require(new and not forfeit.connections, f"dispute {digest.hex()}")
        self.disputes[digest] = a["receipt"], deadline

    def _forfeit_of(self, receipt: Any) -> Forfeit:
        none = Forfeit(0, 0, 0, ZERO_WORD)
        return self.forfeits.get((receipt.interval, receipt.aggregator), none)

    def _on_BidShown(self, a: Args, _: Dated) -> None:
        receipt, deadline = self.disputes[a["digest"]]
        bid = self.bids.get((receipt.interval, receipt.aggregator))
        opened = bid is not None and bid.state in (OPENED, RELEASED)
        self._require(opened and self._time <= deadline, f"bid shown {a['digest'].hex()}")
        self.disputes[a["digest"]] = receipt, OVER

    def _on_BidUpheld(self, a: Args, _: Dated) -> None:
        receipt, deadline = self.disputes[a["digest"]]
        account, forfeit = receipt.account, self._forfeit_of(receipt)
        due = self._at_cap(receipt.limitWh)
        of_forfeit = 0 if forfeit.connections else min(due, forfeit.left)
        lost = min(due - of_forfeit, self.deposits[receipt.aggregator].amount + self._lost)
        amount = (of_forfeit + lost) // 2
        right = self._time > deadline and a["account"] == account and self._lost == lost
        self._require(right and a["amount"] == amount, f"bid upheld {amount}")
        self._lost = 0
        forfeit.left -= of_forfeit
        self.disputes[a["digest"]] = receipt, OVER
        self._credit(self.reserve, of_forfeit + lost - amount)
        self._award(account, amount)

    #: Decreases of deposits still to be explained in this transaction, and the last of them.
    _answers = 0
    _lost = 0

    # Comparison

    def _kept(self) -> int:
        """[micro-credit] that is in no account."""
        bids = sum(b.escrow + b.fee for b in self.bids.values() if b.state == OPENED)
        deposits = sum(deposit.amount for deposit in self.deposits.values())
        forfeits = sum(forfeit.left for forfeit in self.forfeits.values())
        return bids + deposits + forfeits + sum(self.awards.values())

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "decreases of deposits without a cause", 0, self._lost)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for (number, participant), bid in sorted(self.bids.items()):
            expected = (bid.commitment, bid.most_wh, bid.state, bid.escrow, bid.fee)
            about = f"bid of {participant} in interval {number}"
            yield Check(self.contract, "bidOf", (number, participant), expected, about)
        for participant, d in sorted(self.deposits.items()):
            expected_deposit = (d.amount, d.committed_wh, d.bound_until, d.silences, d.barred_until)
            about = f"deposit of {participant}"
            yield Check(self.contract, "depositOf", (participant,), expected_deposit, about)
        for (number, participant), f in sorted(self.forfeits.items()):
            shared = (f.amount, f.left, f.connections, f.customers)
            about = f"forfeit of {participant} in interval {number}"
            yield Check(self.contract, "forfeitOf", (number, participant), shared, about)
        for digest, (_, deadline) in self.disputes.items():
            yield Check(self.contract, "disputeOf", (digest,), deadline, f"dispute {digest.hex()}")
