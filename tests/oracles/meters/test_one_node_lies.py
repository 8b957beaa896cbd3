"""One node of three lies to the meter oracle: no reading is refused, nothing posted or closed for it."""

from __future__ import annotations

from typing import Any

from oracles.meters.cycle import MetersCycle
from oracles.meters.duties import effect
from oracles.meters.posting import PostingSettings
from oracles.runtime.effects import shown
from oracles.runtime.inbox import Inbox
from oracles.runtime.refusal import explain_by
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import TransactionManager, TransactionSettings
from tests.oracles.meters.ground import NOTARY, QUARTER, T0, Desk
from tonne.chain.client import Chain
from tonne.chain.rpc import Rpc
from tonne.meters import leaves
from tonne.meters.leaves import IntervalLeaves

DAY_S = 86_400


class LyingClock(Rpc):
    """Its blocks are of another time."""

    wrong_s = 0

    def call(self, method: str, *params: Any) -> Any:
        answer = super().call(method, *params)
        if method == "eth_getBlockByNumber" and answer:
            answer = answer | {"timestamp": hex(int(answer["timestamp"], 16) + self.wrong_s)}
        return answer


class LyingCalls(Rpc):
    """Answers every batch of views with zeros, when told to."""

    lies = False

    def batch(self, requests_: Any, size: int = 500) -> list[Any]:
        answers = super().batch(requests_, size)
        return ["0x" + "0" * (len(a) - 2) if self.lies else a for a in answers]


def at_nodes(desk: Desk, *nodes: Rpc) -> None:
    """The desk's oracle goes on at these nodes."""
    pool = RpcPool(nodes, sleep=lambda _: None)
    chain = Chain(nodes[0].url, rpc=pool)
    for contract in desk.chain.contracts.values():
        chain.add(contract)
    chain.contracts["Participants"] = desk.chain.contracts["Participants"]
    assert desk.journal is not None
    manager = TransactionManager(
        pool,
        NOTARY,
        desk.journal,
        TransactionSettings(),
        lambda keys, block: shown(chain, [effect(key) for key in keys], block),
        explain_by(chain),
    )
    settings = PostingSettings(grace_s=desk.grace_s, final_lead_s=3600)
    box = Inbox(desk.folder / "inbox")
    desk.cycle = MetersCycle(
        chain,
        desk.journal,
        desk.wire,
        box,
        desk.folder,
        1,
        manager,
        settings,
        nodes=pool,
    )


def test_a_node_whose_clock_is_behind_refuses_no_reading(desk):
    url, liar = desk.chain.url, LyingClock(desk.chain.url)
    liar.wrong_s = -DAY_S
    at_nodes(desk, liar, Rpc(url), Rpc(url))
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run(6)
    assert desk.incidents() == {}
    assert desk.journal.counts()["records"] == 8


def test_a_node_whose_clock_is_ahead_begins_no_interval(desk):
    url, liar = desk.chain.url, LyingClock(desk.chain.url)
    liar.wrong_s = DAY_S
    at_nodes(desk, liar, Rpc(url), Rpc(url))
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run(6)
    assert set(desk.posted()) == {(1, 0)}
    assert set(desk.cycle.posting.books[1].rows) == {T0}


def test_leaves_of_a_run_that_stands_are_never_written_again(desk):
    """A node that is behind knows no root: what the run on the chain rests on stays as it is."""
    url, liar = desk.chain.url, LyingCalls(desk.chain.url)
    at_nodes(desk, liar)
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1, [0, 1, 2])
    desk.at(QUARTER + 400)
    desk.run(6)
    path = leaves.path_of(desk.folder / "leaves", 1, T0, 1)
    stands = desk.state(0).commitment
    assert IntervalLeaves.read(path).commitment == stands

    desk.send(1, [3])  # it changes what the interval comes to
    liar.lies = True
    for _ in range(6):
        desk.cycle.posting.step(desk.cycle.intake, T0 + QUARTER + 400)
        desk.cycle._take()
    assert IntervalLeaves.read(path).commitment == stands
    assert url == liar.url


def test_what_was_asked_for_before_a_kill_is_asked_for_again(desk):
    desk.at(4 * QUARTER)
    desk.send(0)
    desk.send(2)
    desk.run(1)
    asked = list(desk.wire.requested)
    assert asked
    desk.start()
    desk.wire.requested.clear()
    desk.run(1)
    assert set(asked) <= set(desk.wire.requested)
