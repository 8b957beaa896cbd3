"""Declared dependencies are those that the code imports; the lock has a version of each that fits."""

from __future__ import annotations

import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.toolchain.conftest import closure
from tools import figures, floors, syntax_trees

ROOT = figures.ROOT

#: Read as data files, or loaded by another package, never imported.
DATA = {"simbench", "tzdata", "uharfbuzz"}

#: Run as programs, never imported.
PROGRAMS = {"eth-brownie", "mypy", "pytest-xdist", "ruff", "uv"}


def imported(*folders: str, root: Path = ROOT) -> dict[str, set[str]]:
    """Top-level modules of others that the Python files of some folders import, with their distributions."""
    tops = {
        name.split(".")[0]
        for path in floors.python_files(root, folders)
        for name in floors.imported(syntax_trees.tree(path), floors.module_name(path, root))
    }
    ours = {path.name for path in ROOT.iterdir() if path.is_dir()}
    provided = metadata.packages_distributions()
    # A package of an extra need not be installed: it bears the name of its module.
    return {
        top: {canonicalize_name(name) for name in provided.get(top, [top])}
        for top in tops - ours - sys.stdlib_module_names
    }


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(file: str) -> list[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_wheel_declares_exactly_what_it_imports():
    about = project()
    extras = [text for texts in about["optional-dependencies"].values() for text in texts]
    declared = names(about["dependencies"]) | names(extras)
    used = imported("tonne", "oracles")
    assert {top for top, providers in used.items() if not providers & declared} == set()
    assert declared - DATA - set().union(*used.values()) == set()


def test_an_import_of_something_undeclared_is_seen(tmp_path):
    (tmp_path / "tonne").mkdir()
    (tmp_path / "tonne" / "new.py").write_text("def late():\n    import hypothesis.strategies\n")
    assert imported("tonne", root=tmp_path) == {"hypothesis": {"hypothesis"}}


def test_each_direct_requirement_is_used_by_the_project():
    used = imported("tonne", "oracles", "scripts", "tools", "tests", "examples/python")
    direct = names(requirements("requirements.in"))
    assert direct - PROGRAMS - DATA - set().union(*used.values()) == set()


def locked() -> dict[str, str]:
    """Versions of the lock by distribution."""
    lines = (line.split("==") for line in requirements("requirements.lock"))
    return {canonicalize_name(name): version for name, version in lines}


@pytest.mark.parametrize("text", project()["dependencies"])
def test_the_lock_fits_what_the_wheel_declares(text):
    needed = Requirement(text)
    assert needed.specifier.contains(locked()[canonicalize_name(needed.name)])


def test_the_lock_has_all_that_its_packages_need_and_nothing_else():
    """The embedded broker needs the argon2 of an extra: without its name it would be gone."""
    direct = [*requirements("requirements.in"), "psutil"]
    needed = {canonicalize_name(found.name) for found in closure(direct)}
    assert needed == locked().keys()
