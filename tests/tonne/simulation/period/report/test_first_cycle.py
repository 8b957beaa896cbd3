"""The season beside the first cycle: what is compared, and that agents come near it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.tonne.simulation.fleet.test_traders import balances, trade
from tonne.rules import pack as rule_packs
from tonne.simulation.period.model.plan import timeline
from tonne.simulation.period.model.results import TradeSummary
from tonne.simulation.period.report import first_cycle

#: Sessions after 10 November of the 24 over which a season is spread.
SUMMARY = TradeSummary(
    **dict.fromkeys(
        ("sessions", "volume", "turnover_cents", "last_close_cents", "trades", "orders", "blocks",
         "block_volume", "block_turnover_cents", "last_month_cents", "demand", "covered", "waited", "lacked"),
        0,
    )
)  # fmt: skip


def test_blocks_count_and_the_tenth_of_november_itself_does_not():
    days = ((date(2021, 11, 10), 30), (date(2021, 11, 11), 60), (date(2021, 12, 1), 10))
    found = first_cycle.of(replace(SUMMARY, by_day=days, last_close_cents=5_000), 4_800, 0.05)
    assert (found.late, found.opening, found.close, found.short) == (0.7, 4_800, 5_000, 0.05)
    assert first_cycle.rows(found) == [
        ("volume after 10 November", "70%", "87%"),
        ("opening price, yuan/t", "48.00", "48.00"),
        ("last close, yuan/t", "50.00", "54.22"),
        ("emitters that were partly short", "5.0%", "8.9%"),
    ]


def test_a_season_without_trades_has_no_late_volume():
    assert first_cycle.of(SUMMARY, 4_800, 0.0).late == 0


def test_it_is_beside_that_cycle_alone(pack):
    assert first_cycle.applies(pack, pack.period("2019-20"))
    assert not first_cycle.applies(pack, replace(pack.period("2019-20"), name="2021"))
    beijing = rule_packs.load("china-beijing")
    assert not first_cycle.applies(beijing, pack.period("2019-20"))


@pytest.mark.parametrize("seed", range(2021, 2031))
def test_agents_come_near_the_first_cycle(pack, seed):
    """On a plain book, the whole fleet: late volume, a close above the opening, some of them partly short."""
    line = timeline(pack, pack.period("2019-20"), 24)
    found = trade(balances(pack, 2162, seed, 0), seed)
    late = sum(
        v
        for day, v in zip(line.sessions, found.volumes, strict=True)
        if day > first_cycle.LATE_AFTER
    )
    assert late >= 0.6 * sum(found.volumes)
    assert found.closes[-1] > 4_800
    assert 0.04 <= found.short <= 0.14
