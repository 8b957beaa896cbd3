"""Version of the package."""

from __future__ import annotations

import tomllib
from importlib import metadata

from tonne.paths import INSTALLED, TREE


def version() -> str:
    """The version in pyproject.toml of the checkout, or of the installed package."""
    if INSTALLED:
        return metadata.version("tonne")
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])
