"""Accepted bids of an interval by account: an aggregator's customers by its book, otherwise its own."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from oracles.power.settlement.claims import Claims, claims_of
from tonne.power.bid_books import BidBook
from tonne.power.bid_tree import accepted_of_customers
from tonne.power.encoding import Clearing, Round
from tonne.power.rounds import accepted_by
from tonne.power.shown_bids import Opening, ShownBid, crowded, whole_curves
from tonne.types import lanes

#: [Wh] accepted, by (account, node, side).
Taken = dict[tuple[int, int, int], int]


@dataclass(frozen=True, slots=True)
class IntervalBids:
    """An interval's clearing and who bid how much of it."""

    interval: int
    whole: Taken  # of bidders, by their curves
    customers: Mapping[int, Taken]  # of bidders with books of bids
    books: Sequence[BidBook]
    openings: Mapping[int, Opening]  # by bidder
    margins: list[int]  # as the clearing has them

    def at(self, node: int, present: Container[int]) -> tuple[Taken, Claims]:
        """Accepted energy at a node, and the books' statements about meters there.

        A book counts if all customers that bid there are present and each one's bids can be shown.
        Otherwise its aggregator itself bought and sold: a book with customers that cannot be settled must not
        stop the settlement of others.
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
        return found, claims_of(fit)

    def shown(self, bidder: int) -> list[ShownBid]:
        """All of a bidder's curves, as the settlement takes them; none of who did not bid."""
        opening = self.openings.get(bidder)
        return [whole_curves(self.interval, bidder, opening)] if opening else []


def is_fit(book: BidBook, node: int, present: Container[int]) -> bool:
    """Whether a book settles a node: its customers belong there, and each one's bids can be shown."""
    return are_present(book, node, present) and not crowded_at(book, node)


def are_present(book: BidBook, node: int, present: Container[int]) -> bool:
    """Whether all customers that bid at a node are present there; the aggregator itself always is."""
    bids = (bid.account for bid in book.own.bids if bid.node == node)
    return all(account in present or account == book.bidder for account in bids)


def crowded_at(book: BidBook, node: int) -> list[int]:
    """Accounts of more bids at a node than one call can show: such a line falls by a doubt, true as it is."""
    return [account for at, account in crowded(book.own) if at == node]


def bids_of(
    interval: int,
    round_: Round,
    clearing: Clearing | None,
    books: Sequence[BidBook],
    openings: Mapping[int, Opening],
) -> IntervalBids:
    """What a clearing accepted; nothing where there is none."""
    if clearing is None:
        return IntervalBids(interval, {}, {}, books, openings, [])
    customers = {
        book.bidder: _some(accepted_of_customers(round_, clearing, book.own))
        for book in books
        if book.own.bids
    }
    whole = _some(accepted_by(round_, clearing))
    return IntervalBids(interval, whole, customers, books, openings, lanes.pack(clearing.margins))


def _some(taken: Taken) -> Taken:
    return {key: energy for key, energy in taken.items() if energy}
