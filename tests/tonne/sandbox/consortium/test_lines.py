"""Each line of a network is dialled from one end at a time; without the engine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tonne.sandbox.consortium.network import Consortium


class Dialler:
    """A node that notes whom it dials; a line comes only where the test makes one."""

    alive = True

    def __init__(self, number, calls):
        self.number, self.calls, self.lines = number, calls, set()

    def enode(self):
        return self.number

    def connected(self, other):
        return other in self.lines

    def connect(self, other):
        self.calls.append((self.number, other))

    def start(self, seals=True):
        self.alive = True


@pytest.fixture
def net():
    calls = []
    nodes = [Dialler(number, calls) for number in (1, 2, 3)]
    made = Consortium(nodes, {}, 1, SimpleNamespace(path=None))
    return made, calls


def test_a_missing_line_is_dialled_from_one_end_and_then_from_the_other(net):
    made, calls = net
    made.connect()
    assert calls == [(1, 2), (1, 3), (2, 3)]
    made.connect()
    assert calls[3:] == [(2, 1), (3, 1), (3, 2)]
    made.connect()
    assert calls[6:] == [(1, 2), (1, 3), (2, 3)]


def test_what_is_connected_or_parted_is_not_dialled(net):
    made, calls = net
    made.apart.add((1, 3))
    made[1].lines, made[2].lines = {2}, {1}
    made.connect()
    assert calls == [(2, 3)]
    made[2].lines = set()  # one end has noticed that the line is gone
    made.connect()
    assert calls[1:] == [(1, 2), (3, 2)]


def test_a_node_that_is_started_again_dials_the_others(net):
    made, calls = net
    made.connect()
    made[3].alive = False
    made[3].start = lambda seals=True: setattr(made[3], "alive", True)
    calls.clear()
    made.start(3)
    assert (3, 1) in calls and (3, 2) in calls
