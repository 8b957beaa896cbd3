"""Replay of PowerMarket: orders, clearings and escrow, on the ledger of its accounts.

Each clearing is checked anew against all orders of its interval and the grid of that time, by the plain
model in `tonne.power.clearing_check`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from eth_abi.abi import encode

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.power.power_grid import PowerGridReplay
from tonne.audit.power.power_ledger import PowerLedgerReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.events import Dated
from tonne.audit.units.unit_balances import Unit1155Replay
from tonne.chain.client import Chain
from tonne.constants import DAY_S, ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.hashing import keccak
from tonne.power import clearing_check
from tonne.power.encoding import BID, OFFER, Clearing, PowerOrder, Round
from tonne.types import lanes

OPEN, CLEARING, CLEARED, LAPSED = range(4)  # `PowerStage`
HORIZON_S: Final = 8 * DAY_S
STALE: Final = 96  # intervals that a price holds on
REVOKED: Final = 2**32 - 1


@dataclass(slots=True)
class PowerRound:
    """Orders of an interval, its present clearing, and the number of orders released."""

    hash: bytes
    orders: list[PowerOrder] = field(default_factory=list)
    released: int = 0
    clearing: Clearing | None = None
    outcome: clearing_check.ClearingOutcome | None = None
    highest: int = 0  # welfare offered so far
    proposer: str | None = None
    cleared_at: int = 0
    result: bytes = ZERO_WORD


class PowerMarketReplay(PowerLedgerReplay):
    """The market's rounds, on its ledger."""

    def __init__(
        self,
        chain: Chain,
        grid: PowerGridReplay,
        parties: ParticipantsReplay,
        credits: Unit1155Replay,
    ) -> None:
        super().__init__(chain, parties, credits)
        self.terms = chain.call(self.contract, "terms")
        self.chain_id = chain.chain_id
        self.grid = grid
        self.used: dict[tuple[str, bytes], int] = {}
        self.rounds: dict[int, PowerRound] = {}
        self._instructed: list[tuple[int, int]] = []  # account and interval of orders to follow

    # Orders

    def _on_InstructionUsed(self, a: Args, _: Dated) -> None:
        key = (a["signer"], a["digest"])
        self._require(self.used.get(key, 0) < a["interval"] < REVOKED, f"instruction of {key[0]}")
        self.used[key] = a["interval"]
        account = self.pseudonyms.get(key[0]) or self._owner(key[0])
        self._instructed.append((account, a["interval"]))

    def _on_InstructionRevoked(self, a: Args, _: Dated) -> None:
        signer = a["signer"]
        sponsor = self.accounts[self.pseudonyms.get(signer, 0)].sponsor
        by_sponsor = sponsor != 0 and self._owner(a["by"]) == sponsor
        self._require(a["by"] == signer or by_sponsor, f"instruction of {signer} revoked")
        self.used[signer, a["digest"]] = REVOKED

    def _on_OrdersPlaced(self, a: Args, _: Dated) -> None:
        number, words = a["interval"], a["orders"]
        interval = self._interval(number)
        start = number * self.terms.intervalS
        accounts = [PowerOrder.of(word).account for word in words]
        instructed, self._instructed = self._instructed, []
        follow = [(account, number) for account in accounts]
        named = follow == instructed if instructed else len(set(accounts)) <= 1
        room = len(interval.orders) + len(words) <= self.terms.maximumOrders
        timely = self._time < self._gate(number) and start <= self._time + HORIZON_S
        self._require(
            a["first"] == len(interval.orders) and named and room and timely,
            f"orders from {a['first']} on in interval {number}",
        )
        nodes = self.grid.nodes_at(start)
        for word in words:
            order = PowerOrder.of(word)
            fits = order.limit > 0 and order.price <= self.terms.priceCap and order.node < nodes
            self._require(fits and order.word() == word, f"order {word:#x} in interval {number}")
            interval.orders.append(order)
            interval.hash = keccak(interval.hash + word.to_bytes(32, "big"))
            bound = order.escrow(order.limit, self.terms.guarantee)
            self._take(order.account, bound)
            self.accounts[order.account].escrow += bound

    def _interval(self, number: int) -> PowerRound:
        if number not in self.rounds:
            seed = encode(["address", "uint256", "uint32"], [self.address, self.chain_id, number])
            self.rounds[number] = PowerRound(keccak(seed))
        return self.rounds[number]

    def _gate(self, number: int) -> int:
        gate: int = number * self.terms.intervalS - self.terms.gateLeadS
        return gate

    # Clearings

    def _on_IntervalCleared(self, a: Args, _: Dated) -> None:
        number = a["interval"]
        interval = self.rounds[number]
        about = f"clearing of interval {number}"
        gate = self._gate(number)
        self._require(gate <= self._time < gate + self.terms.windowS, f"{about}: out of time")
        start = number * self.terms.intervalS
        round_ = Round(
            self.grid.nodes_at(start), tuple(self.grid.arcs_at(start)), tuple(interval.orders)
        )
        widths = (round_.nodes, len(round_.arcs), len(round_.orders))
        lists = (a["prices"], a["flows"], a["accepted"])
        if any(len(words) != -(-width // lanes.PER_WORD) for words, width in zip(lists, widths)):
            self.faults.append(f"{about}: lanes")
            return
        clearing = Clearing(
            *(tuple(lanes.unpack(words, width)) for words, width in zip(lists, widths, strict=True))
        )
        placed = all(order.node < round_.nodes for order in round_.orders)
        fault = (
            next(clearing_check.faults(round_, clearing), None) if placed else "an order at no node"
        )
        self._require(fault is None, f"{about}: {fault}")
        outcome = clearing_check.outcome(round_, clearing)
        stated = clearing_check.ClearingOutcome(a["welfare"], a["energyWh"], a["lossWh"], a["rent"])
        self._require(outcome == stated, f"{about}: amounts")
        result = self._result(interval, a)
        self._require(result == a["resultHash"], f"{about}: hash of the result")
        self._require(_is_better(interval, outcome, clearing), f"{about}: not better")

        interval.highest = max(outcome.welfare, interval.highest if interval.proposer else 0)
        interval.clearing, interval.outcome = clearing, outcome
        interval.proposer, interval.cleared_at = a["proposer"], self._time
        interval.result = result

    @staticmethod
    def _result(interval: PowerRound, a: Args) -> bytes:
        head = encode(
            ["bytes32", "uint256[]", "uint256[]"], [interval.hash, a["prices"], a["flows"]]
        )
        found = keccak(head)
        for word in a["accepted"]:
            found = keccak(found + word.to_bytes(32, "big"))
        return found

    def _on_EscrowReleased(self, a: Args, _: Dated) -> None:
        interval, first, count = self.rounds[a["interval"]], a["first"], a["count"]
        left = len(interval.orders) - interval.released
        ended = self._time >= self._gate(a["interval"]) + self.terms.windowS
        follows = count > 0 and first + count == left and first % lanes.PER_WORD == 0
        self._require(ended and follows, f"release from {first} on in interval {a['interval']}")
        for place in range(first, min(first + count, len(interval.orders))):
            order = interval.orders[place]
            kept = interval.clearing.accepted[place] if interval.clearing else 0
            guarantee = self.terms.guarantee
            freed = order.escrow(order.limit, guarantee) - order.escrow(kept, guarantee)
            self.accounts[order.account].escrow -= freed
            self._credit(order.account, freed)
        interval.released += count

    # Views for other replays

    def price_of(self, number: int, node: int, now: int) -> int | None:
        """Price of a node in an interval as the market has it, see {IPowerMarket-priceOf}."""
        empty = PowerRound(b"")
        lapsed = self._stage(number, self.rounds.get(number, empty), now) == LAPSED
        for source in range(number, max(0, number - (STALE if lapsed else 0)) - 1, -1):
            clearing = self.rounds.get(source, empty).clearing
            if clearing is not None and node < len(clearing.prices):
                return clearing.prices[node]
        return None

    def scheduled(self, number: int, node: int) -> tuple[int, int]:
        """Net energy scheduled to leave a node [Wh], and the number of its arcs."""
        arcs = self.grid.arcs_at(number * self.terms.intervalS)
        round_ = self.rounds.get(number)
        clearing = round_.clearing if round_ else None
        flows = clearing.flows if clearing is not None else (0,) * len(arcs)
        leaving, count = 0, 0
        for arc, flow in zip(arcs, flows, strict=True):
            count += node in (arc.start, arc.end)
            leaving += flow if arc.start == node else 0
            leaving -= arc.arriving(flow) if arc.end == node else 0
        return leaving, count

    def accepted(self, number: int, node: int) -> tuple[int, int]:
        """Energy of offers and of bids at a node that the present clearing accepted [Wh]."""
        interval = self.rounds.get(number)
        found = {OFFER: 0, BID: 0}
        if interval is not None and interval.clearing is not None:
            orders = zip(interval.orders, interval.clearing.accepted, strict=True)
            for order, energy in orders:
                found[order.side] += energy if order.node == node else 0
        return found[OFFER], found[BID]

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "instructions without an order", [], self._instructed)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for key, last in self.used.items():
            yield Check(self.contract, "usedUntil", key, last, f"instruction of {key[0]}")
        for number, interval in sorted(self.rounds.items()):
            yield from self._of_interval(number, interval, now)

    def _of_interval(self, number: int, interval: PowerRound, now: int) -> Iterator[Check]:
        about = f"interval {number}"
        found = interval.outcome or clearing_check.ClearingOutcome(0, 0, 0, 0)
        yield Check(
            self.contract,
            "roundOf",
            (number,),
            (
                self._stage(number, interval, now),
                len(interval.orders),
                interval.released,
                interval.proposer or ZERO_ADDRESS,
                interval.cleared_at,
                interval.hash,
                interval.result,
                interval.highest,
                found.energy,
                found.loss,
                found.rent,
            ),
            about,
        )
        if interval.clearing is None:
            return
        clearing = interval.clearing
        for node, price in enumerate(clearing.prices):
            yield Check(
                self.contract, "priceOf", (number, node), (price, number), f"price {node}, {about}"
            )
        arcs = self.grid.arcs_at(number * self.terms.intervalS)
        for place, (arc, flow) in enumerate(zip(arcs, clearing.flows, strict=True)):
            scheduled = (flow, arc.arriving(flow), arc.rent(flow, clearing.prices))
            yield Check(
                self.contract, "scheduledOf", (number, place), scheduled, f"arc {place}, {about}"
            )

    def _stage(self, number: int, interval: PowerRound, now: int) -> int:
        gate = self._gate(number)
        if now < gate:
            return OPEN
        if now < gate + self.terms.windowS:
            return CLEARING
        return CLEARED if interval.proposer else LAPSED


def _is_better(
    interval: PowerRound, outcome: clearing_check.ClearingOutcome, clearing: Clearing
) -> bool:
    """The rule by which one clearing follows another, see {IPowerMarket-clear}."""
    if interval.clearing is None or interval.outcome is None:
        return True
    gain, margin = outcome.welfare - interval.highest, interval.outcome.energy
    lower = clearing.prices < interval.clearing.prices
    return gain > margin or (gain >= -margin and lower)
