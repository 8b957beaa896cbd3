"""Subscribers: each block, the fills of the market they asked for, within the time that was promised."""

from __future__ import annotations

import json
import math
import threading
import time

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.patience import HANGING_S
from tests.starvation import starved_s
from tests.tonne.serve.test_service import trade
from tonne.sandbox import node
from tonne.serve import live
from tonne.serve.heads import Heads

#: [s] From the block to the subscriber where the node tells of blocks, and where it is asked.
MOST_TOLD, MOST_ASKED = 0.3, 0.6


def _next(socket, kind, timeout=HANGING_S):
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        message = json.loads(socket.recv(timeout=timeout))
        if message["type"] == kind:
            return message
    raise TimeoutError(kind)


def _connected(served, query=""):
    socket = connect(served.url.replace("http", "ws") + f"/v1/live{query}")
    _next(socket, "block")
    return socket


def test_a_fill_is_told_with_its_log(served):
    market = served.town.market.market
    with _connected(served, f"?market={market}") as socket:
        trade(served.town)
        served.follower.step()
        told = _next(socket, "trade")
        newest = served.rows(f"/markets/{market}/trades", limit=1)[0]
        assert all(
            told[name] == newest[name] for name in ("block", "log", "fill", "tx", "price", "lots")
        )


def test_a_subscriber_of_another_market_hears_of_the_block_alone(served):
    with _connected(served, "?market=60000") as socket:
        trade(served.town)
        served.follower.step()
        _next(socket, "block")
        with pytest.raises(TimeoutError):
            _next(socket, "trade", timeout=0.5)


@pytest.mark.parametrize("query", ["?market=x", "?market=-1", "?market=65536", "?market="])
def test_a_market_that_is_no_number_is_refused(served, query):
    with pytest.raises(InvalidStatus):
        _connected(served, query)


@pytest.mark.parametrize(("tells", "most"), [(True, MOST_TOLD), (False, MOST_ASKED)])
def test_a_fill_reaches_a_subscriber_soon_after_its_block(served, tells, most):
    """Whether or not the node tells of blocks. The best of thirty at most, less what the machine's other work
    held up."""
    done, told = threading.Event(), []
    url = served.town.chain.rpc.url if tells else f"http://{node.HOST}:{node.free_port()}"

    def follow():
        with Heads(url) as heads:
            while not done.is_set():
                heads.wait(1)
                served.follower.step()
            told.append(heads.is_told)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        with _connected(served) as socket:
            took = [math.inf]
            while min(took) > most and len(took) <= 30:
                trade(served.town, 100)
                mined = time.monotonic() - starved_s()
                _next(socket, "trade")
                took.append(time.monotonic() - starved_s() - mined)
    finally:
        done.set()
        thread.join(HANGING_S)
    assert told == [tells]
    assert min(took) <= most, took


def test_one_address_has_not_the_places_of_all(served, monkeypatch):
    monkeypatch.setattr(live, "MOST_OF_ONE", 2)
    with _connected(served), _connected(served):
        with pytest.raises(InvalidStatus):
            _connected(served)
    until = time.monotonic() + HANGING_S
    while time.monotonic() < until:
        try:
            _connected(served).close()
        except InvalidStatus:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("a place that was left is not given again")


def test_a_reorganisation_is_told_though_the_new_chain_is_longer(served):
    snapshot = served.town.chain.snapshot()
    trade(served.town)
    served.follower.step()
    with _connected(served) as socket:
        served.town.chain.revert(snapshot)
        served.town.chain.mine(3)
        served.follower.step()
        told = _next(socket, "replaced")
        assert told["blockHash"] == served.town.chain.head().hash
