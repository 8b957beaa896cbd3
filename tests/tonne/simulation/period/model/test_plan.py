"""Plans: dates from the pack, one part for each actor, keys from the seed."""

from __future__ import annotations

import itertools

import pytest

from tonne.errors import TonneError
from tonne.rules.pack import RulePack
from tonne.sandbox.derived_keys import Keys
from tonne.simulation.fleet import plants
from tonne.simulation.period.model.plan import LEAST_EMITTERS, cast, timeline


def test_timeline_lies_within_the_pack_s_dates(pack: RulePack) -> None:
    period = pack.period("2019-20")
    line = timeline(pack, period, 24)
    assert len(set(line.sessions)) == 24
    assert all(pack.is_trading_day(day) for day in line.sessions)
    assert line.sessions[0] == pack.market.first_day
    assert line.signed <= period.operator_deadline
    assert line.verified <= period.report_deadline < line.determined
    moments = [
        line.start,
        line.early,
        line.signed,
        line.verified,
        line.determined,
        line.offsets_issued,
        *(pack.start_of(day) for day in line.sessions),
        line.surrendered,
        line.deadline,
        line.after,
        line.late,
    ]
    assert moments == sorted(moments)
    assert pack.start_of(line.sessions[line.true_up]) <= period.true_up_by


def test_timeline_refuses_more_sessions_than_days(pack: RulePack) -> None:
    with pytest.raises(TonneError) as refused:
        timeline(pack, pack.period("2019-20"), 200)
    assert refused.value.code == "PERIOD_TOO_FEW_DAYS"


@pytest.mark.parametrize("seed", range(5))
def test_cast_gives_one_part_each(seed: int) -> None:
    parts = cast(plants.select(plants.generate(seed), 50, seed), seed).named()
    places = list(itertools.chain.from_iterable(parts.values()))
    assert len(places) == len(set(places))
    assert all(0 <= place < 50 for place in places)


def test_cast_refuses_a_fleet_too_small() -> None:
    small = plants.select(plants.generate(1), LEAST_EMITTERS - 1, 1)
    with pytest.raises(TonneError) as refused:
        cast(small, 1)
    assert refused.value.code == "PERIOD_TOO_SMALL"


def test_keys_come_from_seed_and_label() -> None:
    assert Keys(1).account("emitter", 1) == Keys(1).account("emitter", 1)
    others = [Keys(1).account("emitter", 2), Keys(2).account("emitter", 1), Keys(1).account("e", 1)]
    assert Keys(1).account("emitter", 1) not in others
