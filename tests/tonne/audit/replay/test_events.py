"""Reading events from a node that refuses, lags or changes its mind."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tonne.audit.replay import events
from tonne.chain.contract import Event
from tonne.chain.rpc import RpcFailure
from tonne.errors import TonneError


class FakeNode:
    """A chain of `head` blocks with one log each; refuses ranges of more than `most` blocks."""

    def __init__(self, head: int, most: int = 10**9) -> None:
        self.head, self.most = head, most
        self.ranges: list[tuple[int, int]] = []
        self.hashes = {number: f"0x{number:064x}" for number in range(head + 1)}
        self.lying: set[int] = set()

    def call(self, method, *params):
        if method == "eth_getBlockByNumber":
            number = self.head if params[0] == "latest" else int(params[0], 16)
            return self._block(number)
        assert method == "eth_getLogs"
        first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
        if last - first + 1 > self.most:
            raise RpcFailure("eth_getLogs", {"code": -32005, "message": "too many"})
        self.ranges.append((first, last))
        return [
            {"blockNumber": hex(n), "blockHash": "0xff" if n in self.lying else self.hashes[n]}
            for n in range(first, last + 1)
        ]

    def batch_or_raise(self, calls):
        return [self.call(method, *params) for method, params in calls]

    def _block(self, number):
        if number > self.head:
            return None
        return {"number": hex(number), "hash": self.hashes[number], "timestamp": hex(number * 10)}


def _chain(node):
    def event(log):
        number = int(log["blockNumber"], 16)
        return None if number == 7 else Event("C", "E", {}, "0x", number, "0x", 0)

    return SimpleNamespace(rpc=node, contracts={"C": SimpleNamespace(address="0xc")}, event=event)


def _read(node, unknown=None):
    chain = _chain(node)
    unknown = [] if unknown is None else unknown
    return [e for _, part in events.read(chain, 0, events.pin(chain), unknown) for e in part]


def test_every_log_is_read_once_with_the_time_of_its_block():
    unknown = []
    found = _read(FakeNode(200), unknown)

    assert [e.event.block for e in found] == [n for n in range(201) if n != 7]
    assert all(e.time == e.event.block * 10 for e in found)
    assert [log["blockNumber"] for log in unknown] == ["0x7"]


def test_a_refused_range_is_halved_until_it_is_answered():
    node = FakeNode(200, most=3)

    assert len(_read(node)) == 200
    assert max(last - first + 1 for first, last in node.ranges) <= 3
    assert sorted(n for a, b in node.ranges for n in range(a, b + 1)) == list(range(201))


def test_a_block_that_is_refused_alone_is_an_error():
    with pytest.raises(RpcFailure):
        _read(FakeNode(3, most=0))


def test_past_the_head_nothing_is_read():
    with pytest.raises(TonneError) as caught:
        events.pin(_chain(FakeNode(5)), 6)
    assert caught.value.code == "AUDIT_PAST_HEAD"


def test_a_log_of_another_block_than_the_node_has_is_noticed():
    node = FakeNode(5)
    node.lying.add(3)
    with pytest.raises(TonneError) as caught:
        _read(node)
    assert caught.value.code == "AUDIT_REORGANISED"


def test_a_head_that_is_replaced_while_it_is_read_is_noticed():
    node = FakeNode(5)
    chain = _chain(node)
    parts = events.read(chain, 0, events.pin(chain), [])
    next(parts)
    node.hashes[5] = "0xbeef"
    with pytest.raises(TonneError) as caught:
        list(parts)
    assert caught.value.code == "AUDIT_REORGANISED"
