"""The register as a table of the published file: products with it, renewed by events and by other lines."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from tests.tonne.audit.store.paper_events import PaperEvents
from tests.tonne.audit.store.test_report_lines import MILL, WORKS, published
from tonne.audit.store import register_table
from tonne.audit.store.database import Store


@pytest.fixture
def store(tmp_path):
    """A store with two plants in China, of which the first has reported."""
    with closing(Store(tmp_path / "store.duckdb")) as held:
        events = PaperEvents(held.db)
        for plant in (1, 2):
            events.plant(plant)
        events.report(1, 2024, WORKS)
        held.events = events
        yield held


@pytest.fixture
def table(store):
    """Brings the table to the store's last block, and gives its products by plant."""
    db = sqlite3.connect(":memory:")
    for statement in register_table.TABLES.split(";"):
        db.execute(statement)

    def bring():
        events = store.events
        store.db.execute("DELETE FROM cursor")
        cursor = [events.number, bytes(32), bytes(32), events.number + 1, 0]
        store.db.execute("INSERT INTO cursor VALUES (?, ?, ?, ?, ?)", cursor)
        register_table.bring(store, db, events.number, events.number * 86_400)
        rows = db.execute("SELECT plant, products FROM register WHERE latest = 1").fetchall()
        return {
            plant: [(p["product"], p["state"]) for p in json.loads(products)]
            for plant, products in rows
        }

    return bring


def test_products_stand_in_it_and_other_lines_renew_it(store, table):
    unknown = [("other products", "not in this pack")]
    assert table() == {1: unknown, 2: []}
    store.published = [published(), published(MILL, plant=2)]
    assert table() == {1: [("clinker", "proved")], 2: []}, "with no new event"
    store.published = [published(WORKS[:2])]
    assert table() == {1: unknown, 2: []}, "what does not fit stays out"


def test_only_lines_of_a_report_renew_it(store, table, monkeypatch):
    unknown = [("other products", "not in this pack")]
    assert table() == {1: unknown, 2: []}
    made = []
    register = register_table.PublicRegister.of
    monkeypatch.setattr(
        register_table.PublicRegister, "of", lambda *given: made.append(1) or register(*given)
    )
    store.events.lines(1, 2024, WORKS[:2])
    assert table() == {1: unknown, 2: []} and not made, "it is not worked out anew"
    store.events.lines(1, 2024, WORKS)
    assert table() == {1: [("clinker", "on chain")], 2: []}
    store.events.lines(1, 2024, WORKS)
    assert table() == {1: [("clinker", "on chain")], 2: []} and made == [1]


def test_a_report_that_comes_later_is_proved_when_it_is_there(store, table):
    store.published = [published(), published(MILL, plant=2)]
    table()
    store.events.report(2, 2024, MILL)
    assert table() == {1: [("clinker", "proved")], 2: [("hot metal", "proved")]}
