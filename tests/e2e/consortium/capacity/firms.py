"""A compliance period of many firms on validators: how long each step took and what its blocks carried."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.consortium.capacity import state
from tests.e2e.consortium.capacity.blocks import Span, span
from tests.e2e.consortium.drill import FINAL, Drill
from tests.e2e.consortium.wall_clock import SURRENDERED

#: [s] in which the daemon must bring all reports, and for each further report.
LEAST_WAIT_S, WAIT_EACH_S = 300, 0.5


@dataclass(frozen=True, slots=True)
class StepTaken:
    title: str
    seconds: float
    span: Span


@dataclass(frozen=True, slots=True)
class FirmYear:
    """What the period of all firms came to."""

    firms: int
    steps: list[StepTaken]
    words_before: int  # of storage
    words_after: int


def play(drill: Drill, tell: Callable[[str], None]) -> FirmYear:
    """From the firms' applications to their surrender, with a copy of the oracle that brings the reports."""
    period = drill.period
    steps: list[StepTaken] = []

    def take(title: str, *acts: Callable[[], object]) -> None:
        first, began = drill.chain.block_number() + 1, time.monotonic()
        for act in acts:
            act()
        last = drill.chain.block_number()
        done = StepTaken(title, time.monotonic() - began, span(drill.chain, first, last))
        tell(f"{title}: {done.span.transactions:,} transactions, {done.seconds:.0f} s")
        steps.append(done)

    take("deployment and rules", period.deploy, period.rules)
    before = _words(drill)
    take("applications, approval and plants", period.parties)
    take("pre-allocation", period.pre_allocate)
    period.report()
    period.credits()
    take("reports, by the daemon", lambda: _reports(drill))
    take("true-up and assessment", period.true_up)
    period.markets()
    period.orders()
    take("deposits of units and money", period.deposits)
    take("an order of each", lambda: drill.chain.send_many(period.further_orders()))
    take("surrender of each", lambda: drill.chain.send_many(period.surrenders()))
    owed = drill.chain.call_many(
        ("Compliance", "obligationOf", (plant, period.period.number)) for plant in period.more
    )
    assert {each.allowances for each in owed} == {SURRENDERED}
    return FirmYear(len(period.more), steps, before, _words(drill))


def _words(drill: Drill) -> int:
    block = drill.network.await_blocks(FINAL) - 1
    return sum(state.words(drill.network[1], drill.chain, block).values())


def _reports(drill: Drill) -> None:
    drill.launch_oracle([drill.network[1].url])
    (desk,), (daemon,) = drill.desks, drill.oracles
    mine = set(drill.period.more)
    for name, file in drill.period.reports():
        desk.put(name, file)
    end = time.monotonic() + LEAST_WAIT_S + WAIT_EACH_S * len(mine)
    while not mine <= set(drill.reported()):
        assert daemon.alive, daemon.log.read_text()[-2_000:]
        assert time.monotonic() < end, daemon.log.read_text()[-2_000:]
        time.sleep(2)
    assert max(drill.reported().values()) == 1
    daemon.stop()
