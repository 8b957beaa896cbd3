"""Compiled contracts: `forge build` makes them, `build/artifacts` keeps them for deployments.

Forge and Python share one build. In a checkout Forge runs when a source, a setting or the compiler changed
since `build/artifacts` was written, and compiles the sources it touches. An installed package brings its
artifacts and never compiles.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import posixpath
import re
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from tonne import files, paths
from tonne.deployment.plan import AHEAD_OF
from tonne.errors import TonneError

ROOT: Final = paths.TREE
COMPILER_VERSION: Final = "0.8.37"
#: Profile of `foundry.toml` with the settings of deployed contracts.
PROFILE: Final = "deployed"
SOLC: Final = ROOT / "tools" / "solc" / f"solc-v{COMPILER_VERSION}"

#: Contracts of other projects that are deployed unchanged, by name, with their sources; and the file that
#: imports them, so that Forge compiles them with the settings of deployed contracts.
BORROWED: Final = {
    "AccessManager": "node_modules/@openzeppelin/contracts/access/manager/AccessManager.sol",
}
BORROWER: Final = "contracts/rules/Borrowed.sol"

#: Contracts that delegate unknown calls to an extension, with the interface that lists all their functions.
CALLED_BY: Final = {
    "Auction": ("interfaces/market/IAuction.sol", "IAuction"),
    "Compliance": ("interfaces/compliance/IPenalties.sol", "IComplianceWhole"),
    "EmissionsOracle": ("interfaces/evidence/IEmissionsOracle.sol", "IEmissionsOracle"),
    "EnergyCertificates": ("interfaces/units/IEnergyCertificates.sol", "IEnergyCertificates"),
    "EnergyCredits": ("interfaces/units/IEnergyCredits.sol", "IEnergyCredits"),
    "Exchange": ("interfaces/market/IExchange.sol", "IExchange"),
    "Immobilisation": ("interfaces/units/IImmobilisation.sol", "IImmobilisationWhole"),
    "MeterOracle": ("interfaces/evidence/IMeterOracle.sol", "IMeterOracle"),
    "Projects": ("interfaces/evidence/IProjects.sol", "IProjects"),
    "PowerMarket": ("interfaces/power/IPowerLedger.sol", "IPowerVenue"),
    "PowerSettlement": ("interfaces/power/IPowerSettlement.sol", "IPowerSettlement"),
}

#: Counts the forms of the artifacts: another one has them written anew.
FORM: Final = 5

#: [s] Between two words of a build that still runs.
TOLD_S = 20.0

#: Told in words how a build goes: before, meanwhile and after. Not called if nothing is stale.
Progress = Callable[[str], None]

Json = dict[str, Any]

_IMPORT: Final = re.compile(r"""^\s*import\b[^;"']*["']([^"']+)["']""", re.MULTILINE)
_CONTRACT: Final = re.compile(r"^contract\s+(\w+)", re.MULTILINE)
_COMMENT: Final = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract, as a deployment needs it."""

    name: str
    source: str  # path from the root of the project
    abi: list[Json]
    bytecode: str  # creation code, 0x…; constructor arguments follow it
    runtime: str  # code on chain, 0x…; immutables are zero here
    digest: str  # SHA-256 of the compiler's metadata: hashes of all sources, settings, version
    #: First bytes of the words in `runtime` that each immutable fills, by the compiler's number of it.
    immutables: dict[str, list[int]] = field(default_factory=dict)


def contracts(
    names: Iterable[str] | None = None, root: Path = ROOT, progress: Progress | None = None
) -> dict[str, Artifact]:
    """Artifacts of deployable contracts by name; all without `names`.

    A checkout builds stale contracts first. Raises COMPILE_UNKNOWN for a name that no contract has.
    """
    if not (paths.INSTALLED and root == ROOT):
        _build_if_stale(root, progress)
    available = {path.stem: path for path in sorted(_artifacts(root).glob("*.json"))}
    wanted = sorted(available) if names is None else list(names)
    for name in wanted:
        if name not in available:
            raise TonneError("COMPILE_UNKNOWN", f"There is no contract {name}.", "contract", name)
    return {name: Artifact(**json.loads(available[name].read_text("utf-8"))) for name in wanted}


def path_of(root: Path, name: str) -> Path:
    """Path of a contract's artifact."""
    return _artifacts(root) / f"{name}.json"


def input_path(root: Path = ROOT) -> Path:
    """Path of the compiler's input of all contracts with their metadata; see `CompilerInput`."""
    return _artifacts(root) / "verification" / "input.json"


def deployable(root: Path = ROOT) -> dict[str, str]:
    """Source paths of all deployable contracts by name.

    Raises COMPILE_AMBIGUOUS if two contracts share a name.
    """
    found = dict(BORROWED) if (root / BORROWER).is_file() else {}
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


def standard_json(name: str, root: Path = ROOT) -> Json:
    """Standard JSON input of one contract, for source verification by block explorers.

    It has the settings that Forge applies to deployed contracts, and compiles to the same bytecode: with the
    sources of the contract that creates it, where one does.
    """
    sources = deployable(root)
    source, settings = sources[name], _settings(root)
    texts = _with_imports(root, _compiled_with(root, name, sources), settings["remappings"])
    outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
    return {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in sorted(texts.items())},
        "settings": {**settings, "outputSelection": {source: {name: outputs}}},
    }


def _compiled_with(root: Path, name: str, sources: Mapping[str, str]) -> list[str]:
    """A contract's source, and of those that create it, themselves or by a base, as an extension is created.

    `tools/solc/parts.js` compiles them at once.
    """
    made = re.compile(rf"\bnew {name}\s*[({{]")
    folder = posixpath.dirname(sources[name])
    makers = {
        path.relative_to(root).as_posix()
        for path in (root / folder).glob("*.sol")
        if made.search(without_comments(path.read_text(encoding="utf-8")))
    }
    beside = {source for source in sources.values() if posixpath.dirname(source) == folder}
    remappings = _settings(root)["remappings"]
    creators = [s for s in sorted(beside) if makers & _with_imports(root, [s], remappings).keys()]
    return [sources[name], *creators]


def _settings(root: Path) -> Json:
    """Compiler settings of deployed contracts, from `foundry.toml`."""
    text = (root / "foundry.toml").read_text(encoding="utf-8")
    profile = tomllib.loads(text)["profile"]["default"]
    (deployed,) = (p for p in profile["additional_compiler_profiles"] if p["name"] == PROFILE)
    return {
        "remappings": sorted(profile["remappings"]),
        "optimizer": {"enabled": True, "runs": deployed["optimizer_runs"]},
        "evmVersion": profile["evm_version"],
        "viaIR": True,
        "metadata": {"bytecodeHash": "ipfs"},
        "libraries": {},
    }


def _with_imports(root: Path, sources: list[str], remapped: Iterable[str]) -> dict[str, str]:
    """Texts by path: the sources and all that they import, directly or not."""
    remappings = [entry.split("=", 1) for entry in remapped]
    texts: dict[str, str] = {}
    waiting = list(sources)
    while waiting:
        path = waiting.pop()
        if path in texts:
            continue
        try:
            texts[path] = (root / path).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise TonneError(
                "COMPILE_SOURCE_MISSING",
                f"{sources[0]} needs {path}, which is not there.",
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
    """The source without its comments, in which imports and contracts are searched."""
    return _COMMENT.sub("", text)


# Build


def _build_if_stale(root: Path, progress: Progress | None) -> None:
    """Runs Forge and rewrites the artifacts if an input changed since the last build."""
    with _build_lock(root):
        digest, digest_file = _digest_of_inputs(root), _artifacts(root) / "state"
        if digest_file.is_file() and digest_file.read_text("utf-8") == digest:
            return
        tell, began = progress or (lambda _: None), time.monotonic()
        tell("compiling the contracts, once: 5 to 15 minutes")
        sources = deployable(root)
        _run_forge(root, lambda: tell(f"compiling, {time.monotonic() - began:.0f} s so far"))
        for path in _artifacts(root).glob("*.json"):
            if path.stem not in sources:
                path.unlink()
        outputs = Outputs(root)
        for name, source in sources.items():
            artifact = _artifact(outputs, name, source)
            files.write(path_of(root, name), json.dumps(asdict(artifact)))
        files.write(input_path(root), _whole_input(root, outputs, sources))
        files.write(digest_file, digest)
        tell(f"compiled {len(sources)} contracts in {time.monotonic() - began:.0f} s")


def _artifacts(root: Path) -> Path:
    """Folder of the artifacts: `artifacts` in an installed package, else `build/artifacts`."""
    return root / "artifacts" if paths.INSTALLED and root == ROOT else root / "build" / "artifacts"


def _digest_of_inputs(root: Path) -> str:
    """SHA-256 of the artifacts' form, and of paths, sizes and times of all files that bytecode depends on."""
    inputs = [root / "foundry.toml", root / "node_modules" / ".stamp"]
    for folder in ("contracts", "interfaces", "tools/solc"):
        inputs += sorted(path for path in (root / folder).rglob("*") if path.is_file())
    lines = [f"form {FORM}"]
    for path in inputs:
        if path.exists():
            stat = path.stat()
            lines.append(f"{path.relative_to(root)} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _run_forge(root: Path, still: Callable[[], None]) -> None:
    """Builds; calls `still` every `TOLD_S`. Raises COMPILE_FAILED with the compiler's messages,
    COMPILE_NOT_SET_UP without Forge."""
    binary = root / ".tools" / "bin" / "forge"
    if not binary.exists():
        raise TonneError(
            "COMPILE_NOT_SET_UP", "The compiler is not installed.", remedy="Run `make setup`."
        )
    with subprocess.Popen(
        [binary, "build", "contracts"],
        cwd=root,
        env={**os.environ, "FOUNDRY_PROFILE": "default", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as forge:
        said = _awaited(forge, still)
    if forge.returncode != 0:
        raise TonneError("COMPILE_FAILED", f"The contracts do not compile.\n{said.strip()}")


def _awaited(process: subprocess.Popen[str], still: Callable[[], None]) -> str:
    """What it printed, once it has ended; it is ended where this process is."""
    try:
        while True:
            try:
                return process.communicate(timeout=TOLD_S)[0]
            except subprocess.TimeoutExpired:
                still()
    except BaseException:
        process.kill()
        raise


def _artifact(outputs: Outputs, name: str, source: str) -> Artifact:
    """The artifact of one contract; its ABI includes that of its extension.

    An extension that is deployed ahead is not called at its own address: there it works on storage that
    nothing reads.
    """
    output = outputs.read(source, name)
    abi = output["abi"]
    if name in AHEAD_OF:
        abi = [entry for entry in abi if entry["type"] == "constructor"]
    if name in CALLED_BY:
        abi = merged(outputs.read(*CALLED_BY[name])["abi"], abi)
    return Artifact(
        name=name,
        source=source,
        abi=abi,
        bytecode=output["bytecode"]["object"],
        runtime=output["deployedBytecode"]["object"],
        digest=hashlib.sha256(output["rawMetadata"].encode()).hexdigest(),
        immutables={
            number: [place["start"] for place in places]
            for number, places in output["deployedBytecode"].get("immutableReferences", {}).items()
        },
    )


def _whole_input(root: Path, outputs: Outputs, sources: Mapping[str, str]) -> str:
    """The sources of all contracts, each once, and the compiler's metadata of each contract."""
    metadata = {name: outputs.read(source, name)["rawMetadata"] for name, source in sources.items()}
    paths_ = {path for raw in metadata.values() for path in json.loads(raw)["sources"]}
    texts = {path: {"content": (root / path).read_text("utf-8")} for path in sorted(paths_)}
    compiler_input = {"language": "Solidity", "sources": texts, "settings": _settings(root)}
    return json.dumps({"input": compiler_input, "metadata": metadata}, sort_keys=True)


def merged(first: list[Json], second: list[Json]) -> list[Json]:
    """Union of two ABIs by signature; an entry of both has the argument names of `first`."""
    known = {signature(entry) for entry in first}
    return [*first, *(entry for entry in second if signature(entry) not in known)]


def signature(entry: Json) -> str:
    """Kind, name and canonical argument types of an ABI entry."""
    types = ",".join(_canonical_type(parameter) for parameter in entry.get("inputs", []))
    return f"{entry['type']} {entry.get('name', '')}({types})"


def _canonical_type(parameter: Json) -> str:
    """The type with tuples spelt out, as in a function selector."""
    if "components" not in parameter:
        return str(parameter["type"])
    members = ",".join(_canonical_type(member) for member in parameter["components"])
    return f"({members}){parameter['type'].removeprefix('tuple')}"


class Outputs:
    """Forge's output files, found through its cache.

    The cache lists them by source, contract, compiler version and profile.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / "build" / "foundry"
        cache = root / "build" / "foundry-cache" / "solidity-files-cache.json"
        self._files: Json = json.loads(cache.read_text("utf-8"))["files"]

    def read(self, source: str, name: str) -> Json:
        """The output of a contract under PROFILE; raises COMPILE_NOT_DEPLOYABLE if there is none."""
        try:
            by_profile = self._files[source]["artifacts"][name][COMPILER_VERSION]
            path = self._folder / by_profile[PROFILE]["path"]
        except KeyError as error:
            raise TonneError(
                "COMPILE_NOT_DEPLOYABLE",
                f"Forge compiled no {name} with the settings of deployed contracts.",
                "source",
                source,
                "Move it into a room that `compilation_restrictions` of foundry.toml names.",
            ) from error
        output: Json = json.loads(path.read_text("utf-8"))
        return output


@contextmanager
def _build_lock(root: Path) -> Iterator[None]:
    """Lock of a tree's build: a second process waits, and then finds nothing stale."""
    _artifacts(root).mkdir(parents=True, exist_ok=True)
    with open(_artifacts(root) / "lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Command line: builds stale contracts and prints progress."""

    contracts(progress=lambda said: print(said, flush=True))


if __name__ == "__main__":
    try:
        main()
    except TonneError as error:
        raise SystemExit(str(error)) from error
