"""Packages, made and installed once for the tests that use them."""

from __future__ import annotations

import sys
import sysconfig

import pytest

from tests.toolchain.trees import as_a_stranger
from tools import package


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    return folder / package.build_wheel(str(folder))


@pytest.fixture(scope="session")
def tarball(tmp_path_factory):
    folder = tmp_path_factory.mktemp("npm")
    return folder / package.npm(folder, folder / "package")


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """A fresh environment with the wheel; what the wheel depends on is lent by the project's."""
    venv = tmp_path_factory.mktemp("venv")
    as_a_stranger([sys.executable, "-m", "venv", "--without-pip", venv], venv)
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    as_a_stranger([*pip, "install", "--no-deps", "--no-index", wheel], venv)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = venv / "lib" / version / "site-packages"
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv / "bin"
