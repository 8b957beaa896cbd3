"""A full disk under the auditor's store: an error with a code; the next run goes on to the same digests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.full_disk import KINDS, SmallDisk
from tonne.audit import results
from tonne.audit.store import published
from tonne.audit.store.database import Store
from tonne.audit.store.verification import verify
from tonne.audit.trust import Trust
from tonne.errors import TonneError


@pytest.fixture(params=KINDS)
def disk(request, tmp_path) -> Iterator[SmallDisk]:
    with KINDS[request.param](tmp_path / "disk") as small:
        yield small


def audited(town, path, chunk=1_000):
    """Digests of history and state."""
    store = Store(path)
    try:
        body = results.run(town.chain, 0, Trust(store=store, chunk=chunk))
        return body["historyDigest"], body["stateDigest"]
    finally:
        store.close()


@pytest.mark.parametrize(
    "leaves",
    [
        0,
        800_000,
        *(
            pytest.param(room, marks=[pytest.mark.long, pytest.mark.nightly])
            for room in (300_000, 1_600_000)
        ),
    ],
)
def test_an_audit_on_a_full_disk_is_refused_and_goes_on_when_there_is_room(
    town, disk, tmp_path, leaves
):
    whole = audited(town, tmp_path / "whole.duckdb")
    path = disk.path / "store.duckdb"
    disk.full(leaves)
    codes = set()
    for _ in range(2):
        try:
            audited(town, path, chunk=7)
        except TonneError as error:
            codes.add(error.code)
    disk.room()
    assert codes <= {"AUDIT_STORE_UNWRITABLE"} and (codes or leaves)
    assert audited(town, path) == whole
    store = Store(path)
    verify(town.chain, store)
    assert not published.is_behind(store)
    store.close()


def test_what_a_kill_left_of_a_file_is_begun_anew_and_no_other_file_is(tmp_path):
    path = tmp_path / "store.duckdb"
    for begun in (b"", b"\0" * 8 + b"DUCK" + bytes(4_000)):
        path.write_bytes(begun)
        Store(path).close()
        path.unlink()
    path.write_bytes(b"my notes")
    with pytest.raises(TonneError) as caught:
        Store(path)
    assert caught.value.code == "AUDIT_STORE_DAMAGED" and path.read_bytes() == b"my notes"
