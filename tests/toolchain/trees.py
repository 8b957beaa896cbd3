"""Copies of the project in other folders, to see that nothing depends on where it lies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from tonne.deployment import compiler, sources
from tools import setup

ROOT = compiler.ROOT


def link_tools(target: Path) -> None:
    """Give a copy the compiler and the binaries without copying them."""
    target.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "tools" / "solc", target / "tools" / "solc")
    for name in ("node", "forge", "anvil", "cast"):
        link = target / ".tools" / "bin" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((ROOT / ".tools" / "bin" / name).resolve())
    (target / "node_modules").mkdir()
    (target / "node_modules" / "solc").symlink_to((ROOT / "node_modules" / "solc").resolve())


def copy_sources(target: Path, names: list[str]) -> None:
    """Copy the named contracts with their imports, the configuration and the compiler into a new folder."""
    link_tools(target)
    for file in ("foundry.toml", "brownie-config.yaml"):
        shutil.copy(ROOT / file, target / file)
    for name in names:
        for path, source in sources.standard_json(name)["sources"].items():
            write(target / path, source["content"])
    if sources.BORROWED.keys() & set(names):
        write(target / sources.BORROWER, (ROOT / sources.BORROWER).read_text(encoding="utf-8"))


def copy_build(target: Path) -> None:
    """Give a copy the artifacts and Forge's build, so that it compiles only its own changes."""
    compiler.build()
    for name in ("artifacts", "build"):
        shutil.rmtree(target / name, ignore_errors=True)
    for name in ("artifacts", "build/foundry", "build/foundry-cache"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name)


def copy_packages(target: Path) -> None:
    """Give a copy `node_modules` as hard links: behind a symbolic one Forge takes every source as changed."""
    shutil.copytree(
        ROOT / "node_modules", target / "node_modules", symlinks=True, copy_function=_hard_link
    )


def _hard_link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    # Make gives its own settings to what it calls; a copy must not inherit them.
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "PYTEST_"))}
    return subprocess.run(
        command,
        cwd=folder,
        env={**kept, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def npm(arguments: list[str], folder: Path) -> None:
    """Run the npm that set-up found."""
    node, tool = setup.find_node()
    command = [str(node), str(tool)] if tool.suffix == ".js" else [str(tool)]
    path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    done = run([*command, *arguments], folder, PATH=path)
    assert done.returncode == 0, done.stdout


def as_a_stranger(command, folder, **variables):
    """As a stranger would: nothing of this project in the environment."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TONNE", "MAKE"))}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**kept, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout
