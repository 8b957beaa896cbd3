"""Nodes that fail and lie: no file is refused for it, none is lost, none is brought twice."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from oracles.emissions.checks import Checker, effect
from oracles.emissions.cycle import EmissionsCycle
from oracles.runtime.effects import shown
from oracles.runtime.finality import Finality
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.loop import CycleResult
from oracles.runtime.refusal import explain_by
from oracles.runtime.rpc_pool import NoQuorum, RpcPool
from oracles.runtime.transactions import TransactionManager, TransactionSettings
from tests.oracles.emissions.desk import FURTHER, Desk
from tests.oracles.faulty_rpc import FAULTS, FaultyRpc
from tonne.chain.client import Chain
from tonne.chain.rpc import Rpc, RpcUnreachable
from tonne.errors import TonneError

REPORTS = range(4, 4 + FURTHER)
SOUTH = 3


def cycle_by(desk: Desk, *nodes: Rpc, finality: int = 1) -> EmissionsCycle:
    """The daemon's cycle at these nodes, whose rests take no time; begun again until they let it."""
    minutes = iter(range(10**9))

    def clock() -> float:
        return next(minutes) * 60.0

    pool = RpcPool(nodes, clock=clock, sleep=lambda _: None)
    desk.journal = desk.journal or Journal(desk.folder / "oracle.sqlite")
    for _ in range(100):
        with contextlib.suppress(TonneError):
            return _begun(desk, pool, Finality(finality), clock)
    raise AssertionError("the nodes never let it begin")


def _begun(desk: Desk, pool: RpcPool, ends: Finality, clock: Callable[[], float]) -> EmissionsCycle:
    chain = Chain(desk.chain.url, rpc=pool)
    for contract in desk.chain.contracts.values():
        chain.add(contract)
    checker, sender = Checker(chain), desk.people["oracle"]
    settings = TransactionSettings(finality=ends)
    assert desk.journal is not None
    manager = TransactionManager(
        pool,
        sender,
        desk.journal,
        settings,
        lambda keys, block: shown(chain, [effect(key) for key in keys], block),
        explain_by(chain),
        clock,
    )
    inbox = Inbox(desk.inbox)
    return EmissionsCycle(chain, inbox, desk.journal, checker, sender, manager, ends, pool)


def put_all(desk: Desk) -> None:
    for number in REPORTS:
        desk.put(f"{number:02d}.report.json", desk.single(desk.report(number)))


def run(desk: Desk, cycle: EmissionsCycle, cycles: int = 400) -> None:
    for _ in range(cycles):
        cycle()
        if len(desk.names("done")) == FURTHER:
            return


@pytest.mark.parametrize("fault", FAULTS)
def test_one_node_that_often_fails_refuses_no_good_file(desk, fault):
    put_all(desk)
    node = FaultyRpc(desk.chain.url, 0.3, 1, (fault,))

    run(desk, cycle_by(desk, node))

    assert desk.names("rejected") == []
    assert desk.names("done") == [f"{n:02d}.report.json" for n in REPORTS]
    assert desk.reported() == list(REPORTS)
    assert node.told[fault] > FURTHER


@pytest.mark.parametrize("seed", [1, 2])
def test_three_nodes_that_fail_in_all_ways_lose_and_double_nothing(desk, seed):
    put_all(desk)
    nodes = [FaultyRpc(desk.chain.url, 0.3, 10 * seed + place) for place in range(3)]

    run(desk, cycle_by(desk, *nodes))

    assert desk.names("rejected") == []
    assert len(desk.names("done")) == FURTHER
    assert desk.reported() == list(REPORTS)


def test_a_bad_file_is_refused_by_faulty_nodes_too(desk):
    desk.put("bad.report.json", desk.single(desk.report(4), lead="north"))
    cycle = cycle_by(desk, *(FaultyRpc(desk.chain.url, 0.3, place) for place in range(3)))
    for _ in range(60):
        cycle()
        if desk.names("rejected"):
            break
    assert desk.code_of("bad.report.json") == "REPORT_UNACCREDITED"


def test_a_refusal_that_may_yet_be_reorganised_away_touches_no_file(desk):
    """Another copy has just brought the report: until that is final, the file stays."""
    desk.chain.mine(8)
    desk.put("a.report.json", desk.single(desk.report(SOUTH)))
    other = replace(desk, folder=desk.folder / "other", journal=None)
    other.put("a.report.json", (desk.inbox / "a.report.json").read_bytes())
    other.work(done=1)
    assert other.journal is not None
    other.journal.close()

    cycle = cycle_by(desk, desk.chain.rpc, finality=4)
    cycle()
    assert desk.names() == ["a.report.json"]
    desk.chain.mine(4)
    cycle()
    assert desk.names() == []
    assert desk.code_of("a.report.json") == "EMISSIONS_ALREADY_REPORTED"


def test_a_file_about_which_the_nodes_differ_keeps_no_other_waiting(desk, monkeypatch):
    """Its refusal finds no majority: it stays, and what lies behind it is taken."""
    desk.put("a-bad.report.json", desk.single(desk.report(4), lead="north"))
    desk.put("b.report.json", desk.single(desk.report(SOUTH)))
    cycle = cycle_by(desk, desk.chain.rpc)

    def differ(about, question):
        raise NoQuorum(about, 1, 2)

    monkeypatch.setattr(cycle._pool, "agreed", differ)
    cycle()
    assert desk.names() == ["a-bad.report.json"]
    assert desk.names("accepted") == ["b.report.json"]


def test_a_file_about_which_every_node_is_in_trouble_keeps_no_other_waiting(desk, monkeypatch):
    """The cycle ends at it; the next one goes on behind it."""
    desk.put("a.report.json", desk.single(desk.report(4)))
    desk.put("b.report.json", desk.single(desk.report(SOUTH)))
    cycle = cycle_by(desk, desk.chain.rpc)
    take = cycle._take

    def in_trouble(arrival):
        if arrival.name == "a.report.json":
            raise RpcUnreachable("RPC_IN_TROUBLE", "In trouble.", field="rpc", value="", remedy="")
        return take(arrival)

    monkeypatch.setattr(cycle, "_take", in_trouble)
    assert cycle() is CycleResult.ERROR
    cycle()
    assert desk.names() == ["a.report.json"]
    assert desk.names("accepted") == ["b.report.json"]
