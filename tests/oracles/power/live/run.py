"""A live run: intervals at the pace of their daemons, hostile parties, outages, kills, the end of the days.

Time between the moments at which something happens is skipped, unless the run is by the wall's clock; about
a gate and at an interval's end it is that of the wall, a block a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from tests.gas.power_town import CORRECTION_S
from tests.oracles.power.ground import DaemonProcess, aggregators
from tests.oracles.power.live import hostile, outages, settling
from tests.oracles.power.live.pace import (
    AHEAD_S,
    OPENING_S,
    Cause,
    LiveRun,
    await_price,
    blocks,
    forfeits,
    has_price,
    killing,
    stop,
    until,
)
from tests.oracles.power.live.players import Players
from tonne.power.intervals import Stage

#: [s] The root of an interval is waited for so long.
ROOT_S: Final = 300
#: [s] Of the wall that an interval takes where time is skipped, about.
INTERVAL_S: Final = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played. An interval of None has no such party or outage."""

    intervals: int
    kills: int
    silent: int | None = None  # an aggregator does not open
    wrong: int | None = (
        None  # a solver's price is wrong, in the first interval from there on with a curve
    )
    away: int | None = None  # the node is away from here on, for an hour of chain time
    broker: int | None = None  # so is the broker
    settles: bool = True  # to the payments of the days
    skips: bool = True  # time in which nothing happens

    @classmethod
    def of(cls, intervals: int, kills: int) -> Plan:
        """With each hostile party once, and both outages where there is time for them."""
        if intervals < outages.LEAST:
            return cls(intervals, kills, silent=intervals - 1, wrong=min(1, intervals - 1))
        away, broker = max(4, intervals // 3), max(8, intervals * 2 // 3)
        return cls(intervals, kills, silent=2, wrong=1, away=away, broker=broker)

    def was_hostile(self, seen: LiveRun) -> bool:
        """Whether an aggregator was silent, and a wrong price and readings in another's name refused."""
        silences, wrongs = seen.forfeits[Cause.HOSTILE], seen.refused
        hostile = (silences, wrongs) == (self.silent is not None, self.wrong is not None)
        return hostile and seen.unsigned > 0

    def is_away(self, number: int) -> bool:
        """Whether the node is away at an interval's gate."""
        return self.away is not None and 0 <= number - self.away < outages.INTERVALS

    def has_no_broker(self, index: int) -> bool:
        """Whether the broker is away at the moment `index`."""
        return self.broker is not None and 0 <= index - self.broker < outages.INTERVALS


def play(
    players: Players,
    plan: Plan,
    seen: LiveRun,
    told: Callable[[int], None] = lambda number: None,
    says: Callable[[str], None] = lambda stage: None,
) -> None:
    """Plays it; `told` is called when an interval has its price and the one before it its root.

    `says` is told what takes a while once the intervals are over.
    """
    street = players.street
    killed = [p for name, p in players.all.items() if name in players.mortal]
    pace_s = INTERVAL_S if plan.skips else street.town.terms.interval_s
    gap_s = max(8.0, 0.8 * pace_s * plan.intervals / max(plan.kills, 1))
    street.town.at(street.gate() - AHEAD_S)
    with blocks(street), killing(killed, plan.kills, seen, gap_s):
        for number in range(plan.intervals + 1):
            if number < plan.intervals:
                _play(players, number, plan, seen)
            if number == plan.intervals - 1:
                with seen.calm:
                    _end_bidding(players, killed)
            _meter(players, number, plan, seen)
            if plan.settles:
                settling.complain(players, seen)
                settling.take_over(players, seen)
            told(number)
    says("corrected readings of the last hours go out")
    _correct(players, plan.intervals)
    if plan.settles:
        says("the day is settled: runs, lists, requests, disputes, payments; some minutes")
        settling.settle(players, plan.intervals, seen)
    seen.lost = players.lost(range(plan.intervals))
    seen.unsigned = players.said("refused")["meters"]


def _correct(players: Players, intervals: int) -> None:
    """Corrected runs of the last intervals go out, shortly before their windows close."""
    half = CORRECTION_S // 2 // players.street.town.terms.interval_s
    _await_corrections(players, intervals + half)
    last = range(max(intervals - half, 0), intervals)
    players.street.town.at(players.street.start(intervals) + CORRECTION_S // 2 + 1)
    until(lambda: players.lost(last) == 0, ROOT_S)


def _await_corrections(players: Players, index: int) -> None:
    """What is corrected in windows that close before an interval begins is on the chain.

    Where time is skipped, an oracle that was killed has seconds for what it has an hour for.
    """
    closed = index - CORRECTION_S // players.street.town.terms.interval_s
    due = range(max(closed - outages.INTERVALS, 0), max(closed, 0))
    until(lambda: players.lost(due) == 0, ROOT_S)


def _end_bidding(players: Players, killed: list[DaemonProcess]) -> None:
    """Aggregators end before time passes over openings that they would have committed to."""
    for name in aggregators(players.street.town):
        killed.remove(players.all[name])
        stop(players.all[name])


# An interval


def _play(players: Players, number: int, plan: Plan, seen: LiveRun) -> None:
    """Waits for an interval's bids, openings and price, at the clock of the wall about its gate."""
    if plan.is_away(number) and number != plan.away:
        assert players.street.round(number).commits == 0
        seen.at_reference[number] = Cause.AWAY
        return
    lies = plan.wrong is not None and number >= plan.wrong and not seen.refused
    with seen.calm if lies or number == plan.silent else nullcontext():
        _bid(players, number, plan)
        if lies:
            seen.refused += hostile.wrong_price_is_refused(players.street, number)
        round_ = await_price(players.street, number, seen, number == plan.away)
        causes = _forfeited(players, number, plan, seen, round_)
    seen.forfeits.update(causes)
    if not has_price(round_):
        seen.at_reference[number] = causes[0] if causes else Cause.NONE


def _bid(players: Players, number: int, plan: Plan) -> None:
    """To the end of an interval's opening."""
    street = players.street
    gate, bidding = street.gate(number), aggregators(street.town)
    players.reach(gate - AHEAD_S, plan.skips)
    until(
        lambda: street.round(number).commits == len(bidding) or street.chain.now() >= gate - 2,
        AHEAD_S + 5,
    )
    if number == plan.away:
        _await_corrections(players, number + outages.INTERVALS - 1)
        outages.leave_without_node(street, number)
        return
    silent = players.all[bidding[1]] if number == plan.silent else None
    with hostile.not_opening(silent) if silent else nullcontext():
        players.reach(gate, plan.skips)
        until(lambda: street.round(number).stage > Stage.OPENING, OPENING_S + 5)


def _forfeited(
    players: Players, number: int, plan: Plan, seen: LiveRun, round_: object
) -> list[Cause]:
    """The cause of each bid of an interval that a watcher had forfeited."""
    silent = forfeits(players.street, number, round_)
    names = aggregators(players.street.town)
    found = []
    for place in silent:
        name = names[place]
        if number == plan.away:
            found.append(Cause.AWAY)
        elif number == plan.silent and place == 1:
            found.append(Cause.HOSTILE)
        elif seen.was_down(players.all[name]):
            found.append(Cause.KILL)
        else:
            found.append(Cause.NONE)
    seen.judge(players.all.values())
    return found


def _meter(players: Players, index: int, plan: Plan, seen: LiveRun) -> None:
    """An interval begins: records that end the one before are published, and its root waited for."""
    if plan.skips:
        _await_corrections(players, index)
    players.reach(players.street.start(index), plan.skips)
    if index:
        players.city.flow(index - 1)
    if index == plan.broker:
        players.broker.stop()
    if plan.broker is not None and index == plan.broker + outages.INTERVALS:
        players.broker.start()
    oracle = players.all["meters"]
    began, kills, up = time.monotonic(), seen.kills["meters"], oracle.has_started
    players.publish(index)
    players.hand_over()
    if not index or plan.has_no_broker(index):
        return
    rooted = until(lambda: players.has_root(index - 1), ROOT_S)
    assert rooted, oracle.log.read_text()[-3_000:]
    undisturbed = up and kills == seen.kills["meters"] and not plan.is_away(index)
    took_s = round(time.monotonic() - began, 1)
    back = plan.broker is not None and index == plan.broker + outages.INTERVALS
    (seen.roots if undisturbed and not back else seen.held_up).append(took_s)
