"""Transfers become public when the scheme's delay is over; store and service's file answer alike."""

from __future__ import annotations

import sqlite3

import pytest

from tests.tonne.audit.store.paper_events import CHINA, EUROPE, PaperEvents
from tonne.audit.store import register_transactions
from tonne.constants import DAY_S, ZERO_ADDRESS
from tonne.rules.unpublished import NOT_IN_PACK

NORTH, SOUTH, VENUE = (f"0x{n:040X}" for n in (0xA1, 0xB2, 0xC3))
#: 2020-01-01, a day that Europe's pack has a delay for.
DAY = 18_262
DELAY = 1_096


def unit(scheme, kind=1):
    return str(kind << 96 | scheme << 80 | 2020 << 64)


@pytest.fixture
def events():
    """Transfers in Europe and China, issue and retirement, a fill and a block trade."""
    found = PaperEvents()
    for number, wallet in ((4, NORTH), (5, SOUTH)):
        found.event("Participants", "ParticipantApproved", {"id": number, "wallet": wallet})
    moved(found, EUROPE, ZERO_ADDRESS, NORTH, 9)
    moved(found, EUROPE, NORTH, SOUTH, 10)
    moved(found, EUROPE, NORTH, VENUE, 11, day=DAY + 1)
    moved(found, EUROPE, SOUTH, ZERO_ADDRESS, 12)
    moved(found, CHINA, NORTH, SOUTH, 13)
    market = {"market": 3, "unit": unit(EUROPE), "scheme": EUROPE}
    config = {"lotSize": 100, "basePrice": 0, "tickSize": 1}
    found.event("Exchange", "MarketCreated", {**market, "config": config})
    block = {"market": 3, "seller": 4, "buyer": 5, "lots": 7}
    found.event("BlockTrades", "BlockTraded", block, time=(DAY + 2) * DAY_S)
    return found


def moved(events, scheme, giver, taker, amount, day=DAY):
    about = {"from": giver, "to": taker, "id": unit(scheme), "value": amount}
    events.event("Allowances", "TransferSingle", about, time=day * DAY_S)


@pytest.fixture(params=["store", "file"])
def ask(request, events):
    """Of the store, and of a file of SQLite with the tables as they are published."""
    if request.param == "store":
        return events.ask
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    for name in ("unit_transfers", "wallets", "events"):
        rows = events.rows(f"FROM {name}")
        db.execute(f"CREATE TABLE {name} ({', '.join(f'{column!r}' for column in rows[0])})")
        marks = ", ".join("?" * len(rows[0]))
        texts = [
            [v if v is None or (type(v) is int and v < 2**63) else str(v) for v in r.values()]
            for r in rows
        ]
        db.executemany(f"INSERT INTO {name} VALUES ({marks})", texts)
    return lambda sql, parameters=(): [dict(row) for row in db.execute(sql, parameters)]


def at(ask, day, **asked):
    return register_transactions.answer(ask, day * DAY_S, **asked)


def of(found, scheme=EUROPE):
    (one,) = (row for row in found["schemes"] if row["scheme"] == scheme)
    return one["public"], one["withinDelay"]


def test_a_transfer_is_public_from_the_moment_its_delay_is_over(ask):
    assert of(at(ask, DAY + 2)) == (0, 3)
    assert of(register_transactions.answer(ask, (DAY + DELAY) * DAY_S - 1)) == (0, 3)
    found = at(ask, DAY + DELAY)
    assert of(found) == (1, 2)
    (row,) = found["rows"]
    assert (row["kind"], row["amount"], row["from"], row["to"]) == ("transfer", 10, NORTH, SOUTH)
    assert (row["seller"], row["buyer"], row["scheme"]) == (4, 5, EUROPE)
    assert row["tx"] == "0x" + "00" * 32
    assert row["publicFrom"] == (DAY + DELAY) * DAY_S and row["id"] == unit(EUROPE)
    assert of(at(ask, DAY + DELAY + 2)) == (3, 0)


def test_the_latest_come_first_and_trades_count_in_units(ask):
    rows = at(ask, DAY + 2_000)["rows"]
    assert [(row["kind"], row["amount"]) for row in rows] == [
        ("block", 700), ("transfer", 11), ("transfer", 10),
    ]  # fmt: skip
    assert (rows[0]["seller"], rows[0]["buyer"], rows[0]["from"]) == (4, 5, None)
    assert (rows[1]["seller"], rows[1]["buyer"], rows[1]["to"]) == (4, None, VENUE)


def test_a_scheme_whose_delay_is_not_known_is_counted_and_not_listed(ask):
    found = at(ask, DAY + 2_000)
    (china,) = (row for row in found["schemes"] if row["scheme"] == CHINA)
    assert china == {
        "scheme": CHINA, "delayDays": None, "stated": NOT_IN_PACK, "public": 0, "withinDelay": 1,
    }  # fmt: skip
    (europe,) = (row for row in found["schemes"] if row["scheme"] == EUROPE)
    assert (europe["delayDays"], europe["stated"]) == (DELAY, "by the pack")
    assert all(row["scheme"] == EUROPE for row in found["rows"])


def test_they_are_asked_for_by_scheme_participant_and_page(ask):
    assert at(ask, DAY + 2_000, scheme=CHINA)["rows"] == []
    assert [r["amount"] for r in at(ask, DAY + 2_000, participant=5)["rows"]] == [700, 10]
    first = at(ask, DAY + 2_000, limit=2)
    second = at(ask, DAY + 2_000, limit=2, before=first["next"])
    assert [r["amount"] for r in (*first["rows"], *second["rows"])] == [700, 11, 10]
    assert second["next"] is None


def test_a_transfer_of_a_day_without_a_value_is_never_listed(ask, events):
    old = PaperEvents()
    moved(old, EUROPE, NORTH, SOUTH, 5, day=15_000)  # 2011, before the pack's first day
    found = register_transactions.answer(old.ask, 40_000 * DAY_S)
    assert (of(found), found["rows"]) == ((0, 1), [])
