"""Customers' bids of an aggregator: the curves they add up to, and the tree in which each stands.

Who shows one leaf shows how much energy stands ahead of it (`contracts/lib/BidTree.sol` is the same tree):
so each bid has its own part of a step, and its acceptance follows from that and from public figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, ClassVar, Final

from eth_abi.abi import encode

from tonne.crypto.eip712 import Domain, Struct
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle import leaf_hash, node_hash
from tonne.power.encoding import BID, Clearing, CurveStep, Round, curve_words
from tonne.power.rounds import words_hash
from tonne.types.ids import PowerAccountId

POWER_MARKET: Final = "tonne PowerMarket"
_ENERGY: Final = 2**64 - 1


def market_domain(chain_id: int, contract: str) -> Domain:
    """The domain of receipts."""
    return Domain(POWER_MARKET, chain_id, contract)


@dataclass(frozen=True, slots=True)
class BidReceipt(Struct):
    """`BidReceipt` of IPowerBidDisputes, which an aggregator signs before the gate."""

    TYPES: ClassVar = (
        *("uint32", "uint24", "uint32", "uint8", "uint8", "uint32", "uint32", "bytes32"),
    )

    interval: int
    aggregator: int
    account: int
    node: int
    side: int  # 0 buys, 1 sells
    price: int  # [micro-credit/kWh]
    limitWh: int
    salt: bytes

    def fields(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class CustomerBid:
    """What one customer bids at a node and side in an interval."""

    account: PowerAccountId  # that it is settled on
    node: int
    side: int
    price: int  # [micro-credit/kWh]
    limit: int  # [Wh]
    salt: bytes

    @property
    def rank(self) -> tuple[int, int, int]:
        """The order of curves, and of leaves."""
        return self.node, self.side, -self.price if self.side == BID else self.price

    def leaf(self) -> int:
        fields = (self.account, self.node, self.side, self.price, self.limit)
        words = b"".join(value.to_bytes(32, "big") for value in fields)
        return _word(leaf_hash(words + self.salt), self.limit)


@dataclass(frozen=True)
class Portfolio:
    """Bids of all customers in the order of the tree; of a plant none, but its own steps."""

    bidder: PowerAccountId
    steps: tuple[CurveStep, ...]
    bids: tuple[CustomerBid, ...] = ()

    @classmethod
    def of(cls, bidder: PowerAccountId, bids: Sequence[CustomerBid]) -> Portfolio:
        """The curves that bids add up to: one step for each price."""
        ordered = sorted(bids, key=lambda bid: bid.rank)
        steps = []
        for _, found in groupby(ordered, key=lambda bid: bid.rank):
            level = list(found)
            first, energy = level[0], sum(bid.limit for bid in level)
            steps.append(CurveStep(bidder, first.node, first.side, energy, first.price))
        return cls(bidder, tuple(steps), tuple(ordered))

    @property
    def energy(self) -> int:
        return sum(step.limit for step in self.steps)

    def words(self) -> list[int]:
        return curve_words(self.steps)

    def opening(self, salt: bytes) -> tuple[bytes, int, int, list[int]]:
        """`Opening` of IPowerBids."""
        return salt, self._root, len(self.bids), self.words()

    def proof(self, index: int) -> list[int]:
        """A bid's way to the root; the tree is built once for all."""
        return proof_in(self._levels, index)

    @cached_property
    def _levels(self) -> list[list[int]]:
        return tree_levels([bid.leaf() for bid in self.bids])

    @property
    def _root(self) -> int:
        return self._levels[-1][0] if self.bids else 0


def commitment(interval: int, opening: tuple[bytes, int, int, Sequence[int]], bidder: int) -> bytes:
    """The hash that is committed before the gate."""
    salt, root, leaves, words = opening
    types = ["uint32", "uint24", "bytes32", "uint256", "uint32", "bytes32"]
    found = keccak(encode(types, (interval, bidder, salt, root, leaves, words_hash(words))))
    return found[:24]


def accepted_of_customers(
    round_: Round, clearing: Clearing, portfolio: Portfolio
) -> dict[tuple[int, int, int], int]:
    """[Wh] accepted of one aggregator's customers, by (account, node, side): what its steps got."""
    ahead: dict[
        tuple[int, int, int], int
    ] = {}  # limits before its own step, by node, side and price
    seen: dict[tuple[int, int, int], int] = {}
    for step in round_.steps:
        key = step.node, step.side, step.price
        if step.account == portfolio.bidder:
            ahead[key] = seen.get(key, 0)
        seen[key] = seen.get(key, 0) + step.limit
    found: dict[tuple[int, int, int], int] = {}
    for bid in portfolio.bids:
        key = bid.node, bid.side, bid.price
        better = clearing.prices[bid.node] - bid.price
        if better == 0:
            given, limits = clearing.margin(bid.node, bid.side)
            past = ahead[key]
            energy = given * (past + bid.limit) // limits - given * past // limits
            ahead[key] = past + bid.limit
        else:
            energy = bid.limit if (better < 0) == (bid.side == BID) else 0
        own = bid.account, bid.node, bid.side
        found[own] = found.get(own, 0) + energy
    return found


# The tree


def tree_levels(leaves: Sequence[int]) -> list[list[int]]:
    """All of a tree, from the leaves to its root."""
    found = [list(leaves)]
    while len(found[-1]) > 1:
        found.append(_above(found[-1]))
    return found


def proof_in(levels: Sequence[Sequence[int]], index: int) -> list[int]:
    """The siblings of a leaf from the ground up; a level where it moves up alone gives none."""
    found = []
    for level in levels:
        if index ^ 1 < len(level):
            found.append(level[index ^ 1])
        index //= 2
    return found


def tree_root(leaves: Sequence[int]) -> int:
    """0 of none."""
    return tree_levels(leaves)[-1][0] if leaves else 0


def tree_proof(leaves: Sequence[int], index: int) -> list[int]:
    """A leaf's siblings, of a tree that is built for it alone."""
    return proof_in(tree_levels(leaves), index)


def _above(level: Sequence[int]) -> list[int]:
    pairs = [_parent(*level[i : i + 2]) for i in range(0, len(level) - 1, 2)]
    return [*pairs, *level[len(level) - len(level) % 2 :]]


def _parent(left: int, right: int) -> int:
    hash_ = node_hash(left.to_bytes(32, "big"), right.to_bytes(32, "big"))
    return _word(hash_, (left & _ENERGY) + (right & _ENERGY))


def _word(hash_: bytes, energy: int) -> int:
    return int.from_bytes(hash_, "big") & ~_ENERGY | energy
