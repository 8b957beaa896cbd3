"""When a tie is broken, and how; without the engine."""

from __future__ import annotations

import threading

import pytest

from tonne.sandbox.consortium import ties
from tonne.sandbox.consortium.ties import TieBreaker
from tonne.sandbox.consortium.validator import NodeView

#: Blocks of two chains that part after the second, by number.
CHAINS = {"heavy": ["0", "1", "2", "3a", "4a"], "light": ["0", "1", "2", "3b"]}


class Sealer:
    """A node that notes what it is told, and has the heavy chain once it was set back and started anew."""

    def __init__(self, number, chain):
        self.number, self.blocks, self.told, self.alive = number, list(CHAINS[chain]), [], True

    def ask(self, method, *params):
        if method == "eth_getBlockByNumber":
            return {"hash": self.blocks[int(params[0], 16)]}
        self.told.append((method, *params))
        if method == "debug_setHead":
            self.blocks = self.blocks[: int(params[0], 16) + 1]
        return None

    def stop(self):
        self.told.append(("stop",))

    def view(self):
        head = len(self.blocks) - 1
        return NodeView(self.number, "", "", self.alive, head, self.blocks[-1], difficulty=head)


class Network:
    """Four nodes, two on each of two chains, that seal nothing."""

    period_s = 1

    def __init__(self):
        chains = ("heavy", "heavy", "light", "light")
        self.nodes = {n: Sealer(n, chain) for n, chain in enumerate(chains, 1)}
        self.apart, self.acting, self.connected = set(), threading.RLock(), 0

    def __getitem__(self, number):
        return self.nodes[number]

    def look(self):
        return [node.view() for node in self.nodes.values()]

    def restart(self, number, seals):
        self[number].told.append(("start", seals))
        self[number].blocks = list(CHAINS["heavy"])

    def connect(self):
        self.connected += 1


@pytest.fixture
def seen(monkeypatch):
    """A network, what looks at it, and a clock that is set by hand."""
    clock = [1_000.0]
    monkeypatch.setattr(ties.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(ties.time, "sleep", lambda s: clock.__setitem__(0, clock[0] + s))
    network = Network()
    return network, TieBreaker(network), clock


def told(network):
    return {number: node.told for number, node in network.nodes.items() if node.told}


def test_nodes_of_the_lighter_chain_are_set_back_and_started_anew_once_nothing_moves(seen):
    network, breaker, clock = seen
    breaker._look()
    clock[0] += ties.STILL_PERIODS
    breaker._look()
    assert told(network) == {}
    clock[0] += 0.1
    breaker._look()
    done = [
        ("miner_stop",),
        ("debug_setHead", "0x2"),
        ("stop",),
        ("start", False),
        ("miner_start",),
    ]
    assert told(network) == {3: done, 4: done}


def test_a_block_in_the_meantime_starts_the_wait_anew(seen):
    network, breaker, clock = seen
    breaker._look()
    clock[0] += ties.STILL_PERIODS
    network[1].blocks.append("5a")
    breaker._look()
    clock[0] += ties.STILL_PERIODS
    breaker._look()
    assert told(network) == {}


def test_one_chain_that_stands_is_no_tie(seen):
    network, breaker, clock = seen
    for number in (3, 4):
        network[number].alive = False
    breaker._look()
    clock[0] += 10 * ties.STILL_PERIODS
    breaker._look()
    assert told(network) == {}


def test_parts_are_left_apart_and_their_wait_begins_when_they_are_joined(seen):
    network, breaker, clock = seen
    network.apart.add((1, 3))
    breaker._look()
    clock[0] += 10 * ties.STILL_PERIODS
    breaker._look()
    network.apart.clear()
    clock[0] += ties.STILL_PERIODS
    breaker._look()
    assert told(network) == {}
    clock[0] += 0.1
    breaker._look()
    assert set(told(network)) == {3, 4}


def test_nodes_that_fetch_nothing_seal_again_and_are_looked_at_again(seen, monkeypatch):
    network, breaker, clock = seen
    monkeypatch.setattr(network, "restart", lambda number, seals: None)
    breaker._look()
    clock[0] += ties.STILL_PERIODS + 1
    breaker._look()
    assert network.connected >= ties.FETCH_SECONDS
    assert all(network[number].told[-1] == ("miner_start",) for number in (3, 4))


def test_a_thread_that_never_started_is_ended(seen):
    _, breaker, _ = seen
    breaker.stop()
    breaker.stop()
