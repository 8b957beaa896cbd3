"""Files handed in: each is found, and what has long been read costs no further look."""

from __future__ import annotations

import os
import time

import pytest

from oracles.power.watcher import folders
from oracles.power.watcher.folders import AGAIN_S, QUIET_S, HandedIn, forget_gone, made
from tonne.errors import TonneError


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def handed_in(tmp_path, clock):
    return HandedIn(tmp_path, clock=lambda: clock[0])


def _put(folder, *names, age_s=2 * QUIET_S):
    """Files in a folder that changed so long ago."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("{}")
    changed = time.time() - age_s
    for place in (folder, folder.parent):
        os.utime(place, (changed, changed))


def _walk(handed_in):
    return [path.name for path, _ in handed_in.files()]


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
    assert next(handed_in.files())[0].name == "1.json"
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
    real = folders._listed
    monkeypatch.setattr(folders, "_listed", lambda folder: listed.append(folder) or real(folder))
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
    assert len(looked) == 2 + 52 and listed == [tmp_path]  # the one that was read longest ago


def test_a_folder_that_is_taken_away_ends_nothing(tmp_path, handed_in):
    _put(tmp_path / "a", "1.json", age_s=1)
    _put(tmp_path / "b", "2.json", age_s=1)
    walk = handed_in.files()
    assert next(walk)[0].name == "1.json"
    (tmp_path / "b" / "2.json").unlink()
    (tmp_path / "b").rmdir()
    assert list(walk) == []


def test_a_folder_counts_as_read_before_the_whole_tree_is(tmp_path, handed_in):
    _put(tmp_path / "a", "1.json")
    _put(tmp_path / "b", "2.json", "3.json")
    walk = handed_in.files()
    assert [next(walk)[0].name for _ in range(2)] == ["1.json", "2.json"]
    assert _walk(handed_in) == ["2.json", "3.json"]


def _date(*folders):
    for folder in folders:
        os.utime(folder, (1, 1))


def _later(handed_in, clock, walks):
    """What further walks find after a minute."""
    clock[0] += AGAIN_S
    return [name for _ in range(walks) for name in _walk(handed_in)]


def test_a_file_that_is_corrected_in_its_place_is_found_though_its_folder_did_not_change(
    tmp_path, handed_in, clock
):
    for folder in "abc":
        _put(tmp_path / folder, f"{folder}.json")
    _walk(handed_in)
    (tmp_path / "b" / "b.json").write_text("[]")
    assert _later(handed_in, clock, 1) == []  # the root's turn
    assert _later(handed_in, clock, 1) == ["a.json"]
    assert _later(handed_in, clock, 2) == ["b.json", "c.json"]


def test_no_folder_is_read_again_within_a_minute(tmp_path, handed_in, clock):
    _put(tmp_path / "a", "1.json")
    _walk(handed_in)
    assert _later(handed_in, clock, 20) == ["1.json"]


def test_a_folder_that_is_put_in_the_place_of_another_of_the_same_time_is_found(
    tmp_path, handed_in, clock
):
    _put(tmp_path / "a", "1.json")
    _date(tmp_path / "a", tmp_path)
    _walk(handed_in)
    (tmp_path / "a" / "1.json").unlink()
    (tmp_path / "a").rmdir()
    _put(tmp_path / "a", "2.json")
    _date(tmp_path / "a", tmp_path)
    assert "2.json" in _later(handed_in, clock, 2)


def test_a_folder_that_is_gone_is_not_kept_in_mind(tmp_path, handed_in, clock):
    _put(tmp_path / "a", "1.json")
    _walk(handed_in)
    (tmp_path / "a" / "1.json").unlink()
    (tmp_path / "a").rmdir()
    _later(handed_in, clock, 3)
    assert list(handed_in._quiet) in ([], [tmp_path])


def test_a_folder_that_cannot_be_read_keeps_no_other_from_it(tmp_path, clock, monkeypatch):
    told = []
    handed_in = HandedIn(tmp_path, lambda *said: told.append(said), lambda: clock[0])
    _put(tmp_path / "a", "1.json")
    _put(tmp_path / "b", "2.json")
    real = folders._listed

    def closed(folder):
        if folder.name == "a":
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(folders, "_listed", closed)
    assert _walk(handed_in) == ["2.json"]
    assert told == [(tmp_path / "a", "permission denied")]
    monkeypatch.undo()
    assert _walk(handed_in) == ["1.json"]


def test_links_lead_neither_in_circles_nor_nowhere(tmp_path, handed_in):
    _put(tmp_path / "a", "1.json")
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    (tmp_path / "a" / "nowhere.json").symlink_to(tmp_path / "gone")
    (tmp_path / "a" / "folder.json").mkdir()
    assert _walk(handed_in) == ["1.json"]


def test_what_is_taken_away_is_forgotten_some_at_a_time(tmp_path):
    """A city's receipts are a million a day."""
    paths = [tmp_path / f"{number}.json" for number in range(5)]
    for path in paths[1::2]:
        path.touch()
    known = dict.fromkeys(paths, 1)
    forget_gone(known, 2)
    assert list(known) == [*paths[2:], paths[1]]
    for _ in range(3):
        forget_gone(known, 2)
    assert sorted(known) == paths[1::2]
    forget_gone({}, 2)


def test_a_folder_whose_name_a_file_has_is_told_with_its_path(tmp_path):
    (tmp_path / "receipts").touch()
    with pytest.raises(TonneError) as told:
        made(tmp_path / "receipts")
    assert (told.value.code, told.value.value) == ("WATCHER_FOLDER", str(tmp_path / "receipts"))
    assert made(tmp_path / "lines").is_dir() and made(tmp_path / "lines")
