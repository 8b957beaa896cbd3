"""An interval as the chain tells it: its curves, the grid, what was accepted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tonne.chain.client import Chain
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError, refused
from tonne.power import clearing_check
from tonne.power.clearing_check import ClearingOutcome
from tonne.power.encoding import LANES_PER_NODE, Arc, Clearing, CurveStep, Round, curve_steps
from tonne.types import lanes


def read_steps(chain: Chain, interval: int, first_block: int = 0) -> tuple[CurveStep, ...]:
    """The curves of an interval, in the order of opening, from the events."""
    topic = "0x" + interval.to_bytes(32, "big").hex()
    opened = chain.logs("PowerMarket", "BidOpened", first=first_block, topics=[topic])
    return tuple(step for event in opened for step in curve_steps(event["words"]))


def read_round(chain: Chain, interval: int, interval_s: int, first_block: int = 0) -> Round:
    """The clearing problem, from the chain alone."""
    nodes, words = chain.call("PowerGrid", "gridAt", interval * interval_s)
    return Round(
        nodes=nodes,
        arcs=tuple(Arc.of(word) for word in words),
        steps=read_steps(chain, interval, first_block),
    )


def read_clearing(
    chain: Chain, interval: int, round_: Round, first_block: int = 0
) -> Clearing | None:
    """The clearing that stands of an interval, held against the chain's hash of it; None where there is none.

    POWER_CLEARING_INCOMPLETE where a node tells another one, or none.
    """
    _, result = chain.call("PowerMarket", "resultOf", interval)
    if not int.from_bytes(result, "big"):
        return None
    topic = "0x" + interval.to_bytes(32, "big").hex()
    told = chain.logs("PowerMarket", "IntervalCleared", first=first_block, topics=[topic])
    standing = [event for event in told if event["resultHash"] == result]
    if not standing:
        raise refused("POWER_CLEARING_INCOMPLETE", interval=interval)
    event = standing[-1]
    return Clearing(
        prices=tuple(lanes.unpack(event["prices"], round_.nodes)),
        flows=tuple(lanes.unpack(event["flows"], len(round_.arcs))),
        margins=tuple(lanes.unpack(event["margins"], LANES_PER_NODE * round_.nodes)),
    )


def require_whole(round_: Round, seed: bytes, curves_hash: bytes) -> None:
    """Raises where the curves are not all that the chain has, in its order: a node left some out, or they
    were opened otherwise since."""
    if running(seed, round_.curves()) != curves_hash:
        raise TonneError(
            "POWER_CURVES_INCOMPLETE",
            f"The {len(round_.curves())} curves that a node tells of are not those of the chain.",
            field="curves",
            value="0x" + curves_hash.hex(),
            remedy="They are read again. Where it stays, the node leaves events out: name another one.",
        )


def read_whole(
    chain: Chain, interval: int, interval_s: int, first_block: int = 0
) -> tuple[Round, Clearing | None]:
    """An interval's round and the clearing that stands of it, both held against the chain's hashes.

    POWER_CURVES_INCOMPLETE, POWER_CLEARING_INCOMPLETE where a node leaves events out.
    """
    round_ = read_round(chain, interval, interval_s, first_block)
    if round_.steps:
        hash_, _ = chain.call("PowerMarket", "resultOf", interval)
        require_whole(round_, chain.call("PowerMarket", "seedOf", interval), hash_)
    return round_, read_clearing(chain, interval, round_, first_block)


def is_better(
    chain: Chain, interval: int, standing: Any, found: ClearingOutcome, clearing: Clearing
) -> bool:
    """Whether the chain takes a clearing over the one that stands (`PowerRound`), or none stands."""
    if int(standing.proposer, 16) == 0:
        return True
    words = chain.call("PowerMarket", "pricesOf", interval)
    prices = lanes.unpack(words, len(clearing.prices))
    return clearing_check.beats(found, clearing.prices, standing.welfare, prices)


def proposal(
    round_: Round, clearing: Clearing
) -> tuple[list[list[int]], list[int], list[int], list[int], list[int]]:
    """`Proposal` of IPowerMarket."""
    margins, prices, flows = clearing.packed()
    return round_.curves(), margins, prices, flows, [arc.word() for arc in round_.arcs]


def words_hash(words: Iterable[int]) -> bytes:
    """Hash of words as they stand."""
    return keccak(b"".join(word.to_bytes(32, "big") for word in words))


def running(seed: bytes, curves: Iterable[Iterable[int]]) -> bytes:
    """The running hash after the curves of each bidder."""
    found = seed
    for words in curves:
        found = keccak(found + words_hash(words))
    return found


def accepted_by(round_: Round, clearing: Clearing) -> dict[tuple[int, int, int], int]:
    """[Wh] accepted, by (account of the bidder, node, side)."""
    found: dict[tuple[int, int, int], int] = {}
    for step, energy in zip(round_.steps, clearing_check.accepted(round_, clearing), strict=True):
        key = step.account, step.node, step.side
        found[key] = found.get(key, 0) + energy
    return found
