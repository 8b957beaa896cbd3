"""The meter oracle's journal: what an earlier version wrote is read on."""

from __future__ import annotations

import sqlite3

import pytest

from oracles.meters.journal import Accepted, MeterJournal

BEFORE = """
CREATE TABLE records (
    digest BLOB PRIMARY KEY, meter INTEGER NOT NULL, device INTEGER NOT NULL, counter TEXT NOT NULL,
    sequence INTEGER NOT NULL, raw BLOB NOT NULL, received_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX records_of ON records (meter, device, counter, sequence);
CREATE TABLE set_aside (
    digest BLOB PRIMARY KEY, meter INTEGER NOT NULL, topic TEXT NOT NULL, raw BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO records VALUES (x'01', 1, 0, 'T', 7, x'aa', 5);
INSERT INTO set_aside VALUES (x'02', 1, 'tonne/gas/1', x'bb');
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


def record(meter):
    return Accepted(b"\x01", meter, 0, "T", 7, b"\xaa", 5)


def test_two_meters_may_have_signed_the_same_bytes(path):
    journal = MeterJournal(path)
    for meter in (1, 2):
        journal.add_record(record(meter))
        journal.set_aside(b"\x02", meter, "tonne/gas/1", b"")
    assert [journal.has_record(meter, b"\x01") for meter in (1, 2, 3)] == [True, True, False]
    assert journal.counts() == {"records": 2, "set_aside": 2}


def test_a_journal_of_before_is_widened_once_and_loses_nothing(path):
    with sqlite3.connect(path) as before:
        before.executescript(BEFORE)
    for _ in range(2):
        journal = MeterJournal(path)
        assert journal.counts() == {"records": 1, "set_aside": 1}
        assert journal.set_aside_of(1) == [("tonne/gas/1", b"\xbb")]
        assert list(journal.sequences()) == [(1, 0, "T", 7)]
        indices = journal._db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
        assert {"records_of", "set_aside_of"} <= {name for (name,) in indices}
        journal.close()
    journal = MeterJournal(path)
    journal.add_record(record(2))
    assert journal.has_record(1, b"\x01") and journal.has_record(2, b"\x01")
