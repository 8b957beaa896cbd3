"""Bids shown to the settlement in their place, and the operator's receipt of an aggregator's bids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from tonne.constants import ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.eip712 import Domain, Struct
from tonne.power.bid_tree import Portfolio

BID_PROOFS: Final = "tonne BidProofs"

#: Gas of a call that shows bids: for all of them, with room below 6,000,000; for each, for each level of its
#: proof, and for each word of its bidder's curves.
GAS_BIDS: Final = 5_000_000
GAS_BID: Final = 18_000
GAS_LEVEL: Final = 1_200
GAS_WORD: Final = 1_400


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
    shown = (interval, own.bidder, *fields)
    return ShownBid(shown, own.opening(salt), index, own.proof(index), signer, signature)


def most_bids(own: Portfolio) -> int:
    """Bids of one account at a node that one call can show: each comes with all of its bidder's curves."""
    levels = max(len(own.bids) - 1, 0).bit_length()
    return GAS_BIDS // (GAS_BID + GAS_LEVEL * levels + GAS_WORD * len(own.words()))


def crowded(own: Portfolio) -> list[tuple[int, int]]:
    """(node, account) of more bids than one call can show: who settles could not prove such a line."""
    most = most_bids(own)
    counts = Counter((bid.node, int(bid.account)) for bid in own.bids)
    return sorted(place for place, count in counts.items() if count > most)


def shown_curves(interval: int, own: Portfolio, salt: bytes) -> ShownBid:
    """All of a bidder's curves, which are its own account's: a plant's, or what no bids were given of."""
    return whole_curves(interval, own.bidder, own.opening(salt))


def whole_curves(interval: int, bidder: int, opening: Opening) -> ShownBid:
    """The same from what was opened."""
    whole = (interval, bidder, bidder, 0, 0, 0, 0, ZERO_WORD)
    return ShownBid(whole, opening, 0, [], ZERO_ADDRESS, b"")
