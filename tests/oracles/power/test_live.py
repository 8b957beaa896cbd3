"""The market runs by itself from signed readings to prices, among kills, outages and hostile parties.

What a kill or an outage cost is counted by its cause; nothing else may be lost. The end of the day is in
`test_live_day.py`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.oracles.power.live.city import City
from tests.oracles.power.live.outages import INTERVALS
from tests.oracles.power.live.pace import PRICE_S, ROOTED_S, Cause, LiveRun, p95
from tests.oracles.power.live.players import Players
from tests.oracles.power.live.run import Plan, play
from tonne.audit import reconcile

PLAN = replace(Plan.of(intervals=60, kills=20), settles=False)


@pytest.mark.long
def test_readings_become_roots_and_bids_prices_while_daemons_are_killed(street, daemon):
    players, seen = Players(City(street), daemon), LiveRun()
    players.start()
    play(players, PLAN, seen)
    players.stop()

    print(seen)
    assert sum(seen.kills.values()) == PLAN.kills
    assert list(seen.at_reference.values()) == [Cause.AWAY] * INTERVALS
    assert len(seen.waits) == PLAN.intervals - INTERVALS
    assert p95(seen.waits) <= PRICE_S
    assert seen.roots and p95(seen.roots) <= ROOTED_S
    # A bid is lost to silence, to the outage, or to a kill whose restart outlasts the opening.
    assert seen.forfeits[Cause.HOSTILE] == 1
    assert seen.forfeits[Cause.NONE] == 0
    assert seen.refused == 1
    assert seen.unsigned > 0
    assert seen.lost == 0
    assert sum(players.said("reverted").values()) == 0
    assert reconcile.audit(street.chain).differences == []
