"""The short form of `make faults`, and the list of its crash points."""

from __future__ import annotations

import inspect
import re

import pytest

from oracles.meters.journal import MeterJournal
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from tests.oracles.campaign import crash_points
from tests.oracles.campaign.__main__ import PLANS, played
from tests.oracles.campaign.campaign import Result

#: Writes at which no kill is played, and why.
NOT_PLAYED = {
    "MeterJournal.__init__": "before anything is sent",
    "Journal._pin": "the same value at every start",
    "Journal.copy_to": "a backup, into a file of its own",
    "MeterJournal.put_deltas": "the street has no feeds",
    "MeterJournal.set_aside": "its meters' entries do not change",
    "MeterJournal.forget_set_aside": "likewise",
}

WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE)\b|os\.replace")


def test_every_write_of_a_journal_and_an_inbox_is_a_crash_point():
    played_at = {name.split("/")[0] for name in crash_points.names(crash_points.EMISSIONS)}
    played_at |= {name.split("/")[0] for name in crash_points.names(crash_points.METERS)}
    writing = {
        f"{cls.__name__}.{name}"
        for cls in (Journal, MeterJournal, Inbox)
        for name, method in vars(cls).items()
        if inspect.isfunction(method) and WRITES.search(inspect.getsource(method))
    }
    assert writing - played_at == NOT_PLAYED.keys()


def test_an_armed_point_kills_at_its_call(monkeypatch):
    killed = []
    monkeypatch.setattr(crash_points.os, "kill", lambda *_: killed.append(True))
    calls = []
    armed = crash_points.deadly(calls.append, "before", 2)
    armed(1)
    assert not killed
    armed(2)
    assert killed == [True] and calls == [1, 2]


@pytest.mark.parametrize("seed", [1])
def test_nothing_is_lost_doubled_or_refused(seed, tmp_path):
    result = played(PLANS["short"], seed, tmp_path, print)
    assert result.wrong(timed=False) == []
    assert len(result.depths) == PLANS["short"].reorganisations


def test_a_loss_would_be_told():
    """The judge can say no."""
    result = Result(1, PLANS["short"], calls=10, spoilt=5)
    assert result.wrong(timed=False) == []
    result.lost.append("report 4")
    result.wanted.append("emissions: Journal.enqueue/after")
    assert result.wrong(timed=False) == [
        "1 lost",
        "never killed at emissions: Journal.enqueue/after",
    ]
