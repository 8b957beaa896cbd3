"""Replay of PowerTrades: contracts, intervals booked, and every amount they move in the ledger."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tonne.audit.power.bid_limits import BidLimitsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay, follows
from tonne.audit.replay.events import Dated
from tonne.chain.client import Chain
from tonne.constants import DAY_S, HOUR_S
from tonne.power.bilateral_trades import AHEAD_S
from tonne.power.encoding import FIRST_PSEUDONYM, OFFER, Payment
from tonne.power.trade_settlement import TradeOutcome, bound, energy_of, execute, rates_of

LEDGER: Final = "PowerMarket"

Interval = tuple[int, int]  # contract, interval


class PowerTradesReplay(ContractReplay):
    """Contracts between two parties, and the amounts that the ledger must move for them."""

    contract = "PowerTrades"

    def __init__(self, chain: Chain, limits: BidLimitsReplay) -> None:
        super().__init__()
        self._limits = limits
        self.address = chain[self.contract].address
        self.interval_s: int = chain.call(LEDGER, "terms").intervalS
        self.contracts: dict[int, Any] = {}  # `PowerContractState`
        self.profiles: dict[int, Sequence[int]] = {}
        self.digests: dict[bytes, int] = {}
        self.fees: dict[int, tuple[int, int]] = {}
        self.revoked: set[tuple[str, bytes]] = set()  # by signer and digest
        self.booked: set[Interval] = set()
        self.done: set[Interval] = set()
        #: [Wh] by (account, node, interval).
        self.sold: dict[tuple[int, int, int], int] = defaultdict(int)
        self.bought: dict[tuple[int, int, int], int] = defaultdict(int)
        #: [Wh] by (participant that answers for the accounts, node, interval).
        self.sold_by: dict[tuple[int, int, int], int] = defaultdict(int)
        self.sponsors: dict[int, int] = {}  # by pseudonym
        self.escrow: dict[int, int] = defaultdict(int)  # bound for contracts, by account
        self._due: deque[tuple[Any, ...]] = deque()  # movements of the ledger to come

    # Contracts

    def _on_GridFeeSet(self, a: Args, _: Dated) -> None:
        self.fees[a["node"]] = (a["fee"], a["to"])

    def _on_SignatureRevoked(self, a: Args, _: Dated) -> None:
        agreed = a["digest"] in self.digests
        self._require(not agreed, f"{a['digest'].hex()} was revoked when it was agreed")
        self.revoked.add((a["signer"], a["digest"]))

    def _on_ContractAgreed(self, a: Args, at: Dated) -> None:
        number, state, terms = a["id"], a["state"], a["terms"]
        fee, to = self.fees.get(state.buyerNode, (0, 0))
        same = all(
            getattr(state, name) == getattr(terms, name)
            for name in (
                *("fromInterval", "untilInterval", "sellerNode", "buyerNode", "price"),
                *("wheelingFee", "penalty", "energyWh", "sellerMeter", "buyerMeter", "profile"),
            )
        )
        signers = (terms.seller, terms.buyer, terms.carrier)
        parties = [who for who in (state.seller, state.buyer, state.carrier) if who]
        self._require(
            same
            and number == len(self.contracts) + 1
            and a["digest"] not in self.digests
            and not any((who, a["digest"]) in self.revoked for who in signers)
            and (state.gridFee, state.grid) == (fee, to)
            and fee <= terms.maximumGridFee
            and (a["seller"], a["buyer"]) == (state.seller, state.buyer)
            and len(parties) == len(set(parties))
            and (state.carrier != 0) == (state.sellerNode != state.buyerNode)
            and at.time <= terms.deadline
            and at.time < state.fromInterval * self.interval_s,
            f"contract {number} agreed",
        )
        self.contracts[number], self.digests[a["digest"]] = state, number
        self.profiles[number] = a["profile"]
        count = state.untilInterval - state.fromInterval + 1
        seller, buyer = self._bound(number, state.fromInterval, count)
        self._bind("CreditsBound", state, seller, buyer)

    def _energy(self, number: int, interval: int) -> int:
        energy = self.contracts[number].energyWh
        return energy_of(energy, self.profiles[number], interval, DAY_S // self.interval_s)

    def _bound(self, number: int, first: int, count: int) -> tuple[int, int]:
        rates = rates_of(self.contracts[number])
        each = [bound(rates, self._energy(number, i)) for i in range(first, first + count)]
        return sum(of for of, _ in each), sum(of for _, of in each)

    def _bind(self, event: str, state: Any, seller: int, buyer: int) -> None:
        sign = 1 if event == "CreditsBound" else -1
        self._due.append((event, state.buyer, buyer))
        if seller:
            self._due.append((event, state.seller, seller))
        self.escrow[state.buyer] += sign * buyer
        self.escrow[state.seller] += sign * seller

    # Intervals

    def _on_IntervalsBooked(self, a: Args, at: Dated) -> None:
        number, state = a["id"], self.contracts[a["id"]]
        open_ = at.time < (a["first"] + 1) * self.interval_s
        last = a["first"] + a["count"] - 1
        open_ = open_ and last * self.interval_s <= at.time + AHEAD_S
        self._require(open_, f"contract {number} is booked from {a['first']} on, not in its time")
        legs = [(state.seller, state.sellerNode)]
        if state.carrier:
            legs.append((state.carrier, state.buyerNode))
        hour, sellers = None, []
        for interval in self._range(a):
            self._require((number, interval) not in self.booked, f"{interval} of {number} booked")
            self.booked.add((number, interval))
            start = interval * self.interval_s
            if start // HOUR_S != hour:
                hour = start // HOUR_S
                sellers = [(leg, *self._limit(*leg, start)) for leg in legs]
            energy = self._energy(number, interval)
            if not energy:
                continue
            for (account, node), owner, most in sellers:
                self.sold[account, node, interval] += energy
                self.sold_by[owner, node, interval] += energy
                within = self.sold_by[owner, node, interval] <= most
                self._require(within, f"sold by participant {owner} at node {node} in {interval}")
            self.bought[state.buyer, state.buyerNode, interval] += energy
            if state.carrier:
                self.bought[state.carrier, state.sellerNode, interval] += energy

    def _limit(self, account: int, node: int, start: int) -> tuple[int, int]:
        """Who answers for an account, and what it may offer from a start on, in that hour [Wh]."""
        owner = account if account < FIRST_PSEUDONYM else self.sponsors[account]
        return owner, self._limits.most(owner, node, OFFER, start)

    @follows(LEDGER)
    def _on_PseudonymOpened(self, a: Args, at: Dated) -> None:
        self.sponsors[a["account"]] = a["sponsor"]

    def _range(self, a: Args) -> range:
        state = self.contracts[a["id"]]
        found = range(a["first"], a["first"] + a["count"])
        inside = state.fromInterval <= found[0] and found[-1] <= state.untilInterval
        self._require(inside, f"intervals of contract {a['id']} from {a['first']} on")
        return found

    def _end(self, a: Args, time: int, booked: bool) -> None:
        number = a["id"]
        for interval in self._range(a):
            key = (number, interval)
            over = time >= (interval + 1) * self.interval_s
            fits = key not in self.done and (key in self.booked) == booked
            self._require(over and fits, f"end of {interval} of contract {number}")
            self.done.add(key)

    def _on_IntervalsLapsed(self, a: Args, at: Dated) -> None:
        self._end(a, at.time, False)
        seller, buyer = self._bound(a["id"], a["first"], a["count"])
        self._bind("CreditsUnbound", self.contracts[a["id"]], seller, buyer)

    def _on_IntervalsExecuted(self, a: Args, at: Dated) -> None:
        self._end(a, at.time, True)
        number, stated = a["id"], TradeOutcome(*a["executed"])
        state = self.contracts[number]
        rates = rates_of(state)
        intervals = range(a["first"], a["first"] + a["count"])
        plain = [execute(rates, self._energy(number, i)) for i in intervals]
        due = sum(plain, TradeOutcome())
        legs = ("energy_wh", "paid", "proceeds", "wheeling", "grid")
        paid = all(getattr(stated, leg) == getattr(due, leg) for leg in legs)
        fined = _fits(stated.seller_short_wh, stated.seller_penalty, a["count"], rates.penalty)
        fined &= _fits(stated.buyer_short_wh, stated.buyer_penalty, a["count"], rates.penalty)
        fined &= stated.seller_short_wh <= (due.energy_wh if rates.seller_metered else 0)
        fined &= stated.buyer_short_wh <= (due.energy_wh if rates.buyer_metered else 0)
        self._require(paid and fined, f"amounts of contract {number} from {a['first']} on")

        seller, buyer = self._bound(number, a["first"], a["count"])
        payments = [
            Payment(state.buyer, stated.to_buyer, buyer),
            Payment(state.seller, stated.to_seller, seller),
        ]
        payments += [Payment(state.carrier, stated.wheeling, 0)] * (stated.wheeling > 0)
        payments += [Payment(state.grid, stated.grid, 0)] * (stated.grid > 0)
        self._due.append(("AccountsSettled", payments))
        self.escrow[state.seller] -= seller
        self.escrow[state.buyer] -= buyer

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
        self._moved(at.event.name, a, payments)

    def _moved(self, name: str, a: Args, *amounts: object) -> None:
        if a["by"] != self.address:
            return
        moved, due = (name, *amounts), self._due.popleft() if self._due else None
        self._require(moved == due, f"the ledger moved {moved} where {due} was due")

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "amounts that the ledger never moved", [], list(self._due))
        sold, bought = (self._by_node(side) for side in (self.sold, self.bought))
        for place in sorted(sold.keys() | bought.keys()):
            about = f"sold and bought at node {place[0]} in interval {place[1]}"
            tally.value(self.contract, about, sold.get(place, 0), bought.get(place, 0))
        open_: dict[int, int] = defaultdict(int)
        for number, state in self.contracts.items():
            for interval in range(state.fromInterval, state.untilInterval + 1):
                if (number, interval) not in self.done:
                    seller, buyer = bound(rates_of(state), self._energy(number, interval))
                    open_[state.seller] += seller
                    open_[state.buyer] += buyer
        for account, amount in sorted(self.escrow.items()):
            about = f"bound of account {account} for intervals to come"
            tally.value(self.contract, about, open_[account], amount)

    @staticmethod
    def _by_node(side: dict[tuple[int, int, int], int]) -> dict[tuple[int, int], int]:
        found: dict[tuple[int, int], int] = defaultdict(int)
        for (_, node, interval), energy in side.items():
            found[node, interval] += energy
        return found

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "contractCount", (), len(self.contracts), "number of contracts")
        for node, fee in sorted(self.fees.items()):
            yield Check(self.contract, "gridFeeOf", (node,), fee, f"grid fee of node {node}")
        for number, state in self.contracts.items():
            yield Check(self.contract, "contractOf", (number,), tuple(state), f"contract {number}")
        for digest, number in self.digests.items():
            yield Check(
                self.contract, "idOf", (digest,), number, f"number of contract {digest.hex()}"
            )
        for key in sorted(self.booked | self.done):
            state = (key in self.booked, key in self.done)
            yield Check(
                self.contract, "stateOf", key, state, f"interval {key[1]} of contract {key[0]}"
            )
        for place in sorted(self.sold.keys() | self.bought.keys()):
            pair = (self.sold.get(place, 0), self.bought.get(place, 0))
            yield Check(self.contract, "positionOf", place, pair, f"position of account {place[0]}")
        for place, energy in sorted(self.sold_by.items()):
            about = f"sold by accounts of participant {place[0]} at node {place[1]}"
            yield Check(self.contract, "soldBy", place, energy, about)


def _fits(short_wh: int, penalty: int, count: int, rate: int) -> bool:
    """Whether a penalty is that of so much energy, rounded down in each interval."""
    most = short_wh * rate // 1_000
    return most - count < penalty <= most or penalty == most
