"""The attack of the measure of privacy: numbers on the chain are traced to customers' curves.

All know the sums of each node and interval and how many customers of each kind a node has. That is credited
more than in full: the median of the kind at its node, in each interval. Besides, it is known how much each
customer used on the day, as a bill says it. The baseline is the best that is made of these alone, for each
kind: the median, moved or scaled to the customer's energy, in full or by half.

The numbers of each channel are given to customers, interval by interval, for all of a node at once and for
those of each kind alone: of all ways to give them, that which costs least, where a number costs its distance
from the baseline. On a line that is found in order, so that the optimum of the assignment needs
no solver. Numbers are believed at any distance, or near it.

Advantage is the part of the baseline's error that the best channel, taken the best way, takes away; 0 where
none does. That both are chosen by their result favours the attacker: the figure errs upwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

Group = tuple[int, str]  # node and kind
Curve = Sequence[int]  # [Wh] taken less given, by interval
Values = Mapping[tuple[int, int], Sequence[int]]  # numbers of a channel, by node and interval
Array = np.ndarray[Any, np.dtype[np.float64]]
Given = np.ndarray[Any, np.dtype[np.int64]]  # rows of place, index, number; or places alone

#: Of a node without customers.
_NONE: Final[Given] = np.array([], dtype=np.int64)

#: A number is believed within this part of the baseline, and as much of the least energy [Wh].
NEAR: Final = (0.1, 0.3, float("inf"))
LEAST_WH: Final = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """A number that the chain has for a node and an interval."""

    channel: str  # name of the number, and where it stands
    node: int
    index: int
    value: int  # [Wh] taken, or below 0 given


@dataclass(frozen=True, slots=True)
class Target:
    """A customer: node, kind and energy of the day, which are known, and its curve, which is not."""

    node: int
    kind: str
    truth: Curve

    @property
    def group(self) -> Group:
        """Those whose median all know."""
        return self.node, self.kind


def advantages(targets: Sequence[Target], numbers: Iterable[Seen]) -> dict[str, dict[str, float]]:
    """By channel and kind."""
    known = Known(targets)
    same: dict[frozenset[tuple[object, ...]], dict[str, float]] = {}
    found = {}
    for channel, values in _channels(numbers).items():
        content = frozenset((at, *sorted(numbers)) for at, numbers in values.items())
        if content not in same:
            same[content] = known.advantages(values)
        found[channel] = same[content]
    return found


def most(kinds: Iterable[str], found: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """By kind, of the channel that gives most away."""
    channels = list(found)
    return {k: round(max((by[k] for by in channels), default=0.0), 4) for k in sorted(set(kinds))}


def _channels(numbers: Iterable[Seen]) -> dict[str, Values]:
    found: dict[str, dict[tuple[int, int], list[int]]] = defaultdict(lambda: defaultdict(list))
    for number in numbers:
        found[number.channel][number.node, number.index].append(number.value)
    return dict(found)


class Known:
    """The baseline of each customer, known without the chain, and by how much a channel improves it."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._truth = np.array([target.truth for target in targets], dtype=float)
        self.kinds = _places(target.kind for target in targets)
        guesses = self._guesses(_places(target.group for target in targets))
        self._known = guesses[0].copy()
        for kind, places in self.kinds.items():
            best = min(guesses, key=lambda guess: self._error(kind, guess))
            self._known[places] = best[places]
        self._wrong = np.abs(self._truth - self._known)
        #: Of each customer, the place of its kind among `kinds`.
        self._kind = np.empty(len(targets), dtype=np.int64)
        for number, places in enumerate(self.kinds.values()):
            self._kind[places] = number
        self._errors = np.bincount(self._kind, self._wrong.sum(axis=1), len(self.kinds))
        # Whom numbers are given to, by node: all, and each kind alone.
        everybody = np.arange(len(targets))
        self._aims: list[dict[int, Given]] = [
            {
                node: np.intersect1d(aimed, places)
                for node, places in _places(target.node for target in targets).items()
            }
            for aimed in (everybody, *map(np.array, self.kinds.values()))
        ]

    def advantages(self, values: Values) -> dict[str, float]:
        """By kind, of the best way to take the numbers of a channel."""
        found = np.zeros(len(self.kinds))
        for at_node in self._aims:
            places, indices, numbers = self._given(at_node, values).T
            known, wrong = self._known[places, indices], self._wrong[places, indices]
            nearer = wrong - np.abs(self._truth[places, indices] - numbers)
            off, usual = np.abs(numbers - known), np.maximum(np.abs(known), LEAST_WH)
            for near in NEAR:
                believed = off <= near * usual
                kinds = self._kind[places[believed]]
                gained = np.bincount(kinds, nearer[believed], len(self.kinds))
                better = np.zeros(len(self.kinds))
                np.divide(gained, self._errors, out=better, where=self._errors > 0)
                found = np.maximum(found, better)
        return dict(zip(self.kinds, found.tolist(), strict=True))

    def _guesses(self, groups: Mapping[Group, list[int]]) -> tuple[Array, ...]:
        """The median of kind and node; moved and scaled to the customer's energy, in full and by half."""
        medians = np.empty_like(self._truth)
        for places in groups.values():
            medians[places] = np.median(self._truth[places], axis=0)
        moved = medians + (self._truth - medians).mean(axis=1, keepdims=True)
        energy, usual = (
            np.abs(curves).sum(axis=1, keepdims=True) for curves in (self._truth, medians)
        )
        scaled = medians * np.divide(energy, usual, out=np.ones_like(usual), where=usual != 0)
        return medians, moved, (medians + moved) / 2, scaled, (medians + scaled) / 2

    def _error(self, kind: str, guess: Array) -> float:
        """[Wh]"""
        places = self.kinds[kind]
        return float(np.abs(self._truth[places] - guess[places]).sum())

    def _given(self, at_node: Mapping[int, Given], values: Values) -> Given:
        """Which number each customer gets, in each interval that has some: rows of place, index, number.
        What the numbers do not give is as known without them."""
        found = []
        for (node, index), shown in values.items():
            places = at_node.get(node, _NONE)
            expected = self._known[places, index].tolist()
            found += [
                (place, index, value)
                for place, value in zip(places.tolist(), assigned(expected, shown), strict=True)
                if value is not None
            ]
        return np.array(found, dtype=np.int64).reshape(-1, 3)


def _places(keys: Iterable[Any]) -> dict[Any, list[int]]:
    """Where each key stands."""
    found: dict[Any, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        found[key].append(place)
    return dict(found)


def assigned(expected: Sequence[float], shown: Sequence[int]) -> list[int | None]:
    """The number that each gets, at the least sum of distances; None for those for whom none is left."""
    few, many = sorted(range(len(expected)), key=expected.__getitem__), sorted(shown)
    swapped = len(few) > len(many)
    ordered = [expected[i] for i in few]
    rows, columns = (many, ordered) if swapped else (ordered, many)
    found: list[int | None] = [None] * len(expected)
    for row, column in _in_order(rows, columns):
        place, number = (column, row) if swapped else (row, column)
        found[few[place]] = many[number]
    return found


def _in_order(rows: Sequence[float], columns: Sequence[float]) -> list[tuple[int, int]]:
    """A partner among the columns for each row, both sorted, so that distances add up to the least."""
    slack = len(columns) - len(rows)
    # best[i][k]: the first i rows, k columns left out so far
    best = [[0.0] * (slack + 1)]
    for i, row in enumerate(rows):
        line: list[float] = []
        for k in range(slack + 1):
            cost = best[i][k] + abs(row - columns[i + k])
            line.append(min(cost, line[k - 1]) if k else cost)
        best.append(line)
    pairs, k = [], slack
    for i in range(len(rows), 0, -1):
        while k and best[i][k] == best[i][k - 1]:
            k -= 1
        pairs.append((i - 1, i - 1 + k))
    return pairs
