"""Packages, built and installed once for the tests that use them."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.toolchain.trees import as_a_stranger
from tools import package


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    return package.wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def tarball(tmp_path_factory):
    folder = tmp_path_factory.mktemp("npm")
    return package.npm(folder, folder / "package")


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """A fresh environment with the wheel and the packages that it declares, linked from the project's."""
    venv = tmp_path_factory.mktemp("venv")
    as_a_stranger([sys.executable, "-m", "venv", "--without-pip", venv], venv)
    pip = [sys.executable, "-m", "pip", "--python", venv / "bin" / "python"]
    options = ["--no-deps", "--no-index", "--disable-pip-version-check"]
    as_a_stranger([*pip, "install", *options, wheel], venv)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = venv / "lib" / version / "site-packages"
    (about,) = metadata.distributions(name="tonne", path=[str(site)])
    for needed in closure(about.requires or []):
        link(needed, site)
    return venv / "bin"


def closure(requirements: list[str]) -> list[metadata.Distribution]:
    """The distributions that requirements name, and those that they and their named extras require."""
    found: dict[tuple[str, str], metadata.Distribution] = {}
    waiting = [(text, "") for text in requirements]
    while waiting:
        text, extra = waiting.pop()
        needed = Requirement(text)
        if needed.marker is not None and not needed.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *needed.extras):
            if (needed.name, wanted) not in found:
                distribution = metadata.distribution(needed.name)
                found[needed.name, wanted] = distribution
                waiting += [(inner, wanted) for inner in distribution.requires or []]
    return list(found.values())


def link(distribution: metadata.Distribution, site: Path) -> None:
    """Links the files of a distribution into an environment's packages, a top-level name at a time."""
    for name in {path.parts[0] for path in distribution.files or [] if path.parts[0] != ".."}:
        source = Path(str(distribution.locate_file(name)))
        if not (site / name).exists() and name != "__pycache__":
            (site / name).symlink_to(source)
