"""Bids shown to the settlement in their place, and the operator's receipt of an aggregator's bids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from tonne.constants import ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.eip712 import Domain, Struct
from tonne.power.bid_tree import Portfolio, tree_proof

BID_PROOFS: Final = "tonne BidProofs"


def proofs_domain(chain_id: int, contract: str) -> Domain:
    """The domain of receipts."""
    return Domain(BID_PROOFS, chain_id, contract)


@dataclass(frozen=True, slots=True)
class TreeReceipt(Struct):
    """`TreeReceipt` of IBidProofs: who settles has all bids behind an aggregator's curves."""

    TYPES: ClassVar = ("uint32", "uint24", "uint256")

    interval: int
    bidder: int
    root: int

    def fields(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


#: `Opening` of IPowerBids: salt, root, leaves, words.
Opening = tuple[bytes, int, int, Sequence[int]]


class ShownBid(NamedTuple):
    """`ShownBid` of IBidProofs."""

    bid: tuple[Any, ...]
    opening: Opening
    place: int  # of the leaf
    proof: list[int]
    signer: str
    signature: bytes


def shown_bid(
    interval: int,
    own: Portfolio,
    salt: bytes,
    index: int,
    signer: str = ZERO_ADDRESS,
    signature: bytes = b"",
) -> ShownBid:
    """A customer's bid with its way to the root of its aggregator's bids."""
    bid = own.bids[index]
    fields = (bid.account, bid.node, bid.side, bid.price, bid.limit, bid.salt)
    proof = tree_proof([b.leaf() for b in own.bids], index)
    shown = (interval, own.bidder, *fields)
    return ShownBid(shown, own.opening(salt), index, proof, signer, signature)


def shown_curves(interval: int, own: Portfolio, salt: bytes) -> ShownBid:
    """All of a bidder's curves, which are its own account's: a plant's, or what no bids were given of."""
    return whole_curves(interval, own.bidder, own.opening(salt))


def whole_curves(interval: int, bidder: int, opening: Opening) -> ShownBid:
    """The same from what was opened."""
    whole = (interval, bidder, bidder, 0, 0, 0, 0, ZERO_WORD)
    return ShownBid(whole, opening, 0, [], ZERO_ADDRESS, b"")
