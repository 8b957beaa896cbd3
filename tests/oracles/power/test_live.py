"""The market runs by itself: two aggregators and two solvers at blocks of the wall clock, killed at random.

Time between intervals is skipped; about a gate it is that of the wall, a block a second. What a kill cost is
counted apart: a bid whose aggregator was down through the whole opening.
"""

from __future__ import annotations

import pytest

from tests.oracles.power.ground import Street
from tests.oracles.power.live.pace import (
    AHEAD_S,
    OPENING_S,
    PRICE_S,
    LiveRun,
    await_price,
    bid_states,
    blocks,
    has_price,
    killing,
    p95,
    stop,
    until,
)
from tests.oracles.power.live.players import bidders, start
from tonne.audit import reconcile
from tonne.power.intervals import BidStage, Stage

INTERVALS, KILLS = 8, 10
#: The first of each aggregator's customers: no meter is read here.
FIRST_METERS = (100, 100)


@pytest.mark.long
def test_intervals_are_bid_opened_and_cleared_while_daemons_are_killed(street, daemon):
    running = list(bidders(street, daemon, FIRST_METERS).values())
    start(running)
    seen = LiveRun()
    with blocks(street), killing(running, KILLS, seen):
        for number in range(INTERVALS):
            _play(street, number, seen)
    for process in running:
        stop(process, seen)

    print(seen)
    assert sum(seen.kills.values()) == KILLS
    assert seen.lapsed == []
    assert len(seen.waits) == INTERVALS
    assert p95(seen.waits) <= PRICE_S
    # A restart takes less than an opening: no bid was lost to one kill.
    assert seen.forfeited == 0
    assert seen.committed >= 2 * INTERVALS - KILLS
    for process in running:
        assert process.said("reverted") == process.said("refused_by_chain") == 0
        assert process.said("incident") == 0
    assert reconcile.audit(street.chain).differences == []


def _play(street: Street, number: int, seen: LiveRun) -> None:
    """Waits for an interval's bids, openings and price, at the clock of the wall about its gate."""
    street.town.at(street.gate(number) - AHEAD_S)
    until(lambda: street.chain.now() >= street.gate(number), AHEAD_S + 5)
    until(lambda: street.round(number).stage != Stage.OPENING, OPENING_S + 5)
    round_ = await_price(street, number, seen)
    seen.forfeited += round_.commits - round_.opened
    if has_price(round_):
        known = {BidStage.NONE, BidStage.COMMITTED, BidStage.OPENED}
        assert set(bid_states(street, number)) <= known
