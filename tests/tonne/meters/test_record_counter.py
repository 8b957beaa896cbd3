"""A meter's counter: each number once, gaps known, filled and bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import TonneError
from tonne.meters.record_counter import MAX_GAPS, Counter


def counted(*numbers: int) -> Counter:
    counter = Counter()
    for number in numbers:
        counter.take(number)
    return counter


def test_a_gap_opens_and_is_filled_in_any_order():
    counter = counted(5)
    assert counter.take(9) == (6, 8)
    assert counter.missing == 3
    assert [counter.take(n) for n in (7, 6, 8)] == [None] * 3
    assert (counter.missing, counter.highest) == (0, 9)


@pytest.mark.parametrize("number", [5, 9, 7])
def test_a_number_that_was_used_is_refused(number):
    counter = counted(5, 9, 7)
    with pytest.raises(TonneError) as refused:
        counter.take(number)
    assert refused.value.code == "METER_REPLAYED"
    assert counter.missing == 2


def test_what_came_before_the_first_may_come_late_and_is_not_missing():
    counter = counted(241)
    assert counter.missing == 0
    counter.take(240)
    with pytest.raises(TonneError):
        counter.take(240)


def test_a_meter_with_too_many_gaps_loses_the_oldest():
    counter = counted(*range(0, 3 * MAX_GAPS, 2))
    assert len(counter.gaps) == MAX_GAPS
    with pytest.raises(TonneError):
        counter.take(1)


@given(st.lists(st.integers(0, 60), max_size=80))
def test_every_number_counts_once(numbers):
    counter, used = Counter(), set()
    for number in numbers:
        try:
            counter.take(number)
            assert number not in used
        except TonneError:
            assert number in used
        used.add(number)
