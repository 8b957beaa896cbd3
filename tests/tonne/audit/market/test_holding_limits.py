"""Limits of pools and claims on them, replayed from events made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.market.holding_limits import HoldingLimitsReplay
from tonne.audit.replay.compare import Tally
from tonne.types.pool_id import Pool

UNIT = 1 << 96 | 1 << 80 | 2020 << 64
CLASS = 1 << 16 | 1
GROUP_POOL = Pool(CLASS, True, 77).pack()


def limits() -> HoldingLimitsReplay:
    ledger: Any = SimpleNamespace(
        markets={1: SimpleNamespace(unit=UNIT), 2: SimpleNamespace(unit=5)},
        accounts={(1, 7): None, (1, 8): None, (1, 9): None, (2, 7): None, (1, 0xFFFF01): None},
    )
    parties: Any = SimpleNamespace(
        participants={n: SimpleNamespace(group=77 if n != 9 else 0) for n in (7, 8, 9)}
    )
    return HoldingLimitsReplay(ledger, parties)


def claim(who: int, units: int, pool: int = GROUP_POOL):
    return dated("GroupClaimSet", pool=pool, participant=who, units=units)


def test_an_id_without_a_class_is_a_pool_of_its_own():
    assert limits().pool_of(9, 2) == Pool(1 << 24 | 2, False, 9).pack()
    assert limits().pool_of(9, 1) == Pool(CLASS, False, 9).pack()


@pytest.mark.parametrize(("left", "faults"), [(0, 0), (5, 1)])
def test_who_joins_another_group_leaves_the_first(left, faults):
    other = GROUP_POOL + 1
    room = feed(limits(), claim(7, 5), claim(7, left), claim(7, 9, other))
    tally = Tally()
    room.invariants(tally)
    assert len(tally.differences) == faults
