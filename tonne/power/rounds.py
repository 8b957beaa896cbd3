"""An interval as the chain tells it: its orders, the grid, the running hashes, what was accepted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from eth_abi.abi import encode

from tonne.chain.client import Chain
from tonne.constants import ZERO_WORD
from tonne.crypto.hashing import keccak
from tonne.power.encoding import Arc, Clearing, PowerOrder, Round
from tonne.types import lanes


def read_orders(chain: Chain, interval: int, first_block: int = 0) -> tuple[PowerOrder, ...]:
    """The set of an interval, in its order, from the events."""
    topic = "0x" + interval.to_bytes(32, "big").hex()
    placed = chain.logs("PowerMarket", "OrdersPlaced", first=first_block, topics=[topic])
    return tuple(PowerOrder.of(word) for event in placed for word in event["orders"])


def read_round(chain: Chain, interval: int, interval_s: int, first_block: int = 0) -> Round:
    """The clearing problem, from the chain alone."""
    nodes, words = chain.call("PowerGrid", "gridAt", interval * interval_s)
    return Round(
        nodes=nodes,
        arcs=tuple(Arc.of(word) for word in words),
        orders=read_orders(chain, interval, first_block),
    )


def proposal(round_: Round, clearing: Clearing) -> tuple[list[int], ...]:
    """`Proposal` of IPowerMarket."""
    accepted, prices, flows = clearing.packed()
    orders = [order.word() for order in round_.orders]
    return orders, accepted, prices, flows, [arc.word() for arc in round_.arcs]


def releases(
    round_: Round, clearing: Clearing | None, seed: bytes, size: int
) -> list[tuple[Any, ...]]:
    """`Release` of IPowerMarket for all orders, from the last back, at most `size` in one.

    Of an interval that lapsed there is no clearing, and nothing was accepted.
    """
    size = max(size // lanes.PER_WORD, 1) * lanes.PER_WORD
    orders = [order.word() for order in round_.orders]
    ahead = running(seed, orders)
    accepted: list[int] = []
    behind = [ZERO_WORD] * (len(orders) // lanes.PER_WORD + 2)
    if clearing is not None:
        accepted, prices, flows = clearing.packed()
        first = keccak(encode(["bytes32", "uint256[]", "uint256[]"], [ahead[-1], prices, flows]))
        behind = running(first, accepted)
    found = []
    for start in reversed(range(0, len(orders), size)):
        words = accepted[start // lanes.PER_WORD : (start + size) // lanes.PER_WORD]
        part = orders[start : start + size]
        found.append((ahead[start], behind[start // lanes.PER_WORD], part, words))
    return found


def running(seed: bytes, words: Iterable[int]) -> list[bytes]:
    """The running hash before each word, and after the last."""
    found = [seed]
    for word in words:
        found.append(keccak(found[-1] + word.to_bytes(32, "big")))
    return found


def accepted_by(
    orders: Sequence[PowerOrder], clearing: Clearing
) -> dict[tuple[int, int, int], int]:
    """[Wh] accepted, by (account, node, side)."""
    found: dict[tuple[int, int, int], int] = {}
    for order, energy in zip(orders, clearing.accepted, strict=True):
        key = order.account, order.node, order.side
        found[key] = found.get(key, 0) + energy
    return found
