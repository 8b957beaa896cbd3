"""The SQLite file beside the store: what readers in other processes see while the store is written."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from tonne.audit import results
from tonne.audit.store import published, views
from tonne.audit.store.database import Store
from tonne.audit.trust import Trust
from tonne.errors import TonneError


def test_it_has_the_views_at_the_block_of_its_head(asked):
    result = asked.last_result()
    with closing(sqlite3.connect(published.path_for(asked.path))) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        hash_ = "0x" + result.hash.hex()
        told = db.execute("SELECT block, hash, history_digest FROM head").fetchall()
        assert told == [(result.block, hash_, result.digest.hex())]
        told = db.execute("SELECT block, hash, state_digest FROM result").fetchall()
        assert told == [(result.block, hash_, result.state)]
        for view in views.VIEWS:
            ((count,),) = asked.db.execute(f'SELECT count(*) FROM "{view.name}"').fetchall()
            assert db.execute(f'SELECT count(*) FROM "{view.name}"').fetchone() == (count,)
        held = {
            (a, int(i)): n for a, i, n in db.execute("SELECT account, id, amount FROM holdings")
        }
        rows = asked.db.execute("SELECT account, id, amount FROM holdings").fetchall()
        assert held == {(a, i): n for a, i, n in rows}


def test_a_reader_keeps_its_block_while_the_next_is_written(town, asked):
    with closing(sqlite3.connect(published.path_for(asked.path), isolation_level=None)) as db:
        db.execute("BEGIN")
        before = db.execute("SELECT block FROM head").fetchone()
        count = db.execute("SELECT count(*) FROM events").fetchone()
        wallet = town.market.people["east"]
        town.chain.send(wallet, "SettlementCurrency", "approve", wallet.address, 5)
        results.run(town.chain, 0, Trust(store=asked))
        assert db.execute("SELECT block FROM head").fetchone() == before
        assert db.execute("SELECT count(*) FROM events").fetchone() == count
        db.execute("COMMIT")
        assert db.execute("SELECT block FROM head").fetchone() == (town.chain.block_number(),)


def test_a_file_that_is_written_anew_has_each_view_copied_once(asked, monkeypatch):
    """Once for each participant took minutes where there are thousands."""
    path = published.path_for(asked.path)
    with closing(sqlite3.connect(path)) as db:
        before = db.execute("SELECT * FROM movements").fetchall()
    path.unlink()
    copied = Counter()
    plain = published._copy

    def counted(store, db, name, where="true"):
        copied[name] += 1
        plain(store, db, name, where)

    monkeypatch.setattr(published, "_copy", counted)
    published.publish(asked)
    assert copied["movements"] == 1
    with closing(sqlite3.connect(path)) as db:
        assert len(db.execute("SELECT * FROM movements").fetchall()) == len(before) > 0


def test_a_store_is_not_named_like_the_file_beside_it(tmp_path):
    path = tmp_path / "market.sqlite"
    with pytest.raises(TonneError) as refused:
        Store(path)
    assert (refused.value.code, refused.value.value) == ("AUDIT_STORE_NAME", str(path))
    assert str(tmp_path / "market.duckdb") in refused.value.remedy
    assert not path.exists()


def test_another_programs_file_beside_the_store_is_named_and_kept(town, tmp_path):
    path = tmp_path / "market.sqlite"
    path.write_bytes(b"a photograph" * 1_000)
    store = Store(tmp_path / "market.duckdb")
    with pytest.raises(TonneError) as refused:
        results.run(town.chain, 0, Trust(store=store))
    store.close()
    assert (refused.value.code, refused.value.value) == ("AUDIT_STORE_DAMAGED", str(path))
    assert path.read_bytes() == b"a photograph" * 1_000
