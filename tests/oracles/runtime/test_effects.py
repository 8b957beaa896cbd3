"""Effects of many jobs, asked for in one body: each is judged by its own answers."""

from __future__ import annotations

from typing import Any

from oracles.runtime.effects import JobEffect, shown
from tonne.errors import TonneError

UNREAD = TonneError("X", "no answer", field="rpc", value="", remedy="")


class OneBody:
    """A chain that answers each view with its first argument."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    def call_many(self, calls: list[Any], block: int, check: bool = True) -> list[Any]:
        self.bodies.append(block)
        assert not check
        return [args[0] for _, _, args in calls]


def least(wanted: int, *answers: Any) -> JobEffect:
    views = [("Oracle", "word", (answer,)) for answer in answers]
    return JobEffect(views, lambda told: all(one >= wanted for one in told))


def test_each_effect_is_judged_by_its_own_answers():
    chain = OneBody()
    effects = [least(2, 2), least(2, 1), least(2, 2, 3), least(2, 3, 1), least(2, 2, UNREAD)]
    assert shown(chain, effects, 7) == [True, False, True, False, UNREAD]
    assert chain.bodies == [7]
