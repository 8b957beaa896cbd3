"""A backup is whole or refused, and never put over what is there."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from oracles.runtime import backup
from oracles.runtime.inbox import PLACES
from oracles.runtime.journal import Journal
from tonne.errors import TonneError


@pytest.fixture
def place(tmp_path):
    """A journal in use, and an inbox with a file in each place."""
    journal = Journal(tmp_path / "at" / "journal.sqlite")
    journal.enqueue("a", "0x", b"\x01", 1)
    journal.remember("chain", "31337")
    inbox = tmp_path / "at" / "inbox"
    for number, room in enumerate(("", *PLACES)):
        (inbox / room).mkdir(parents=True, exist_ok=True)
        (inbox / room / f"{number}.report.json").write_text(f"content {number}")
    (inbox / ".half.tmp").write_text("not whole")
    saved = backup.save(tmp_path / "b.tar", journal.path, inbox, ("",))
    assert (saved.files, saved.facts["chain"]) == (5, "31337")
    yield tmp_path
    journal.close()


def restored(place):
    return backup.restore(place / "b.tar", place / "to" / "journal.sqlite", place / "to" / "inbox")


def test_what_was_saved_while_the_daemon_worked_comes_back(place):
    assert (place / "b.tar").stat().st_mode & 0o777 == 0o600
    assert restored(place).files == 5
    journal = Journal(place / "to" / "journal.sqlite")
    assert [job.key for job in journal.open_jobs()] == ["a"]
    journal.close()
    found = sorted(
        p.relative_to(place / "to/inbox").as_posix() for p in (place / "to/inbox").rglob("*.json")
    )
    assert found == [
        "0.report.json",
        "accepted/1.report.json",
        "done/2.report.json",
        "rejected/3.report.json",
    ]


def test_a_journal_that_is_there_stays(place):
    (place / "to").mkdir()
    (place / "to" / "journal.sqlite").write_text("another")
    with pytest.raises(TonneError) as refused:
        restored(place)
    assert refused.value.code == "ORACLE_RESTORE_OCCUPIED"
    assert (place / "to" / "journal.sqlite").read_text() == "another"


def test_a_file_of_another_content_stays_and_the_saved_one_gets_a_mark(place):
    (place / "to" / "inbox").mkdir(parents=True)
    (place / "to" / "inbox" / "0.report.json").write_text("newer")
    restored(place)
    assert (place / "to" / "inbox" / "0.report.json").read_text() == "newer"
    (marked,) = (place / "to" / "inbox").glob("0.*.report.json")
    assert marked.read_text() == "content 0"


def test_a_damaged_backup_is_refused_and_nothing_is_put_back(place):
    content = (place / "b.tar").read_bytes()
    for changed in (
        content.replace(b"content 2", b"content X"),
        content[: len(content) // 2],
        b"no tar",
    ):
        (place / "b.tar").write_bytes(changed)
        with pytest.raises(TonneError) as refused:
            restored(place)
        assert refused.value.code == "ORACLE_BACKUP_DAMAGED"
        assert "\n" not in refused.value.message
        assert not (place / "to").exists()


def test_a_backup_that_is_not_there_is_said(place):
    (place / "b.tar").unlink()
    with pytest.raises(TonneError) as refused:
        restored(place)
    assert (refused.value.code, refused.value.value) == (
        "ORACLE_BACKUP_MISSING",
        str(place / "b.tar"),
    )
    assert not (place / "to").exists()


@pytest.mark.parametrize("name", ["store/../../out", "/etc/out", "elsewhere/a", "store"])
def test_no_name_in_a_backup_leads_out_of_the_store(place, name):
    files = {backup.JOURNAL: b"", name: b"x"}
    known = {
        key: {"sha256": backup._hashed(io.BytesIO(value)), "bytes": len(value)}
        for key, value in files.items()
    }
    body = {"format": 1, "facts": {}, "files": known}
    with tarfile.open(place / "b.tar", "w") as tar:
        for key, value in {**files, backup.MANIFEST: json.dumps(body).encode()}.items():
            info = tarfile.TarInfo(key)
            info.size = len(value)
            tar.addfile(info, io.BytesIO(value))
    with pytest.raises(TonneError) as refused:
        restored(place)
    assert refused.value.code == "ORACLE_BACKUP_DAMAGED"


def test_a_reader_changes_nothing_and_a_missing_journal_is_said(place):
    reader = Journal(place / "at" / "journal.sqlite", reads=True)
    with pytest.raises(Exception, match="readonly"):
        reader.remember("chain", "1")
    reader.close()
    with pytest.raises(TonneError) as missing:
        Journal(place / "nothing.sqlite", reads=True)
    assert missing.value.code == "ORACLE_JOURNAL_MISSING"
