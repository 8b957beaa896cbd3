"""Solves a clearing: a linear programme, then integers that the chain accepts.

Steps of one node, side and price are one variable: what each gets of it follows. From the solution of
the programme come flows and accepted energy, rounded so that every node still balances. A trifle on each
line keeps flow from going round where that costs nothing. Prices are then the lowest integers that go with
them: of several clearings of equal welfare the market takes the one with the lowest prices.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import highspy
import numpy as np

from tonne.constants import PPM
from tonne.errors import TonneError
from tonne.power import clearing_check
from tonne.power.encoding import BID, LANES_PER_NODE, Arc, Clearing, Round

#: Sweeps over all arcs until no price rises; a loop of lossy lines may rise one unit a sweep.
SWEEPS = 10_000

#: [micro-credit/kWh] On lines, so that no flow goes round; all of it is within rounding.
TRIFLE = 1e-3

SIMPLEX, INTERIOR_POINT = "simplex", "ipm"


@dataclass(slots=True)
class _Level:
    """Steps of one node, side and price."""

    node: int
    side: int
    price: int
    limit: int = 0  # [Wh]
    accepted: int = 0  # [Wh]

    @property
    def sign(self) -> int:
        return -1 if self.side == BID else 1


def solve(round_: Round) -> Clearing:
    """The clearing with the highest welfare, and of those the one with the lowest prices."""
    levels = _levels(round_)
    solution, duals, _ = _optimum(round_, levels, SIMPLEX)
    amounts, flows = solution[: len(levels)], solution[len(levels) :]
    for level, amount in zip(levels, amounts, strict=True):
        level.accepted = min(max(round(amount), 0), level.limit)
    rounded = _flows(round_, flows)
    _balance(round_, levels, rounded)
    prices = _lowest(round_, levels, rounded) or [max(0, round(dual)) for dual in duals]
    taken = {(s.node, s.side, s.price): (s.accepted > 0, s.accepted < s.limit) for s in levels}
    for node, price in clearing_check.middle_prices(round_, taken).items():
        prices[node] = price
    clearing = Clearing(tuple(prices), tuple(rounded), _margins(levels, prices))
    fault = next(clearing_check.faults(round_, clearing), None)
    if fault is not None:
        raise TonneError(
            "POWER_NOT_SOLVED",
            f"The solution cannot be written in integers that the chain accepts: {fault}.",
            field="clearing",
            value=fault,
            remedy="Scale energy or prices so that amounts are well above one Wh.",
        )
    return clearing


def welfare(round_: Round, method: str = INTERIOR_POINT) -> float:
    """The highest welfare by another method, without integers [micro-credit × Wh / kWh]."""
    return -_optimum(round_, _levels(round_), method)[2]


def _levels(round_: Round) -> list[_Level]:
    found: dict[tuple[int, int, int], _Level] = {}
    for step in round_.steps:
        key = (step.node, step.side, step.price)
        found.setdefault(key, _Level(*key)).limit += step.limit
    return list(found.values())


def _optimum(
    round_: Round, levels: Sequence[_Level], method: str
) -> tuple[list[float], list[float], float]:
    """Energy of levels, then flows of arcs; prices of nodes; cost (welfare with the other sign)."""
    columns: list[tuple[float, int, list[tuple[int, float]]]] = [
        (level.sign * level.price, level.limit, [(level.node, float(level.sign))])
        for level in levels
    ]
    for arc in round_.arcs:
        ends = [(arc.start, -1.0), (arc.end, arc.efficiency / PPM)]
        columns.append((arc.cost + TRIFLE * arc.line, arc.capacity, ends))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(columns), round_.nodes
    lp.col_cost_ = np.array([cost for cost, _, _ in columns], dtype=np.double)
    lp.col_lower_ = np.zeros(len(columns))
    lp.col_upper_ = np.array([most for _, most, _ in columns], dtype=np.double)
    lp.row_lower_ = lp.row_upper_ = np.zeros(round_.nodes)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.cumsum([0, *(len(entries) for _, _, entries in columns)])
    lp.a_matrix_.index_ = np.array([row for _, _, e in columns for row, _ in e], dtype=np.int32)
    lp.a_matrix_.value_ = np.array([v for _, _, e in columns for _, v in e], dtype=np.double)

    solver = _solver()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("solver", method)
    if method == INTERIOR_POINT:
        solver.setOptionValue("run_crossover", "off")
    solver.passModel(lp)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise TonneError(
            "POWER_NOT_SOLVED",
            f"The linear programme has no optimum: {solver.getModelStatus()}.",
            field="clearing",
            remedy="Doing nothing is always possible, so this is the solver's fault: report it.",
        )
    solution = solver.getSolution()
    cost = solver.getInfo().objective_function_value
    return list(solution.col_value), list(solution.row_dual), cost


@cache
def _greeted() -> None:
    """Silences the greeting that the library writes to the output when it is first used."""
    kept, silent = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silent, 1)
        highspy.Highs()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(silent)


def _solver() -> highspy.Highs:
    _greeted()
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    return solver


def _flows(round_: Round, flows: Sequence[float]) -> list[int]:
    return [
        min(max(round(flow), 0), arc.capacity) for arc, flow in zip(round_.arcs, flows, strict=True)
    ]


def _balance(round_: Round, levels: Sequence[_Level], flows: list[int]) -> None:
    """Takes what rounding left at a node from a level that is filled in part, then from flows."""
    rest = [0] * round_.nodes
    for level in levels:
        rest[level.node] += level.sign * level.accepted
    for arc, flow in zip(round_.arcs, flows, strict=True):
        rest[arc.start] -= flow
        rest[arc.end] += arc.arriving(flow)
    for level in levels:
        if rest[level.node] and 0 < level.accepted < level.limit:
            wanted = level.accepted - level.sign * rest[level.node]
            fitted = min(max(wanted, 0), level.limit)
            rest[level.node] += level.sign * (fitted - level.accepted)
            level.accepted = fitted
    touched = clearing_check.incident(round_)
    for i, arc in enumerate(round_.arcs):
        if 0 < flows[i] < arc.capacity:
            _ease(arc, i, flows, rest, touched)


def _ease(arc: Arc, i: int, flows: list[int], rest: list[int], touched: list[int]) -> None:
    """Moves a flow by a Wh while that brings an end back within its slack."""
    while abs(rest[arc.end]) > touched[arc.end] + clearing_check.SLACK:
        step = 1 if rest[arc.end] < 0 else -1
        flow = flows[i] + step
        if not 0 < flow < arc.capacity or abs(rest[arc.start] - step) > touched[arc.start] + 1:
            return
        rest[arc.end] += arc.arriving(flow) - arc.arriving(flows[i])
        rest[arc.start] -= step
        flows[i] = flow


def _margins(levels: Sequence[_Level], prices: Sequence[int]) -> tuple[int, ...]:
    found = [0] * (LANES_PER_NODE * len(prices))
    for level in levels:
        if level.price == prices[level.node]:
            first = LANES_PER_NODE * level.node + 2 * level.side
            found[first : first + 2] = level.accepted, level.limit
    return tuple(found)


def _lowest(round_: Round, levels: Sequence[_Level], flows: Sequence[int]) -> list[int] | None:
    """The least integers that satisfy every step and arc; None when they were not found.

    The least that a price must be only rises with the other prices, so the least are reached from below.
    """
    prices = [0] * round_.nodes
    for level in levels:
        taken, left = level.accepted > 0, level.accepted < level.limit
        if left if level.side == BID else taken:
            prices[level.node] = max(prices[level.node], level.price)
    arcs = list(zip(round_.arcs, flows, strict=True))
    for _ in range(SWEEPS):
        before = list(prices)
        for arc, flow in arcs:
            worth = prices[arc.end] * arc.efficiency // PPM
            if flow < arc.capacity:
                prices[arc.start] = max(prices[arc.start], worth - arc.cost - arc.tolerance)
            if flow > 0:
                due = prices[arc.start] + arc.cost - arc.tolerance
                prices[arc.end] = max(prices[arc.end], -(-due * PPM // arc.efficiency))
        if prices == before:
            return prices
    return None
