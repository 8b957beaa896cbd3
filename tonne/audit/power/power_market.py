"""Replay of PowerMarket: clearings of an interval's curves.

Each clearing is checked anew against all curves of its interval and the grid of that time, by the plain
model in `tonne.power.clearing_check`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from eth_abi.abi import encode

from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.power.bid_limits import BidLimitsReplay
from tonne.audit.power.power_bids import PowerBidsReplay
from tonne.audit.power.reference_prices import ReferencePricesReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.events import Dated
from tonne.audit.units.unit_balances import Unit1155Replay
from tonne.chain.client import Chain
from tonne.constants import ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.hashing import keccak
from tonne.power import clearing_check
from tonne.power.encoding import BID, LANES_PER_NODE, OFFER, Clearing, Round
from tonne.types import lanes

OPEN, OPENING, CLEARING, CLEARED, LAPSED = range(5)  # `PowerStage`


@dataclass(slots=True)
class PowerRound:
    """An interval's present clearing."""

    clearing: Clearing | None = None
    outcome: clearing_check.ClearingOutcome | None = None
    highest: int = 0  # welfare offered so far
    proposer: str | None = None
    cleared_at: int = 0
    result: bytes = ZERO_WORD


class PowerMarketReplay(PowerBidsReplay):
    """The market's clearings, of its bids."""

    def __init__(
        self,
        chain: Chain,
        limits: BidLimitsReplay,
        references: ReferencePricesReplay,
        parties: ParticipantsReplay,
        credits: Unit1155Replay,
    ) -> None:
        super().__init__(chain, limits, parties, credits)
        self.references = references
        self.rounds: dict[int, PowerRound] = defaultdict(PowerRound)

    def _proposer(self, number: int) -> int:
        proposer = self.rounds[number].proposer
        if proposer is None:
            return 0
        return self._owner(proposer) or self.pseudonyms.get(proposer, 0)

    # Clearings

    def _on_IntervalCleared(self, a: Args, _: Dated) -> None:
        number = a["interval"]
        interval = self.rounds[number]
        about = f"clearing of interval {number}"
        timely = self._stage(number, interval, self._time) == CLEARING
        self._require(timely and number in self.hashes, f"{about}: out of time")
        start = number * self.terms.intervalS
        round_ = Round(
            self.grid.nodes_at(start), tuple(self.grid.arcs_at(start)), tuple(self.steps[number])
        )
        widths = (round_.nodes, len(round_.arcs), LANES_PER_NODE * round_.nodes)
        lists = (a["prices"], a["flows"], a["margins"])
        if any(len(words) != -(-width // lanes.PER_WORD) for words, width in zip(lists, widths)):
            self.faults.append(f"{about}: lanes")
            return
        clearing = Clearing(
            *(tuple(lanes.unpack(words, width)) for words, width in zip(lists, widths, strict=True))
        )
        fault = next(clearing_check.faults(round_, clearing), None)
        self._require(fault is None, f"{about}: {fault}")
        outcome = clearing_check.outcome(round_, clearing)
        stated = clearing_check.ClearingOutcome(a["welfare"], a["energyWh"], a["lossWh"], a["rent"])
        self._require(outcome == stated, f"{about}: amounts")
        opened = self.hashes.get(number, ZERO_WORD)
        result = keccak(encode(["bytes32", "uint256[]"], [opened, a["margins"]]))
        self._require(result == a["resultHash"], f"{about}: hash of the result")
        self._require(_is_better(interval, outcome, clearing), f"{about}: not better")

        interval.highest = max(outcome.welfare, interval.highest if interval.proposer else 0)
        interval.clearing, interval.outcome = clearing, outcome
        interval.proposer, interval.cleared_at = a["proposer"], self._time
        interval.result = result

    # Views for other replays

    def price_of(self, number: int, node: int, now: int) -> int | None:
        """Price of a node in an interval as the market has it, see {IPowerMarket-priceOf}."""
        round_ = self.rounds[number]
        if round_.clearing is not None:
            return round_.clearing.prices[node] if node < len(round_.clearing.prices) else None
        if self._stage(number, round_, now) != LAPSED:
            return None
        return self.references.reference(node, number)

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
        clearing, found = self.rounds[number].clearing, {OFFER: 0, BID: 0}
        if clearing is not None:
            round_ = Round(len(clearing.prices), (), tuple(self.steps[number]))
            taken = clearing_check.accepted(round_, clearing)
            for step, energy in zip(round_.steps, taken, strict=True):
                found[step.side] += energy if step.node == node else 0
        return found[OFFER], found[BID]

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for number in sorted({*self.rounds, *(interval for interval, _ in self.bids)}):
            yield from self._of_interval(number, self.rounds[number], now)

    def _of_interval(self, number: int, interval: PowerRound, now: int) -> Iterator[Check]:
        about = f"interval {number}"
        found = interval.outcome or clearing_check.ClearingOutcome(0, 0, 0, 0)
        yield Check(
            self.contract,
            "roundOf",
            (number,),
            (
                self._stage(number, interval, now),
                *self._counts(number),
                interval.proposer or ZERO_ADDRESS,
                interval.cleared_at,
                self.hashes.get(number, ZERO_WORD),
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
                self.contract, "priceOf", (number, node), (price, True), f"price {node}, {about}"
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
        committed, opened = self._counts(number)
        if now < gate + self.terms.openingS and opened != committed:
            return OPENING
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
