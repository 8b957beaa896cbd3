"""Customers' batteries: the stored energy, from accepted bids, and the next bids.

The count begins empty with a battery's first interval and assumes that accepted bids are delivered: the
account of its meter pays for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping

from oracles.power.aggregator.journal import AggregatorJournal
from tonne.chain.block_times import first_since
from tonne.chain.client import Chain
from tonne.constants import DAY_S
from tonne.power import batteries
from tonne.power.batteries import Battery, Order
from tonne.power.bid_tree import accepted_of_customers
from tonne.power.encoding import BID, OFFER
from tonne.power.instructions import StandingInstruction
from tonne.power.intervals import BidStage, MarketTerms, Stage
from tonne.power.price_forecasts import PriceForecasts
from tonne.power.rounds import read_whole

#: [Wh] by account, node and side.
Accepted = Mapping[tuple[int, int, int], int]


class BatteryBids:
    """Orders of batteries, interval after interval; counts are in the journal."""

    def __init__(
        self, chain: Chain, journal: AggregatorJournal, terms: MarketTerms, number: int
    ) -> None:
        self._chain = chain
        self._journal = journal
        self._terms = terms
        self._number = number
        self._per_day = DAY_S // terms.interval_s
        self._forecasts = PriceForecasts(chain, self._per_day)

    def orders(
        self, told: Mapping[int, StandingInstruction], interval: int
    ) -> dict[int, list[Order]]:
        """By meter, for those with a battery as their instruction."""
        own = {
            meter: (instruction.node, instruction.battery.within(self._terms.interval_s))
            for meter, instruction in told.items()
            if instruction.battery is not None
        }
        if not own:
            return {}
        held = self._stored(own, interval)
        coming = range(interval + 1, interval + self._per_day)
        forecasts = {
            node: tuple(self._forecasts.of(node, coming)) for node in {n for n, _ in own.values()}
        }
        worths = {
            of: batteries.worths(of[1], forecasts[of[0]]) for of in set(own.values())
        }  # alike for batteries that are alike
        cap = self._terms.price_cap
        return {
            meter: list(batteries.orders(of[1], *held[meter], worths[of], cap))
            for meter, of in own.items()
        }

    def _stored(
        self, own: Mapping[int, tuple[int, Battery]], interval: int
    ) -> dict[int, tuple[int, int]]:
        """[Wh] That each has at least and at most stored ahead of an interval."""
        counted = {meter: self._journal.stored(meter) or (interval, 0) for meter in own}
        found = {meter: [wh, wh] for meter, (_, wh) in counted.items()}
        is_sure = True
        for past in range(min(upto for upto, _ in counted.values()), interval):
            accepted = self._accepted(past)
            is_sure = is_sure and accepted is not None
            for meter, (node, battery) in own.items():
                if past < counted[meter][0]:
                    continue
                bought, sold = self._own(past, meter, node, accepted)
                least, most = found[meter]
                if accepted is None:  # it may be accepted whole, or not at all
                    found[meter] = [
                        batteries.after(battery, least, 0, sold),
                        batteries.after(battery, most, bought, 0),
                    ]
                else:
                    found[meter] = [
                        batteries.after(battery, wh, bought, sold) for wh in (least, most)
                    ]
                if is_sure:
                    counted[meter] = past + 1, found[meter][0]
        with self._journal.transaction():
            for meter, (upto, wh) in counted.items():
                self._journal.keep_stored(meter, upto, wh)
        return {meter: (least, most) for meter, (least, most) in found.items()}

    def _own(
        self, interval: int, meter: int, node: int, accepted: Accepted | None
    ) -> tuple[int, int]:
        """[Wh] Bought and sold by a meter in an interval; the amount of its bid while that is undecided."""
        made = self._journal.of(interval)
        account = made.turns.get(meter) if made else None
        if made is None or account is None:
            return 0, 0
        if accepted is None:
            accepted = {(bid.account, bid.node, bid.side): bid.limit for bid in made.own.bids}
        return accepted.get((account, node, BID), 0), accepted.get((account, node, OFFER), 0)

    def _accepted(self, interval: int) -> Accepted | None:
        """Accepted bids of customers in an interval; None while that is undecided."""
        made = self._journal.of(interval)
        if made is None:
            return {}
        stage, bid = self._chain.call_many(
            [
                ("PowerMarket", "stageOf", (interval,)),
                ("PowerMarket", "bidOf", (interval, self._number)),
            ]
        )
        if stage in (Stage.OPEN, Stage.OPENING, Stage.CLEARING):
            return None
        if bid.state not in (BidStage.OPENED, BidStage.RELEASED):
            return {}
        first = first_since(self._chain, self._terms.gate(interval))
        round_, clearing = read_whole(self._chain, interval, self._terms.interval_s, first)
        return accepted_of_customers(round_, clearing, made.own) if clearing else {}
