"""Copies of the project in other folders, to see that nothing depends on where it lies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import solcx

from tonne.deployment import compiler
from tools import setup

ROOT = compiler.ROOT

#: Creation code and code on chain, 0x….
Code = tuple[str, str]


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
        for path, source in compiler.standard_json(name)["sources"].items():
            write(target / path, source["content"])
    if compiler.BORROWED.keys() & set(names):
        write(target / compiler.BORROWER, (ROOT / compiler.BORROWER).read_text(encoding="utf-8"))


def copy_build(target: Path) -> None:
    """Give a copy the build of all contracts, so that it compiles only its own changes."""
    compiler.contracts()
    shutil.rmtree(target / "build", ignore_errors=True)
    for name in ("artifacts", "foundry", "foundry-cache"):
        shutil.copytree(ROOT / "build" / name, target / "build" / name)


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


def bytecode_by_forge(folder: Path, names: list[str]) -> dict[str, Code]:
    built = compiler.contracts(names, root=folder)
    return {name: (artifact.bytecode, artifact.runtime) for name, artifact in built.items()}


def bytecode_by_solcx(names: list[str]) -> dict[str, Code]:
    """Each contract compiled alone, by standard JSON: without Forge and without folders."""

    def compile_one(name: str) -> Code:
        source = compiler.deployable()[name]
        answer = solcx.compile_standard(compiler.standard_json(name), solc_binary=compiler.SOLC)
        code = answer["contracts"][source][name]["evm"]
        return "0x" + code["bytecode"]["object"], "0x" + code["deployedBytecode"]["object"]

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(compile_one, names), strict=True))


def bytecode_by_brownie(folder: Path, names: list[str], home: Path) -> dict[str, Code]:
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
