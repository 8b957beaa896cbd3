"""The end of the days of a live run: runs, lists and payments, a kill among them, and a day that is taken
over from who settled it falsely."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from tests.gas.power_town import CHALLENGE_S, CORRECTION_S, WINDOW_S
from tests.oracles.power.ground import DaemonProcess
from tests.oracles.power.live.pace import LiveRun, kill, until
from tests.oracles.power.live.players import Players
from tonne.constants import DAY_S

#: [s] Of the wall that a part of a day's settlement is waited for.
SETTLED_S: Final = 2_400
#: [s] `SettlementStore.SILENCE`: after readings were due, until a day without a list can be taken over.
SILENCE_S: Final = DAY_S

NodeDay = tuple[int, int]


def settle(players: Players, intervals: int, seen: LiveRun) -> None:
    """All days are over: their lists are paid, and every interval has its run."""
    town, terms = players.street.town, players.street.town.terms
    settlement = players.all["settlement"]
    days = range(town.day, town.day + -(-intervals // terms.per_day))
    every = [(place, day) for day in days for place in range(town.size.nodes)]
    own = [of for of in every if terms.settler(of[0]) == "operator"]
    last = own[-sum(day == days[-1] for _, day in own) :]
    played = intervals - (days[-1] - town.day) * terms.per_day

    over = (days[-1] + 1) * DAY_S
    town.at(max(over, players.street.start(intervals) + CORRECTION_S + CHALLENGE_S + 1))
    players.hand_over()
    began = time.monotonic()
    _await(settlement, lambda: _posted(players, last) >= played)
    if players.false == "totals":
        _felled(players)
    town.at(over + players.late_s + 1)
    _await(settlement, lambda: _posted(players, last) >= max(terms.per_day // 2, played))
    kill(settlement, seen)
    _await(settlement, lambda: all(list_.complete for list_ in _told(players, "listOf", own)))
    if players.false != "totals":
        _complained(players, seen)
    _pay(players, own)
    town.at(over + players.late_s + SILENCE_S + 1)
    take_over(players, seen)
    _await(settlement, lambda: all(list_.complete for list_ in _told(players, "listOf", every)))
    _pay(players, every)
    seen.settled = round(time.monotonic() - began, 1)
    seen.felled = _felled(players)
    held = zip(every, _told(players, "dayOf", every), strict=True)
    seen.missing = [of for of, day in held if day.intervals != terms.per_day]


def take_over(players: Players, seen: LiveRun) -> None:
    """The operator takes days over whose settler left them without a list, as soon as it may."""
    town, now = players.street.town, players.street.chain.now()
    for place in town.terms.settlers:
        day = town.day
        due = now > (day + 1) * DAY_S + players.late_s + SILENCE_S
        if due and (place, day) not in seen.taken:
            town.send("operator", "PowerSettlement", "takeOver", place, day)
            seen.taken.append((place, day))


def complain(players: Players, seen: LiveRun) -> None:
    """A customer of each node whose list is false, or whose settler is silent, asks for its last line of the
    first day, once that has a list."""
    town = players.street.town
    if players.false == "totals":
        return
    for place in town.terms.settlers:
        of = place, town.day
        if of not in seen.asked and _told(players, "listOf", [of])[0].complete:
            players.complain(place, (town.day + 1) * town.terms.per_day - 1)
            seen.asked.append(of)


def _complained(players: Players, seen: LiveRun) -> int:
    """Lists, or runs that were not shown, that were felled: one of each who settles so."""
    town = players.street.town
    settlers = town.terms.settlers
    for name in {*settlers.values()}:
        every = [(place, town.day) for place, who in settlers.items() if who == name]
        _await(
            players.all[name],
            lambda every=every: all(x.complete for x in _told(players, "listOf", every)),
        )
    complain(players, seen)
    assert sorted(seen.asked) == sorted((place, town.day) for place in settlers)
    if players.false == "silence":
        asks = town.chain.logs("PowerSettlement", "LineAsked")
        town.at(max(event["deadline"] for event in asks) + 1)
    return _felled(players)


#: What tells that something of who settles falsely fell.
FELL: Final = {"totals": "RunFailed", "list": "PaymentsFailed", "silence": "RunFailed"}


def _felled(players: Players) -> int:
    """Runs or lists that were felled, of those who settle falsely: one each."""
    town = players.street.town

    def count() -> int:
        return len(town.chain.logs("PowerSettlement", FELL[players.false]))

    _await(players.all["watcher"], lambda: count() >= len(town.terms.settlers))
    return count()


def _posted(players: Players, own: list[NodeDay]) -> int:
    """Intervals that have a run at each of some nodes on a day."""
    return int(min(day.intervals for day in _told(players, "dayOf", own)))


def _pay(players: Players, own: list[NodeDay]) -> None:
    """Windows pass, and lists are paid."""
    lists = _told(players, "listOf", own)
    players.street.town.at(max(list_.postedAt for list_ in lists) + WINDOW_S + 1)
    _await(
        players.all["settlement"],
        lambda: all(list_.paid == list_.chunks for list_ in _told(players, "listOf", own)),
    )


def _told(players: Players, view: str, of: list[NodeDay]) -> list[Any]:
    return players.street.chain.call_many(("PowerSettlement", view, place) for place in of)


def _await(process: DaemonProcess, holds: Callable[[], bool]) -> None:
    assert until(holds, SETTLED_S), process.log.read_text()[-3_000:]
