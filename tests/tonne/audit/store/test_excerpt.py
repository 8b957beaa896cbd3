"""A report's excerpt of the events: its views say what those of the whole store say."""

from __future__ import annotations

from contextlib import closing

import pytest

from tonne.audit.store import excerpt

VIEWS = (
    *("markets", "trades", "block_trades", "days", "penalties", "obligations", "surrenders"),
    *("issues", "exits", "caps", "rules", "power_intervals", "meter_intervals", "bills"),
)
#: Of these the market of the fixture has no row.
EMPTY = {"block_trades", "penalties", "caps", "power_intervals", "meter_intervals", "bills"}


def test_its_views_equal_those_of_the_store(town, asked) -> None:
    with closing(excerpt.read(town.chain, VIEWS)) as db:
        filled = set()
        for view in VIEWS:
            question = f'SELECT * FROM "{view}" ORDER BY ALL'
            rows = db.execute(question).fetchall()
            assert rows == asked.db.execute(question).fetchall(), view
            if rows:
                filled.add(view)
    assert set(VIEWS) - filled <= EMPTY


def test_it_holds_no_more_than_was_asked_for(town, asked) -> None:
    with closing(excerpt.read(town.chain, ["markets"])) as db:
        names = db.execute("SELECT DISTINCT name FROM event").fetchall()
    assert names == [("MarketCreated",)]


@pytest.mark.parametrize("view", VIEWS)
def test_a_block_is_held_once(town, asked, view) -> None:
    with closing(excerpt.read(town.chain, [view, "issues", "exits"])) as db:
        told = db.execute("SELECT count(*), count(DISTINCT id) FROM block").fetchone()
    assert told[0] == told[1]
