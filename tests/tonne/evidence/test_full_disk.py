"""A full disk under a holder's store of evidence: a code, no part of a file stays, and it goes on."""

from __future__ import annotations

import json

import pytest

from tests.full_disk import KINDS
from tonne import cli
from tonne.evidence.store import EvidenceStore


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("leaves", [0, 20_000])
def test_what_does_not_fit_is_refused_and_put_when_there_is_room(kind, leaves, tmp_path, capsys):
    folder = tmp_path / "evidence"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.csv").write_bytes(bytes([number]) * 30_000)

    def put(store):
        with pytest.raises(SystemExit) as ended:
            cli.main(["evidence", "put", str(folder), "--store", str(store), "--json"])
        said = capsys.readouterr()
        told = json.loads(said.out or said.err)
        return ended.value.code or 0, told.get("error", told)

    with KINDS[kind](tmp_path / "disk") as disk:
        disk.full(leaves)
        status, told = put(disk.path / "store")
        assert (status, told["code"]) == (1, "FILE_REFUSED") and "room" in told["remedy"]
        disk.room()
        left = [path for path in (disk.path / "store").rglob("*") if path.is_file()]
        assert all(path.stat().st_size == 30_000 and path.name[0] != "." for path in left)
        status, told = put(disk.path / "store")
        assert status == 0
        store = EvidenceStore(disk.path / "store")
        assert list(store.check(bytes.fromhex(told["root"].removeprefix("0x")))) == []
