"""What a live run came to, as a table of Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.oracles.power.live.pace import LiveRun, p95
from tests.oracles.power.live.players import Players
from tests.oracles.power.live.run import Plan

Row = tuple[str, Any]


def rows(players: Players, plan: Plan, seen: LiveRun, differences: int) -> Iterator[Row]:
    """Name and figure of each row."""
    size = players.street.town.size
    incidents = players.said("incident")
    yield "meters, aggregators, solvers", f"{len(players.city.meters)}, {size.aggregators}, 2"
    yield "intervals, with a price of their own", f"{plan.intervals}, {len(seen.waits)}"
    yield "at the reference price, by cause", _by_cause(Counter(seen.at_reference.values()))
    yield "bids committed", seen.committed
    yield "forfeited, by cause", _by_cause(seen.forfeits)
    yield "end of opening to price, p95 and most [s of chain time]", _most(seen.waits)
    yield "readings to root, p95 and most [s]", _most(seen.roots)
    yield "the same, where oracle, broker or node were away", _most(seen.held_up)
    yield "kills", sum(seen.kills.values())
    yield "wrong prices refused; false runs felled", f"{seen.refused}; {seen.felled}"
    yield "records in another meter's name that were refused", seen.unsigned
    yield "readings lost", seen.lost
    if plan.settles:
        yield "days of a node taken over; without all their runs", _counts(seen.taken, seen.missing)
        yield "from the end of the last day to its payments [s]", seen.settled
    yield "transactions that reverted", sum(players.said("reverted").values())
    yield "incidents told by daemons", _by_cause(Counter(incidents))
    yield "differences of the audit", differences


def markdown(found: Iterator[Row]) -> str:
    """The rows, a line each."""
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {figure} |" for name, figure in found)])


def _by_cause(counted: Counter[Any]) -> str:
    return ", ".join(f"{count} ({cause})" for cause, count in counted.items() if count) or "0"


def _most(found: list[Any]) -> str:
    return f"{p95(found)}, {max(found)} (of {len(found)})" if found else "none"


def _counts(*found: list[Any]) -> str:
    return "; ".join(str(len(part)) for part in found)
