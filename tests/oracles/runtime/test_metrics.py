"""What is served: three answers about health, and every series with its value."""

from __future__ import annotations

import contextlib
import os
import urllib.error
import urllib.request

import pytest
from prometheus_client import generate_latest

from oracles.runtime import metrics
from oracles.runtime.finality import Finality
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from oracles.runtime.loop import CycleResult
from oracles.runtime.metrics import Health, Metrics
from oracles.runtime.rpc_pool import NoQuorum, RpcPool
from oracles.runtime.transactions import TransactionManager, TransactionSettings
from oracles.runtime.watch import Watch
from tests.oracles.runtime.bench import SENDER, TARGET
from tests.oracles.runtime.fake_node import FakeNode, MirrorNode
from tests.patience import HANGING_S


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def health(clock):
    return Health(clock)


def test_ready_is_lost_when_no_cycle_succeeds_any_more(health, clock):
    assert not health.ready
    health.turned(True)
    assert health.ready
    clock.now += Health.READY_S - 1
    health.turned(False)
    assert health.live and health.ready
    clock.now += 2
    assert health.live and not health.ready and not health.fresh


def test_live_is_lost_when_the_loop_hangs(health, clock):
    clock.now += Health.ALIVE_S + 1
    assert not health.live


def test_fresh_is_lost_when_blocks_come_that_no_good_cycle_has_handled(health, clock):
    health.saw(5_000)
    health.turned(True)
    assert health.fresh
    health.saw(5_000 + int(Health.FRESH_S) + 1)
    health.turned(False)
    assert health.ready and not health.fresh


def test_fresh_is_lost_when_no_block_comes_where_they_should(health, clock):
    health.silence_s = 300
    health.saw(5_000)
    health.turned(True)
    clock.now += 301
    health.saw(5_000)  # the node answers, with the same block
    health.turned(True)
    assert health.ready and not health.fresh
    health.saw(5_012)
    health.turned(True)
    assert health.fresh


def test_fresh_is_kept_where_blocks_come_with_transactions_only(health, clock):
    health.saw(5_000)
    clock.now += 86_400
    health.turned(True)
    assert health.fresh


def test_fresh_does_not_go_by_the_chain_s_own_time(health):
    health.saw(4_000_000_000)  # a test chain that was moved ahead
    health.turned(True)
    assert health.fresh


def asked(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=HANGING_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_the_answers_are_served(clock):
    watched = Metrics("emissions")
    port = metrics.serve(watched, 0)
    assert asked(port, "/live")[0] == 200
    assert [asked(port, path)[0] for path in ("/ready", "/fresh")] == [503, 503]
    watched.cycle(CycleResult.WORKED)
    assert [asked(port, path)[0] for path in ("/ready", "/fresh")] == [200, 200]
    assert (
        'tonne_oracle_cycles_total{oracle="emissions",result="worked"} 1.0'
        in asked(port, "/metrics")[1]
    )
    assert asked(port, "/elsewhere")[0] == 404


@pytest.fixture
def bench(tmp_path, clock):
    """A manager at two nodes, one of which will fall silent, and what is seen of it."""
    node = FakeNode()
    other = MirrorNode(node)
    other.url = "http://user:secret@other/v3/key"
    pool = RpcPool([node, other], clock=clock, sleep=lambda _: None)
    journal = Journal(tmp_path / "journal.sqlite")
    settings = TransactionSettings(resend_after_blocks=2)
    manager = TransactionManager(
        pool, SENDER, journal, settings, lambda keys, _: [False] * len(keys), lambda _: None, clock
    )
    node.eth_getBalance = lambda *_: hex(7)
    watched = Metrics("emissions")
    inbox = Inbox(tmp_path / "inbox")
    seen = Watch(watched, pool, Finality(3), SENDER, manager, journal, inbox, clock, clock)
    yield node, other, journal, manager, watched, seen, inbox
    journal.close()


def test_nodes_nonces_money_and_files_are_seen(bench, clock, monkeypatch):
    node, other, journal, manager, watched, seen, inbox = bench
    (inbox.folder / "a.report.json").write_text("")
    (inbox.folder / "rejected" / "b.report.json").write_text("")
    (inbox.folder / "rejected" / "b.report.json.reason.json").write_text("")
    clock.now = os.stat(inbox.folder / "a.report.json").st_ctime + 700
    journal.enqueue("a", TARGET, b"\x01", 1)
    manager.step()
    node.mine_empty(9)
    manager.step()  # a bump
    assert seen.look()
    value = watched.value
    assert (value("broadcasts"), value("bumps"), value("nonce_gap")) == (2, 1, 0)
    assert (value("head_block"), value("finality_lag_blocks"), value("balance_wei")) == (9, 2, 7)
    assert value("waiting_files", "inbox", "1h") == value("waiting_files", "rejected", "1h") == 1
    assert 690 < value("oldest_file_seconds", "inbox") < 760
    assert value("disk_free_bytes") > 0 and value("journal_bytes") > 0
    assert not seen.look()  # the rest is looked at now and then

    other.silent = True
    node.mine_empty(4)
    for _ in range(2):
        with contextlib.suppress(NoQuorum):  # one of two is no majority
            manager.step()
        clock.now += 0.01
    seen.look()
    names = list(watched._observed.rows["node_up"])
    assert [value("node_up", *labels) for labels in names] == [1, 0]
    assert value("node_head_lag_blocks", *names[1]) == 4
    assert value("rpc_errors", *names[1], "RPC_UNREACHABLE") >= 3
    text = generate_latest(watched.registry).decode()
    assert "secret" not in text and "v3/key" not in text
    assert 'tonne_oracle_bumps_total{oracle="emissions"}' in text


def test_what_stops_the_sending_is_seen_by_its_code(bench):
    _node, _, journal, manager, watched, seen, _ = bench
    journal.remember("final block", "0:0x1234")
    journal.enqueue("a", TARGET, b"\x01", 1)
    with pytest.raises(Exception, match="was final"):
        manager.step()
    seen.look()
    assert watched.value("stopped", "ORACLE_FINALITY_BROKEN") == 1


def test_what_cannot_be_seen_stops_nothing(bench):
    node, _, _, _, watched, seen, inbox = bench
    node.eth_getBalance = lambda *_: {}
    (inbox.folder / "accepted").rmdir()
    seen.look()
    assert watched.value("disk_free_bytes") > 0
    assert watched.value("balance_wei") is None


def test_every_series_is_there_from_the_start():
    text = generate_latest(Metrics("meters").registry).decode()
    for series in metrics.SERIES:
        assert f"# HELP tonne_oracle_{series.name}" in text
