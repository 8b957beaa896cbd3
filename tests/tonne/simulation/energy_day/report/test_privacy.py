"""The measure of what the chain tells: it sees a curve that is told, and none where nothing is."""

from __future__ import annotations

from itertools import permutations
from random import Random
from statistics import median

import pytest

from tonne.simulation.energy_day.report.tracing import Seen, Target, advantages, assigned, most

INTERVALS = 96
KINDS = ["household"] * 36 + ["pv"] * 18


def street(seed: int) -> list[Target]:
    """Customers of three nodes who differ in size and, by a tenth, from hour to hour."""
    random = Random(seed)
    return [
        Target(place % 3, kind, [random.randint(90, 110) * (place + 10) for _ in range(INTERVALS)])
        for place, kind in enumerate(KINDS)
    ]


def told(targets: list[Target], wrong: float = 0.0, part: float = 1.0) -> list[Seen]:
    """A number for so many of the customers of each interval, in the order of the numbers."""
    random = Random(5)
    numbers = [
        Seen("Leaked", t.node, i, round(t.truth[i] * (1 + wrong)))
        for t in targets
        for i in range(INTERVALS)
        if random.random() < part
    ]
    return sorted(numbers, key=lambda n: (n.index, n.node, n.value))


def found(targets: list[Target], numbers: list[Seen]) -> dict[str, float]:
    return most(KINDS, advantages(targets, numbers).values())


@pytest.mark.parametrize("wrong", [0.0, 0.01])
def test_a_number_that_tells_a_curve_is_found(wrong):
    targets = street(1)
    values = found(targets, told(targets, wrong)).values()
    assert all(value > 0.2 for value in values), values


def test_one_customer_in_eight_is_enough_to_be_found():
    targets = street(1)
    values = found(targets, told(targets, part=0.125)).values()
    assert all(value > 0.02 for value in values), values


def test_numbers_that_tell_nothing_give_no_advantage():
    targets, random = street(1), Random(2)
    noise = [
        Seen("Noise", random.randrange(3), random.randrange(INTERVALS), random.randint(1, 10_000))
        for _ in range(2_000)
    ]
    assert max(found(targets, noise).values()) <= 0.005
    assert found(targets, []) == {"household": 0.0, "pv": 0.0}


def test_what_all_know_gives_no_advantage():
    """Sums of a node, means and medians are no customer's."""
    targets = street(1)
    numbers = []
    for node in range(3):
        for i in range(INTERVALS):
            at = sorted(t.truth[i] for t in targets if t.node == node)
            for name, value in (
                ("sum", sum(at)),
                ("mean", sum(at) // len(at)),
                ("middle", median(at)),
            ):
                numbers.append(Seen(name, node, i, int(value)))
    assert max(found(targets, numbers).values()) <= 0.005


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
