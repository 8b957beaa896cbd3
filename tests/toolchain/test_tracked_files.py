"""Files of the repository: none that a command wrote, none over 1 MB without a reference."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tools import figures

ROOT = figures.ROOT

#: Size from which a file needs a reference [bytes].
LARGE = 1_000_000

CHECKOUT = pytest.mark.skipif(
    not (ROOT / ".git").exists() or not shutil.which("git"), reason="the sources are no checkout"
)


def git(root: Path, *arguments: str) -> list[str]:
    """Lines that git prints; an exit status of 1 means that `git grep` found nothing."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()


def unreferenced(root: Path) -> list[str]:
    """Tracked files over 1 MB with a name that no other tracked text file contains."""
    tracked = [root / name for name in git(root, "-c", "core.quotePath=false", "ls-files")]
    large = [path for path in tracked if path.is_file() and path.stat().st_size > LARGE]
    return [
        str(path.relative_to(root))
        for path in large
        if not git(root, "grep", "-l", "-I", "-F", path.name, "--", f":!{path.relative_to(root)}")
    ]


def written(root: Path) -> list[str]:
    """Tracked files that `.gitignore` matches: deployments, keys, profiles and other output of commands."""
    return git(root, "ls-files", "--cached", "--ignored", "--exclude-per-directory=.gitignore")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one file of 1 MB + 1 byte."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "input.json").write_bytes(b"x" * (LARGE + 1))
    return tmp_path


def test_a_large_file_needs_a_reference(repository):
    git(repository, "add", "data")
    assert unreferenced(repository) == ["data/input.json"]
    (repository / "README.md").write_text("The sample is in data/input.json.\n")
    git(repository, "add", "README.md")
    assert unreferenced(repository) == []


def test_small_and_untracked_files_need_none(repository):
    (repository / "data" / "small.json").write_bytes(b"x" * LARGE)
    git(repository, "add", "data/small.json")
    assert unreferenced(repository) == []


def test_a_tracked_file_that_git_ignores_is_found(repository):
    git(repository, "add", "data")
    (repository / ".gitignore").write_text("/data/\n")
    assert written(repository) == ["data/input.json"]


@CHECKOUT
def test_the_repository_has_no_large_file_without_a_reference():
    assert unreferenced(ROOT) == []


@CHECKOUT
def test_the_repository_has_no_file_that_a_command_wrote():
    assert written(ROOT) == []
