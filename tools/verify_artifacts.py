"""`make verify-artifacts`: recompiles the artifacts from source and compares every byte.

Forge, Brownie and py-solc-x each compile the contracts in folders of their own. `artifacts/verified.json`
lists the artifacts for which all three agreed, by the SHA-256 of the file; those are left out until they
change. `--all` takes every one. Exits with 1 where a byte differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import solcx

from tonne import files
from tonne.deployment import artifacts, compiler, sources
from tonne.deployment.sources import SourceTree
from tonne.errors import TonneError

ROOT: Final = compiler.ROOT
RECORD: Final = ROOT / artifacts.FOLDER / "verified.json"

#: Creation code and runtime code, 0x…, by contract.
Codes = dict[str, tuple[str, str]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make verify-artifacts", description=__doc__)
    parser.add_argument("--all", action="store_true", help="those that were verified before, too")
    parser.add_argument("--contract", action="append", help="a contract by name; repeatable")
    options = parser.parse_args()
    if stale := stale_artifacts():
        for name, reason in stale.items():
            print(f"{name}: stale ({reason}); run `make build`")
        return 1
    known = {} if options.all else recorded()
    names = options.contract or [n for n in artifacts.names(ROOT) if known.get(n) != hash_of(n)]
    if not names:
        print(f"{len(known)} artifacts are verified already; VERIFY=--all repeats it.")
        return 0
    wrong: set[str] = set()
    for tool, build in TOOLS.items():
        began = time.monotonic()
        print(
            f"{tool}: compiling {len(names)} of {len(artifacts.names(ROOT))} contracts", flush=True
        )
        found = differing(names, build(names))
        wrong.update(found)
        for name in found:
            print(f"{tool}: {name} differs from artifacts/{name}{artifacts.ENDING}")
        print(
            f"{tool}: {len(names) - len(found)} equal, {time.monotonic() - began:.0f} s", flush=True
        )
    kept = {name: digest for name, digest in recorded().items() if hash_of(name) == digest}
    kept |= {name: hash_of(name) for name in names}
    verified = {name: digest for name, digest in sorted(kept.items()) if name not in wrong}
    files.write(RECORD, json.dumps(verified, indent=1) + "\n")
    return int(bool(wrong))


def stale_artifacts() -> dict[str, str]:
    """Contracts with an artifact of other sources or settings, and the reasons."""
    tree = SourceTree(ROOT)
    found = {}
    for name in tree.deployable:
        texts = artifacts.texts_of(tree, name, compiler.CALLED_BY)
        if reason := artifacts.reason_stale(ROOT, tree, name, texts):
            found[name] = reason
    return found


def recorded() -> dict[str, str]:
    """SHA-256 of the verified files by contract."""
    found: dict[str, str] = json.loads(RECORD.read_text("utf-8")) if RECORD.is_file() else {}
    return found


def hash_of(name: str) -> str:
    """SHA-256 of a contract's file; empty without one."""
    path = artifacts.path_of(ROOT, name)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def differing(names: Iterable[str], built: Codes) -> list[str]:
    """Contracts of which a build has other bytes than the artifact, or none."""
    found = []
    for name in names:
        artifact = artifacts.read(artifacts.path_of(ROOT, name))
        if built.get(name) != (artifact.bytecode, artifact.runtime):
            found.append(name)
    return found


# Builds


def by_forge(names: list[str]) -> Codes:
    """Bytecode of Forge's profile for deployed contracts, in a folder without other files."""
    with _copy(names) as folder:
        root = Path(folder)
        forge = [root / ".tools" / "bin" / "forge", "build"]
        _run(forge, root, FOUNDRY_PROFILE=sources.PROFILE, NO_COLOR="1")
        homes = sources.deployable(root)
        found = {}
        for name in names:
            file = root / "build" / "foundry-deployed" / Path(homes[name]).name / f"{name}.json"
            output = json.loads(file.read_text("utf-8"))
            found[name] = (output["bytecode"]["object"], output["deployedBytecode"]["object"])
        return found


def by_brownie(names: list[str]) -> Codes:
    """Bytecode of `brownie compile`, in a folder without other files."""
    with _copy(names) as folder, tempfile.TemporaryDirectory() as home:
        root = Path(folder)
        # Packages of a user's home would change the remappings.
        brownie = [ROOT / ".venv" / "bin" / "brownie", "compile"]
        _run(brownie, root, HOME=home, SOLCX_BINARY_PATH=str(root / "tools" / "solc"))
        found = {}
        for name in names:
            text = (root / "build" / "contracts" / f"{name}.json").read_text("utf-8")
            output = json.loads(text)
            found[name] = ("0x" + output["bytecode"], "0x" + output["deployedBytecode"])
        return found


def by_solcx(names: list[str]) -> Codes:
    """Bytecode of py-solc-x, by the standard JSON that explorers are given, each contract alone."""
    tree = SourceTree(ROOT)

    def compiled(name: str) -> tuple[str, str]:
        request = tree.standard_json(name)
        output: dict[str, Any] = solcx.compile_standard(request, solc_binary=compiler.SOLC)
        code = output["contracts"][tree.deployable[name]][name]["evm"]
        return "0x" + code["bytecode"]["object"], "0x" + code["deployedBytecode"]["object"]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(names, pool.map(compiled, names), strict=True))


TOOLS: Final[dict[str, Callable[[list[str]], Codes]]] = {
    "forge": by_forge,
    "brownie": by_brownie,
    "py-solc-x": by_solcx,
}


def _copy(names: list[str]) -> tempfile.TemporaryDirectory[str]:
    """A folder with the sources of some contracts, the settings and the compiler."""
    made = tempfile.TemporaryDirectory(prefix="tonne-artifacts-")
    root = Path(made.name)
    tree = SourceTree(ROOT)
    copied = {"foundry.toml", "brownie-config.yaml"}
    for name in names:
        copied |= tree.compiled_with(name)
    if sources.BORROWED.keys() & set(names):
        copied.add(sources.BORROWER)
    for file in sorted(copied):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, root / file)
    shutil.copytree(ROOT / "tools" / "solc", root / "tools" / "solc")
    (root / "interfaces").mkdir(exist_ok=True)
    tools = root / ".tools" / "bin"
    tools.mkdir(parents=True)
    for tool in sorted((ROOT / ".tools" / "bin").iterdir()):
        (tools / tool.name).symlink_to(tool.resolve())
    (root / "node_modules").mkdir(exist_ok=True)
    (root / "node_modules" / "solc").symlink_to((ROOT / "node_modules" / "solc").resolve())
    return made


def _run(command: list[Any], root: Path, **variables: str) -> None:
    """Runs a compiler's program without Make's variables; raises COMPILE_FAILED with its messages."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=root,
        env={**kept, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise TonneError("COMPILE_FAILED", f"The contracts do not compile.\n{done.stdout[-3000:]}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except TonneError as error:
        sys.exit(str(error))
