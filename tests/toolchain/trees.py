"""Copies of the project in other folders, to see that nothing depends on where it lies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tonne.deployment import compiler
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


def copy_sources(target: Path, names: list[str]) -> None:
    """Write what the named contracts import, the configuration and the compiler into a new folder."""
    link_tools(target)
    for file in ("foundry.toml", "brownie-config.yaml"):
        shutil.copy(ROOT / file, target / file)
    for name in names:
        for path, source in compiler.standard_json(name)["sources"].items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_text(source["content"], encoding="utf-8")
    (target / "node_modules" / "solc").symlink_to((ROOT / "node_modules" / "solc").resolve())
    # Forge and Brownie build what lies in contracts/: contracts of others come in by an import.
    imports = "".join(
        f'import "{path.removeprefix("node_modules/")}";\n'
        for name, path in compiler.BORROWED.items()
        if name in names
    )
    if imports:
        file = target / "contracts" / "parties" / "Borrowed.sol"
        file.parent.mkdir(parents=True, exist_ok=True)
        # Brownie passes over a file that declares nothing.
        head = "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.20;\n"
        file.write_text(f"{head}{imports}\nabstract contract Borrowed {{}}\n")


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


def bytecode_by_forge(folder: Path, names: list[str]) -> dict[str, tuple[str, str]]:
    done = run([".tools/bin/forge", "build", "contracts"], folder)
    assert done.returncode == 0, done.stdout
    found = {}
    for name in names:
        source = Path(compiler.deployable()[name]).name
        artifact = read(folder / "build" / "foundry" / source / f"{name}.json")
        found[name] = (artifact["bytecode"]["object"], artifact["deployedBytecode"]["object"])
    return found


def bytecode_by_brownie(folder: Path, names: list[str], home: Path) -> dict[str, tuple[str, str]]:
    home.mkdir(parents=True, exist_ok=True)
    (folder / "interfaces").mkdir(exist_ok=True)
    compiler_folder = str(folder / "tools" / "solc")
    brownie = str(ROOT / ".venv" / "bin" / "brownie")
    # A home of its own: packages that someone installed for Brownie would change the remappings.
    done = run([brownie, "compile"], folder, HOME=str(home), SOLCX_BINARY_PATH=compiler_folder)
    assert done.returncode == 0, done.stdout
    found = {}
    for name in names:
        artifact = read(folder / "build" / "contracts" / f"{name}.json")
        found[name] = ("0x" + artifact["bytecode"], "0x" + artifact["deployedBytecode"])
    return found


def bytecode_by_solcx(folder: Path, names: list[str]) -> dict[str, tuple[str, str]]:
    artifacts: Mapping[str, compiler.Artifact] = compiler.contracts(names, root=folder)
    return {name: (artifact.bytecode, artifact.runtime) for name, artifact in artifacts.items()}


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
