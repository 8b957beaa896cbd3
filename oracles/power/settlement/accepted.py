"""What was accepted of whose bids in an interval: of an aggregator's customers by its book, else its own."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from oracles.power.settlement.claims import Claims, claims_of
from tonne.power.bid_books import BidBook
from tonne.power.bid_tree import CustomerBid, accepted_of_customers
from tonne.power.clearing_check import share
from tonne.power.encoding import BID, Clearing, CurveStep, Round
from tonne.power.rounds import accepted_by
from tonne.power.shown_bids import Opening, ShownBid, whole_curves
from tonne.types import lanes

#: [Wh] accepted, by (account, node, side).
Taken = dict[tuple[int, int, int], int]


#: In the place of a bidder: curves, of whoever they are.
WHOLE: Final = 0


class Bounds(NamedTuple):
    """[Wh] What a proof of bids shows that was accepted of them: of each at the price, that or one more."""

    least: int
    most: int


#: By (account, node, side).
Shown = dict[tuple[int, int, int], Bounds]


@dataclass(frozen=True, slots=True)
class IntervalBids:
    """An interval's clearing and who bid how much of it."""

    interval: int
    whole: Taken  # of bidders, by their curves
    customers: Mapping[int, Taken]  # of bidders whose books have bids
    proofs: Mapping[int, Shown]  # of who bids: by its curves, of its customers by theirs
    books: Sequence[BidBook]
    openings: Mapping[int, Opening]  # by bidder
    margins: list[int]  # as the clearing has them

    def at(self, node: int, present: Container[int]) -> tuple[Taken, Claims]:
        """What was accepted at a node, and what books say of meters there.

        A book counts where all customers that bid there are present; else its aggregator bought and sold
        itself: who names customers that cannot be settled keeps nobody from being settled.
        """
        fit = [book for book in self.books if is_fit(book, node, present)]
        told = {book.bidder for book in fit} & self.customers.keys()
        parts = [self.whole, *(self.customers[bidder] for bidder in told)]
        found = {
            key: energy
            for part in parts
            for key, energy in part.items()
            if key[1] == node and not (part is self.whole and key[0] in told)
        }
        self._shift(found, node, present, told)
        return found, claims_of(fit)

    def _shift(
        self, found: Taken, node: int, present: Container[int], told: Container[int]
    ) -> None:
        """Gives what no enrolment can show to who may have it: a watt-hour that a bidder, which has no line
        there, got of a step at the price by rounding alone. Else the node's day could not be settled."""
        own = {key: at for key, at in self.proofs.get(WHOLE, {}).items() if key[1] == node}
        shown = {account for (account, _, _), at in own.items() if at.least}
        hidden = {key for key in found if key[0] not in present and key[0] not in shown}
        places = {key: at for key, at in own.items() if key[0] not in told}
        for bidder, parts in self.proofs.items():
            if bidder != WHOLE and bidder in told:
                places |= {key: at for key, at in parts.items() if key[1] == node}
        for key in sorted(hidden):
            for other, at in sorted(places.items()):
                room = at.most - found.get(other, 0)
                may = other[0] in present or other[0] in shown
                if may and other[2] == key[2] and room >= found[key]:
                    found[other] = found.get(other, 0) + found.pop(key)
                    break

    def shown(self, bidder: int) -> list[ShownBid]:
        """All of a bidder's curves, as the settlement takes them; none of who did not bid."""
        opening = self.openings.get(bidder)
        return [whole_curves(self.interval, bidder, opening)] if opening else []


def is_fit(book: BidBook, node: int, present: Container[int]) -> bool:
    """Whether all customers that bid at a node are present there; the aggregator itself always is."""
    bids = (bid.account for bid in book.own.bids if bid.node == node)
    return all(account in present or account == book.bidder for account in bids)


def bids_of(
    interval: int,
    round_: Round,
    clearing: Clearing | None,
    books: Sequence[BidBook],
    openings: Mapping[int, Opening],
) -> IntervalBids:
    """What a clearing accepted; nothing where there is none."""
    if clearing is None:
        return IntervalBids(interval, {}, {}, {}, books, openings, [])
    customers = {
        book.bidder: _some(accepted_of_customers(round_, clearing, book.own))
        for book in books
        if book.own.bids
    }
    whole = _some(accepted_by(round_, clearing))
    proofs = {WHOLE: _shown(round_.steps, clearing)}
    proofs |= {book.bidder: _shown(book.own.bids, clearing) for book in books if book.own.bids}
    margins = lanes.pack(clearing.margins)
    return IntervalBids(interval, whole, customers, proofs, books, openings, margins)


def _shown(bids: Iterable[CurveStep | CustomerBid], clearing: Clearing) -> Shown:
    """As `Openings.acceptedOf` reckons it for `IBidProofs.weigh`."""
    found: Shown = {}
    for bid in bids:
        key = bid.account, bid.node, bid.side
        better = clearing.prices[bid.node] - bid.price
        at_price = better == 0
        if at_price:
            energy = share(clearing.margin(bid.node, bid.side), 0, bid.limit)
        else:
            energy = bid.limit if (better < 0) == (bid.side == BID) else 0
        past = found.get(key, Bounds(0, 0))
        found[key] = Bounds(past.least + energy, past.most + energy + at_price)
    return found


def _some(taken: Taken) -> Taken:
    return {key: energy for key, energy in taken.items() if energy}
