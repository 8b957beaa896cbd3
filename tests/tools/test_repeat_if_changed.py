"""Tests run again after any change of their inputs, and not without one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools import repeat_if_changed


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose tests count their runs, and fail while there is a file `red`."""
    monkeypatch.setattr(repeat_if_changed, "ROOT", tmp_path)
    for key in ("CI", "FORCE"):
        monkeypatch.delenv(key, raising=False)
    for name in ("contracts/A.sol", "tests/A.t.sol", "tests/vectors/a.json", "tests/test_a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    (tmp_path / "foundry.toml").write_text("one")
    return tmp_path


SCRIPT = "import sys, pathlib as p; open('runs', 'a').write('.'); sys.exit(p.Path('red').exists())"


def runs(project, name="forge") -> tuple[int, int]:
    """Exit code of the command, and how often it ran so far."""
    code = repeat_if_changed.main([name, sys.executable, "-c", SCRIPT])
    return code, len((project / "runs").read_text())


def test_unchanged_tests_are_not_repeated(project, capsys):
    assert runs(project) == (0, 1)
    assert runs(project) == (0, 1)
    assert "forge: unchanged since it passed on " in capsys.readouterr().out


@pytest.mark.parametrize(
    "name",
    [
        "contracts/A.sol",
        "tests/A.t.sol",
        "tests/vectors/a.json",
        "foundry.toml",
        "snapshots/new.json",
    ],
)
def test_a_change_of_any_input_repeats_them(project, name):
    runs(project)
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("two")
    assert runs(project) == (0, 2)


def test_a_change_of_a_test_in_python_does_not(project):
    runs(project)
    (project / "tests/test_a.py").write_text("two")
    assert runs(project) == (0, 1)


def test_another_setting_of_forge_repeats_them(project, monkeypatch):
    runs(project)
    monkeypatch.setenv("FOUNDRY_FUZZ_RUNS", "9")
    assert runs(project) == (0, 2)


def test_failed_tests_are_repeated(project):
    runs(project)
    (project / "contracts/A.sol").write_text("two")
    (project / "red").touch()
    assert runs(project) == (1, 2)
    (project / "contracts/A.sol").write_text("one")
    assert runs(project) == (1, 3)


@pytest.mark.parametrize("key", ["CI", "FORCE"])
def test_they_can_be_forced(project, monkeypatch, key):
    runs(project)
    monkeypatch.setenv(key, "true")
    assert runs(project) == (0, 2)


@pytest.fixture
def repository(project):
    """The project under git, which ignores the record and the count of runs."""
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    (project / ".gitignore").write_text("build\nruns\n")
    return project


def test_python_tests_are_not_repeated_where_no_file_changed(repository):
    assert runs(repository, "python") == (0, 1)
    assert runs(repository, "python") == (0, 1)


@pytest.mark.parametrize("name", ["tests/test_a.py", "contracts/A.sol", "new.md", ".gitignore"])
def test_any_changed_file_repeats_python_tests(repository, name):
    runs(repository, "python")
    with (repository / name).open("a") as file:
        file.write("# two\n")
    assert runs(repository, "python") == (0, 2)


def test_a_deleted_file_repeats_python_tests(repository):
    runs(repository, "python")
    (repository / "tests/test_a.py").unlink()
    assert runs(repository, "python") == (0, 2)


def test_python_tests_always_run_without_git(project, monkeypatch):
    monkeypatch.setattr(repeat_if_changed, "LISTING", ("git-is-not-here",))
    assert runs(project, "python") == (0, 1)
    assert runs(project, "python") == (0, 2)
