"""Files are written whole or not at all, synced, and by one function."""

from __future__ import annotations

import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tonne import files

ROOT = Path(__file__).resolve().parents[2]

#: What writes, syncs or renames files by itself elsewhere, and why it may.
ELSEWHERE = {
    ("oracles/runtime/inbox.py", "os.replace"): "moves files that arrived from place to place",
    (
        "oracles/runtime/backup.py",
        "os.O_CREAT",
    ): "an archive is written as a stream, too large for memory",
    ("oracles/runtime/backup.py", "os.fsync"): "the same archive, before it gets its name",
    ("oracles/runtime/backup.py", "os.replace"): "the same archive gets its name",
    ("oracles/runtime/checkup.py", "os.fsync"): "tries whether the disk takes a byte",
    ("oracles/runtime/journal.py", "os.O_CREAT"): "a lock file, which holds nothing",
    ("tonne/deployment/deployer.py", "os.fsync"): "appends lines to its journal",
}
BY_HAND = re.compile(r"os\.(?:replace|rename|fsync|O_CREAT)\b|\.rename\(|\bmkstemp\b")


def test_no_module_writes_atomically_by_hand():
    found = {
        (path.relative_to(ROOT).as_posix(), match.group())
        for folder in ("tonne", "oracles", "scripts")
        for path in (ROOT / folder).rglob("*.py")
        if path != ROOT / "tonne" / "files.py"
        for match in BY_HAND.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == set(ELSEWHERE)


def test_several_files_are_created_all_or_none(tmp_path):
    folder = tmp_path / "new" / "papers"
    files.create_all(folder, {"a": "1", "b": "2"})
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a": "1", "b": "2"}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    with pytest.raises(FileExistsError):
        files.create_all(folder, {"c": "3", "b": "4", "d": "5"})
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a": "1", "b": "2"}


def test_content_and_folder_are_synced_before_and_after_the_name(tmp_path, monkeypatch):
    steps: list[str] = []
    path = tmp_path / "new" / "order.json"

    def noted(name, then):
        def step(*args):
            if name == "fsync":
                kind = "folder" if stat.S_ISDIR(os.fstat(args[0]).st_mode) else "file"
                steps.append(f"sync {kind}")
            else:
                steps.append("name")
                assert Path(args[0]).read_text() == "whole" and not path.exists()
            return then(*args)

        return step

    monkeypatch.setattr(os, "fsync", noted("fsync", os.fsync))
    monkeypatch.setattr(os, "replace", noted("replace", os.replace))
    files.write(path, "whole")
    assert steps == ["sync file", "name", "sync folder"]
    assert path.read_text() == "whole"


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, failing):
    path = tmp_path / "order.json"
    files.write(path, "old")

    def fails(*_):
        raise OSError("no space")

    monkeypatch.setattr(os, failing, fails)
    with pytest.raises(OSError, match="no space"):
        files.write(path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["order.json"]
    assert path.read_text() == "old"


def test_writers_of_one_path_do_not_meet(tmp_path):
    path = tmp_path / "order.json"
    contents = [str(i) * 100_000 for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: files.write(path, content), contents * 8))
    assert path.read_text() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_of_the_greatest_length_can_be_written(tmp_path):
    path = tmp_path / ("n" * 255)
    files.write(path, b"whole")
    assert path.read_bytes() == b"whole"


def test_a_private_file_is_its_owners_only(tmp_path):
    files.write(tmp_path / "leaves", b"", files.PRIVATE)
    files.create(tmp_path / "salt", "")
    for name in ("leaves", "salt"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_file_that_must_be_new_replaces_none(tmp_path):
    path = tmp_path / "salt"
    files.create(path, "first")
    with pytest.raises(FileExistsError):
        files.create(path, "second")
    assert path.read_text() == "first"


def test_a_new_file_that_cannot_be_written_whole_is_not_left(tmp_path, monkeypatch):
    def fails(_):
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="no space"):
        files.create(tmp_path / "salt", "first")
    assert list(tmp_path.iterdir()) == []
