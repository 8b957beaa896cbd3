"""Long test files start first, readers of all sources share a worker, and seconds of files are kept."""

from __future__ import annotations

import json
import sys

import pytest

from tests import distribution
from tests.toolchain import trees

CONFTEST = """
from tests import distribution

def pytest_configure(config):
    config.pluginmanager.register(distribution.FileOrder(config))
"""
TEST = """
import os
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_it(number):
    with Path("order.txt").open("a") as file:
        file.write(f"{{os.environ.get('PYTEST_XDIST_WORKER')}} {{Path(__file__).name}}\\n")
"""


@pytest.fixture
def run(tmp_path):
    """Runs test files, by name with their number of tests; returns (worker, file) of each test in order."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)

    def ran(files, *options, seconds=None):
        for name, tests in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(TEST.format(tests=tests))
        if seconds is not None:
            kept(tmp_path).parent.mkdir(parents=True, exist_ok=True)
            kept(tmp_path).write_text(json.dumps(seconds))
        order = tmp_path / "order.txt"
        order.unlink(missing_ok=True)
        command = [sys.executable, "-P", "-m", "pytest", "-p", "no:pytest-brownie", *options]
        command += ["--import-mode=importlib"]
        done = trees.run(command, tmp_path, PYTHONPATH=str(trees.ROOT))
        assert done.returncode == 0, done.stdout
        return [tuple(line.split()) for line in order.read_text().splitlines()]

    return ran


def kept(folder):
    return folder / ".pytest_cache/v" / distribution.SECONDS


def test_the_file_that_took_longest_starts_first(run):
    files = {"test_a.py": 3, "test_b.py": 1, "test_c.py": 1}
    seconds = {"test_a.py": 1.0, "test_b.py": 2.0, "test_c.py": 30.0}
    order = [file for _, file in run(files, "-n", "1", "--dist", "loadfile", seconds=seconds)]
    assert order == ["test_c.py", "test_b.py", *["test_a.py"] * 3]


def test_without_seconds_the_file_of_most_tests_starts_first(run):
    order = [
        file for _, file in run({"test_a.py": 1, "test_b.py": 2}, "-n", "1", "--dist", "loadfile")
    ]
    assert order == ["test_b.py", "test_b.py", "test_a.py"]


def test_readers_of_sources_share_a_worker(run):
    readers = dict.fromkeys(sorted(distribution.SOURCE_READERS)[:3], 2)
    order = run(readers, "-n", "2", "--dist", "loadfile")
    assert len(order) == 6
    assert len({worker for worker, _ in order}) == 1


def test_every_reader_of_sources_exists():
    assert [file for file in distribution.SOURCE_READERS if not (trees.ROOT / file).is_file()] == []


def test_seconds_of_whole_files_are_kept(run, tmp_path):
    run({"test_a.py": 2, "test_b.py": 1}, "-n", "2", "--dist", "loadfile")
    assert json.loads(kept(tmp_path).read_text()).keys() == {"test_a.py", "test_b.py"}
    run({"test_a.py": 2}, "test_a.py::test_it", seconds={"test_a.py": 40.0, "test_b.py": 2.0})
    assert json.loads(kept(tmp_path).read_text()) == {"test_a.py": 40.0, "test_b.py": 2.0}
