"""The store of a real small market: the same digests whatever the chunks, the crashes and the forks."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tonne import paths
from tonne.audit import reconcile
from tonne.audit.store import follower
from tonne.audit.store.database import Store
from tonne.audit.store.verification import verify
from tonne.audit.trust import Trust
from tonne.chain.client import Chain
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.sandbox import node

CHUNKS = [1, 7, 1_000, 10_000]


def audited(chain, path: Path, chunk: int = 1_000, monkeypatch=None):
    """Audits into a store; returns the digests of history and state, and how many events there were."""
    store = Store(path)
    try:
        found = reconcile.audit(chain, trust=Trust(store=store, chunk=chunk))
        assert found.sound, (found.findings, found.differences[:3])
        return store.cursor().digest, found.state, found.events
    finally:
        store.close()


def act(town, die: random.Random) -> None:
    """Some acts and blocks, never the same twice."""
    wallet = town.market.people["north"]
    for _ in range(die.randint(1, 4)):
        amount = die.randint(1, 10**6)
        town.chain.send(wallet, "SettlementCurrency", "approve", wallet.address, amount)
    town.chain.mine(die.randint(1, 8))


def test_the_digests_are_those_of_a_reader_without_a_store_whatever_the_chunk(town, tmp_path):
    plain = reconcile.audit(town.chain)
    found = {audited(town.chain, tmp_path / f"{chunk}.duckdb", chunk) for chunk in CHUNKS}
    assert len(found) == 1
    ((_, state, events),) = found
    assert (state, events) == (plain.state, plain.events)


def test_an_act_changes_both_digests(town, tmp_path):
    before = audited(town.chain, tmp_path / "a.duckdb")
    wallet = town.market.people["north"]
    town.chain.send(wallet, "SettlementCurrency", "approve", wallet.address, 5)
    after = audited(town.chain, tmp_path / "a.duckdb")
    assert before[0] != after[0] and before[1] != after[1] and after[2] == before[2] + 1


def killed(chain, path: Path, after: bool) -> bool:
    """Follows in a process that is killed at its first commit of blocks; whether it was."""
    child = os.fork()
    if child == 0:
        append = Store._move

        def die(store, cursor):
            append(store, cursor)
            if cursor.block < 0 or not cursor.hash:
                return
            if after:
                store.db.execute("COMMIT")
            os.kill(os.getpid(), signal.SIGKILL)

        Store._move = die
        reconcile.audit(chain, trust=Trust(store=Store(path), chunk=7))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_a_reader_killed_at_every_commit_goes_on_where_it_was(town, tmp_path):
    """Each commit of blocks is met twice: killed just before it, and just after."""
    whole = audited(town.chain, tmp_path / "whole.duckdb")
    path, kills = tmp_path / "killed.duckdb", 0
    while killed(town.chain, path, after=kills % 2 == 1):
        kills += 1
    assert kills >= 2 * (town.chain.block_number() // 7)
    assert audited(town.chain, path) == whole
    store = Store(path)
    verify(town.chain, store)
    store.close()


def test_replaced_blocks_are_marked_and_the_digests_are_those_of_a_fresh_reader(town, tmp_path):
    die = random.Random(7)
    path = tmp_path / "followed.duckdb"
    replaced = set()
    for round_ in range(5):
        mark = town.chain.snapshot()
        act(town, die)
        audited(town.chain, path, die.choice(CHUNKS))
        gone = [town.chain.block(hex(n)) for n in range(town.chain.block_number() + 1)][-3:]
        town.chain.revert(mark)
        act(town, die)
        found = audited(town.chain, path, die.choice(CHUNKS))
        assert found == audited(town.chain, tmp_path / f"fresh{round_}.duckdb")
        replaced |= {
            b.hash for b in gone if town.chain.rpc.call("eth_getBlockByHash", b.hash, False) is None
        }
    store = Store(path)
    marked = store.db.execute(
        "SELECT '0x' || lower(hex(hash)) FROM block WHERE replaced"
    ).fetchall()
    assert replaced and replaced <= {hash_ for (hash_,) in marked}
    verify(town.chain, store)
    store.close()


def test_a_node_that_is_behind_replaces_nothing(town, tmp_path):
    path = tmp_path / "a.duckdb"
    mark = town.chain.snapshot()
    town.chain.mine(5)
    audited(town.chain, path)
    town.chain.revert(mark)
    audited(town.chain, path)
    store = Store(path)
    assert store.db.execute("SELECT count(*) FROM block WHERE replaced").fetchall() == [(0,)]
    store.close()


def test_two_auditors_at_two_nodes_have_the_same_digests(town, tmp_path):
    dumped = town.chain.rpc.call("anvil_dumpState", True)
    state = tmp_path / "state.json"
    state.write_bytes(gzip.decompress(bytes.fromhex(dumped[2:])))
    json.loads(state.read_text())
    here = audited(town.chain, tmp_path / "here.duckdb", 7)
    with node.start(state=state) as other, Chain(other.url) as chain:
        record.attach(chain, town.folder)
        assert audited(chain, tmp_path / "there.duckdb", 1_000) == here


def test_a_second_process_is_refused_in_words(town, tmp_path):
    path = tmp_path / "a.duckdb"
    store = Store(path)
    opened = f"from tonne.audit.store.database import *; Store(Path({str(path)!r}))"
    other = subprocess.run(
        [sys.executable, "-P", "-c", opened], capture_output=True, text=True, cwd=paths.TREE,
        env={**os.environ, "PYTHONPATH": str(paths.TREE)},
    )  # fmt: skip
    store.close()
    assert "Another process has the store open" in other.stderr


def test_a_store_of_another_market_is_refused(town, tmp_path):
    store = Store(tmp_path / "a.duckdb")
    reconcile.audit(town.chain, trust=Trust(store=store))
    with pytest.raises(TonneError, match="another market"):
        follower.StoredSource(town.chain, 5, store)
    store.close()


def test_a_contract_that_becomes_known_has_all_blocks_read_again(town, tmp_path):
    store = Store(tmp_path / "a.duckdb")
    late = town.chain.contracts.pop("PowerTrades")
    source = follower.StoredSource(town.chain, 0, store)
    list(source.stretches(0, source.pin(None), []))
    few = store.db.execute("SELECT count(*) FROM log").fetchall()[0][0]
    town.chain.contracts["PowerTrades"] = late
    found = reconcile.audit(town.chain, trust=Trust(store=store))
    assert found.sound and found.events >= few
    verify(town.chain, store)
    store.close()
    fresh = audited(town.chain, tmp_path / "fresh.duckdb")
    assert fresh[1] == found.state
