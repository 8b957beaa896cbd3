"""Missing records: who is asked for how many, and when."""

from __future__ import annotations

from oracles.meters.requests import Requests


def test_one_of_each_meter_is_asked_for_before_a_second_of_any():
    wanted = [*[(1, first, first) for first in range(9)], (2, 5, 6), (3, 1, 1)]
    chosen = Requests().chosen(wanted, 4)
    assert sorted(chosen[:3]) == [(1, 0, 0), (2, 5, 6), (3, 1, 1)]
    assert chosen[3] == (1, 1, 1)


def test_meters_take_turns_however_many_records_some_of_them_lack():
    """Those that lack many have always one that was never asked for."""
    wanted = [(meter, first, first) for meter in range(4) for first in range(100)] + [(9, 1, 1)]
    requests = Requests()
    for _ in range(4):
        asked = {each[0] for _ in range(3) for each in requests.chosen(wanted, 2)}
        assert asked == {0, 1, 2, 3, 9}


def test_of_one_meter_each_record_has_its_turn():
    wanted = [(1, first, first) for first in range(5)]
    requests = Requests()
    assert {each for _ in range(3) for each in requests.chosen(wanted, 2)} == set(wanted)


def test_what_came_is_forgotten():
    requests = Requests()
    requests.chosen([(1, 1, 1), (2, 1, 1)], 9)
    requests.chosen([(2, 1, 1)], 9)
    assert (requests._ranges.keys(), requests._meters.keys()) == ({(2, 1, 1)}, {2})
