"""A pause and the times it moves, replayed from events made by hand."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.replay.pauses import LONGEST_S, REST_S, PausableReplay
from tonne.constants import HOUR_S

NOW = 1_700_000_000
UNTIL = NOW + 6 * HOUR_S


class Paused(PausableReplay):
    contract = "Paused"


def _paused(time=NOW, until=UNTIL):
    return dated("Paused", time, by="0xa", until=until)


def _unpaused(time=NOW + HOUR_S):
    return dated("Unpaused", time, by="0xa")


def _answer(replay, now):
    (check,) = replay.checks(now)
    return check.expected


def test_a_contract_that_never_paused_says_so():
    assert _answer(feed(Paused()), NOW) == (0, 0)


def test_a_pause_holds_until_its_end_and_rests_from_there():
    replay = feed(Paused(), _paused())
    assert _answer(replay, NOW) == (UNTIL, UNTIL + REST_S)
    assert _answer(replay, UNTIL) == (0, UNTIL + REST_S)
    assert _answer(replay, UNTIL + REST_S) == (0, 0)
    feed(replay, _unpaused())
    assert _answer(replay, NOW + HOUR_S) == (0, UNTIL + REST_S)
    assert replay.faults == []


def test_times_move_by_the_announced_length():
    replay = feed(Paused(), _paused(), _unpaused())
    last = UNTIL + REST_S - LONGEST_S
    for time in (NOW, UNTIL, last):
        assert replay.moved(time) == time + 6 * HOUR_S
    for time in (NOW - 1, last + 1):
        assert replay.moved(time) == time


@pytest.mark.parametrize(
    "events",
    [
        [_paused(until=NOW + LONGEST_S + 1)],
        [_paused(until=NOW)],
        [_paused(), _paused(UNTIL + REST_S - 1, UNTIL + REST_S)],
        [_unpaused()],
        [_paused(), _unpaused(UNTIL)],
        [_paused(), _unpaused(), _unpaused()],
    ],
    ids=["too long", "empty", "too soon", "never paused", "over", "twice"],
)
def test_an_event_that_does_not_follow_is_found(events):
    assert len(feed(Paused(), *events).faults) == 1
