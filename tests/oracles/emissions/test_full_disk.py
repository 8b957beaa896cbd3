"""A full disk: each write of the daemon fails with a code, nothing is lost or sent twice, and it goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from oracles.runtime.faults import coded
from oracles.runtime.journal import Journal
from oracles.runtime.loop import CycleResult
from tests.full_disk import KINDS, SmallDisk

PLANTS = range(4, 8)


@pytest.fixture(params=KINDS)
def disk(request, tmp_path) -> Iterator[SmallDisk]:
    with KINDS[request.param](tmp_path / "disk") as small:
        yield small


def test_a_journal_that_cannot_grow_says_so_and_keeps_what_it_has(disk):
    journal = Journal(disk.path / "oracle.sqlite")
    journal.enqueue("a", "0x" + "11" * 20, b"\1", 1)
    disk.full(0)
    with pytest.raises(sqlite3.Error) as caught:
        _write_much(journal)
    told = coded(caught.value)
    assert told.code == "ORACLE_JOURNAL_UNWRITABLE" and "room" in told.remedy
    assert "rollback" not in told.message
    assert [job.key for job in journal.open_jobs()] == ["a"]
    disk.room()
    with journal.transaction():
        journal.enqueue("c", "0x" + "11" * 20, b"\1", 1)
    journal.close()
    again = Journal(disk.path / "oracle.sqlite")
    assert [job.key for job in again.open_jobs()] == ["a", "c"]
    again.close()


def _write_much(journal):
    """More than is kept in memory."""
    with journal.transaction():
        for number in range(2_000):
            journal.enqueue(f"b{number}", "0x" + "11" * 20, bytes(4_000), 1)


@pytest.mark.parametrize("before", [0, 1, 2, 3, 5, 8])
def test_a_daemon_on_a_full_disk_goes_on_when_there_is_room(desk, disk, before):
    """The disk is full from the start, or after some cycles."""
    desk.folder = disk.path
    for number in PLANTS:
        desk.put(f"{number}.report.json", desk.single(desk.report(number)))
    desk.put("bad.report.json", b"{")
    cycle = desk.cycle()
    for _ in range(before):
        cycle()
    disk.full(0)
    with capture_logs() as said:
        results = [cycle() for _ in range(3)]
    disk.room()
    failed = {line["code"] for line in said if line["event"] == "phase_failed"}
    assert failed <= {"ORACLE_JOURNAL_UNWRITABLE", "ORACLE_FILE"}
    assert bool(failed) == (CycleResult.ERROR in results)
    assert failed or before
    for _ in range(30):
        cycle()
    assert desk.reported() == list(PLANTS)
    assert desk.names() == desk.names("accepted") == []
    assert len(desk.names("done")) == len(PLANTS)
    assert desk.code_of("bad.report.json") == "REPORT_MALFORMED"
