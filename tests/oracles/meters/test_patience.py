"""Which meters an interval waits for, and how long."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from oracles.meters.patience import SHORT_GRACE_S, Patience
from tonne.constants import DAY_S
from tonne.meters.readings import Quality

GRACE_S = 300
START = 7 * DAY_S
STEP = 900


def rows(count, *missing):
    return {
        meter: SimpleNamespace(quality=Quality.HELD if meter in missing else Quality.SETTLED)
        for meter in range(count)
    }


@pytest.fixture
def patience():
    return Patience()


def in_vain(patience, count, *missing):
    """An interval that was waited for until its grace was over."""
    assert not patience.waits(rows(count, *missing), START, GRACE_S, GRACE_S)


def test_what_is_whole_waits_for_nobody(patience):
    assert not patience.waits(rows(4), START, 0, GRACE_S)


def test_a_missing_meter_is_waited_for_until_the_grace_is_over(patience):
    assert patience.waits(rows(4, 1), START, GRACE_S - 1, GRACE_S)
    assert not patience.waits(rows(4, 1), START, GRACE_S, GRACE_S)


def test_who_was_waited_for_in_vain_has_a_short_grace_for_a_day(patience):
    in_vain(patience, 4, 1)
    assert patience.waits(rows(4, 1), START + STEP, SHORT_GRACE_S - 1, GRACE_S)
    assert not patience.waits(rows(4, 1), START + STEP, SHORT_GRACE_S, GRACE_S)
    assert not patience.waits(rows(4, 1), START + DAY_S - STEP, SHORT_GRACE_S, GRACE_S)
    assert patience.waits(rows(4, 1), START + DAY_S, SHORT_GRACE_S, GRACE_S)


def test_who_tells_once_in_between_has_a_short_grace_all_the_same(patience):
    in_vain(patience, 4, 1)
    assert not patience.waits(rows(4), START + STEP, 0, GRACE_S)
    assert not patience.waits(rows(4, 1), START + 2 * STEP, SHORT_GRACE_S, GRACE_S)


def test_another_is_waited_for(patience):
    in_vain(patience, 4, 1)
    assert patience.waits(rows(4, 1, 2), START + STEP, SHORT_GRACE_S, GRACE_S)


def test_where_most_are_missing_it_is_nobody_s_fault(patience):
    in_vain(patience, 4, 0, 1, 2)
    assert patience.waits(rows(4, 1), START + STEP, SHORT_GRACE_S, GRACE_S)


def test_where_most_are_missing_all_are_waited_for(patience):
    in_vain(patience, 4, 0, 1)
    in_vain(patience, 4, 2, 3)
    assert patience.waits(rows(4, 0, 1, 2), START + STEP, SHORT_GRACE_S, GRACE_S)
