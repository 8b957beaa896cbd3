"""Rights that the meter oracle's sender needs, and the intended effects of its calls."""

from __future__ import annotations

from typing import Final

from oracles.meters.journal import roots_of
from oracles.meters.registry import MeterRegistry
from oracles.runtime.effects import JobEffect
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.errors import refused

#: `ChallengeState`s of IMeterOracle that each act on a challenge brings about.
DONE: Final = {"answer": (2, 3), "close": (3,), "uphold": (3,)}


def effect(key: str) -> JobEffect:
    """What a job is to bring about."""
    kind, *numbers = key.split("/")
    if kind in DONE:
        view = ("MeterOracle", "challengeOf", (int(numbers[0]),))
        return JobEffect([view], lambda answers: answers[0].state in DONE[kind])
    roots = roots_of(key)
    return JobEffect(
        [("MeterOracle", "stateOf", (node, start)) for node, start, _ in roots],
        lambda answers: all(a.run >= run for a, (_, _, run) in zip(answers, roots, strict=True)),
    )


def participant(chain: Chain, sender: Account | None) -> int:
    """The number that the sender posts under; 0 without one."""
    return int(chain.call("Participants", "walletOf", sender)[0]) if sender else 0


def role(chain: Chain, sender: Account) -> str:
    """Nodes of the grid with this sender as their oracle."""
    number = participant(chain, sender)
    registry = MeterRegistry(chain)
    registry.follow()
    nodes = [node.id for node in registry.nodes.values() if number and node.oracle == number]
    if not nodes:
        raise refused("ORACLE_CHECK_ROLE", sender_address=sender.address)
    return f"participant {number}, oracle of {len(nodes)} nodes"


def bond(chain: Chain, sender: Account) -> str:
    """Whether the sender's bond is enough to post."""
    number = participant(chain, sender)
    held, needed = (
        chain.call("MeterOracle", "bondOf", number)[0],
        chain.call("MeterOracle", "SLASH"),
    )
    if held < needed:
        raise refused("ORACLE_CHECK_BOND", held=held, needed=needed)
    return f"{held}, of which posting needs {needed}"
