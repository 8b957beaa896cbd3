"""Random damage to a store of a real market: every altered, lost or doubled row is found."""

from __future__ import annotations

import random
import shutil
from collections import Counter

import pytest

from tonne.audit import reconcile, results
from tonne.audit.store.database import Store
from tonne.audit.store.verification import verify
from tonne.audit.trust import Trust
from tonne.errors import TonneError

#: Rows damaged with each run of the tests; the rest in the long ones.
SAMPLE, ALL = 30, 1_000
FIRST = 29_112  # seed


@pytest.fixture
def kept(town, tmp_path):
    """A closed store with a result and with replaced blocks."""
    path = tmp_path / "whole.duckdb"
    store = Store(path)
    mark = town.chain.snapshot()
    wallet = town.market.people["north"]
    town.chain.send(wallet, "SettlementCurrency", "approve", wallet.address, 5)
    results.run(town.chain, 0, Trust(store=store))
    town.chain.revert(mark)
    town.chain.send(wallet, "SettlementCurrency", "approve", wallet.address, 6)
    results.run(town.chain, 0, Trust(store=store))
    verify(town.chain, store)
    store.close()
    return path


def altered(value, die):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + die.choice([-1, 1, 7])
    if isinstance(value, bytes):
        if not value:
            return b"\x00"
        at = die.randrange(len(value))
        return value[:at] + bytes([value[at] ^ die.randint(1, 255)]) + value[at + 1 :]
    at = die.randrange(len(value) + 1)
    return value[:at] + die.choice("0a}") + value[at:]


def damage(store, die):
    """One row altered in one column, deleted, or doubled."""
    tables = store.db.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
    while True:
        (table,) = die.choice(tables)
        ((count,),) = store.db.execute(f"SELECT count(*) FROM {table}").fetchall()
        if table == "about":  # bound by a key: it cannot be doubled
            kind = die.choice(["alter", "delete"])
        else:
            kind = die.choice(["alter", "alter", "alter", "delete", "double"])
        at = die.randrange(count)
        row = f"rowid = (SELECT rowid FROM {table} ORDER BY rowid LIMIT 1 OFFSET {at})"
        if kind == "delete":
            store.db.execute(f"DELETE FROM {table} WHERE {row}")
            return table, kind
        if kind == "double":
            store.db.execute(f"INSERT INTO {table} SELECT * FROM {table} WHERE {row}")
            return table, kind
        columns = f"SELECT column_name FROM duckdb_columns() WHERE table_name = '{table}'"
        (name,) = die.choice(store.db.execute(columns).fetchall())
        ((value,),) = store.db.execute(f"SELECT {name} FROM {table} WHERE {row}").fetchall()
        if value is None:
            continue
        store.db.execute(f"UPDATE {table} SET {name} = ? WHERE {row}", [altered(value, die)])
        return table, f"alter {name}"


def unseen(town, kept, tmp_path, seeds):
    """Damage that the verification did not find."""
    missed, tried = [], Counter()
    for seed in seeds:
        path = tmp_path / "damaged.duckdb"
        shutil.copy(kept, path)
        store = Store(path)
        table, what = damage(store, random.Random(seed))
        tried[table, what.partition(" ")[0]] += 1
        try:
            verify(town.chain, store)
            missed.append((seed, table, what))
        except TonneError as error:
            assert error.code == "AUDIT_STORE_DAMAGED"
        finally:
            store.close()
    return missed, tried


def test_random_damage_is_found(town, kept, tmp_path):
    missed, tried = unseen(town, kept, tmp_path, range(FIRST, FIRST + SAMPLE))
    tables = {table for table, _ in tried}
    assert missed == [] and {"block", "log", "event", "cursor", "result"} <= tables


@pytest.mark.long
@pytest.mark.nightly
def test_a_thousand_random_damages_are_found(town, kept, tmp_path):
    missed, tried = unseen(town, kept, tmp_path, range(FIRST, FIRST + ALL))
    print(
        "\n".join(f"{table:10} {kind:8} {count}" for (table, kind), count in sorted(tried.items()))
    )
    assert missed == [] and sum(tried.values()) == ALL


def test_an_audit_stops_at_a_log_that_was_altered(town, kept):
    store = Store(kept)
    store.db.execute(
        "UPDATE log SET data = '\\x00'::BLOB WHERE block_id = (SELECT min(block_id) FROM log)"
    )
    wallet = town.market.people["north"]
    town.chain.send(wallet, "SettlementCurrency", "approve", wallet.address, 7)
    with pytest.raises(TonneError, match="does not have its digest"):
        reconcile.audit(town.chain, trust=Trust(store=store))
    store.close()
