"""The journal: what cannot be opened says why, and one of an earlier release is taken over."""

from __future__ import annotations

import sqlite3

import pytest

from oracles.runtime.journal import SCHEMA_VERSION, JobState, Journal
from tonne.crypto.accounts import Fees
from tonne.errors import TonneError

TARGET = "0x" + "11" * 20


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be read as one" * 40, b"{}" * 600]
)
def test_a_file_that_is_no_journal_is_refused(tmp_path, content):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(content)
    with pytest.raises(TonneError) as refused:
        Journal(path)
    assert refused.value.code == "ORACLE_JOURNAL_CORRUPT"
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TonneError) as refused:
        Journal(tmp_path / "file" / "journal.sqlite")
    assert refused.value.code == "ORACLE_JOURNAL_UNWRITABLE"


def test_a_journal_of_the_first_schema_keeps_its_jobs_in_every_state(tmp_path):
    path = tmp_path / "journal.sqlite"
    old = sqlite3.connect(path)
    old.executescript(
        """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
        CREATE TABLE jobs (key TEXT PRIMARY KEY, target TEXT NOT NULL, data BLOB NOT NULL,
            gas INTEGER NOT NULL, state TEXT NOT NULL, nonce INTEGER, code TEXT, reason TEXT,
            block INTEGER, block_hash TEXT);
        CREATE TABLE attempts (tx_hash TEXT PRIMARY KEY, key TEXT NOT NULL REFERENCES jobs(key),
            raw BLOB NOT NULL, fee_wei INTEGER NOT NULL, sent_block INTEGER);
        INSERT INTO meta VALUES ('schema', '1');
        """
    )
    for number, state in enumerate(JobState):
        values = (state.value, TARGET, b"x", 1, state.value, number)
        old.execute(
            "INSERT INTO jobs (key, target, data, gas, state, nonce) VALUES (?,?,?,?,?,?)", values
        )
    old.execute("INSERT INTO attempts VALUES ('0x01', 'pending', x'02', 5, 1)")
    old.commit()
    old.close()

    journal = Journal(path)

    assert journal.job_counts() == {state.value: 1 for state in JobState}
    (attempt,) = journal.attempts("pending")
    assert (attempt.fee_wei, attempt.sent_block, attempt.tip_wei) == (5, 1, None)
    assert journal.recall("schema") == str(SCHEMA_VERSION)
    journal.save_attempt("queued", 9, "0x02", b"raw", Fees(7, 2))
    assert journal.attempts("queued")[0].tip_wei == 2
    journal.close()
    Journal(path).close()


def test_a_journal_of_a_later_release_is_refused(tmp_path):
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    journal.remember("schema", str(SCHEMA_VERSION + 1))
    journal.close()
    with pytest.raises(TonneError) as refused:
        Journal(path)
    assert refused.value.code == "ORACLE_JOURNAL_FOREIGN"
