"""All that chance decides in a campaign: a pure function of seed, of the thing decided, and of its number.

No throw depends on another one, so that neither the clock nor the order in which processes come to their
turn changes any of them: the 7th question of a kind that a daemon puts to a node is spoilt as the 7th,
whenever it comes.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from tests.oracles.campaign import crash_points

#: A daemon dies at the first to this call of a point, as the die says; at the first of a point seldom passed.
MOST_CALLS = 12


@dataclass(slots=True)
class Dice:
    """Dice of one seed."""

    seed: int
    thrown: Counter[tuple[object, ...]] = field(default_factory=Counter)

    def at(self, *about: object) -> random.Random:
        """The die of one decision."""
        return random.Random("/".join(map(str, (self.seed, *about))))

    def next(self, *about: object) -> random.Random:
        """The die of the next decision of a kind."""
        number = self.thrown[about]
        self.thrown[about] += 1
        return self.at(*about, number)


def kills_planned(seed: int, kills: int) -> dict[str, list[str]]:
    """The crash points of each daemon in their order, each with the call of it that kills: two kills come
    from outside, a third of the others are the meter oracle's, and each of its points has one at least."""
    both = {"emissions": crash_points.EMISSIONS, "meters": crash_points.METERS}
    names = {daemon: crash_points.names(points) for daemon, points in both.items()}
    left = max(kills - 2, 0)
    of_meters = max(left // 3, min(len(names["meters"]), left // 2))
    mine = {"emissions": left - of_meters, "meters": of_meters}
    found = {}
    for daemon, every in names.items():
        Dice(seed).at("kills", daemon).shuffle(every)
        points = (every * (mine[daemon] // len(every) + 1))[: mine[daemon]]
        found[daemon] = [
            f"{point}/{_call(seed, daemon, number, point)}" for number, point in enumerate(points)
        ]
    return found


def _call(seed: int, daemon: str, number: int, point: str) -> int:
    if point.split("/")[0] in crash_points.RARE:
        return 1
    return Dice(seed).at("kill", daemon, number).randint(1, MOST_CALLS)


def sooner(point: str) -> str:
    """A point that a daemon did not reach in its life: half as many calls of it have to come next time."""
    name, _, call = point.rpartition("/")
    return f"{name}/{max(int(call) // 2, 1)}"
