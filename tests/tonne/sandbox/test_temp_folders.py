"""A folder of a living process stays; what a killed one left goes with the next start."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tonne.sandbox import node, temp_folders

ROOT = Path(__file__).resolve().parents[3]

OTHER = """
import sys, time
from tonne.sandbox import temp_folders
made = temp_folders.make("test")
(made.path / "something").write_text("kept?")
if sys.argv[1] == "keep":
    made.keep()
print(made.path, flush=True)
time.sleep(60)
"""

NODE = """
import time
from tonne.sandbox import node
running = node.start()
print(running.scratch.path, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _place(tmp_path, monkeypatch):
    """A folder of temporary folders of its own, so that nothing else is cleared."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def _started(source: str, *arguments: str) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", source, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_goes_with_the_next_start():
    other, path = _started(OTHER, "leave")
    mine = temp_folders.make("test")
    assert (path / "something").exists(), "its process lives"

    other.kill()
    other.wait()
    temp_folders.clear()
    assert not path.exists()
    assert mine.path.exists()

    mine.remove()
    mine.remove()
    assert not mine.path.exists()


def test_what_is_kept_stays():
    other, path = _started(OTHER, "keep")
    other.kill()
    other.wait()

    temp_folders.clear()
    assert (path / "something").exists()


def test_a_folder_whose_number_another_process_has_now_goes(tmp_path):
    left = tmp_path / f"tonne-node-{os.getpid()}-abcdefgh"
    left.mkdir()
    temp_folders.clear()
    assert left.exists(), "too young: its lock may be on the way"

    os.utime(left, (0, 0))
    temp_folders.clear()
    assert not left.exists()


def test_the_lock_counts_where_the_number_says_nothing(tmp_path):
    """Seen from another container, the number of a living process is nobody's."""
    held = temp_folders.make("test")
    disguised = held.path.rename(tmp_path / "tonne-test-4194305-abcdefgh")

    temp_folders.clear()
    assert disguised.exists()


def test_other_peoples_folders_stay(tmp_path):
    names = ["tonne-node-abcdefgh", "tonne-ports-1000", "tonne-test-1-a-b", "other"]
    for name in names:
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, 0))

    temp_folders.clear()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_killed_nodes_folder_goes_with_the_next_node():
    other, path = _started(NODE)
    assert path.exists()
    other.kill()
    other.wait()
    assert path.exists()

    with node.start() as running:
        assert not path.exists()
        assert running.scratch.path.exists()
    assert not running.scratch.path.exists()
