"""The measure of what events tell: it sees a curve that is told, and none where nothing is."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest

from tonne.simulation.energy_day.report.privacy import Seen, Target, advantages, assigned

INTERVALS = 96


def street(seed: int) -> list[Target]:
    random = Random(seed)
    return [
        Target(place % 3, kind, [random.randint(95, 105) * (place + 1) for _ in range(INTERVALS)])
        for place, kind in enumerate(["household"] * 12 + ["pv"] * 6)
    ]


def told(targets: list[Target], wrong: float = 0.0) -> list[Seen]:
    """An event for each customer and interval, in the order of the numbers."""
    numbers = [
        Seen("Leaked", "Leaked", t.node, i, round(t.truth[i] * (1 + wrong)))
        for t in targets
        for i in range(INTERVALS)
    ]
    return sorted(numbers, key=lambda n: (n.index, n.node, n.value))


@pytest.mark.parametrize("wrong", [0.0, 0.02])
def test_a_number_that_tells_a_curve_is_found(wrong):
    targets = street(1)
    found = advantages(targets, told(targets, wrong))
    assert all(value > 0.2 for value in found.values()), found


def test_numbers_that_tell_nothing_give_no_advantage():
    targets, random = street(1), Random(2)
    noise = [
        Seen(
            "Noise",
            "Noise",
            random.randrange(3),
            random.randrange(INTERVALS),
            random.randint(1, 25_000),
        )
        for _ in range(2_000)
    ]
    assert advantages(targets, noise) == {"household": 0.0, "pv": 0.0}
    assert advantages(targets, []) == {"household": 0.0, "pv": 0.0}


@pytest.mark.parametrize("seed", range(40))
def test_an_assignment_costs_the_least(seed):
    random = Random(seed)
    expected = [random.randint(-20, 20) for _ in range(random.randint(1, 5))]
    shown = [random.randint(-20, 20) for _ in range(random.randint(0, 5))]
    found = assigned(expected, shown)
    given = [value for value in found if value is not None]
    assert len(given) == min(len(expected), len(shown))
    left = list(shown)
    for value in given:
        left.remove(value)  # each number is given once
    cost = sum(abs(e - v) for e, v in zip(expected, found, strict=True) if v is not None)
    few, many = sorted((expected, shown), key=len)
    best = min(
        sum(abs(a - b) for a, b in zip(few, way, strict=False))
        for way in permutations(many, len(few))
    )
    assert cost == best
