"""The short form of `make faults`, and the list of its crash points."""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import random
import re
import time
from collections import Counter

import pytest

from oracles.meters.journal import MeterJournal
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from tests.oracles.campaign import bad_node, crash_points
from tests.oracles.campaign.__main__ import PLANS, played
from tests.oracles.campaign.bad_node import BadNode, Upstream, Weather
from tests.oracles.campaign.campaign import Result
from tests.oracles.campaign.dice import Dice, kills_planned, sooner

#: Writes at which no kill is played, and why.
NOT_PLAYED = {
    "MeterJournal.__init__": "before anything is sent",
    "MeterJournal._widen": "likewise",
    "Journal._pin": "the same value at every start",
    "Journal.copy_to": "a backup, into a file of its own",
    "MeterJournal.put_deltas": "the street has no feeds",
    "MeterJournal.name_device": "likewise",
    "MeterJournal.set_aside": "its meters' entries do not change",
    "MeterJournal.forget_set_aside": "likewise",
    "MeterJournal.put_off": "its clocks are right, and its node answers about refusals",
    "MeterJournal.forget_put_off": "likewise",
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


KINDS = {
    "call": [{"id": 1, "method": "eth_call", "params": [{}, "latest"]}],
    "logs": [{"id": 1, "method": "eth_getLogs", "params": [{}]}],
    "look": [
        {"id": 1, "method": "eth_blockNumber", "params": []},
        {"id": 2, "method": "eth_getTransactionCount", "params": ["0x", "latest"]},
    ],
}
TRUTH = {
    "eth_call": "0x" + "00" * 31 + "05",
    "eth_getLogs": [{"logIndex": hex(place)} for place in range(5)],
    "eth_blockNumber": "0x100",
    "eth_getTransactionCount": "0x7",
}


class Line:
    """The good node, in memory."""

    async def ask(self, item):
        return {"jsonrpc": "2.0", "id": item["id"], "result": copy.deepcopy(TRUTH[item["method"]])}


class Writer:
    """Keeps what is sent."""

    def __init__(self):
        self.sent = b""

    def write(self, content):
        self.sent += content

    async def drain(self):
        pass


def told(seed, order):
    """The answers two daemons get, by daemon, kind of question and its number, in some order of turns."""
    dice = Dice(seed)
    nodes = [
        BadNode(Upstream(("", 0)), Weather(0.4, 0.4), dice, name, liar=name.endswith("1"))
        for name in ("emissions/0", "emissions/1", "meters/0", "meters/1")
    ]
    turns = [(node, kind) for node in nodes for kind in KINDS for _ in range(60)]
    random.Random(order).shuffle(turns)
    found, numbers = {}, Counter()
    for node, kind in turns:
        writer = Writer()
        body = json.dumps(KINDS[kind]).encode()
        keeps = asyncio.run(node._answer(body, Line(), writer))
        numbers[node.name, kind] += 1
        found[node.name, kind, numbers[node.name, kind]] = (keeps, writer.sent)
    return found


def test_a_seed_spoils_the_same_answers_whoever_comes_first(monkeypatch):
    """Processes come to their turn as the machine lets them; none of it moves a fault."""
    monkeypatch.setattr(bad_node, "LATE_S", 0)
    monkeypatch.setitem(bad_node.OF_CONNECTION, "late", 4)
    one = told(5, order=1)
    assert one == told(5, order=2)
    other = told(6, order=1)
    assert sum(one[mark] != other[mark] for mark in one) > len(one) / 4


def test_a_seed_plans_the_same_kills():
    for plan in PLANS.values():
        planned = kills_planned(7, plan.kills)
        random.seed(time.monotonic_ns())
        assert planned == kills_planned(7, plan.kills) != kills_planned(8, plan.kills)
        assert sum(map(len, planned.values())) == plan.kills - 2
    assert sooner("Journal.enqueue/after/12") == "Journal.enqueue/after/6"
    assert sooner("Journal.enqueue/after/1") == "Journal.enqueue/after/1"


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
