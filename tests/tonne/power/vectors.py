"""Rounds and their clearings for the contract's tests: `tests/vectors/clearings.json`.

`python -m tests.tonne.power.vectors` writes the file; a test compares it with what it would write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from tonne.power import clearing_check, random_rounds
from tonne.power.clearing_solver import solve
from tonne.power.encoding import Clearing, Round

PATH = Path(__file__).parents[2] / "vectors" / "clearings.json"

CASES = 60
BIDDERS, LARGE = 8, 4  # of a small case, and of the large one

MOST = (1 << 32) - 1

#: What is changed, and what the contract says of it, by number.
LISTS = ("prices", "flows", "margins")
FAULTS = (
    "OverCapacity",
    "ArcNotFull",
    "ArcLoses",
    "Circle",
    "OtherLimits",
    "OverLimit",
    "Unbalanced",
    "NotTheMiddle",
)


def build() -> dict[str, Any]:
    return {
        "cases": [_case(seed) for seed in range(CASES)],
        "large": _written(4, random_rounds.draw(Random(7), arcs=36, bidders=LARGE), mutate=False),
    }


def _case(seed: int) -> dict[str, Any]:
    random = Random(f"clearing {seed}")
    regions, carriers = random.randrange(1, 4), random.randrange(1, 5)
    tick = random.choice((1_000, 10_000, 25_000))
    steps = random.randrange(4, 36)
    round_ = random_rounds.draw(random, regions, carriers, steps, tick=tick, bidders=BIDDERS)
    return _written(carriers, round_, mutate=True)


def _written(carriers: int, round_: Round, mutate: bool) -> dict[str, Any]:
    clearing = solve(round_)
    margins, prices, flows = clearing.packed()
    outcome = clearing_check.outcome(round_, clearing)
    found = {
        "carriers": carriers,
        "nodes": round_.nodes,
        "arcs": _hex(arc.word() for arc in round_.arcs),
        "curves": _hex(word for words in round_.curves() for word in words),
        "margins": _hex(margins),
        "prices": _hex(prices),
        "flows": _hex(flows),
        "outcome": [outcome.welfare, outcome.energy, outcome.loss, outcome.rent],
    }
    if mutate:
        found["mutations"] = list(_mutations(round_, clearing))
    return found


def _mutations(round_: Round, clearing: Clearing) -> Iterator[list[int]]:
    """Each lane changed by little and by much: what it is, where, the new value, the first fault.

    A change that leaves an optimum, as one within the rounding of a flow does, is no mutation."""
    for number, name in enumerate(LISTS):
        lanes = getattr(clearing, name)
        for place, lane in enumerate(lanes):
            for value in (lane - 1, lane + 1, lane // 2, 2 * lane + 1_000):
                if not 0 <= value <= MOST or value == lane:
                    continue
                changed = replace(clearing, **{name: (*lanes[:place], value, *lanes[place + 1 :])})
                fault = next(clearing_check.faults(round_, changed), None)
                if fault is not None:
                    yield [number, place, value, FAULTS.index(fault.split()[0])]


def _hex(words: Any) -> list[str]:
    return [hex(word) for word in words]


def text() -> str:
    """One line a list, so that a difference can be read."""
    built = build()
    cases = ",\n".join(_line(case) for case in built["cases"])
    return f'{{"cases": [\n{cases}\n],\n"large": {_line(built["large"])}}}\n'


def _line(case: dict[str, Any]) -> str:
    """Mutations as columns, which Forge reads."""
    given = dict(case)
    for name, column in zip(
        ("lists", "places", "values", "faults"), zip(*given.pop("mutations", []), strict=True)
    ):
        given[name] = list(column)
    return json.dumps(given)


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
