"""Rounds drawn at random: the solver's clearing passes on the chain, as good as another's; no change does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from tests.tonne.power import vectors
from tests.tonne.power.independent import welfare
from tests.tonne.power.onchain import Market
from tonne.power import clearing_check, clearing_solver, random_rounds
from tonne.power.encoding import Clearing, Round

ROUNDS, ALL_ROUNDS = 30, 1_000
#: Of each list of a clearing so many lanes are changed, and so many bidders left out.
CHANGES = 6


@pytest.fixture
def market(chain):
    return Market(chain)


def _round(seed: int) -> Round:
    """Of any size up to twelve nodes, 480 steps and all arcs."""
    random = Random(f"round {seed}")
    regions, carriers = random.randrange(1, 4), random.randrange(1, 5)
    steps = random.choice((random.randrange(1, 40), random.randrange(40, 481)))
    tick = random.choice((1_000, 10_000))
    return random_rounds.draw(random, regions, carriers, steps, tick=tick)


def _rounding(round_: Round, clearing: Clearing) -> float:
    """What rounding to whole Wh and whole prices may be worth: the slack of each node at its price, and
    the tolerance of each arc on all it can carry."""
    touched = clearing_check.incident(round_)
    nodes = sum(
        (count + clearing_check.SLACK) * (price + 1)
        for count, price in zip(touched, clearing.prices, strict=True)
    )
    return nodes + sum((arc.tolerance + 1) * arc.capacity for arc in round_.arcs)


def _changes(
    random: Random, round_: Round, clearing: Clearing
) -> Iterator[tuple[Clearing, str | None]]:
    """Clearings that differ in one lane, and what the plain model says of each."""
    for name in vectors.LISTS:
        lanes = getattr(clearing, name)
        for place in random.sample(range(len(lanes)), min(CHANGES, len(lanes))):
            lane = lanes[place]
            value = random.choice((lane - 1, lane + 1, lane // 2, 2 * lane + 1_000))
            if value == lane or not 0 <= value <= vectors.MOST:
                continue
            changed = replace(clearing, **{name: (*lanes[:place], value, *lanes[place + 1 :])})
            fault = next(clearing_check.faults(round_, changed), None)
            yield changed, fault and "Clearing" + fault.split()[0]


def _judge(market: Market, seed: int) -> tuple[int, int]:
    """Counts of changes refused, and of changes within rounding, for one round."""
    round_ = _round(seed)
    clearing = clearing_solver.solve(round_)
    assert next(clearing_check.faults(round_, clearing), None) is None
    random = Random(f"changes {seed}")
    changes = list(_changes(random, round_, clearing))
    everybody = range(len(round_.curves()))
    left_out = random.sample(everybody, min(CHANGES, len(everybody)))
    shown = [(changed, everybody) for changed, _ in changes]
    for i in left_out:
        shown.append((clearing, [j for j in everybody if j != i]))
    answers = market.ask(round_, [*shown, (clearing, everybody)])

    refused = 0
    for (_, fault), answer in zip(changes, answers):
        if fault is None:
            # Another optimum: taken, unless it is no better than one taken just before.
            assert answer.refusal in (None, "PowerNotBetter"), (seed, answer)
        else:
            assert answer.refusal == fault, (seed, fault, answer)
            refused += 1
    for answer in answers[len(changes) : -1]:
        assert answer.refusal is not None, (seed, answer)
        refused += 1
    best = answers[-1]
    if best.refusal is None:
        assert best.outcome == clearing_check.outcome(round_, clearing), seed
    else:
        # One of the changes was an optimum with lower prices, and stands.
        assert best.refusal == "PowerNotBetter", (seed, best)
        (alone,) = market.ask(round_, [(clearing, everybody)])
        assert alone.outcome == clearing_check.outcome(round_, clearing), seed

    found = clearing_check.outcome(round_, clearing).welfare
    assert abs(found - welfare(round_)) <= _rounding(round_, clearing), seed
    assert clearing_check.bound(round_, clearing.prices) - found <= _rounding(round_, clearing), (
        seed
    )
    return refused, sum(fault is None for _, fault in changes)


def test_rounds_pass_as_good_as_another_solvers_and_no_change_does(market):
    refused = sum(_judge(market, seed)[0] for seed in range(ROUNDS))
    assert refused > 15 * ROUNDS


@pytest.mark.long
@pytest.mark.parametrize(
    "first",
    [0, *(pytest.param(at, marks=pytest.mark.nightly) for at in range(100, ALL_ROUNDS, 100))],
)
def test_a_thousand_rounds(market, first):
    refused = sum(_judge(market, seed)[0] for seed in range(first, first + 100))
    assert refused > 1_300


@pytest.mark.long
def test_the_vectors_are_what_would_be_written():
    assert vectors.PATH.read_text(encoding="utf-8") == vectors.text()


def test_the_first_vectors_are_what_would_be_written():
    kept = vectors.PATH.read_text(encoding="utf-8").splitlines()
    for seed in range(3):
        assert kept[1 + seed].removesuffix(",") == vectors._line(vectors._case(seed))
