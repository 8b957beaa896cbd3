"""Copies of the project, for tools that change its contracts and compile them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tonne.deployment import compiler

ROOT: Final = compiler.ROOT
COPIED: Final = ("contracts", "interfaces", "tests", "schemes", "tools/solc", "artifacts")


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="tonne-assurance-") as name:
        yield Path(name)


def copy(root: Path) -> None:
    """Puts into `root` what Forge compiles and tests, without a build."""
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "foundry.toml", root)
    packages = root / "node_modules"
    shutil.copytree(ROOT / "node_modules", packages, symlinks=True, copy_function=_link)
    for tool in ("node", "forge"):
        link = root / ".tools" / "bin" / tool
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((ROOT / ".tools" / "bin" / tool).resolve())


def copy_file(source: str, target: str) -> None:
    """A copy; of packages, which stay as they are, a hard link."""
    (_link if "/node_modules/" in source else shutil.copy2)(source, target)


def _link(source: str, target: str) -> None:
    """A hard link: behind a symbolic one Forge takes every source as changed."""
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
