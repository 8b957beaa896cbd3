"""A whole day runs by itself, from signed readings to paid accounts, while daemons are killed at random."""

from __future__ import annotations

import pytest

from tests.oracles.power.ground import aggregators
from tests.oracles.power.live.city import City
from tests.oracles.power.live.pace import PRICE_S, LiveRun, p95, stop
from tests.oracles.power.live.players import Players
from tests.oracles.power.live.run import Plan, play
from tonne.audit import reconcile

PLAN = Plan(intervals=8, kills=10, silent=5, wrong=3, away=2)


@pytest.mark.long
@pytest.mark.nightly
def test_a_day_is_bid_cleared_metered_settled_and_paid_while_daemons_are_killed(street, daemon):
    players = Players(City(street), daemon)
    players.start()
    seen = LiveRun()
    play(players, PLAN, seen)
    for name, process in players.all.items():
        if name not in aggregators(street.town):
            stop(process, seen)

    print(seen)
    assert sum(seen.kills.values()) == PLAN.kills + 1  # of who settles, too
    assert seen.lapsed == []
    assert len(seen.waits) == len(seen.roots) == PLAN.intervals
    assert p95(seen.waits) <= PRICE_S
    # A restart takes less than an opening: no bid was lost to a kill, but that of who kept silent.
    assert seen.forfeited == 1
    assert seen.committed >= 2 * PLAN.intervals - PLAN.kills
    assert sum(players.said("reverted").values()) == 0
    told = {name: count for name, count in players.said("incident").items() if count}
    assert set(told) <= {aggregators(street.town)[1], "watcher"}, told
    assert reconcile.audit(street.chain).differences == []
