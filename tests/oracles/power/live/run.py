"""A live run: intervals at the pace of their daemons, hostile parties, kills, the end of the day.

Time between the moments at which something happens is skipped; about a gate and at an interval's end it is
that of the wall, a block a second. Hostile parties have their intervals: an aggregator that does not open, a
solver whose price is wrong; and the node is away for a while.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from tests.gas.power_town import CHALLENGE_S, CORRECTION_S, PER_DAY, QUARTER_S, WINDOW_S
from tests.oracles.power.ground import DaemonProcess, Street, aggregators
from tests.oracles.power.live.pace import (
    AHEAD_S,
    CLEARING_S,
    OPENING_S,
    LiveRun,
    await_price,
    bid_states,
    blocks,
    has_price,
    kill,
    killing,
    until,
)
from tests.oracles.power.live.players import Players
from tonne.chain.reverts import ChainError
from tonne.constants import DAY_S
from tonne.power.clearing_solver import solve
from tonne.power.intervals import BidStage, Stage
from tonne.power.rounds import proposal, read_round

#: [s] The node is away for so long.
AWAY_S = 8.0
#: [s] The root of an interval, and a part of a day's settlement, are waited for so long.
ROOT_S, SETTLED_S = 120, 900


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played. An interval of None has no such party."""

    intervals: int
    kills: int
    silent: int | None = None  # an aggregator does not open
    wrong: int | None = None  # a solver's price is wrong
    away: int | None = None  # the node is away as it begins


def play(
    players: Players,
    plan: Plan,
    seen: LiveRun,
    told: Callable[[int], None] = lambda number: None,
) -> None:
    """Plays it to the payments of the day; `told` is called when an interval's price and root are there."""
    street = players.street
    killed = [p for name, p in players.all.items() if name not in ("watcher", "settlement")]
    with blocks(street), killing(killed, plan.kills, seen):
        for number in range(plan.intervals + 1):
            if number < plan.intervals:
                with seen.calm if number == plan.silent else nullcontext():
                    _play(players, number, plan, seen)
            if number == plan.intervals - 1:
                with seen.calm:
                    _end_bidding(players, killed)
            _meter(players, number, plan, seen)
            told(number)
    _settle(players, plan, seen)


def _end_bidding(players: Players, killed: list[DaemonProcess]) -> None:
    """Aggregators end before time passes over openings that they would have committed to."""
    for name in aggregators(players.street.town):
        killed.remove(players.all[name])
        assert players.all[name].stop() == 0


# An interval


def _play(players: Players, number: int, plan: Plan, seen: LiveRun) -> None:
    """Waits for an interval's bids, openings and price, at the clock of the wall about its gate."""
    street = players.street
    gate = street.gate(number)
    street.town.at(gate - AHEAD_S)
    bidding = aggregators(street.town)
    until(
        lambda: street.round(number).commits == len(bidding) or street.chain.now() >= gate - 2,
        AHEAD_S + 5,
    )
    with _silent(players, number == plan.silent):
        street.town.at(gate)
        until(lambda: street.round(number).stage != Stage.OPENING, OPENING_S + 5)
    if number == plan.wrong:
        _propose_wrongly(street, number)
    round_ = await_price(street, number, seen)
    if not has_price(round_):
        return
    known = {BidStage.NONE, BidStage.COMMITTED, BidStage.OPENED, BidStage.FORFEITED}
    assert set(bid_states(street, number)) <= known
    if round_.opened < round_.commits:
        until(lambda: _forfeits(street, number) == round_.commits - round_.opened, CLEARING_S)
        seen.forfeited += _forfeits(street, number)


def _forfeits(street: Street, number: int) -> int:
    """Silent bids that a watcher had forfeited."""
    return bid_states(street, number).count(BidStage.FORFEITED)


@contextmanager
def _silent(players: Players, is_silent: bool) -> Iterator[None]:
    """An aggregator that does not open what it committed to."""
    if not is_silent:
        yield
        return
    name = aggregators(players.street.town)[1]
    process = players.all[name].process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def _propose_wrongly(street: Street, number: int) -> None:
    """A solver proposes the optimum at a price that is one millionth off: the chain refuses it."""
    interval = street.interval(number)
    round_ = read_round(street.chain, interval, QUARTER_S)
    clearing = solve(round_)
    curves, margins, prices, flows, arcs = proposal(round_, clearing)
    wrong = (curves, margins, [prices[0] + 1, *prices[1:]], flows, arcs)
    try:
        street.town.send("bureau", "PowerMarket", "clear", interval, wrong)
    except ChainError:
        return
    raise AssertionError("a price that is no optimum's was taken")


def _meter(players: Players, index: int, plan: Plan, seen: LiveRun) -> None:
    """An interval begins: records that end the one before are published, and its root waited for. At one of
    them the node is away."""
    street = players.street
    street.town.at(street.start(index))
    if index:
        players.city.flow(index - 1)
    began = time.monotonic()
    players.publisher.publish(index)
    if index == plan.away:
        process = street.town.process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(AWAY_S)
        os.kill(process.pid, signal.SIGCONT)
    players.hand_over()
    if not index:
        return
    start = street.start(index - 1)
    places = range(street.town.size.nodes)

    def rooted() -> bool:
        views = [("MeterOracle", "stateOf", (street.town.area(place), start)) for place in places]
        return all(state.run for state in street.chain.call_many(views))

    until(rooted, ROOT_S)
    assert rooted(), players.all["meters"].log.read_text()[-3_000:]
    seen.roots.append(round(time.monotonic() - began, 1))


# The day


def _settle(players: Players, plan: Plan, seen: LiveRun) -> None:
    """The days are over: runs, lists and payments, with a kill among them."""
    street, town = players.street, players.street.town
    settlement = players.all["settlement"]
    days = range(town.day, town.day + -(-plan.intervals // PER_DAY))
    own = [(place, day) for day in days for place in range(town.size.nodes)]

    def told(view: str, of: list[tuple[int, int]]) -> list[Any]:
        return street.chain.call_many(("PowerSettlement", view, node_day) for node_day in of)

    last = own[-town.size.nodes :]
    played = plan.intervals - (days[-1] - town.day) * PER_DAY
    final = street.start(plan.intervals) + CORRECTION_S + CHALLENGE_S + 1
    town.at(max((days[-1] + 1) * DAY_S, final))
    players.hand_over()
    began = time.monotonic()
    _settled(settlement, lambda: all(day.intervals >= played for day in told("dayOf", last)))
    late = street.chain.call("PowerSettlement", "LATE")
    town.at((days[-1] + 1) * DAY_S + late + 1)
    half = max(PER_DAY // 2, played)
    _settled(settlement, lambda: all(day.intervals >= half for day in told("dayOf", last)))
    kill(settlement, seen)
    _settled(settlement, lambda: all(list_.complete for list_ in told("listOf", own)))
    seen.settled = round(time.monotonic() - began, 1)
    town.at(max(list_.postedAt for list_ in told("listOf", own)) + WINDOW_S + 1)
    _settled(settlement, lambda: all(list_.paid == list_.chunks for list_ in told("listOf", own)))


def _settled(settlement: DaemonProcess, holds: Callable[[], bool]) -> None:
    until(holds, SETTLED_S)
    assert holds(), settlement.log.read_text()[-3_000:]
