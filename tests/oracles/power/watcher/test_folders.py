"""Files handed in: each is found, and what has long been read costs no further look."""

from __future__ import annotations

import os
import time

import pytest

from oracles.power.watcher import folders
from oracles.power.watcher.folders import AGAIN_S, QUIET_S, HandedIn


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def handed_in(tmp_path, clock):
    return HandedIn(tmp_path, lambda: clock[0])


def _put(folder, *names, age_s=2 * QUIET_S):
    """Files in a folder that changed so long ago."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("{}")
    changed = time.time() - age_s
    for place in (folder, folder.parent):
        os.utime(place, (changed, changed))


def _walk(handed_in):
    found = list(handed_in.files())
    handed_in.all_read()
    return [path.name for path in found]


def test_all_files_of_a_tree_are_found_by_name(tmp_path, handed_in):
    _put(tmp_path / "b", "2.json", "1.json", "note.txt")
    _put(tmp_path / "a", "3.json")
    assert _walk(handed_in) == ["3.json", "1.json", "2.json"]


def test_a_folder_that_changed_a_moment_ago_is_read_again(tmp_path, handed_in):
    _put(tmp_path / "a", "1.json", age_s=0)
    assert _walk(handed_in) == _walk(handed_in) == ["1.json"]


def test_a_quiet_folder_is_read_once(tmp_path, handed_in):
    _put(tmp_path / "a", "1.json")
    assert _walk(handed_in) == ["1.json"]
    assert _walk(handed_in) == []


def test_what_was_not_read_to_the_end_comes_again(tmp_path, handed_in):
    _put(tmp_path / "a", "1.json", "2.json")
    assert next(handed_in.files()).name == "1.json"
    assert _walk(handed_in) == ["1.json", "2.json"]


def test_a_new_folder_is_found_at_once(tmp_path, handed_in):
    _put(tmp_path / "agent" / "1", "1.json")
    _walk(handed_in)
    _put(tmp_path / "agent" / "2", "2.json", age_s=1)
    assert _walk(handed_in) == ["2.json"]


def test_a_file_put_late_into_a_quiet_folder_is_found_within_a_minute(tmp_path, handed_in, clock):
    _put(tmp_path / "a", "1.json")
    _walk(handed_in)
    _put(tmp_path / "a", "2.json", age_s=1)
    assert _walk(handed_in) == []
    clock[0] = AGAIN_S
    assert _walk(handed_in) == ["1.json", "2.json"]


def test_quiet_folders_are_not_looked_at_between(tmp_path, handed_in, clock, monkeypatch):
    for number in range(50):
        _put(tmp_path / "agent" / f"{number:02}", "1.json")
    os.utime(tmp_path, (1, 1))
    _walk(handed_in)
    listed = []
    monkeypatch.setattr(folders, "_listed", listed.append)
    looked = []
    stat = type(tmp_path).stat

    def counted(path, **options):
        looked.append(path)
        return stat(path, **options)

    monkeypatch.setattr(type(tmp_path), "stat", counted)
    assert _walk(handed_in) == [] and listed == []
    assert looked == [tmp_path, tmp_path / "agent"]
    clock[0] = AGAIN_S
    _walk(handed_in)
    assert len(looked) == 2 + 52


def test_a_folder_that_is_taken_away_ends_nothing(tmp_path, handed_in):
    _put(tmp_path / "a", "1.json", age_s=1)
    _put(tmp_path / "b", "2.json", age_s=1)
    walk = handed_in.files()
    assert next(walk).name == "1.json"
    (tmp_path / "b" / "2.json").unlink()
    (tmp_path / "b").rmdir()
    assert list(walk) == []
