"""Compile what is deployed, contract by contract, and remember the result in `build/`.

The settings come from `foundry.toml`, so that Forge and this module cannot drift apart. Each contract is
compiled with exactly the sources it imports: its bytecode depends on nothing else, a change recompiles
only what it touches, and several contracts compile at once.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tonne import files, paths
from tonne.errors import TonneError

ROOT = paths.TREE
COMPILER_VERSION = "0.8.37"

#: Contracts of others that are deployed as they are, by name and source.
BORROWED = {
    "AccessManager": "node_modules/@openzeppelin/contracts/access/manager/AccessManager.sol",
}

#: Called before the first compilation and after each: contracts done, contracts to do, name.
Progress = Callable[[int, int, str], None]

_IMPORT = re.compile(r"""^\s*import\b[^;"']*["']([^"']+)["']""", re.MULTILINE)
_CONTRACT = re.compile(r"^contract\s+(\w+)", re.MULTILINE)
# Contracts that hand further calls on to code of their own: an interface says what can be called.
CALLED_BY: Final = {
    "Compliance": ("interfaces/compliance/IPenalties.sol", "IComplianceWhole"),
    "Exchange": ("interfaces/market/IExchange.sol", "IExchange"),
    "MeterOracle": ("interfaces/evidence/IMeterOracle.sol", "IMeterOracle"),
    "PowerMarket": ("interfaces/power/IPowerLedger.sol", "IPowerVenue"),
    "PowerSettlement": ("interfaces/power/IPowerSettlement.sol", "IPowerSettlement"),
}

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a deployment needs of one contract."""

    name: str
    source: str  # path from the root of the project
    abi: list[dict]
    bytecode: str  # creation code, 0x…; constructor arguments follow it
    runtime: str  # code on chain, 0x…; immutables are zero here
    digest: str  # SHA-256 of the compiler's input


def contracts(
    names: Iterable[str] | None = None, root: Path = ROOT, progress: Progress | None = None
) -> dict[str, Artifact]:
    """The deployable contracts by name, all or some; compiled where `build/` does not have them yet."""
    brought = _brought(root)
    sources = {name: a.source for name, a in brought.items()} or deployable(root)
    wanted = sorted(sources) if names is None else list(names)
    for name in wanted:
        if name not in sources:
            raise TonneError("COMPILE_UNKNOWN", f"There is no contract {name}.", "contract", name)
    if brought:
        return {name: brought[name] for name in wanted}

    inputs = {name: _standard_json(name, sources[name], root) for name in wanted}
    found: dict[str, Artifact] = {}
    for name in wanted:
        artifact = _read(root, name, _digest(inputs[name]))
        if artifact is not None:
            found[name] = artifact

    missing = [name for name in wanted if name not in found]
    # The longest first, so that no core waits at the end for the other.
    missing.sort(key=lambda name: -len(json.dumps(inputs[name])))
    if missing and progress is not None:
        progress(0, len(missing), "")
    with ThreadPoolExecutor(max_workers=max(1, os.cpu_count() or 1)) as pool:
        jobs = [pool.submit(_compile, root, name, sources[name], inputs[name]) for name in missing]
        for done, job in enumerate(as_completed(jobs), start=1):
            artifact = job.result()
            found[artifact.name] = artifact
            if progress is not None:
                progress(done, len(missing), artifact.name)
    return {name: found[name] for name in wanted}


def deployable(root: Path = ROOT) -> dict[str, str]:
    """Every contract that can be deployed, by name, with its source file."""
    found = dict(BORROWED)
    for path in sorted((root / "contracts").rglob("*.sol")):
        source = path.relative_to(root).as_posix()
        for name in _CONTRACT.findall(without_comments(path.read_text(encoding="utf-8"))):
            if name in found:
                raise TonneError(
                    "COMPILE_AMBIGUOUS",
                    f"Two contracts are named {name}: in {found[name]} and in {source}.",
                    "contract",
                    name,
                    "Rename one of them.",
                )
            found[name] = source
    return found


def standard_json(name: str, root: Path = ROOT) -> dict:
    """The compiler's input for one contract: what a block explorer asks for to verify the source."""
    return _standard_json(name, deployable(root)[name], root)


def _standard_json(name: str, source: str, root: Path) -> dict:
    settings = _settings(root)
    outputs = {source: {name: ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}}
    if name in CALLED_BY:
        path, interface = CALLED_BY[name]
        outputs[path] = {interface: ["abi"]}
    return {
        "language": "Solidity",
        "sources": {
            path: {"content": text} for path, text in sorted(_closure(root, source).items())
        },
        "settings": {
            **settings,
            "outputSelection": outputs,
        },
    }


def _settings(root: Path) -> dict:
    profile = tomllib.loads((root / "foundry.toml").read_text(encoding="utf-8"))["profile"][
        "default"
    ]
    return {
        "remappings": sorted(profile["remappings"]),
        "optimizer": {"enabled": True, "runs": profile["optimizer_runs"]},
        "evmVersion": profile["evm_version"],
        "viaIR": True,
        "metadata": {"bytecodeHash": "ipfs"},
        "libraries": {},
    }


def _closure(root: Path, source: str) -> dict[str, str]:
    """The source and all it imports, path by path."""
    remappings = [entry.split("=", 1) for entry in _settings(root)["remappings"]]
    texts: dict[str, str] = {}
    waiting = [source]
    while waiting:
        path = waiting.pop()
        if path in texts:
            continue
        try:
            texts[path] = (root / path).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise TonneError(
                "COMPILE_SOURCE_MISSING",
                f"{source} needs {path}, which is not there.",
                "source",
                path,
                "Run `make setup`.",
            ) from error
        waiting.extend(imports(texts[path], path, remappings))
    return texts


def imports(text: str, path: str, remappings: Iterable[Iterable[str]]) -> list[str]:
    """The paths from the root that a Solidity source imports."""
    found = []
    for name in _IMPORT.findall(without_comments(text)):
        if name.startswith("."):
            found.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), name)))
            continue
        for prefix, target in remappings:
            if name.startswith(prefix):
                name = target + name[len(prefix) :]
                break
        found.append(name)
    return found


def without_comments(text: str) -> str:
    return _COMMENT.sub("", text)


def _compile(root: Path, name: str, source: str, request: dict) -> Artifact:
    import solcx  # not needed where everything is compiled, as in an installed package
    from solcx.exceptions import SolcError

    try:
        answer = solcx.compile_standard(request, solc_binary=_compiler(root))
    except SolcError as error:
        raise TonneError(
            "COMPILE_FAILED", f"{source} does not compile.\n{error.message}", "contract", name
        ) from error
    output = answer["contracts"][source][name]
    abi = output["abi"]
    if name in CALLED_BY:
        path, interface = CALLED_BY[name]
        called = answer["contracts"][path][interface]["abi"]
        abi = [*abi, *(entry for entry in called if entry not in abi)]
    artifact = Artifact(
        name=name,
        source=source,
        abi=abi,
        bytecode="0x" + output["evm"]["bytecode"]["object"],
        runtime="0x" + output["evm"]["deployedBytecode"]["object"],
        digest=_digest(request),
    )
    _write(root, artifact)
    return artifact


@functools.cache
def _compiler(root: Path) -> Path:
    binary = root / "tools" / "solc" / f"solc-v{COMPILER_VERSION}"
    if not (root / ".tools" / "bin" / "node").exists():
        raise TonneError(
            "COMPILE_NOT_SET_UP", "The compiler is not installed.", remedy="Run `make setup`."
        )
    return binary


# ---------------------------------------------------------------------------------------------------
# What is remembered


def _digest(request: dict) -> str:
    text = json.dumps([COMPILER_VERSION, request], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _brought(root: Path) -> dict[str, Artifact]:
    """Contracts as a package brought them, compiled before it was made; empty in a checkout."""
    if not (paths.INSTALLED and root == ROOT):
        return {}
    files = sorted((root / "build" / "tonne").glob("*.json"))
    return {path.stem: Artifact(**json.loads(path.read_text(encoding="utf-8"))) for path in files}


def _path(root: Path, name: str) -> Path:
    return root / "build" / "tonne" / f"{name}.json"


def _read(root: Path, name: str, digest: str) -> Artifact | None:
    try:
        artifact = Artifact(**json.loads(_path(root, name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return artifact if artifact.digest == digest else None


def _write(root: Path, artifact: Artifact) -> None:
    files.write(_path(root, artifact.name), json.dumps(asdict(artifact)))


def main() -> None:
    """Compile everything that is not compiled yet, and say so line by line."""

    def say(done: int, total: int, name: str) -> None:
        if done == 0:
            print(f"Compiling {total} contracts", flush=True)
        else:
            print(f"  {done}/{total} {name}", flush=True)

    contracts(progress=say)


if __name__ == "__main__":
    try:
        main()
    except TonneError as error:
        raise SystemExit(str(error)) from error
