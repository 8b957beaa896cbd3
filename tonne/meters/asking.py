"""Asking an oracle for a leaf: by its reader or the node's operator, with a key that is used once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.crypto.sealing import OneTimeKey, info_of
from tonne.errors import refused
from tonne.meters.leaves import OpenedLeaf


@dataclass(frozen=True, slots=True)
class LeafAnswer:
    """An oracle's answer, and what it opens to."""

    challenge: int
    sealed: bytes
    deadline: int  # [s] until then it can be exposed
    leaf: OpenedLeaf | None
    is_good: bool  # it is the leaf that was asked for


def posted(chain: Chain, node: int, start: int) -> Event:
    """The last run of an interval."""
    found = chain.logs("MeterOracle", "IntervalPosted", topics=[_topic(node), _topic(start)])
    if not found:
        raise refused("METER_NOT_POSTED", start=start, node=node)
    return found[-1]


def arguments(root: Event, which: int, by_place: bool, key: OneTimeKey) -> tuple[Any, ...]:
    """Of `challenge` of IMeterOracle."""
    asked = (root["node"], root["start"], which, by_place)
    return asked, root["root"], root["sums"], key.public


def answer_of(chain: Chain, number: int, key: OneTimeKey) -> LeafAnswer | None:
    """The answer to a challenge, opened and held against the root; None while there is none."""
    found = chain.logs("MeterOracle", "LeafAnswered", topics=[_topic(number)])
    if not found:
        return None
    sealed = found[0]["sealed_"]
    opened = key.open(sealed, info_of(chain.chain_id, chain["MeterOracle"].address, number))
    leaf = OpenedLeaf.parse(opened) if opened is not None else None
    good = leaf is not None and _is_asked(chain, number, leaf)
    return LeafAnswer(number, sealed, found[0]["deadline"], leaf, good)


def was_corrected(chain: Chain, number: int) -> bool:
    """Whether the interval has another run now than the one that a challenge was of."""
    (asked,) = chain.logs("MeterOracle", "LeafChallenged", topics=[_topic(number)])
    return bool(
        chain.call("MeterOracle", "stateOf", asked["node"], asked["start"]).run != asked["run"]
    )


def _is_asked(chain: Chain, number: int, leaf: OpenedLeaf) -> bool:
    """As `isAnswer` of IMeterOracle judges, without telling a node of the leaf."""
    asked = chain.call("MeterOracle", "challengeOf", number)
    state = chain.call("MeterOracle", "stateOf", asked.node, asked.start)
    if leaf.commitment != state.commitment:
        return False
    if not asked.byPlace:
        return bool(leaf.meter == asked.which)
    return leaf.index == asked.which and _counts(chain, leaf.meter, asked.node, asked.start)


def _counts(chain: Chain, number: int, node: int, start: int) -> bool:
    if not 0 < number <= chain.call("MeterOracle", "meterCount"):
        return False
    meter = chain.call("MeterOracle", "meter", number)
    over = meter.validUntil != 0 and start + meter.intervalS > meter.validUntil
    return bool(meter.node == node and meter.validFrom <= start and not over)


def exposure(answer: LeafAnswer, key: OneTimeKey) -> tuple[Any, ...]:
    """Arguments of `expose` of IMeterOracle."""
    secret = int.from_bytes(key.secret, "big")
    return answer.challenge, secret, key.shared(answer.sealed), answer.sealed


def _topic(number: int) -> str:
    return f"0x{number:064x}"
