"""Figures of intervals on disk: what was put in comes out, and only one interval is in memory."""

from __future__ import annotations

import pytest

from tonne.simulation.energy_day.model.interval_book import IntervalBook
from tonne.simulation.energy_day.model.state import Flows, _pack_taken, _unpack_taken


def test_flows_come_back_as_they_were_put_in(tmp_path):
    book = IntervalBook(tmp_path, Flows.packed, Flows.unpacked)
    made = [Flows({1: (n, 0), 2**32 - 1: (2**40, -n)}) for n in range(3)]
    for flows in made:
        book.append(flows)
    assert list(book) == made
    assert [book[1], len(book)] == [made[1], 3]
    assert [book[1].of(1), book[1].of(7), book[2].net(2**32 - 1)] == [(1, 0), (0, 0), -2 - 2**40]


def test_only_the_interval_that_was_asked_for_last_is_kept(tmp_path):
    book = IntervalBook(tmp_path, _pack_taken, _unpack_taken)
    for n in range(3):
        book.append({(7, 1, n): 5, (8, 2, 0): n})
    first = book[0]
    assert book[0] is first
    assert book[2] == {(7, 1, 2): 5, (8, 2, 0): 2}
    assert book[0] == first
    assert book[0] is not first


def test_an_empty_interval_is_one(tmp_path):
    book = IntervalBook(tmp_path, _pack_taken, _unpack_taken)
    book.append({})
    assert (list(book), len(book)) == ([{}], 1)


@pytest.mark.parametrize("index", [-1, 1])
def test_an_interval_that_there_is_not_is_refused(tmp_path, index):
    book = IntervalBook(tmp_path, Flows.packed, Flows.unpacked)
    book.append(Flows())
    with pytest.raises(IndexError):
        book[index]
